"""Edits in words: streamed as a diff, decided, undone; and what of them reaches the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenWorkbench
from tests.support.counting_proxy import CountingProxy
from tests.support.engine_probe import find_engine
from tests.support.serving import Gateway
from tests.support.workbench import Workbench

CHAT = "/v1/chat/completions"
INSTRUCTION = "Add type hints. All numbers are floats."
SHAPES = '''\
def area(width, height):
    """The area of a rectangle."""
    return width * height


def perimeter(width, height):
    """The perimeter of a rectangle."""
    return 2 * (width + height)
'''
SHAPES_JS = """\
// Shapes — with units ✓
function area(width, height) {
    return width * height;
}

function perimeter(width, height) {
    return 2 * (width + height);
}
"""


@pytest.fixture
def file(folder: Path) -> Path:
    file = folder / "shapes.py"
    file.write_text(SHAPES)
    return file


@pytest.fixture
def script(folder: Path) -> Path:
    """A file for which the workbench has a formatter, which finds nothing to do in it."""
    file = folder / "shapes.js"
    file.write_text(SHAPES_JS)
    return file


def start_edit(workbench: Workbench, name: str, first: int, last: int, instruction: str) -> None:
    workbench.wait(lambda: "Ready" in workbench.status(), "the connection")
    workbench.open_file(name)
    workbench.select_lines(first, last)
    workbench.press("Control+k")
    workbench.answer(instruction)


def wait_for_stream(workbench: Workbench, content: str) -> None:
    """Until the first lines of the answer are in the file.

    The buttons above them are no sign: the editor draws them only when the text is at rest. Nor is
    the tab's mark, which the editor leaves out where it saves by itself.
    """
    rows = len(content.rstrip().splitlines())
    workbench.wait(
        lambda: len(text_of(workbench).rstrip().splitlines()) > rows, "the first rows", seconds=60
    )


def wait_for_review(workbench: Workbench) -> None:
    workbench.wait(
        lambda: any("Accept all" in lens for lens in workbench.lenses()),
        "the end of the answer",
        seconds=90,
    )


def text_of(workbench: Workbench) -> str:
    return "\n".join(workbench.lines())


def wait_for_text(workbench: Workbench, text: str, what: str) -> None:
    workbench.wait(lambda: text_of(workbench).rstrip() == text.rstrip(), what)


def reject_next(workbench: Workbench) -> None:
    before = workbench.lines()
    workbench.press("Alt+n")
    workbench.wait(lambda: workbench.lines() != before, "the next change's end")


def test_one_change_is_accepted_and_another_rejected(
    workbench: Workbench, proxy: CountingProxy, file: Path
):
    start_edit(workbench, file.name, 1, 8, INSTRUCTION)
    wait_for_stream(workbench, SHAPES)
    speed = workbench.wait(
        lambda: status if "tok/s" in (status := workbench.status()) else "", "the speed"
    )
    wait_for_review(workbench)
    workbench.picture("inline-edit")
    print(f"\nwhile the edit streamed the status bar said: {speed}")
    (asked,) = proxy.to(CHAT)
    assert asked.headers["x-aicockpit-task"] == "edit"

    changes = sum("Accept (" in lens for lens in workbench.lenses())
    assert changes >= 2, workbench.lenses()
    first, last = SHAPES.splitlines()[0], SHAPES.splitlines()[5]
    assert {first, last} <= set(workbench.lines()), "what is replaced stays to be seen"

    workbench.go_to("1:1")
    workbench.press("Alt+y")
    workbench.wait(lambda: first not in workbench.lines(), "the first change's end")
    workbench.picture("inline-edit-one-accepted")
    for _ in range(changes - 1):
        reject_next(workbench)
    workbench.wait(lambda: not workbench.lenses(), "the decision")
    decided = workbench.lines()
    assert decided[0].startswith("def area(width: float")
    assert decided[1:8] == SHAPES.splitlines()[1:]

    workbench.save()
    assert file.read_text().splitlines() == [decided[0], *SHAPES.splitlines()[1:]]
    workbench.press("Control+z")
    wait_for_text(workbench, SHAPES, "all of it in one step back")


def test_escape_restores_every_byte(
    workbench: Workbench, proxy: CountingProxy, folder: Path, gateway: Gateway
):
    file = folder / "mixed.py"
    content = SHAPES.replace("rectangle", "rectangle ✓ é\u0301 🙂").rstrip().replace("\n", "\r\n")
    file.write_bytes(content.encode())
    written = file.stat().st_mtime_ns
    start_edit(workbench, file.name, 1, 8, INSTRUCTION)
    wait_for_stream(workbench, content)
    pressed = time.monotonic()
    workbench.press("Escape")
    wait_for_text(workbench, content.replace("\r\n", "\n"), "the text as it was")
    (asked,) = proxy.to(CHAT)
    workbench.wait(lambda: asked.outcome == "client left", "the abort")
    assert asked.ended is not None
    assert asked.ended - pressed < 1
    engine = find_engine(gateway)
    workbench.wait(lambda: engine.metric("vllm:num_requests_running") == 0, "the engine's rest")
    workbench.wait(lambda: not workbench.lenses(), "the end of the buttons")
    assert file.stat().st_mtime_ns == written
    workbench.press("Control+s")
    workbench.pause(0.5)
    assert file.read_bytes() == content.encode()


def test_accepting_all_is_one_step_back(workbench: Workbench, file: Path):
    start_edit(workbench, file.name, 1, 8, INSTRUCTION)
    wait_for_review(workbench)
    workbench.press("Control+Enter")
    workbench.wait(lambda: not workbench.lenses(), "the decision")
    accepted = text_of(workbench)
    assert SHAPES.splitlines()[0] not in accepted
    workbench.press("Control+z")
    wait_for_text(workbench, SHAPES, "one step back")
    workbench.press("Control+y")
    wait_for_text(workbench, accepted, "one step forward")


@contextmanager
def watched(file: Path) -> Iterator[set[bytes]]:
    """Everything that the file has held meanwhile, looked at every few milliseconds.

    But nothing at all: the editor empties a file for a moment whenever it saves one.
    """
    seen, stop = {file.read_bytes()}, threading.Event()

    def look() -> None:
        while not stop.wait(0.003):
            if held := file.read_bytes():
                seen.add(held)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def test_auto_save_and_formatting_write_no_half_finished_diff(
    open_workbench: OpenWorkbench, proxy: CountingProxy, script: Path
):
    delay = 1000
    workbench = open_workbench(
        proxy.url,
        {
            "files.autoSave": "afterDelay",
            "files.autoSaveDelay": delay,
            "editor.formatOnSave": True,
        },
    )
    with watched(script) as seen:
        start_edit(workbench, script.name, 2, 8, "Write JSDoc comments for both functions.")
        wait_for_stream(workbench, SHAPES_JS)
        workbench.pause(1.5)
        workbench.press("Control+s")
        # Not by the buttons above the changes, which come late while the timer is held up.
        workbench.wait(lambda: "edit.answer" in workbench.log(), "the answer's end", seconds=120)
        workbench.pause(2)
        workbench.press("Control+s")
        workbench.pause(1)
        wait_for_stream(workbench, SHAPES_JS)
        assert seen == {SHAPES_JS.encode()}, "nothing but the file as it was was ever on disk"
        workbench.press("Control+Enter")
        workbench.wait(lambda: script.read_bytes() != SHAPES_JS.encode(), "the save")
        workbench.pause(delay / 1000 + 0.5)
    assert len(seen) == 2, "the accepted text was written at once"
    assert "/**" in script.read_text()
    assert script.read_text().rstrip() == text_of(workbench).rstrip()


def test_a_save_under_another_name_writes_no_diff(workbench: Workbench, folder: Path, file: Path):
    start_edit(workbench, file.name, 1, 8, INSTRUCTION)
    wait_for_review(workbench)
    workbench.run("File: Save As...")
    copy = folder / "copy.py"
    box = workbench.page.locator(".quick-input-widget:visible input.input").first
    expect(box).to_have_value(str(file))
    workbench.answer(str(copy))
    workbench.wait(copy.exists, "the copy")
    workbench.wait(lambda: copy.read_text() == SHAPES, "the copy without the diff")
    workbench.picture("inline-edit-saved-as")
    assert file.read_text() == SHAPES


def test_a_file_that_is_moved_keeps_no_diff(workbench: Workbench, folder: Path, file: Path):
    start_edit(workbench, file.name, 1, 8, INSTRUCTION)
    wait_for_review(workbench)
    workbench.run("File: Reveal Active File in Explorer View")
    workbench.press("F2")
    workbench.press("Control+a")
    workbench.type("moved.py")
    workbench.press("Enter")
    moved = folder / "moved.py"
    workbench.wait(moved.exists, "the new name")
    expect(workbench.page.locator('.tab.active[data-resource-name="moved.py"]')).to_be_visible()
    wait_for_text(workbench, SHAPES, "the text without the diff")
    workbench.picture("inline-edit-moved")
    workbench.save()
    assert moved.read_text() == SHAPES
