"""What cores are used for, and which way of using them is said to be faster."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicockpit.models.catalog import find
from aicockpit.planner.cpu_cores import FEW_CORES, CoreUse, core_environment, core_use, cpu_speed
from aicockpit.planner.facts import ModelFacts


def starter() -> ModelFacts:
    entry = find("starter")
    assert entry is not None
    return entry.facts


def prefill(use: CoreUse) -> float:
    return cpu_speed(starter(), weights=10**9, use=use).prefill[1]


def decode(use: CoreUse, bandwidth: int | None = None) -> float:
    return cpu_speed(starter(), weights=10**9, use=use, bandwidth=bandwidth).decode[1]


def test_on_two_cores_none_is_reserved_and_that_is_faster():
    assert core_environment(2)["VLLM_CPU_NUM_OF_RESERVED_CPU"] == "0"
    ours, theirs = core_use(2, workers=1), CoreUse(1, 2, reserved=1)
    assert prefill(ours) > 1.5 * prefill(theirs)
    assert decode(ours) > 1.5 * decode(theirs)


def test_with_more_cores_vllm_reserves_what_it_likes():
    assert "VLLM_CPU_NUM_OF_RESERVED_CPU" not in core_environment(FEW_CORES)
    assert core_use(16, workers=1).working == 15


def test_one_core_is_one_core():
    assert core_use(1, workers=1).working == 1


@given(st.integers(1, 64))
def test_more_cores_are_never_slower(cores: int):
    less, more = core_use(cores, workers=1), core_use(cores + 1, workers=1)
    assert prefill(more) > prefill(less)
    assert decode(more) >= decode(less)


@given(st.integers(1, 3))
def test_workers_that_share_the_same_cores_only_pay_for_their_exchanges(halvings: int):
    cores = 2**halvings
    one, several = CoreUse(1, cores, 0), CoreUse(cores, cores, 0)
    assert 0.9 * prefill(one) < prefill(several) < prefill(one)
    assert 0.9 * decode(one) < decode(several) < decode(one)


def test_cores_read_no_faster_than_the_memory():
    assert decode(CoreUse(1, 64, 1), bandwidth=10**11) == pytest.approx(85)
