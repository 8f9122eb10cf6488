"""A workbench in a browser, driven as a person drives it: keys, the palette, and looking."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Locator, Page, expect

T = TypeVar("T")

PATIENCE_MS = 30_000
"""How long anything may take that a person would call immediate: a test machine is busy."""

# A blank of the document is shown as a no-break space; ghost text lies between the real text.
_SHOWN_LINES = """editor =>
    [...editor.querySelectorAll('.lines-content > .view-lines > .view-line')]
        .sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))
        .map(line => {
            const copy = line.cloneNode(true);
            copy.querySelectorAll('[class*=ghost-text]').forEach(ghost => ghost.remove());
            return copy.textContent.replaceAll('\\u00a0', ' ').replaceAll('\\u200c', '');
        })"""
_GHOST_TEXT = """editor => {
    const text = nodes => [...nodes].map(node => node.textContent).join('');
    const first = text(editor.querySelectorAll('.view-lines [class*=ghost-text-decoration]'));
    const more = [...editor.querySelectorAll('.suggest-preview-text .view-line')]
        .map(line => line.textContent);
    return [first, ...more].join('\\n').replaceAll('\\u00a0', ' ').replaceAll('\\u200c', '');
}"""


class Workbench:
    """One window on a folder.

    Args:
        page: shows the workbench already.
        folder: the opened folder.
        pictures: where screenshots are kept.
        logs: where the editor's processes write their logs.
    """

    def __init__(self, page: Page, folder: Path, pictures: Path, logs: Path) -> None:
        self.page = page
        self.folder = folder
        self._pictures = pictures
        self._logs = logs

    # Doing

    def open_file(self, name: str, *, at: str | None = None) -> None:
        """Open a file of the folder by Quick Open, with the cursor at `line:column`."""
        self.press("Control+p")
        self._quick_input().fill(name)
        expect(self._quick_row()).to_contain_text(Path(name).name)
        self.press("Enter")
        expect(self._tab(name)).to_be_visible()
        self._expect_editor_focus()
        if at:
            self.go_to(at)

    def go_to(self, at: str) -> None:
        """Put the cursor at `line:column`, both from one."""
        self.press("Control+g")
        self._quick_input().fill(f":{at}")
        self.press("Enter")
        line, _, column = at.partition(":")
        expect(self.page.locator("#status\\.editor\\.selection")).to_contain_text(
            f"Ln {line}, Col {column or 1}"
        )
        self._expect_editor_focus()

    def select_lines(self, first: int, last: int) -> None:
        """Select whole lines, the last one's end of line included."""
        self.go_to(f"{first}:1")
        self.press(*["Shift+ArrowDown"] * (last - first + 1))

    def run(self, title: str) -> None:
        """Run a command by its title in the palette."""
        self.press("F1")
        self._quick_input().fill(f">{title}")
        expect(self._quick_row()).to_contain_text(title)
        self.press("Enter")

    def answer(self, text: str) -> None:
        """Type into the quick input that is open, and press Enter."""
        self._quick_input().fill(text)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str, *, pause: float = 0.05) -> None:
        """Type like a person, with `pause` seconds between keys."""
        self.page.keyboard.type(text, delay=pause * 1000)

    def save(self) -> None:
        self.press("Control+s")
        expect(self.page.locator(".tab.active.dirty")).to_have_count(0)

    # Looking

    def editor(self) -> Locator:
        return self.page.locator(".editor-group-container.active .monaco-editor").first

    def lines(self) -> list[str]:
        """The lines that the active editor shows, without ghost text."""
        texts: list[str] = self.editor().evaluate(_SHOWN_LINES)
        return texts

    def ghost_text(self) -> str:
        """The ghost text that is shown, its lines joined; empty when there is none."""
        text: str = self.editor().evaluate(_GHOST_TEXT)
        return text

    def lenses(self) -> list[str]:
        """The buttons above lines, from the top."""
        buttons = self.editor().locator(".codelens-decoration > *")
        return [text.replace("\u00a0", " ") for text in buttons.all_inner_texts()]

    def is_dirty(self) -> bool:
        """Whether the active file has changes that are not on disk."""
        return self.page.locator(".tab.active.dirty").count() > 0

    def status_item(self) -> Locator:
        return self.page.locator('.statusbar-item[id^="aicockpit.aicockpit"]').first

    def status(self) -> str:
        """What the extension's item in the status bar says, for the eye and for the ear."""
        item = self.status_item()
        return f"{item.inner_text()} {item.get_attribute('aria-label') or ''}"

    def notifications(self) -> list[str]:
        return self.page.locator(".notification-list-item-message").all_inner_texts()

    def quick_rows(self) -> list[str]:
        """The rows of the quick pick that is open."""
        return self._quick_widget().locator(".monaco-list-row").all_inner_texts()

    def terminal_text(self) -> str:
        """What the visible terminal shows, its rows joined."""
        rows = self.page.locator(".terminal-wrapper.active .xterm-rows > div")
        return "\n".join(row.replace("\u00a0", " ").rstrip() for row in rows.all_inner_texts())

    def log(self) -> str:
        """What the extension's log channel has so far."""
        files = sorted(self._logs.rglob("aicockpit.aicockpit/*.log"))
        return "".join(file.read_text(errors="replace") for file in files)

    def picture(self, name: str, *, of: Locator | None = None) -> Path:
        """Keep a screenshot of the window, or of one part of it, under this name."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        file = self._pictures / f"{name}.png"
        (of or self.page).screenshot(path=file)
        return file

    def keep_evidence(self, place: Path) -> None:
        """Keep a screenshot and the extension's log beside each other."""
        place.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=place.with_suffix(".png"))
        place.with_suffix(".log").write_text(self.log())

    def wait(self, look: Callable[[], T], what: str, *, seconds: float = PATIENCE_MS / 1000) -> T:
        """Look until there is something true, and give it."""
        end = time.monotonic() + seconds
        while not (seen := look()):
            assert time.monotonic() < end, f"waited {seconds:g} s for {what}"
            self.page.wait_for_timeout(20)
        return seen

    def pause(self, seconds: float) -> None:
        """Let the workbench live on; only for showing that something does not happen."""
        self.page.wait_for_timeout(seconds * 1000)

    def _quick_widget(self) -> Locator:
        return self.page.locator(".quick-input-widget:visible")

    def _quick_input(self) -> Locator:
        box = self._quick_widget().locator("input.input").first
        expect(box).to_be_focused()
        return box

    def _quick_row(self) -> Locator:
        return self._quick_widget().locator(".monaco-list-row.focused")

    def _tab(self, name: str) -> Locator:
        return self.page.locator(f'.tab.active[data-resource-name="{Path(name).name}"]')

    def _expect_editor_focus(self) -> None:
        expect(self.editor()).to_have_class(re.compile(r"\bfocused\b"))
