from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicockpit.planner.alternatives import Alternative, alternatives
from aicockpit.planner.engine_memory import GIB, RELEASES
from aicockpit.planner.facts import CacheLayers, ModelFacts, TensorBytes
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.machine import Gpu, Hardware, Link, LinkKind
from aicockpit.planner.parallelism import tensor_parallel_problem
from aicockpit.planner.plan import EnginePlan, plan_on_gpus
from aicockpit.planner.shape import LayerShape, count_parameters

RELEASE = RELEASES["0.33"]


def model(
    layers: int = 32,
    hidden: int = 4096,
    heads: int = 32,
    kv_heads: int = 8,
    inner: int = 14336,
    vocabulary: int = 128256,
    context: int = 131072,
) -> ModelFacts:
    size = hidden // heads
    shape = LayerShape(layers, hidden, vocabulary, heads, kv_heads, size, inner)
    count = count_parameters(shape).total
    return ModelFacts(
        architecture="LlamaForCausalLM",
        model_type="llama",
        layers=layers,
        hidden_size=hidden,
        intermediate_size=inner,
        vocabulary_size=vocabulary,
        attention_heads=heads,
        kv_heads=kv_heads,
        head_size=size,
        context_length=context,
        dtype="bfloat16",
        tensors=(TensorBytes("BF16", count, count * 2),),
        shape=shape,
        cache_layers=(CacheLayers("full", layers, kv_heads, size, size),),
    )


LLAMA_8B = model()
LLAMA_70B = model(layers=80, hidden=8192, heads=64, inner=28672)


def machine(
    gpus: int = 1,
    gib: float = 79.19,
    link: LinkKind = "nvswitch",
    nodes: int = 1,
    capability: tuple[int, int] = (9, 0),
) -> Hardware:
    every = tuple(
        Gpu(index, "H100", int(gib * GIB), int((gib - 0.51) * GIB), capability, 10**12, 10**15)
        for index in range(gpus)
    )
    links = tuple(Link(a, b, link) for b in range(gpus) for a in range(b))
    return Hardware(16, 128 * GIB, 100 * GIB, every, links=links, nodes=nodes)


def plan(facts: ModelFacts, hardware: Hardware, intent: Intent | None = None) -> EnginePlan:
    return plan_on_gpus("m", facts, hardware, intent or Intent(), RELEASE)


def shape_of(plan: EnginePlan) -> tuple[int, int, int]:
    arrangement = plan.fit.arrangement
    return arrangement.tensor, arrangement.pipeline, arrangement.replicas


class TestTheMatrix:
    def test_what_fits_on_one_gpu_gets_that_one_and_sees_no_other(self):
        found = plan(LLAMA_8B, machine(4))
        assert found.fits
        assert shape_of(found) == (1, 1, 1)
        assert found.environment == {"CUDA_VISIBLE_DEVICES": "0"}

    def test_the_emptiest_gpu_is_taken(self):
        hardware = machine(3)
        gpus = (replace(hardware.gpus[0], free_memory=GIB), *hardware.gpus[1:])
        assert plan(LLAMA_8B, replace(hardware, gpus=gpus)).gpus == (1,)

    @pytest.mark.parametrize("objective", ["latency", "throughput"])
    def test_a_slice_works_alone_and_is_seen_by_its_uuid(self, objective):
        hardware = machine(2, 39.5)
        slices = tuple(replace(gpu, mig=True, uuid=f"MIG-{gpu.index}") for gpu in hardware.gpus)
        found = plan(LLAMA_8B, replace(hardware, gpus=slices), Intent(objective=objective))
        assert found.fits
        assert shape_of(found) == (1, 1, 1)
        assert found.environment == {"CUDA_VISIBLE_DEVICES": "MIG-0"}
        assert not plan(LLAMA_70B, replace(hardware, gpus=slices)).fits

    @pytest.mark.parametrize(
        ("link", "shape"), [("nvlink", (4, 1, 1)), ("pcie", (1, 1, 4)), ("numa", (1, 1, 4))]
    )
    def test_more_throughput_is_shared_layers_over_fast_links_and_copies_over_slow_ones(
        self, link, shape
    ):
        found = plan(LLAMA_8B, machine(4, link=link), Intent(objective="throughput"))
        assert shape_of(found) == shape

    def test_what_needs_the_node_is_shared_by_all_its_gpus(self):
        found = plan(LLAMA_70B, machine(4))
        assert found.fits
        assert shape_of(found) == (4, 1, 1)

    def test_three_gpus_form_stages(self):
        found = plan(LLAMA_70B, machine(3))
        assert found.fits
        assert shape_of(found) == (1, 3, 1)
        assert "64 attention heads cannot be shared by 3 GPUs" in " ".join(found.reasons)

    def test_six_gpus_share_layers_within_stages(self):
        assert shape_of(plan(LLAMA_70B, machine(6, gib=31.7))) == (2, 3, 1)

    def test_nodes_form_stages_and_the_network_is_warned_of(self):
        found = plan(LLAMA_70B, machine(4, gib=23.6, nodes=2))
        assert found.fits
        assert shape_of(found) == (4, 2, 1)
        assert "private" in " ".join(found.warnings)


