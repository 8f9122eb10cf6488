"""A long, bounded run against a fake engine: nothing is lost and memory stays flat.

    python -m tests.soak.gateway [--requests 200000]

Four kinds of client in turn: a whole answer, a stream read to its end, a stream that is hung up on,
and a request that is refused. Prints resident memory as it goes and fails when it grows or when
any answer is not the expected one. Loopback only.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time

import aiohttp
import anyio
import psutil

from tests.support.fake_directory import FakeDirectory
from tests.support.fake_engine import FakeEngine
from tests.support.in_process import serving_engine, serving_gateway

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


async def soak(total: int) -> int:
    tally = Tally(total)
    engine = FakeEngine(api_key="engine-key")
    async with (
        serving_engine(engine) as engine_url,
        serving_gateway(FakeDirectory.of(engine_url)) as gateway,
        aiohttp.ClientSession() as session,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, tally)
            for _ in range(CLIENTS):
                tasks.start_soon(client, session, gateway.url, tally)
        with anyio.move_on_after(10):
            while engine.counts.running:  # noqa: ASYNC110 - the engine tells nobody
                await anyio.sleep(0.05)
    gc.collect()
    grown = psutil.Process().memory_info().rss - tally.level
    print(
        f"memory grew by {grown / 2**20:.1f} MiB after the warm-up; "
        f"{len(tally.wrong)} wrong answers; {engine.counts.running} requests left running"
    )
    for wrong in tally.wrong[:10]:
        print(f"  {wrong}")
    good = not tally.wrong and grown < GROWTH_ALLOWED and engine.counts.running == 0
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    sys.exit(anyio.run(soak, parser.parse_args().requests, backend_options={"use_uvloop": True}))
