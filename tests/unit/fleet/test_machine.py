from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aicockpit.errors import EngineStartError
from aicockpit.fleet.machine import (
    STABLE_AFTER,
    Address,
    BecameReady,
    Ended,
    Event,
    FleetMachine,
    MemberState,
    PhaseChanged,
    RestartDue,
    StartAll,
    StartFailed,
    StopAll,
)

ADDRESS = Address("http://127.0.0.1:1", "secret")
FAILURE = EngineStartError("It failed.", why="Because.", remedy="Do.")


@dataclass
class RecordedEffects:
    launches: list[tuple[str, int]] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    reminders: list[tuple[str, int, float]] = field(default_factory=list)

    def launch(self, key: str, launch: int) -> None:
        self.launches.append((key, launch))

    def end(self, key: str) -> None:
        self.ends.append(key)

    def remind(self, key: str, launch: int, delay: float) -> None:
        self.reminders.append((key, launch, delay))


class World:
    """A machine with a clock that the test turns."""

    def __init__(self, *keys: str, max_restarts: int = 3) -> None:
        self.now = 0.0
        self.effects = RecordedEffects()
        self.machine = FleetMachine(
            keys, self.effects, clock=lambda: self.now, max_restarts=max_restarts
        )

    def state(self, key: str) -> MemberState:
        return self.machine.members[key].state


def ready_world(**options: int) -> World:
    world = World("a", **options)
    world.machine.handle(StartAll())
    world.machine.handle(BecameReady("a", 1, ADDRESS))
    return world


def test_engines_start_one_after_the_other():
    world = World("a", "b")
    world.machine.handle(StartAll())
    assert world.effects.launches == [("a", 1)]
    world.machine.handle(BecameReady("a", 1, ADDRESS))
    assert world.effects.launches == [("a", 1), ("b", 1)]
    assert world.machine.members["a"].address == ADDRESS


def test_one_that_fails_does_not_hold_up_the_next():
    world = World("a", "b")
    world.machine.handle(StartAll())
    world.machine.handle(StartFailed("a", 1, FAILURE))
    assert world.state("a") is MemberState.FAILED
    assert world.machine.members["a"].error is FAILURE
    assert world.effects.launches[-1] == ("b", 1)


def test_an_engine_that_ends_by_itself_is_started_again_after_a_growing_delay():
    world = ready_world()
    delays = []
    for launch in (1, 2, 3):
        world.machine.handle(Ended("a", launch, "exit status 1"))
        assert world.state("a") is MemberState.WAITING
        assert world.machine.members["a"].address is None
        assert len(world.effects.launches) == launch
        delays.append(world.effects.reminders[-1][2])
        world.machine.handle(RestartDue("a", launch))
        assert world.effects.launches[-1] == ("a", launch + 1)
        world.machine.handle(BecameReady("a", launch + 1, ADDRESS))
    assert delays == [1, 2, 4]
    world.machine.handle(Ended("a", 4, "killed by signal 9"))
    assert world.state("a") is MemberState.FAILED
    assert "killed by signal 9" in str(world.machine.members["a"].error)


def test_a_long_good_time_is_rewarded():
    world = ready_world(max_restarts=1)
    world.machine.handle(Ended("a", 1, "x"))
    world.machine.handle(RestartDue("a", 1))
    world.machine.handle(BecameReady("a", 2, ADDRESS))
    world.now += STABLE_AFTER
    world.machine.handle(Ended("a", 2, "x"))
    assert world.state("a") is MemberState.WAITING


def test_events_of_an_earlier_launch_change_nothing():
    world = ready_world()
    world.machine.handle(Ended("a", 1, "x"))
    world.machine.handle(RestartDue("a", 1))
    world.machine.handle(BecameReady("a", 1, ADDRESS))
    assert world.state("a") is MemberState.STARTING


def test_phases_are_kept_for_whoever_asks():
    world = World("a")
    world.machine.handle(StartAll())
    world.machine.handle(PhaseChanged("a", 1, "loading weights"))
    assert world.machine.members["a"].phase == "loading weights"


def test_stop_ends_what_runs_and_launches_no_more():
    world = World("a", "b")
    world.machine.handle(StartAll())
    world.machine.handle(StopAll())
    assert world.effects.ends == ["a"]
    assert world.state("b") is MemberState.STOPPED
    assert world.state("a") is MemberState.STOPPING
    world.machine.handle(Ended("a", 1, "stopped"))
    assert world.machine.stopped
    assert world.effects.launches == [("a", 1)]


class RandomEvents(RuleBasedStateMachine):
    """Whatever happens in whatever order, the fleet's promises hold."""

    keys = ("a", "b", "c")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(*self.keys, max_restarts=2)
        self.world.machine.handle(StartAll())
        self.stopping = False

    @rule(
        key=st.sampled_from(keys),
        launch=st.integers(0, 4),
        kind=st.sampled_from(["ready", "failed", "ended", "due", "phase"]),
        pause=st.floats(0, 400),
    )
    def something_happens(self, key: str, launch: int, kind: str, pause: float) -> None:
        self.world.now += pause
        events: dict[str, Event] = {
            "ready": BecameReady(key, launch, ADDRESS),
            "failed": StartFailed(key, launch, FAILURE),
            "ended": Ended(key, launch, "x"),
            "due": RestartDue(key, launch),
            "phase": PhaseChanged(key, launch, "loading"),
        }
        self.world.machine.handle(events[kind])

    @precondition(lambda self: not self.stopping)
    @rule()
    def stop(self) -> None:
        self.stopping = True
        self.world.machine.handle(StopAll())

    @invariant()
    def at_most_one_starts(self) -> None:
        states = [m.state for m in self.world.machine.members.values()]
        assert states.count(MemberState.STARTING) <= 1

    @invariant()
    def only_ready_engines_have_an_address(self) -> None:
        for member in self.world.machine.members.values():
            assert (member.address is not None) <= (
                member.state in {MemberState.READY, MemberState.STOPPING}
            )

    @invariant()
    def a_failure_has_a_reason(self) -> None:
        for member in self.world.machine.members.values():
            assert (member.error is not None) == (member.state is MemberState.FAILED)

    @invariant()
    def nothing_waits_for_ever_unless_it_has_a_reminder_or_another_starts(self) -> None:
        members = self.world.machine.members.values()
        if any(m.state is MemberState.STARTING for m in members):
            return
        reminded = {(key, launch) for key, launch, _ in self.world.effects.reminders}
        for member in members:
            if member.state is MemberState.WAITING:
                assert not member.due
                assert (member.key, member.launch) in reminded


TestRandomEvents = RandomEvents.TestCase
TestRandomEvents.settings = settings(max_examples=100, stateful_step_count=30)
