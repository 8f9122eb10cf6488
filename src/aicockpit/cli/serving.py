"""Runs the gateway and the fleet until someone stops them."""

from __future__ import annotations

import signal

import anyio
from anyio.abc import TaskStatus

from aicockpit.cli.output import stderr, stdout
from aicockpit.cli.screen import print_ready_screen
from aicockpit.config import Config
from aicockpit.errors import CockpitError
from aicockpit.fleet import EngineLauncher, Fleet, MemberState, Preparation
from aicockpit.gateway import GatewayServer, create_app
from aicockpit.gateway.fleet_directory import FleetDirectory
from aicockpit.paths import DataFolder
from aicockpit.progress import Progress, Step


async def serve_models(
    config: Config, preparation: Preparation, data: DataFolder, progress: Progress
) -> None:
    """Serve the prepared models until a signal comes.

    Raises:
        CockpitError: the port is taken, or no engine became ready.
    """
    fleet = Fleet(
        [model.key for model in preparation.models],
        EngineLauncher(preparation, config.engines, data),
        max_restarts=config.engines.max_restarts,
    )
    app = create_app(FleetDirectory(preparation, fleet), config.server)
    server = GatewayServer(
        app,
        config.server.host,
        config.server.port,
        shutdown_timeout=config.server.shutdown_timeout,
    )
    failure: CockpitError | None = None
    server.bind()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_stop_on_signal, server)
        tasks.start_soon(fleet.run)
        await tasks.start(_serve_then_stop, server, fleet, tasks.cancel_scope)
        await _show_start(preparation, fleet, progress)
        failure = _common_failure(fleet)
        if failure is not None:
            server.stop_now()
        elif any(member.state is MemberState.READY for member in fleet.members.values()):
            print_ready_screen(stdout, config, preparation, fleet, data)
    if failure is not None:
        raise failure


async def _serve_then_stop(
    server: GatewayServer,
    fleet: Fleet,
    everything: anyio.CancelScope,
    *,
    task_status: TaskStatus[str],
) -> None:
    await server.serve(task_status=task_status)
    await fleet.stop()
    everything.cancel()


async def _stop_on_signal(server: GatewayServer) -> None:
    """The first signal lets running requests finish, the second does not."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        stopping = False
        async for _ in signals:
            if stopping:
                server.stop_now()
                continue
            stopping = True
            stderr.print("Stopping. Running requests may finish; Ctrl-C again ends them.")
            server.stop()


async def _show_start(preparation: Preparation, fleet: Fleet, progress: Progress) -> None:
    """One step per engine, with the phase that its log tells, until each is ready or not."""
    for model in preparation.models:
        with progress.step(f"Starting {model.names.id}") as step:
            await _show_until_settled(fleet, model.key, step)


async def _show_until_settled(fleet: Fleet, key: str, step: Step) -> None:
    member = fleet.members[key]
    with fleet.watched_by(lambda _: step.update(detail=member.phase)):
        await fleet.wait_until(lambda: member.settled)


def _common_failure(fleet: Fleet) -> CockpitError | None:
    """The first failure when all engines failed, else None."""
    members = list(fleet.members.values())
    if all(member.state is MemberState.FAILED for member in members):
        return next(member.error for member in members if member.error is not None)
    return None
