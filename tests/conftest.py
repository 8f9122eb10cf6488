"""What every level of test shares."""

import pytest

pytest_plugins = ["tests.support.real_engine"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
