"""Words become a shell command at the prompt, and nothing more happens by itself."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.support.counting_proxy import CountingProxy
from tests.support.workbench import Workbench


def test_a_command_is_placed_and_not_run(workbench: Workbench, proxy: CountingProxy, folder: Path):
    (folder / "here-it-is.txt").write_text("found\n")
    workbench.wait(lambda: "Ready" in workbench.status(), "the connection")
    workbench.run("Terminal: Create New Terminal")
    prompt = workbench.wait(lambda: workbench.terminal_text().strip(), "the shell's prompt")
    expect(workbench.page.locator(".terminal.xterm.focus")).to_be_visible()
    workbench.press("Control+k")
    workbench.answer("list the files in this folder with ls")
    placed = workbench.wait(
        lambda: "ls" in workbench.terminal_text().strip().removeprefix(prompt), "the command"
    )
    assert placed
    workbench.pause(1)
    workbench.picture("terminal-command")
    assert "here-it-is.txt" not in workbench.terminal_text()
    assert len(proxy.to("/v1/chat/completions")) == 1

    # What a small model writes may fail; that it runs at all only now is what counts.
    before = len(workbench.terminal_text().strip().splitlines())
    workbench.press("Enter")
    workbench.wait(
        lambda: len(workbench.terminal_text().strip().splitlines()) > before, "its output"
    )
