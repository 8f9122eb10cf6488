import pytest

from aicockpit.planner.machine import Accelerator
from aicockpit.planner.speculation import NgramDrafts, planned_drafts

QWEN = "Qwen2ForCausalLM"


@pytest.mark.parametrize("accelerator", ["cpu", "cuda"])
def test_an_engine_for_edits_drafts(accelerator: Accelerator):
    assert planned_drafts(("edit",), accelerator, QWEN) == NgramDrafts()
    assert planned_drafts(("edit", "chat"), accelerator, QWEN) == NgramDrafts()


@pytest.mark.parametrize("accelerator", ["cpu", "cuda"])
@pytest.mark.parametrize("roles", [(), ("chat",), ("completion",), ("completion", "chat")])
def test_an_engine_without_edits_does_not(roles: tuple[str, ...], accelerator: Accelerator):
    assert planned_drafts(roles, accelerator, QWEN) is None


def test_ghost_text_and_edits_on_one_engine_draft_where_it_was_measured():
    roles = ("completion", "edit", "chat")
    assert planned_drafts(roles, "cpu", QWEN) == NgramDrafts()
    assert planned_drafts(roles, "cuda", QWEN) is None


@pytest.mark.parametrize("architecture", ["", "BertModel", "Mamba2ForCausalLM"])
def test_a_model_that_may_not_take_drafts_back_has_none(architecture: str):
    assert planned_drafts(("edit",), "cpu", architecture) is None
