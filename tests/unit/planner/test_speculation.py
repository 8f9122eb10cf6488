import pytest

from aicockpit.planner.machine import Accelerator
from aicockpit.planner.speculation import NgramDrafts, can_draft, planned_drafts

QWEN = "Qwen2ForCausalLM"


@pytest.mark.parametrize("roles", [("edit",), ("edit", "chat")])
def test_an_engine_for_edits_drafts_on_a_gpu(roles: tuple[str, ...]):
    assert planned_drafts(roles, "cuda", QWEN) == NgramDrafts()
    assert planned_drafts(roles, "cpu", QWEN) is None


@pytest.mark.parametrize("accelerator", ["cpu", "cuda"])
@pytest.mark.parametrize(
    "roles", [(), ("chat",), ("completion",), ("completion", "chat"), ("completion", "edit")]
)
def test_an_engine_with_ghost_text_or_without_edits_does_not(
    roles: tuple[str, ...], accelerator: Accelerator
):
    assert planned_drafts(roles, accelerator, QWEN) is None


@pytest.mark.parametrize("architecture", ["", "BertModel", "Mamba2ForCausalLM"])
def test_a_model_that_may_not_take_drafts_back_has_none(architecture: str):
    assert planned_drafts(("edit",), "cuda", architecture) is None


def test_where_drafts_may_be_asked_for():
    assert can_draft("cuda")
    assert not can_draft("cpu")
