"""What `plan` says of an engine on the CPU against what the engine reports when it starts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aicockpit.models import LocatedModel
from aicockpit.paths import DataFolder
from aicockpit.planner.memory import GIB
from tests.support.serving import running_gateway, wait_for

REPORT = re.compile(
    r"KV cache size: ([\d,]+) tokens, "
    r"Maximum concurrency for ([\d,]+) tokens per request: ([\d.]+)x"
)
SETTINGS = {"1536MiB, 16,384 tokens": (1.5, 16384), "512MiB, 3,000 tokens": (0.5, 3000)}


def reported(home: DataFolder, folder: Path, cache: float, context: int) -> tuple[int, float]:
    """Tokens and concurrency from the log of a start that ends there, before it is ready."""
    config = f"""
[engines]
accelerator = "cpu"
cpu_kv_cache = "{int(cache * 1024)}MiB"
[models.sized]
source = "starter"
context = {context}
engine_args = {{ enforce-eager = true }}
"""
    found: list[re.Match[str]] = []

    def told(log: Path) -> bool:
        assert gateway.process.poll() is None, gateway.text()
        found.extend(REPORT.finditer(log.read_text(errors="replace") if log.exists() else ""))
        return bool(found)

    with running_gateway(home, folder, config) as gateway:
        log = home.logs / "engines" / "sized.log"
        log.unlink(missing_ok=True)
        wait_for(lambda: told(log), timeout=300, what="the KV cache's size", detail=gateway.text)
    tokens, per_request, concurrency = found[0].groups()
    assert int(per_request.replace(",", "")) == context
    return int(tokens.replace(",", "")), float(concurrency)


def planned(model: Path, cache: float, context: int) -> tuple[int, float]:
    """What a user reads: `aicockpit plan --json`."""
    command = [str(Path(sys.executable).with_name("aicockpit")), "plan", str(model), "--json"]
    command += ["--hardware", "cpu-2c-24g", "--context", str(context)]
    command += ["--available-kv-gib", str(cache)]
    plan = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert plan["available_kv_cache_gib"] == pytest.approx(cache)
    return plan["kv_cache_tokens"], plan["max_concurrency"]


@pytest.mark.parametrize(("cache", "context"), SETTINGS.values(), ids=SETTINGS)
def test_the_plan_and_the_engine_count_the_same_tokens(
    engine_home: DataFolder, starter: LocatedModel, tmp_path: Path, cache: float, context: int
):
    tokens, concurrency = reported(engine_home, tmp_path, cache, context)
    plan = planned(starter.path, cache, context)
    print(f"\n{cache * GIB / 2**20:.0f} MiB: planned {plan}, got {(tokens, concurrency)}")
    assert plan[0] == pytest.approx(tokens, rel=0.01)
    assert plan[1] == pytest.approx(concurrency, rel=0.01)
