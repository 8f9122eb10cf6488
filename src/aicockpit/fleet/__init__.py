"""Which engines run, and since when they can answer.

One task owns the state: `Fleet` feeds events to `FleetMachine`, whose transitions are
synchronous and reach the world only through an `Effects` protocol. The fleet knows no HTTP and
no command line. Start at `machine` for the rules, at `fleet` for the task that applies them and
at `preparation` for how a configuration becomes engines.
"""

from aicockpit.fleet.fleet import Engine, Fleet, Launcher
from aicockpit.fleet.launcher import EngineLauncher
from aicockpit.fleet.machine import Address, Member, MemberState
from aicockpit.fleet.planning import FetchedModel
from aicockpit.fleet.preparation import (
    Preparation,
    PreparedModel,
    RefusedModel,
    prepare,
)
from aicockpit.fleet.start_memory import KvCacheComparison

__all__ = [
    "Address",
    "Engine",
    "EngineLauncher",
    "FetchedModel",
    "Fleet",
    "KvCacheComparison",
    "Launcher",
    "Member",
    "MemberState",
    "Preparation",
    "PreparedModel",
    "RefusedModel",
    "prepare",
]
