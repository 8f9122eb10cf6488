"""What `aicockpit serve` planned, and what the real engine then said."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aicockpit.engines.resident import resident_memory
from aicockpit.planner.memory import GIB
from tests.support.engine_probe import find_engine
from tests.support.serving import Gateway


def plan_of(gateway: Gateway) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(
        (gateway.home.logs / "engines" / "coder.plan.json").read_text()
    )
    return plan


def test_the_plan_beside_the_log_is_what_the_engine_reported(gateway: Gateway):
    plan = plan_of(gateway)
    log = (gateway.home.logs / "engines" / "coder.log").read_text()
    said = re.findall(r"KV cache size: ([\d,]+) tokens.*?request: ([\d.]+)x", log)[-1]
    tokens, concurrency = int(said[0].replace(",", "")), float(said[1])
    print(f"planned {plan['kv_cache_tokens']:,} tokens, the engine has {tokens:,}")
    assert plan["kv_cache_tokens"] == pytest.approx(tokens, rel=0.01)
    assert plan["max_concurrency"] == pytest.approx(concurrency, rel=0.01)
    assert plan["max_model_len"] == 8192


def test_status_says_what_was_predicted_and_what_came(gateway: Gateway):
    plan = plan_of(gateway)
    _, text = gateway.get("/api/status")
    (model,) = json.loads(text)["models"]
    assert model["context"] == 8192
    assert model["kv_cache"]["predicted_tokens"] == plan["kv_cache_tokens"]
    assert abs(model["kv_cache"]["difference"]) < 0.01
    assert model["kv_cache"]["text"] in gateway.text(), "the ready screen says it too"
    assert model["kv_cache"]["text"] in (gateway.home.logs / "gateway.log").read_text()
    assert model["kv_cache"]["text"] in run(gateway, "status")


def test_the_next_plan_goes_by_this_start(gateway: Gateway):
    asked = ("plan", "starter", "--context", "8192", "--explain")
    assert "this machine's start of" in run(gateway, *asked)
    plan = json.loads(run(gateway, *asked, "--json"))
    sizes = ("weights_gib", "activations_gib", "available_kv_cache_gib")
    planned = sum(plan[size] for size in sizes)
    resident = resident_memory(find_engine(gateway).pid) / GIB
    print(f"planned {planned:.2f} GiB of RAM, the engine holds {resident:.2f}")
    assert planned == pytest.approx(resident, rel=0.1)


def run(gateway: Gateway, *arguments: str) -> str:
    command = str(Path(sys.executable).with_name("aicockpit"))
    environment = {
        **os.environ,
        "AICOCKPIT_HOME": str(gateway.home.root),
        "AICOCKPIT_SERVER__PORT": str(gateway.port),
        "COLUMNS": "200",
    }
    return subprocess.run(
        [command, *arguments], env=environment, capture_output=True, check=True, text=True
    ).stdout