class TestPitfalls:
    @pytest.mark.parametrize(("link", "said"), [("pcie", "PCIe"), ("numa", "processors")])
    def test_shared_layers_over_slow_links_are_warned_of(self, link, said):
        assert said in " ".join(plan(LLAMA_70B, machine(4, link=link)).warnings)

    def test_old_gpus_compute_in_float16(self):
        found = plan(LLAMA_8B, machine(capability=(7, 0)))
        assert found.engine_args["dtype"] == "float16"
        assert "float16 instead of bfloat16" in " ".join(found.reasons)

    def test_bfloat16_asked_of_old_gpus_does_not_fit(self):
        found = plan(LLAMA_8B, machine(capability=(7, 0)), Intent(pins=Pins(dtype="bfloat16")))
        assert not found.fits
        assert "8.0" in " ".join(found.warnings)

    def test_an_fp8_cache_asked_of_gpus_without_fp8_does_not_fit(self):
        intent = Intent(pins=Pins(kv_cache_dtype="fp8"))
        assert not plan(LLAMA_8B, machine(capability=(8, 0)), intent).fits
        assert plan(LLAMA_8B, machine(), intent).fits

    def test_fewer_kv_heads_than_gpus(self):
        found = plan(LLAMA_70B, machine(16, gib=23.6))
        assert shape_of(found) == (16, 1, 1)
        assert "copies" in " ".join(found.warnings)

    def test_slices_of_a_gpu_do_not_work_together(self):
        hardware = machine(2, gib=39)
        slices = tuple(replace(gpu, mig=True) for gpu in hardware.gpus)
        assert not plan(LLAMA_70B, replace(hardware, gpus=slices)).fits

    def test_a_pinned_size_that_does_not_divide(self):
        found = plan(LLAMA_70B, machine(3), Intent(pins=Pins(tensor_parallel=3)))
        assert not found.fits
        assert "cannot be shared by 3 GPUs" in " ".join(found.warnings)


models = st.builds(
    model,
    layers=st.integers(1, 96),
    hidden=st.sampled_from([1024, 2048, 4096, 8192]),
    heads=st.sampled_from([8, 16, 32, 64]),
    kv_heads=st.sampled_from([1, 2, 4, 8]),
    inner=st.sampled_from([2816, 4864, 11008, 14336, 28672]),
    vocabulary=st.integers(1000, 260_000),
    context=st.sampled_from([2048, 32768, 131072]),
)
machines = st.builds(
    machine,
    gpus=st.integers(1, 9),
    gib=st.floats(6, 180),
    link=st.sampled_from(["nvswitch", "nvlink", "pcie", "host", "numa"]),
    nodes=st.integers(1, 3),
)


@settings(max_examples=150)
@given(models, machines, st.sampled_from(["latency", "throughput"]))
def test_a_plan_never_exceeds_memory_and_always_divides(facts, hardware, objective):
    found = plan(facts, hardware, Intent(objective=objective))
    fit = found.fit
    if found.fits:
        budget = fit.budget
        spent = budget.weights + budget.activations + budget.other + budget.graphs
        assert spent + fit.blocks * fit.cache.block_bytes <= budget.requested
        assert budget.requested <= min(gpu.free_memory for gpu in hardware.gpus)
        assert fit.cache.blocks_per_request(fit.context, 2048) <= fit.blocks
        assert fit.concurrency >= 1
    assert tensor_parallel_problem(facts, fit.arrangement.tensor) is None
    assert fit.arrangement.gpus * fit.arrangement.replicas <= len(hardware.gpus) * hardware.nodes


@settings(max_examples=100)
@given(models, st.floats(6, 100), st.floats(0, 80))
def test_more_memory_never_means_less_context(facts, gib, more):
    less, greater = plan(facts, machine(gib=gib)), plan(facts, machine(gib=gib + more))
    if less.fit.options.limits == greater.fit.options.limits:
        assert greater.fit.largest_context >= less.fit.largest_context


@settings(max_examples=100)
@given(models, st.integers(16, 100_000), st.integers(1, 100_000))
def test_a_longer_context_never_means_more_at_a_time(facts, context, longer):
    cache = plan(facts, machine()).fit.cache
    assert cache.concurrency(10_000, context + longer, 2048) <= cache.concurrency(
        10_000, context, 2048
    )


def ways(facts: ModelFacts, hardware: Hardware, intent: Intent) -> dict[str, Alternative]:
    found = alternatives("m", facts, hardware, intent, RELEASE)
    return {way.change.partition(":")[0]: way for way in found}


class TestAlternatives:
    def test_a_shorter_context_is_the_longest_that_fits(self):
        found = ways(LLAMA_8B, machine(gib=23.6), Intent(context=131072))
        assert list(found) == [
            "a shorter context",
            "8-bit weights and cache",
            "weights in RAM",
            "2 GPUs of this kind",
        ]
        again = Intent(context=found["a shorter context"].context)
        assert plan(LLAMA_8B, machine(gib=23.6), again).fits

    def test_offloading_says_how_slow_it_is(self):
        found = ways(LLAMA_8B, machine(gib=17.5), Intent(context=8192))
        assert "times slower" in found["weights in RAM"].price

    def test_a_quantised_model_is_not_quantised_again(self):
        quantised = replace(LLAMA_8B, quantization="awq")
        assert "quantise while loading" not in ways(
            quantised, machine(gib=17.5), Intent(context=8192)
        )
