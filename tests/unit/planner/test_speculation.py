import pytest

from aicockpit.planner.machine import Accelerator
from aicockpit.planner.speculation import NgramDrafts, planned_drafts


@pytest.mark.parametrize("accelerator", ["cpu", "cuda"])
def test_an_engine_for_edits_drafts(accelerator: Accelerator):
    assert planned_drafts(("edit",), accelerator) == NgramDrafts()
    assert planned_drafts(("edit", "chat"), accelerator) == NgramDrafts()


@pytest.mark.parametrize("accelerator", ["cpu", "cuda"])
@pytest.mark.parametrize("roles", [(), ("chat",), ("completion",), ("completion", "chat")])
def test_an_engine_without_edits_does_not(roles: tuple[str, ...], accelerator: Accelerator):
    assert planned_drafts(roles, accelerator) is None
