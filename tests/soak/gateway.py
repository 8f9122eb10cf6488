"""A long, bounded run against a fake engine: nothing is lost and memory stays flat.

    python -m tests.soak.gateway [--requests 200000]

Four kinds of client in turn: a whole answer, a stream read to its end, a stream that is hung up on,
and a request that is refused. Prints resident memory as it goes and fails when it grows or when
any answer is not the expected one. Loopback only.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import aiohttp
import anyio
import psutil

from tests.support.fake_directory import FakeDirectory
from tests.support.in_process import serving_gateway
from tests.support.serving import free_port

CLIENTS = 16
WARM_UP = 0.2
"""Share of the requests after which memory is taken as the level that must hold."""
GROWTH_ALLOWED = 16 * 2**20

BODY = {"model": "fake-model", "messages": [{"role": "user", "content": "Say something."}]}


class Tally:
    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.wrong: list[str] = []
        self.level = 0


async def client(session: aiohttp.ClientSession, url: str, tally: Tally) -> None:
    while tally.done < tally.total:
        tally.done += 1
        kind = tally.done % 4
        body = BODY | {"stream": kind in {1, 2}}
        if kind == 3:
            body["model"] = "nobody"
        async with session.post(f"{url}/v1/chat/completions", json=body) as response:
            expected = 404 if kind == 3 else 200
            if response.status != expected:
                tally.wrong.append(f"status {response.status} for kind {kind}")
            elif kind == 2:
                await response.content.readany()
                response.close()
            else:
                text = await response.text()
                if kind == 1 and not text.rstrip().endswith("[DONE]"):
                    tally.wrong.append("a stream ended early")


async def watch(tally: Tally) -> None:
    process = psutil.Process()
    started = time.monotonic()
    while tally.done < tally.total:
        await anyio.sleep(2)
        gc.collect()
        memory = process.memory_info().rss
        if not tally.level and tally.done > tally.total * WARM_UP:
            tally.level = memory
        rate = tally.done / (time.monotonic() - started)
        print(f"{tally.done:>8} requests  {rate:6.0f}/s  {memory / 2**20:6.1f} MiB", flush=True)


@contextlib.contextmanager
def engine_process() -> Iterator[str]:
    """The fake engine as a process of its own, whose memory is not what is watched."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.fake_engine", "--port", str(port)],
        env={**os.environ, "VLLM_API_KEY": "engine-key"},
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def running_requests(session: aiohttp.ClientSession, engine_url: str) -> int:
    async with session.get(f"{engine_url}/fake/counts") as response:
        running: int = (await response.json())["running"]
        return running


async def soak(total: int) -> int:
    tally = Tally(total)
    with engine_process() as engine_url:
        async with (
            serving_gateway(FakeDirectory.of(engine_url)) as gateway,
            aiohttp.ClientSession() as session,
        ):
            await wait_until_up(session, engine_url)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(watch, tally)
                for _ in range(CLIENTS):
                    tasks.start_soon(client, session, gateway.url, tally)
            with anyio.move_on_after(10):
                while await running_requests(session, engine_url):  # noqa: ASYNC110 - it tells nobody
                    await anyio.sleep(0.05)
            running = await running_requests(session, engine_url)
    gc.collect()
    grown = psutil.Process().memory_info().rss - tally.level
    print(
        f"memory grew by {grown / 2**20:.1f} MiB after the warm-up; "
        f"{len(tally.wrong)} wrong answers; {running} requests left running"
    )
    for wrong in tally.wrong[:10]:
        print(f"  {wrong}")
    good = not tally.wrong and grown < GROWTH_ALLOWED and running == 0
    return 0 if good else 1


async def wait_until_up(session: aiohttp.ClientSession, engine_url: str) -> None:
    with anyio.fail_after(20):
        while True:
            try:
                await running_requests(session, engine_url)
            except aiohttp.ClientConnectionError:
                await anyio.sleep(0.1)
            else:
                return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    sys.exit(anyio.run(soak, parser.parse_args().requests, backend_options={"use_uvloop": True}))
