"""What the status bar says of a server that cannot answer, and what it offers to do about it."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from aicockpit.paths import DataFolder
from tests.e2e.conftest import OpenWorkbench
from tests.support.counting_proxy import counting_proxy
from tests.support.serving import free_port, running_gateway

CONFIG = """
[engines]
accelerator = "cpu"
cpu_kv_cache = "1GiB"

[server]
api_key = "{key}"

[models.coder]
source = "starter"
context = 2048
engine_args = {{ enforce-eager = true }}
"""


@pytest.fixture
def file(folder: Path) -> Path:
    file = folder / "notes.py"
    file.write_text("x = 1\n")
    return file


def test_a_key_that_is_missing_or_wrong_a_model_that_loads_and_a_server_that_has_stopped(
    engine_home: DataFolder, tmp_path: Path, file: Path, open_workbench: OpenWorkbench
):
    """One server in its life: it asks for its key before its model is there."""
    key = f"sk-{secrets.token_hex(16)}"
    server = tmp_path / "server"
    server.mkdir()
    with running_gateway(engine_home, server, CONFIG.format(key=key)) as gateway:
        gateway.wait_until_answered("/health", timeout=60)
        with counting_proxy(gateway.url) as proxy:
            workbench = open_workbench(proxy.url)
            workbench.open_file(file.name)
            workbench.wait(lambda: "key needed" in workbench.status(), "the state without a key")
            workbench.wait(workbench.notifications, "a word about the key")
            workbench.picture("state-key-needed")

            workbench.run("AiCockpit: Set the API Key")
            workbench.answer("sk-wrong")
            workbench.wait(lambda: "wrong key" in workbench.status(), "the state with a wrong key")
            workbench.picture("state-wrong-key")

            workbench.run("AiCockpit: Set the API Key")
            workbench.answer(key)
            workbench.wait(lambda: "is loading" in workbench.status(), "the state while it loads")
            phase = workbench.status_item().inner_text()
            workbench.picture("state-loading")
            assert gateway.get("/ready")[0] == 503
            print(f"\nwhile the model loads the status bar says: {phase.strip()}")

            log = workbench.log()
            assert key not in log
            assert "sk-wrong" not in log

            gateway.interrupt()
            gateway.process.wait(30)
            workbench.wait(lambda: "not running" in workbench.status(), "the state without server")
            workbench.picture("state-not-running")
            workbench.status_item().click()
            rows = workbench.wait(workbench.quick_rows, "the menu")
            workbench.picture("status-menu")
            assert any("Start" in row for row in rows), rows


def test_nobody_there_is_a_state_and_typing_goes_on(file: Path, open_workbench: OpenWorkbench):
    workbench = open_workbench(f"http://127.0.0.1:{free_port()}")
    workbench.wait(lambda: "not running" in workbench.status(), "the state")
    workbench.open_file(file.name, at="2:1")
    workbench.type("y = 2")
    workbench.wait(lambda: workbench.lines()[1] == "y = 2", "what was typed")
    assert workbench.ghost_text() == ""
