"""Many requests through one worker, each answer as soon as it is there.

Requests are taken from the caller one by one and only so many are under way, so that a million of
them need no more memory than a few hundred.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import weakref
from typing import TYPE_CHECKING, Self

from aicockpit.errors import EngineLostError, OfflineError
from aicockpit.offline.exchange import Answered, Event, Key, Pace, Refused, Request
from aicockpit.offline.link import WorkerLink
from aicockpit.offline.outputs import RequestOutput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from aicockpit.offline.launch import WorkerLaunch, WorkerReady
    from aicockpit.offline.link import Message
    from aicockpit.progress import Progress


class OfflineEngine:
    """One worker and the conversation with it.

    Constructing one starts the worker and waits until its engine is ready (EngineStartError). It
    ends with `close`, with the `with` block or with this process. Several threads may call `run`;
    they take turns.
    """

    def __init__(self, launch: WorkerLaunch, progress: Progress) -> None:
        with progress.step(f"Starting the offline engine for {launch.name}") as step:
            link, ready = WorkerLink.start(launch, on_phase=lambda words: step.update(detail=words))
        self.name = launch.name
        """The model's short name."""
        self.ready: WorkerReady = ready
        """What the engine said when it was ready: its version, its longest context, …"""
        self._link = link
        self._ids = itertools.count()
        self._turns = threading.Lock()
        # Also runs at the end of the script. A script that is killed is the guard's business.
        self._closer = weakref.finalize(self, link.close)

    def close(self) -> None:
        """End the engine and wait until it is gone. May be called repeatedly."""
        self._closer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, requests: Iterable[Request[Key]]) -> Iterator[Event[Key]]:
        """Carry out requests and yield what becomes of each, in the order in which they finish.

        `requests` is read as room appears. Closing the iterator cancels what is under way.
        Raises EngineLostError, or OfflineError after `close`.
        """
        with self._turns:
            if not self._closer.alive:
                raise OfflineError(
                    "This offline engine is closed.",
                    why="close() was called or its with block has ended.",
                    remedy="Start a new one, or do the work before closing.",
                )
            yield from self._run(iter(requests))

    def _run(self, waiting: Iterator[Request[Key]]) -> Iterator[Event[Key]]:
        under_way: dict[str, Key] = {}
        try:
            for request in itertools.islice(waiting, self.ready.window):
                self._ask(request, under_way)
            while under_way:
                yield from self._next(under_way)
                for request in itertools.islice(waiting, self.ready.window - len(under_way)):
                    self._ask(request, under_way)
        finally:
            with contextlib.suppress(EngineLostError):
                for identity in under_way:
                    self._link.send({"type": "cancel", "id": identity})

    def _ask(self, request: Request[Key], under_way: dict[str, Key]) -> None:
        identity = str(next(self._ids))
        under_way[identity] = request.key
        self._link.send({"type": "request", "id": identity, **request.payload})

    def _next(self, under_way: dict[str, Key]) -> Iterator[Event[Key]]:
        message = self._link.receive()
        if message["type"] == "progress":
            yield _pace(message)
        elif message["id"] not in under_way:
            return  # was cancelled by an earlier caller
        elif message["type"] == "output":
            key = under_way.pop(message["id"])
            yield Answered(key, RequestOutput.from_message(message))
        else:
            key = under_way.pop(message["id"])
            yield Refused(key, message["code"], message["message"])


def _pace(message: Message) -> Pace:
    return Pace(
        running=message["running"],
        finished=message["finished"],
        generated_tokens=message["generated_tokens"],
        prompt_tokens=message["prompt_tokens"],
    )
