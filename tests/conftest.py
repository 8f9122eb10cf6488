"""What every level of test shares."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings must not change what a test sees."""
    for name in ("AICOCKPIT_SERVER__API_KEY", "AICOCKPIT_SERVER__PORT", "AICOCKPIT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
