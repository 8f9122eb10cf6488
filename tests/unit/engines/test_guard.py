"""The guard, run as the program that it is, around programs that try to get away."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from aicockpit.engines.guard import LineSplitter, RotatedLog, descendants, read_stat
from aicockpit.engines.guarded import GuardedLog, guard_command, marks
from aicockpit.paths import DataFolder
from tests.support.engine_marks import marked_pids, wait_until

DEEP = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('deep', flush=True)
time.sleep(600)
"""
TREE = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-S", "-c", {DEEP!r}], start_new_session=True)
print("main", flush=True)
time.sleep(600)
"""


class Guarded:
    """A guard around a Python program, with its events."""

    def __init__(self, home: Path, code: str, *, grace: float = 0.1, size: int = 2**20) -> None:
        self.data = DataFolder(home)
        self.log = home / "engine.log"
        home.mkdir(exist_ok=True)
        command = guard_command(
            [sys.executable, "-S", "-c", code], GuardedLog(self.log, size, 3), grace=grace
        )
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Tests run beside each other, and a guard ends whatever else has its engine's id.
            env={**os.environ, **marks(self.data, f"test-{uuid4()}")},
            start_new_session=True,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.stdin = self.process.stdin
        self.stdout = self.process.stdout

    def event(self) -> dict[str, object]:
        event: dict[str, object] = json.loads(self.stdout.readline())
        return event

    def wait_for_lines(self, *texts: str) -> int:
        """The main process's id, once all these lines were printed."""
        started = self.event()
        assert started["event"] == "started"
        missing = set(texts)
        while missing:
            missing.discard(str(self.event()["text"]))
        pid = started["pid"]
        assert isinstance(pid, int)
        return pid

    def last_event(self) -> dict[str, object]:
        event: dict[str, object] = json.loads(self.stdout.read().splitlines()[-1])
        return event

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pid in marked_pids(self.data):
            os.kill(pid, signal.SIGKILL)
        self.stdin.close()
        self.stdout.close()


@pytest.fixture
def guarded(tmp_path: Path):
    made: list[Guarded] = []

    def make(code: str, **options: float) -> Guarded:
        made.append(Guarded(tmp_path / f"home{len(made)}", code, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_tells_what_happens_and_logs_it(guarded) -> None:
    run = guarded("import sys; print('one'); print('two', file=sys.stderr); sys.exit(7)")
    events = [json.loads(line) for line in run.stdout]
    assert events[0]["event"] == "started"
    assert {event["text"] for event in events[1:-1]} == {"one", "two"}
    assert events[-1] == {"event": "exited", "returncode": 7}
    assert run.process.wait(5) == 0
    assert "one\n" in run.log.read_text()
    assert run.log.stat().st_mode & 0o077 == 0


def test_a_program_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    command = guard_command(["/nonexistent"], GuardedLog(tmp_path / "log"), grace=1)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert "cannot run /nonexistent" in events[0]["text"]
    assert events[-1] == {"event": "exited", "returncode": 127}


def test_stop_ends_everything_even_what_ignores_sigterm(guarded) -> None:
    run = guarded(TREE)
    run.wait_for_lines("main", "deep")
    run.stdin.write(b"stop\n")
    run.stdin.flush()
    assert run.last_event() == {"event": "exited", "returncode": -signal.SIGTERM}
    assert marked_pids(run.data) == []


def test_the_end_of_the_control_pipe_is_a_stop(guarded) -> None:
    run = guarded(TREE)
    run.wait_for_lines("main", "deep")
    run.stdin.close()
    assert run.last_event()["event"] == "exited"
    assert marked_pids(run.data) == []


def test_kill_skips_the_grace(guarded) -> None:
    run = guarded(TREE, grace=60.0)
    run.wait_for_lines("main", "deep")
    started = time.monotonic()
    run.stdin.write(b"kill\n")
    run.stdin.flush()
    assert run.last_event() == {"event": "exited", "returncode": -signal.SIGKILL}
    assert time.monotonic() - started < 5


def test_when_the_main_process_is_killed_the_rest_goes_too(guarded) -> None:
    run = guarded(TREE)
    main = run.wait_for_lines("main", "deep")
    os.kill(main, signal.SIGKILL)
    assert run.last_event() == {"event": "exited", "returncode": -signal.SIGKILL}
    assert marked_pids(run.data) == []


def test_when_the_guard_is_killed_the_main_process_gets_sigterm(guarded) -> None:
    run = guarded(TREE)
    main = run.wait_for_lines("main", "deep")
    os.kill(run.process.pid, signal.SIGKILL)
    wait_until(lambda: read_stat(main) is None or bool(read_stat(main).zombie), 5)  # type: ignore[union-attr]


def test_a_terminal_interrupt_is_the_owners_business(guarded) -> None:
    run = guarded("import time\nprint('up', flush=True)\ntime.sleep(600)")
    main = run.wait_for_lines("up")
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGHUP)
    run.stdin.write(b"\n")
    run.stdin.flush()
    assert os.getsid(main) == run.process.pid
    assert os.getpgid(main) == main
    # It still answers, so it has survived both signals.
    run.process.send_signal(signal.SIGTERM)
    assert run.last_event() == {"event": "exited", "returncode": -signal.SIGTERM}


def test_a_child_does_not_inherit_ignored_signals(guarded) -> None:
    code = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_DFL, flush=True)"
    assert '"text": "True"' in guarded(code).stdout.read().decode()


def test_a_reader_that_stalls_never_blocks_the_engine(guarded) -> None:
    code = "import sys\nfor n in range(60): print('x' * 50000)\nprint('end', file=sys.stderr)"
    run = guarded(code, size=2**24)
    # Three megabytes go into the log although nobody reads an event.
    wait_until(lambda: run.log.exists() and b"end" in run.log.read_bytes()[-8:], 10)
    assert run.last_event() == {"event": "exited", "returncode": 0}


def test_descendants_are_found_parents_first(guarded) -> None:
    run = guarded(TREE)
    main = run.wait_for_lines("main", "deep")
    found = descendants(run.process.pid)
    assert found[0] == main
    assert len(found) == 2


def test_the_log_is_rotated_and_keeps_so_many_files(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    log = RotatedLog(path, size=10, files=3)
    for number in range(6):
        log.write(b"%d23456789" % number)
    assert path.read_bytes() == b"523456789"
    assert Path(f"{path}.1").read_bytes() == b"423456789"
    assert Path(f"{path}.2").read_bytes() == b"323456789"
    assert not Path(f"{path}.3").exists()


def test_a_log_of_one_file_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    log = RotatedLog(path, size=10, files=1)
    log.write(b"123456789")
    log.write(b"next")
    assert path.read_bytes() == b"next"
    assert list(tmp_path.iterdir()) == [path]


def test_a_log_that_was_full_before_is_rotated_first(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_bytes(b"x" * 20)
    RotatedLog(path, size=10, files=2).write(b"new")
    assert path.read_bytes() == b"new"
    assert Path(f"{path}.1").read_bytes() == b"x" * 20


def test_a_disk_that_takes_nothing_loses_lines_only(tmp_path: Path) -> None:
    RotatedLog(tmp_path / "missing" / "engine.log", size=10, files=2).write(b"lost")


def test_lines_end_at_newlines_and_carriage_returns() -> None:
    lines = LineSplitter()
    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed(b"o\r 50%\r\n\nrest") == ["two", " 50%"]
    assert lines.finish() == ["rest"]
    assert lines.feed(b"x" * 20000) == ["x" * 16384]
