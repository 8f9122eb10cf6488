"""What cores are used for, and which way of using them is said to be faster."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicockpit.models.catalog import find
from aicockpit.planner.cpu_cores import (
    CoreUse,
    binding_warning,
    core_use,
    cpu_speed,
)
from aicockpit.planner.facts import ModelFacts


def starter() -> ModelFacts:
    entry = find("starter")
    assert entry is not None
    return entry.facts


def prefill(use: CoreUse) -> float:
    return cpu_speed(starter(), weights=10**9, use=use).prefill[1]


def decode(use: CoreUse, bandwidth: int | None = None) -> float:
    return cpu_speed(starter(), weights=10**9, use=use, bandwidth=bandwidth).decode[1]


def test_a_core_is_reserved_for_the_scheduler_where_there_are_more():
    assert core_use(16, workers=1).working == 15
    assert core_use(2, workers=1).working == 1
    assert core_use(2, workers=2).reserved == 0


def test_two_workers_on_two_cores_do_more_than_one_beside_a_reserved_core():
    one, two = core_use(2, workers=1), core_use(2, workers=2)
    assert 1.4 * prefill(one) < prefill(two) < 2 * prefill(one)
    assert 1.4 * decode(one) < decode(two) < 2 * decode(one)


def test_several_workers_need_cores_that_are_named():
    assert binding_warning(16, workers=1) is None
    assert '"0-7|8-15"' in str(binding_warning(16, workers=2))
    assert '"0|1"' in str(binding_warning(2, workers=2))


def test_one_core_is_one_core():
    assert core_use(1, workers=1).working == 1


@given(st.integers(1, 64))
def test_more_cores_are_never_slower(cores: int):
    less, more = core_use(cores, workers=1), core_use(cores + 1, workers=1)
    assert prefill(more) >= prefill(less)
    assert decode(more) >= decode(less)


@given(st.integers(1, 3))
def test_workers_that_share_the_same_cores_only_pay_for_their_exchanges(halvings: int):
    cores = 2**halvings
    one, several = CoreUse(1, cores, 0), CoreUse(cores, cores, 0)
    assert 0.8 * prefill(one) < prefill(several) < prefill(one)
    assert 0.9 * decode(one) < decode(several) < decode(one)


def test_cores_read_no_faster_than_the_memory():
    assert decode(CoreUse(1, 64, 1), bandwidth=10**11) == pytest.approx(85)
