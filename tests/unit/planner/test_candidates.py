"""Which models are proposed for a machine."""

from dataclasses import replace
from typing import Literal

import pytest

from aicockpit.models.catalog import catalogue, find
from aicockpit.planner.candidates import Licence, other_models, propose, quantised_variants
from aicockpit.planner.engine_memory import RELEASES
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.intent import Intent

RELEASE = RELEASES["0.33"]
RESEARCH = Licence("Research", commercial=False, free=False)
MACHINES = ["rtx3060", "t4", "rtx4090", "2xrtx3090", "h100", "4xA100-40GB", "8xH100-80GB-nvlink"]


def facts_of(source: str) -> ModelFacts:
    entry = find(source)
    assert entry is not None
    return entry.facts


@pytest.mark.parametrize("text", MACHINES)
def test_two_that_fit_together(text: str):
    hardware = parse_hardware(text)
    chat, completion = propose(catalogue(), hardware, Intent(), RELEASE)
    assert "chat" in chat.candidate.roles
    assert completion.candidate.roles == ("completion",)
    assert chat.plan.fits
    assert completion.plan.fits
    shares = [proposed.intent.share or 1 for proposed in (chat, completion)]
    assert sum(shares) <= 0.921
    assert completion.plan.fit.concurrency >= 4
    assert chat.plan.fit.context >= 32_000


def test_more_memory_never_means_a_smaller_model():
    sizes = [
        propose(catalogue(), parse_hardware(text), Intent(), RELEASE)[0].candidate.parameters
        for text in ("rtx3060", "rtx4090", "8xH100-80GB-nvlink")
    ]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("text", ["cpu-2c-24g", "rtx3080"])
def test_one_for_both_where_there_is_no_room_for_two(text: str):
    hardware = parse_hardware(text)
    hardware = replace(
        hardware, gpus=tuple(replace(gpu, memory=5 * 2**30) for gpu in hardware.gpus)
    )
    (both,) = propose(catalogue(), hardware, Intent(), RELEASE)
    assert {"chat", "completion"} <= set(both.candidate.roles)


def test_the_role_that_is_asked_for():
    hardware = parse_hardware("rtx4090")
    (found,) = propose(catalogue(), hardware, Intent(role="completion"), RELEASE)
    assert "completion" in found.candidate.roles
    assert found.plan.fits


def test_nothing_fits():
    hardware = parse_hardware("t4")
    assert propose(catalogue(), hardware, Intent(role="chat", context=10**6), RELEASE) == ()


def test_licences_that_forbid_work_are_never_proposed():
    for text in MACHINES:
        for proposed in propose(catalogue(), parse_hardware(text), Intent(), RELEASE):
            assert proposed.candidate.licence.name in {"Apache-2.0", "MIT"}


def test_ways_out_of_the_catalogue():
    hardware, name = parse_hardware("rtx4090"), "Qwen/Qwen2.5-Coder-32B-Instruct"
    variants = list(quantised_variants(catalogue(), name, hardware, Intent(), RELEASE))
    assert "Qwen/Qwen2.5-Coder-32B-Instruct-AWQ" in variants[0].change
    others = list(other_models(catalogue(), name, hardware, Intent(), RELEASE))
    assert len(others) == 2
    assert all(name not in other.change for other in others)
    assert all(other.context >= 4096 for other in others)
    assert all("under Apache-2.0" in other.price for other in others)
    assert facts_of(name).weight_bytes > 24 * 2**30


def licences_of_others(name: str, intent: Intent, hardware: str) -> set[str]:
    found = other_models(catalogue(), name, parse_hardware(hardware), intent, RELEASE)
    return {entry.licence.name for other in found if (entry := find(other.change))}


@pytest.mark.parametrize("text", MACHINES)
@pytest.mark.parametrize("role", ["completion", "chat"])
@pytest.mark.parametrize("name", ["Qwen/Qwen2.5-Coder-7B", "someone/unknown"])
def test_what_may_not_be_used_at_work_is_no_way_out_for_those_who_may_need_to(
    text: str, role: Literal["completion", "chat"], name: str
):
    everything = [replace(entry, licence=RESEARCH) for entry in catalogue()]
    intent = Intent(role=role, context=4096)
    hardware = parse_hardware(text)
    assert licences_of_others(name, intent, text).isdisjoint({"Qwen-Research", "MNPL-0.1"})
    assert not list(other_models(everything, "someone/unknown", hardware, intent, RELEASE))


def test_it_is_beside_a_model_with_the_same_licence():
    small = Intent(role="completion", context=32768, share=0.75)
    own, other = "Qwen/Qwen2.5-Coder-3B", "Qwen/Qwen2.5-Coder-3B-Instruct"
    hardware = parse_hardware("rtx3060")
    found = [entry.change for entry in other_models(catalogue(), own, hardware, small, RELEASE)]
    assert other in found
