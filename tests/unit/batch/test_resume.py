"""However a run ends, running again gives exactly one outcome per line."""

import contextlib
import json
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.fake_runner import FakeRunner
from tests.unit.batch.conftest import Workplace


class Killed(BaseException):
    """Stands for `kill -9`: nothing after it runs."""


class InterruptedBatch(RuleBasedStateMachine):
    """Runs, crashes, torn writes and a growing input, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.place = Workplace(Path(self.folder.name))
        self.lines: list[object] = [{"prompt": "first"}]
        self.place.write(*self.lines)

    @rule(count=st.integers(1, 5), odd=st.sampled_from(["fine", "REFUSE", "{"]))
    def grow(self, count: int, odd: str) -> None:
        """Append lines, one of them perhaps bad."""
        self.lines += [{"prompt": f"p{n}"} for n in range(count)]
        self.lines.append("{" if odd == "{" else {"prompt": odd})
        self.place.write(*self.lines)

    @rule(answers=st.integers(0, 6), window=st.integers(1, 4))
    def crash(self, answers: int, window: int) -> None:
        """Run and be killed after some answers."""
        with contextlib.suppress(Killed):
            self.place.run(FakeRunner(window=window, stop_after=answers, error=Killed))

    @rule(torn=st.integers(1, 200))
    def tear(self, torn: int) -> None:
        """The crash hit in the middle of a write: the last line is not whole."""
        data = self.place.output.read_bytes() if self.place.output.exists() else b""
        if data:
            last = data.rindex(b"\n", 0, -1) + 1 if data.count(b"\n") > 1 else 0
            keep = max(last, len(data) - torn)
            self.place.output.write_bytes(data[:keep])

    @rule(window=st.integers(1, 4))
    def finish(self, window: int) -> None:
        """Run to the end: now every line has exactly one outcome."""
        result = self.place.run(FakeRunner(window=window))
        assert result.left == 0
        answered = self.place.ids()
        failed = [failure["line"] for failure in self.place.failures()]
        wanted_failures = [
            number
            for number, line in enumerate(self.lines, 1)
            if line == "{" or line == {"prompt": "REFUSE"}
        ]
        assert sorted(failed) == wanted_failures
        assert sorted(answered) == sorted(
            f"line-{number}"
            for number in range(1, len(self.lines) + 1)
            if number not in wanted_failures
        )

    @invariant()
    def nothing_is_answered_twice(self) -> None:
        """Whatever happened, no id has two whole answers."""
        if self.place.output.exists():
            whole, _, _ = self.place.output.read_bytes().rpartition(b"\n")
            ids = [json.loads(line)["custom_id"] for line in whole.split(b"\n") if line]
            assert len(ids) == len(set(ids))

    def teardown(self) -> None:
        self.folder.cleanup()


TestInterruptedBatch = InterruptedBatch.TestCase
TestInterruptedBatch.settings = settings(max_examples=15, stateful_step_count=12)
