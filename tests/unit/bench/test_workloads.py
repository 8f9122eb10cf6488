"""What is asked: complete, deterministic, and weighted as said."""

from __future__ import annotations

from collections import Counter

import pytest

from aicockpit.bench.workloads import MIX_WEIGHTS, Workload, requests_of


@pytest.mark.parametrize("workload", Workload)
def test_requests_are_named_apart_and_greedy(workload: Workload):
    requests = requests_of(workload)
    assert len({request.name for request in requests}) == len(requests)
    assert all(request.body["temperature"] == 0 for request in requests)


@pytest.mark.parametrize(("workload", "stop"), [(Workload.LINE, ["\n"]), (Workload.BLOCK, [])])
def test_ghost_text_is_asked_in_the_middle_of_a_file(workload: Workload, stop: list[str]):
    for request in requests_of(workload):
        assert request.path == "/v1/completions"
        assert request.task == "completion"
        assert request.body["max_tokens"] == 128
        assert request.body["stop"] == stop
        assert str(request.body["prompt"]).startswith("from typing import List, Optional, Tuple")


def test_the_mix_is_what_the_weights_say():
    kinds = {request.name: kind for kind in MIX_WEIGHTS for request in requests_of(kind)}
    mixed = [kinds[request.name] for request in requests_of(Workload.MIX)]
    assert Counter(mixed) == MIX_WEIGHTS
    assert abs(mixed.index(Workload.EDIT) - mixed.index(Workload.CHAT)) > 5
