import io

import pytest
from rich.console import Console

from aicockpit.terminal import TerminalProgress


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=terminal, width=120), text


def test_without_a_terminal_steps_are_lines():
    shown, text = console(terminal=False)
    with TerminalProgress(shown).step("Downloading", total=10, unit="bytes") as step:
        step.update(completed=5)
    lines = text.getvalue().splitlines()
    assert lines[0] == "Downloading …"
    assert lines[-1] == "Downloading: done in 0 s"


def test_on_a_terminal_steps_are_bars_that_stay():
    shown, text = console(terminal=True)
    progress = TerminalProgress(shown)
    with progress.step("Downloading", total=2 * 2**30, unit="bytes") as step:
        step.update(completed=2**30, detail="model.safetensors")
    with progress.step("Starting", total=None):
        pass
    output = text.getvalue()
    assert "Downloading" in output
    assert "Starting" in output
    assert "✓" in output


def test_a_failed_step_is_marked_and_the_error_goes_on():
    shown, text = console(terminal=True)
    with pytest.raises(OSError, match="no"), TerminalProgress(shown).step("Downloading"):
        raise OSError("no")
    assert "✗" in text.getvalue()
