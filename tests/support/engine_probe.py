"""Looks at a real engine behind the gateway's back: its address, its key, its counters."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.support.serving import Gateway


@dataclass(frozen=True)
class EngineAddress:
    base_url: str
    api_key: str
    pid: int

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"{self.base_url}/metrics", timeout=10) as response:
            text = response.read().decode()
        values = re.findall(
            rf"^{re.escape(name)}(?:\{{[^}}]*\}})? ([0-9.e+-]+)$", text, re.MULTILINE
        )
        return sum(map(float, values))


def find_engine(gateway: Gateway) -> EngineAddress:
    """The one engine of a gateway, found by its command line and environment."""
    for pid in gateway.engine_pids():
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        if "--port" not in argv or "--served-model-name" not in argv or "--grace" in argv:
            continue
        environ = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
        variables = dict(item.split("=", 1) for item in environ if "=" in item)
        port = argv[argv.index("--port") + 1]
        return EngineAddress(f"http://127.0.0.1:{port}", variables["VLLM_API_KEY"], pid)
    raise LookupError("no engine process found")
