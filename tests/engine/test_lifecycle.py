"""From the command to the last process: start, use, kill, start again, stop."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from aicockpit.paths import DataFolder
from tests.support.engine_probe import find_engine
from tests.support.serving import Gateway, running_gateway, wait_for

# Without compilation an engine starts in half a minute; this file starts several.
CONFIG = """
[engines]
accelerator = "cpu"
cpu_kv_cache = "1GiB"

[models.life]
source = "starter"
context = 4096
engine_args = { enforce-eager = true }
"""
GONE_WITHIN = 15.0


def port_is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def engine_port(gateway: Gateway) -> int:
    return int(find_engine(gateway).base_url.rsplit(":", 1)[1])


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def tree_of(folder: Path) -> dict[str, float]:
    return {str(path): path.stat().st_mtime for path in folder.resolve().iterdir()}


@pytest.fixture(scope="module")
def before(engine_home: DataFolder) -> dict[str, float]:
    return tree_of(engine_home.engines) | tree_of(engine_home.models)


def test_a_life(engine_home: DataFolder, tmp_path: Path, before: dict[str, float]):
    with running_gateway(engine_home, tmp_path, CONFIG) as gateway:
        status, body = wait_for_loading_answer(gateway)
        assert status == 503
        assert body["error"]["code"] == "model_loading"

        gateway.wait_ready(timeout=300)
        printed_curl_completes_code(gateway)

        killed_engine_is_replaced(gateway)
        killed_gateway_leaves_nothing(gateway)

    second = tmp_path / "second"
    second.mkdir()
    with running_gateway(engine_home, second, CONFIG) as gateway:
        gateway.wait_ready(timeout=300)
        text = gateway.text()
        for word in ("Download", "Install", "Convert"):
            assert word not in text, f"a second start must reuse everything:\n{text}"
        assert tree_of(engine_home.engines) | tree_of(engine_home.models) == before

        pids, port = gateway.engine_pids(), engine_port(gateway)
        gateway.interrupt()
        wait_for(lambda: not any(map(is_alive, pids)), timeout=GONE_WITHIN, what="the processes")
        assert gateway.process.wait(GONE_WITHIN) == 0
        assert not port_is_open(port)
        assert not port_is_open(gateway.port)


def wait_for_loading_answer(gateway: Gateway) -> tuple[int, dict[str, dict[str, str]]]:
    gateway.wait_until_answered("/health", timeout=60)
    status, headers, body = raw_post(gateway, "/v1/completions", {"prompt": "x"})
    assert int(headers["retry-after"]) > 0
    return status, body


def raw_post(
    gateway: Gateway, path: str, body: dict[str, object]
) -> tuple[int, dict[str, str], dict[str, dict[str, str]]]:
    output = subprocess.run(
        [
            "curl",
            "-si",
            gateway.url + path,
            "-H",
            "content-type: application/json",
            "-d",
            json.dumps(body),
        ],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    head, _, content = output.partition("\n\n")
    lines = head.splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), headers, json.loads(content)


def printed_curl_completes_code(gateway: Gateway) -> None:
    wait_for(lambda: "Try it" in gateway.text(), timeout=30, what="the ready screen")
    screen = gateway.text().partition("AiCockpit is ready")[2]
    print(screen)
    for words in (f"{gateway.url}/v1", "qwen2.5-coder-0.5b-instruct", "none needed", "Ctrl-C"):
        assert words in screen
    curl = screen[screen.index("curl ") :].strip()
    output = subprocess.run(["bash", "-c", curl], capture_output=True, check=True, text=True)
    text = json.loads(output.stdout)["choices"][0]["text"]
    assert "return" in text


def killed_engine_is_replaced(gateway: Gateway) -> None:
    pids, port = gateway.engine_pids(), engine_port(gateway)
    os.kill(find_engine(gateway).pid, signal.SIGKILL)
    wait_for(lambda: not any(map(is_alive, pids)), timeout=GONE_WITHIN, what="the old engine")
    assert not port_is_open(port)
    gateway.wait_ready(timeout=300)
    assert not set(pids) & set(gateway.engine_pids())


def killed_gateway_leaves_nothing(gateway: Gateway) -> None:
    pids, port = gateway.engine_pids(), engine_port(gateway)
    assert len(pids) >= 3, "guard, API process and engine core carry the mark"
    os.kill(gateway.process.pid, signal.SIGKILL)
    gateway.process.wait()
    wait_for(lambda: not any(map(is_alive, pids)), timeout=GONE_WITHIN, what="the processes")
    assert gateway.engine_pids() == []
    assert not port_is_open(port)
    assert not port_is_open(gateway.port)
