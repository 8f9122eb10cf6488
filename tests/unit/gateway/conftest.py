"""A fake engine, a gateway in front of it and a client, all over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.fake_directory import FakeDirectory
from tests.support.fake_engine import FakeEngine
from tests.support.in_process import RunningGateway, serving_engine, serving_gateway


@pytest.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    engine = FakeEngine(api_key="engine-key")
    async with serving_engine(engine) as url:
        engine.url = url
        yield engine


@pytest.fixture
async def directory(engine: FakeEngine) -> FakeDirectory:
    return FakeDirectory.of(engine.url)


@pytest.fixture
async def gateway(directory: FakeDirectory) -> AsyncIterator[RunningGateway]:
    async with serving_gateway(directory) as gateway:
        yield gateway


@pytest.fixture
async def client(gateway: RunningGateway) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(gateway.url) as session:
        yield session
