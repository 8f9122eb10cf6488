"""An offline engine for batches, in the test's own process."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from aicockpit.offline.exchange import Answered, Event, Key, Pace, Refused, Request
from aicockpit.offline.outputs import CompletionOutput, RequestOutput


class FakeRunner:
    """Answers with the prompt in capitals; `stop_after` answers, it raises `error`.

    It takes `window` requests before it answers, and then the newest first, as an engine may.
    """

    def __init__(
        self,
        *,
        window: int = 4,
        stop_after: int | None = None,
        error: type[BaseException] = KeyboardInterrupt,
    ) -> None:
        self.name = "fake"
        self.window = window
        self.stop_after = stop_after
        self.error = error
        self.bodies: list[object] = []
        self.most_under_way = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def run(self, requests: Iterable[Request[Key]]) -> Iterator[Event[Key]]:
        waiting = iter(requests)
        under_way: list[Request[Key]] = []
        answered = 0
        while True:
            while len(under_way) < self.window and (request := next(waiting, None)) is not None:
                under_way.append(request)
            self.most_under_way = max(self.most_under_way, len(under_way))
            if not under_way:
                return
            if answered == self.stop_after:
                raise self.error
            yield Pace(len(under_way), answered, answered, answered)
            yield self.answer(under_way.pop())
            answered += 1

    def answer(self, request: Request[Key]) -> Event[Key]:
        body = request.payload["body"]
        assert isinstance(body, dict)
        self.bodies.append(body)
        prompt = str(body["messages"][-1]["content"] if "messages" in body else body["prompt"])
        if "REFUSE" in prompt:
            return Refused(request.key, "invalid_request", "no thanks")
        part = CompletionOutput(0, prompt.upper(), [1, 2], finish_reason="stop")
        return Answered(request.key, RequestOutput("r", prompt, [1, 2, 3], [part]))
