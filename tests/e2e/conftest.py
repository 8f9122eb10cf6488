"""The packed extension in a real workbench, in a real browser, in front of a real gateway.

Nothing is stood in for: the extension is packed and installed by the commands that users run,
the workbench is Visual Studio Code as code-server serves it, and the model answers. Between the
extension and the gateway stands a proxy that counts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.code_server import CodeServer
from tests.support.counting_proxy import CountingProxy, counting_proxy
from tests.support.serving import Gateway
from tests.support.workbench import PATIENCE_MS, Workbench

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "screenshots"
FAILURES = ROOT / "build" / "e2e-failures"

SETTINGS: dict[str, object] = {
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoCheckUpdates": False,
    "extensions.ignoreRecommendations": True,
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.layoutControl.enabled": False,
    "editor.minimap.enabled": False,
    "editor.wordBasedSuggestions": "off",
    "files.autoSave": "off",
    "git.openRepositoryInParentFolders": "never",
    "terminal.integrated.initialHint": False,
    # Text that can be read from the page, not pixels.
    "terminal.integrated.gpuAcceleration": "off",
}

OpenWorkbench = Callable[..., Workbench]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(900))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Keep what the windows show when a test has failed."""
    report = yield
    if report.failed:
        name = re.sub(r"\W+", "-", item.name).strip("-")
        windows: list[Workbench] = item.stash.get(_WINDOWS, [])
        for number, workbench in enumerate(windows):
            workbench.keep_evidence(FAILURES / f"{name}-{number}")
    return report


_WINDOWS = pytest.StashKey[list[Workbench]]()


@pytest.fixture(scope="session")
def packed_extension() -> Path:
    """The .vsix, packed from the sources as they are."""
    done = subprocess.run(
        [ROOT / "scripts/pack-extension"], check=True, stdout=subprocess.PIPE, text=True
    )
    return ROOT / done.stdout.strip()


@pytest.fixture(scope="session")
def extensions(packed_extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of extensions into which ours was installed as a user does it."""
    root = tmp_path_factory.mktemp("installed")
    server = CodeServer(root, root / "extensions")
    launcher = server.write_launcher(root / "bin")
    path = os.pathsep.join([str(launcher.parent), os.environ["PATH"]])
    command = Path(sys.executable).with_name("aicockpit")
    subprocess.run(
        [command, "extension", "install", "--editor", "code-server"],
        check=True,
        env={**os.environ, "PATH": path},
    )
    return server.extensions


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "there is no chromium; `scripts/setup e2e` installs it"
    expect.set_options(timeout=PATIENCE_MS)
    quiet = ("--disable-quic", "--no-first-run", "--disable-background-networking")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[*quiet, "--disable-gpu", "--disable-component-update", "--disable-sync"],
        )
        yield browser
        browser.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the workbench opens; tests put files into it before they open it."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


@pytest.fixture
def open_workbench(
    request: pytest.FixtureRequest,
    browser: Browser,
    extensions: Path,
    folder: Path,
    tmp_path: Path,
) -> Iterator[OpenWorkbench]:
    """Opens a window that asks a server: `open_workbench(url, {"aicockpit.…": …})`.

    Every window has a code-server of its own, so that nothing of an earlier one goes on.
    """
    windows: list[Workbench] = []
    request.node.stash[_WINDOWS] = windows
    with ExitStack() as stack:

        def open_window(server: str, settings: dict[str, object] | None = None) -> Workbench:
            code_server = CodeServer(tmp_path / f"code-server-{len(windows)}", extensions)
            own = {**SETTINGS, "aicockpit.serverUrl": server, **(settings or {})}
            address = stack.enter_context(code_server.running(own))
            page = stack.enter_context(
                browser.new_context(viewport={"width": 1200, "height": 750}, device_scale_factor=2)
            ).new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{address}/?folder={folder}")
            workbench = Workbench(page, folder, PICTURES, code_server.root / "data/logs")
            windows.append(workbench)
            expect(workbench.status_item()).to_be_visible(timeout=2 * PATIENCE_MS)
            return workbench

        yield open_window


@pytest.fixture
def proxy(gateway: Gateway) -> Iterator[CountingProxy]:
    """Counts what passes between the extension and the gateway with the starter model."""
    with counting_proxy(gateway.url) as proxy:
        yield proxy


@pytest.fixture
def workbench(open_workbench: OpenWorkbench, proxy: CountingProxy) -> Workbench:
    """A window on `folder` whose extension asks the starter model."""
    return open_workbench(proxy.url)
