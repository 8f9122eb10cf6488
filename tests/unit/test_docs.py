"""Documentation that shows code is checked against the code."""

import re
import tomllib
from pathlib import Path

import pytest

from aicockpit.config import Config
from aicockpit.errors import CockpitError

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list[tuple[str, str]]:
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [(page.name, text) for page in PAGES for text in fence.findall(page.read_text())]


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_every_configuration_shown_is_valid(page: str, text: str):
    Config.model_validate(tomllib.loads(text))


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_every_python_shown_compiles_and_names_what_there_is(page: str, text: str):
    compile(text, page, "exec")
    for line in text.splitlines():
        if line.startswith("from aicockpit"):
            exec(line, {})


def test_links_between_pages_lead_somewhere():
    for page in [*PAGES, *(ROOT / "docs/decisions").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def error_kinds(kind: type[CockpitError] = CockpitError) -> list[type[CockpitError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in error_kinds(child))]


def test_error_codes_are_unique():
    codes = [kind.code for kind in error_kinds()]
    assert len(codes) == len(set(codes))


def test_troubleshooting_names_codes_that_there_are():
    page = (ROOT / "docs/troubleshooting.md").read_text()
    named = re.findall(r"\[([a-z_]+)\]\*\*", page)
    assert len(named) > 10
    assert set(named) <= {kind.code for kind in error_kinds()}
