"""The batch command's one function: look, choose a path, carry out, report."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import anyio

from aicockpit.batch.files import BatchFiles
from aicockpit.batch.gateway_path import Retries, run_through_gateway
from aicockpit.batch.offline_path import Runner, run_offline
from aicockpit.batch.path_choice import GatewayPath, OfflinePath, PathWish, choose_path
from aicockpit.batch.sink import Sink
from aicockpit.batch.survey import remaining, survey
from aicockpit.errors import BatchError
from aicockpit.offline.engine import OfflineEngine
from aicockpit.offline.preparation import launch_for_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aicockpit.batch.lines import BatchLine
    from aicockpit.batch.survey import Survey
    from aicockpit.config import Config
    from aicockpit.paths import DataFolder
    from aicockpit.progress import Progress

EngineOpener = Callable[[OfflinePath], AbstractContextManager[Runner]]
"""Starts an offline engine for a model."""


@dataclass(frozen=True)
class BatchOptions:
    """What to do."""

    source: Path
    """JSON lines: OpenAI's batch form, or plain lines with `prompt` or `messages`."""
    output: Path
    """Where the answers are appended."""
    model: str | None = None
    """Model for all lines, in place of those that the lines name."""
    path: PathWish = "auto"
    """`auto` takes the gateway when it serves the model, and runs offline otherwise."""
    concurrency: int = 16
    """Requests under way at a time on the gateway's path."""
    retries: Retries = field(default_factory=Retries)
    """How patient the gateway's path is."""


@dataclass(frozen=True)
class BatchResult:
    """What became of a run."""

    output: Path
    errors: Path
    total: int
    """Lines that are not blank."""
    answered: int
    """Lines answered by this run."""
    answered_before: int
    """Lines that an earlier run had answered."""
    failed: int
    """Lines in the errors file."""
    path: Literal["gateway", "offline", "none"]
    """How it was done; `none` when nothing was left to do."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """Time that carrying out took, without starting an engine."""
    interrupted: bool = False
    """Ctrl-C came; running the same command again goes on."""

    @property
    def left(self) -> int:
        """Lines that are neither answered nor failed."""
        return self.total - self.answered - self.answered_before - self.failed

    @property
    def exit_status(self) -> int:
        """0 when every line is answered, 1 when some failed, 130 after Ctrl-C."""
        if self.interrupted:
            return 130
        return 1 if self.failed else 0


def run_batch(
    options: BatchOptions,
    config: Config,
    data: DataFolder,
    progress: Progress,
    *,
    open_engine: EngineOpener | None = None,
) -> BatchResult:
    """Carry out every line of the input that the output does not answer yet.

    Blocks. A line that fails is noted in the errors file and the rest is done. After Ctrl-C
    the result says so; nothing that was answered is lost. `open_engine` stands in for the offline
    engine.

    Raises:
        BatchError: the files do not fit together, or the gateway stays away.
        DiskSpaceError, ModelError, EngineError, EngineEnvironmentError.
    """
    _check_paths(options)
    open_engine = open_engine or functools.partial(_open_engine, config, data, progress)
    with BatchFiles(options.output) as files:
        earlier = files.earlier()
        with progress.step(f"Reading {options.source.name}"):
            found = survey(
                options.source,
                done=files.done,
                earlier_lines=None if earlier is None else earlier.lines,
            )
        files.check(options.model, found)
        files.begin(options.model, found)
        path = choose_path(options.path, options.model, found, config) if found.left else None
        return _carry_out(path, options, files, found, progress, open_engine)


def _carry_out(
    path: GatewayPath | OfflinePath | None,
    options: BatchOptions,
    files: BatchFiles,
    found: Survey,
    progress: Progress,
    open_engine: EngineOpener,
) -> BatchResult:
    interrupted = False
    with ExitStack() as open_things:
        runner = None
        if isinstance(path, OfflinePath):
            runner = open_things.enter_context(open_engine(path))
        title = f"Batch {options.source.name}"
        total = found.left + found.bad
        sink = Sink(files, open_things.enter_context(progress.step(title, total=total)))
        lines = sink.requests(remaining(options.source, found, files.done))
        try:
            match path:
                case GatewayPath():
                    _through_gateway(path, options, lines, sink)
                case OfflinePath() if runner is not None:
                    run_offline(lines, runner, path.settings.served_name or runner.name, sink)
                case _:
                    # Only lines that no request can be made of are left; note them down.
                    for _ in lines:
                        pass
        except KeyboardInterrupt:
            interrupted = True
    return BatchResult(
        output=files.output,
        errors=files.errors,
        total=found.requests + found.bad,
        answered=sink.answers,
        answered_before=found.done,
        failed=sink.failures,
        path=path.kind if path else "none",
        prompt_tokens=sink.prompt_tokens,
        completion_tokens=sink.completion_tokens,
        seconds=sink.seconds,
        interrupted=interrupted,
    )


def _through_gateway(
    path: GatewayPath, options: BatchOptions, lines: Iterator[BatchLine], sink: Sink
) -> None:
    work = functools.partial(
        run_through_gateway,
        lines,
        path.gateway,
        sink,
        model=options.model,
        concurrency=options.concurrency,
        retries=options.retries,
    )
    anyio.run(work)


def _open_engine(
    config: Config, data: DataFolder, progress: Progress, path: OfflinePath
) -> AbstractContextManager[Runner]:
    launch = launch_for_model(
        path.settings, config.engines, data, progress, or_starter=path.or_starter
    )
    return OfflineEngine(launch, progress)


def _check_paths(options: BatchOptions) -> None:
    if not options.source.is_file():
        raise BatchError(
            f"The input {options.source} cannot be read.",
            why="There is no such file." if not options.source.exists() else "It is not a file.",
            remedy="Name a file with one JSON object per line; it is read twice, so a pipe will "
            "not do.",
        )
    if options.output.exists() and options.output.samefile(options.source):
        raise BatchError(
            "The output is the input.",
            why=f"{options.output} would be appended to itself.",
            remedy="Name another output file with -o.",
        )
    if options.concurrency < 1:
        raise BatchError(
            "Nothing can be done with no request at a time.",
            why=f"concurrency is {options.concurrency}.",
            remedy="Set it to at least 1.",
        )
