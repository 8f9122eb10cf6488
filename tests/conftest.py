"""What every level of test shares."""

import hypothesis
import pytest

# How long an example takes is no invariant: machines that test are busy.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

pytest_plugins = ["tests.support.real_engine"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
