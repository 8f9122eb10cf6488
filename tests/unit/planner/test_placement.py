from hypothesis import given
from hypothesis import strategies as st

from aicockpit.planner import Gpu, Hardware, ModelFacts, TensorBytes
from aicockpit.planner.memory import GIB
from aicockpit.planner.placement import Placement, PlacementRequest, Refusal, place
from aicockpit.planner.weights import weight_share


def model(gib: float, quantization: str | None = None) -> ModelFacts:
    size = int(gib * GIB)
    return ModelFacts(
        architecture="Qwen2ForCausalLM",
        model_type="qwen2",
        layers=24,
        hidden_size=896,
        intermediate_size=4864,
        vocabulary_size=151936,
        attention_heads=14,
        kv_heads=2,
        head_size=64,
        context_length=32768,
        dtype="bfloat16",
        tensors=(TensorBytes("BF16", size // 2, size),),
        quantization=quantization,
    )


def cpu(gib: float) -> Hardware:
    return Hardware(cpu_cores=2, memory=int(gib * GIB), available_memory=int(gib * GIB))


def gpus(*free: float, size: float = 24) -> Hardware:
    cards = tuple(
        Gpu(i, "card", int(size * GIB), int(room * GIB), (8, 9)) for i, room in enumerate(free)
    )
    return Hardware(cpu_cores=8, memory=64 * GIB, available_memory=60 * GIB, gpus=cards)


def test_two_small_models_fit_into_24_gib_of_ram():
    requests = [PlacementRequest(key, model(1.2)) for key in ("a", "b")]
    assert all(isinstance(d, Placement) for d in place(requests, cpu(23.5), "cpu"))


def test_the_second_is_refused_with_the_numbers_and_the_first_still_runs():
    requests = [PlacementRequest("a", model(1.2)), PlacementRequest("b", model(15))]
    first, second = place(requests, cpu(16), "cpu")
    assert isinstance(first, Placement)
    assert isinstance(second, Refusal)
    assert second.beside == ("a",)
    assert second.needed > second.available > 9 * GIB


def test_a_lone_model_gets_what_the_gpu_can_give():
    (only,) = place([PlacementRequest("a", model(15))], gpus(23.8), "cuda")
    assert isinstance(only, Placement)
    assert only.gpus == (0,)
    assert only.gpu_memory_utilization == 0.92


def test_memory_that_others_hold_is_left_to_them():
    (only,) = place([PlacementRequest("a", model(6))], gpus(12), "cuda")
    assert isinstance(only, Placement)
    assert only.gpu_memory_utilization is not None
    assert 0.49 < only.gpu_memory_utilization <= 0.5


def test_two_models_go_to_different_gpus():
    requests = [PlacementRequest(key, model(15)) for key in ("a", "b")]
    decisions = place(requests, gpus(23.8, 23.8), "cuda")
    assert [d.gpus for d in decisions if isinstance(d, Placement)] == [(0,), (1,)]


def test_a_model_larger_than_one_gpu_takes_two():
    (only,) = place([PlacementRequest("a", model(30))], gpus(23.8, 23.8), "cuda")
    assert isinstance(only, Placement)
    assert only.gpus == (0, 1)


def test_named_gpus_and_shares_are_kept():
    request = PlacementRequest("a", model(3), gpus=(1,), gpu_memory_utilization=0.5)
    (only,) = place([request], gpus(23.8, 23.8), "cuda")
    assert only == Placement("a", only.need, (1,), 0.5)  # type: ignore[union-attr]


def test_a_gpu_that_does_not_exist_is_refused():
    (only,) = place([PlacementRequest("a", model(3), gpus=(7,))], gpus(23.8), "cuda")
    assert isinstance(only, Refusal)
    assert only.available == 0


def test_dtype_changes_the_weights_unless_they_are_quantised():
    assert weight_share(model(2), dtype="float32").size == 4 * GIB
    assert weight_share(model(2, "awq"), dtype="float32").size == 2 * GIB


sizes = st.lists(st.floats(min_value=0.1, max_value=60), min_size=1, max_size=5)


@given(sizes, st.lists(st.floats(min_value=0, max_value=24), min_size=1, max_size=4))
def test_no_gpu_is_ever_promised_more_than_is_free(models, free):
    hardware = gpus(*free)
    requests = [PlacementRequest(str(i), model(gib)) for i, gib in enumerate(models)]
    decisions = place(requests, hardware, "cuda")
    assert [d.key for d in decisions] == [r.key for r in requests]
    for card in hardware.gpus:
        promised = sum(
            (d.gpu_memory_utilization or 0) * card.memory
            for d in decisions
            if isinstance(d, Placement) and card.index in d.gpus
        )
        assert promised <= card.free_memory + 64  # rounding of the share


@given(sizes, st.floats(min_value=0, max_value=64))
def test_ram_is_never_promised_twice(models, gib):
    hardware = cpu(gib)
    requests = [PlacementRequest(str(i), model(size)) for i, size in enumerate(models)]
    decisions = place(requests, hardware, "cpu")
    promised = sum(d.need.total for d in decisions if isinstance(d, Placement))
    assert promised <= hardware.available_memory or promised == 0


def test_slices_of_gpus_do_not_work_together():
    slices = tuple(
        Gpu(index, "slice", 20 * GIB, 20 * GIB, (8, 0), uuid=f"MIG-{index}", mig=True)
        for index in range(2)
    )
    machine = Hardware(cpu_cores=8, memory=64 * GIB, available_memory=60 * GIB, gpus=slices)
    (decision,) = place([PlacementRequest("a", model(24))], machine, "cuda")
    assert isinstance(decision, Refusal)
