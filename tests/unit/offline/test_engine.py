import os
import signal
import threading
from collections.abc import Iterator

import pytest

from aicockpit.engines.guard import all_processes, environment_of, read_stat
from aicockpit.errors import EngineLostError, EngineStartError, OfflineError
from aicockpit.offline.engine import OfflineEngine
from aicockpit.offline.exchange import Answered, Refused, Request
from aicockpit.progress import SilentProgress, SilentStep, Unit


def ask(*prompts: str) -> list[Request[int]]:
    return [
        Request(place, {"kind": "generate", "prompt": text, "sampling_params": None})
        for place, text in enumerate(prompts)
    ]


def outcomes(
    engine: OfflineEngine, requests: list[Request[int]]
) -> list[Answered[int] | Refused[int]]:
    return [event for event in engine.run(requests) if isinstance(event, Answered | Refused)]


def test_every_request_gets_one_outcome_and_a_bad_one_harms_no_other(engine):
    first, second, third = outcomes(engine, ask("one two", "REFUSE this", "three"))
    assert isinstance(first, Answered)
    assert first.output.outputs[0].text == "two one"
    assert second == Refused(1, "invalid_request", "no thanks")
    assert isinstance(third, Answered)


def test_requests_are_taken_only_as_room_appears(engine):
    taken = 0

    def endless() -> Iterator[Request[int]]:
        nonlocal taken
        while True:
            taken += 1
            yield Request(taken, {"kind": "generate", "prompt": "go", "sampling_params": None})

    events = engine.run(endless())
    for _ in range(200):
        next(events)
    events.close()
    assert taken <= 200 + engine.ready.window


def test_closing_the_iterator_cancels_what_is_under_way(engine):
    events = engine.run(ask("HOLD", "HOLD", "answered"))
    while not isinstance(next(events), Answered):
        pass
    events.close()
    (answer,) = outcomes(engine, ask("next"))
    assert isinstance(answer, Answered)
    assert answer.output.num_cached_tokens == 2, "the fake counts cancelled requests there"


def test_a_worker_that_dies_is_reported_with_its_last_words(engine):
    with pytest.raises(EngineLostError, match="the fake was told to die"):
        outcomes(engine, ask("fine", "DIE"))
    with pytest.raises(EngineLostError):
        outcomes(engine, ask("again"))


def test_a_failed_start_says_why(make_launch):
    launch = make_launch("--fail", "ValueError: the model is a teapot")
    with pytest.raises(EngineStartError, match="teapot") as caught:
        OfflineEngine(launch, SilentProgress())
    assert str(launch.log.path) in caught.value.remedy
    assert not list(launch.data.run.iterdir())


def test_a_start_that_takes_too_long_is_ended(make_launch):
    launch = make_launch("--silent", start_timeout=0.5)
    with pytest.raises(EngineStartError, match="did not become ready"):
        OfflineEngine(launch, SilentProgress())
    assert not marked(launch.engine_id)


def test_only_the_worker_with_the_token_is_let_in(make_launch):
    with OfflineEngine(make_launch("--stranger"), SilentProgress()) as engine:
        assert len(outcomes(engine, ask("hello"))) == 1


def test_close_leaves_no_process_and_may_be_repeated(make_launch):
    launch = make_launch()
    engine = OfflineEngine(launch, SilentProgress())
    assert marked(launch.engine_id)
    engine.close()
    engine.close()
    assert not marked(launch.engine_id)
    with pytest.raises(OfflineError, match="closed"):
        next(engine.run(ask("late")))


def test_a_forked_child_cannot_end_the_parents_engine(engine):
    child = os.fork()
    if child == 0:
        engine.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert len(outcomes(engine, ask("still here"))) == 1


def test_several_threads_take_turns(engine):
    counts = []

    def work():
        counts.append(len(outcomes(engine, ask("a", "b", "c"))))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [3, 3, 3, 3]


class Recorder(SilentProgress, SilentStep):
    """Remembers the words behind the bar."""

    def __init__(self) -> None:
        self.details: list[str | None] = []

    def step(self, title: str, *, total: int | None = None, unit: Unit = "items") -> SilentStep:
        return self

    def update(
        self,
        *,
        completed: int | None = None,
        total: int | None = None,
        detail: str | None = None,
    ) -> None:
        self.details.append(detail)


def test_phases_of_the_start_are_reported(make_launch):
    progress = Recorder()
    with OfflineEngine(make_launch(), progress) as engine:
        outcomes(engine, ask("x"))
    assert "loading weights" in progress.details


def test_a_worker_that_is_killed_is_noticed(engine, make_launch):
    (worker,) = [
        pid
        for pid in marked(make_launch().engine_id)
        if (stat := read_stat(pid)) and stat.parent != os.getpid()
    ]
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(EngineLostError):
        outcomes(engine, ask("anyone?"))


def marked(engine_id: str) -> list[int]:
    return [
        stat.pid
        for stat in all_processes()
        if environment_of(stat.pid).get("AICOCKPIT_ENGINE") == engine_id
    ]
