"""Ghost text, from the key that was pressed to the engine that was asked or left alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.conftest import OpenWorkbench
from tests.support.counting_proxy import CountingProxy, PassedRequest
from tests.support.engine_probe import EngineAddress, find_engine
from tests.support.serving import Gateway
from tests.support.workbench import Workbench

COMPLETIONS = "/v1/completions"
ALONE: dict[str, object] = {"aicockpit.completion.prefetch": False}
"""Every request is for what is being typed."""

PRICES = '''\
"""Prices, in cents."""


def with_tax(price, rate):
    """The price with its tax."""
    return price + price * rate


def without_tax(price, rate):
    """The price before its tax."""
    return price / (1 + rate)


def with_discount(price, rate):
    """The price less its discount."""
{indentation}
'''.format(indentation="    ")
AT_BODY = "16:5"


@pytest.fixture
def file(folder: Path) -> Path:
    file = folder / "prices.py"
    file.write_text(PRICES)
    return file


@pytest.fixture
def engine(gateway: Gateway) -> EngineAddress:
    return find_engine(gateway)


@pytest.fixture
def alone(file: Path, open_workbench: OpenWorkbench, proxy: CountingProxy) -> Workbench:
    """A window on the file that does not ask ahead."""
    workbench = open_workbench(proxy.url, ALONE)
    become_ready(workbench)
    workbench.open_file(file.name, at=AT_BODY)
    return workbench


def become_ready(workbench: Workbench) -> None:
    workbench.wait(lambda: "Ready" in workbench.status(), "the connection")


def shown(workbench: Workbench) -> str:
    return workbench.wait(workbench.ghost_text, "ghost text")


def running(proxy: CountingProxy) -> list[PassedRequest]:
    return [each for each in proxy.to(COMPLETIONS) if each.outcome == "running"]


def test_typing_shows_it_and_tab_accepts_it(workbench: Workbench, proxy: CountingProxy, file: Path):
    become_ready(workbench)
    workbench.open_file(file.name, at=AT_BODY)
    workbench.type("ret")
    ghost = shown(workbench)
    workbench.picture("ghost-text")
    assert ghost.startswith("urn ")
    assert "price" in ghost

    workbench.press("Tab")
    first, *more = ghost.split("\n")
    wanted = [f"    ret{first}", *more]
    workbench.wait(lambda: workbench.lines()[15 : 15 + len(wanted)] == wanted, "the accepted text")
    workbench.save()
    assert file.read_text().startswith(PRICES.rstrip() + f"\n    ret{first}\n")

    asked = proxy.to(COMPLETIONS)[0]
    assert asked.headers["x-aicockpit-task"] == "completion"
    assert asked.body["path"] == "prices.py"
    assert asked.body["prompt"].endswith('"""The price less its discount."""\n    ret')
    assert asked.body["suffix"] == "\n"
    assert asked.body["stream"] is True


def test_typing_through_it_asks_nobody(alone: Workbench, proxy: CountingProxy):
    def wait_for_rest(rest: str) -> None:
        alone.wait(lambda: alone.ghost_text().partition("\n")[0] == rest, f"the rest {rest!r}")

    alone.type("ret")
    ghost = shown(alone).partition("\n")[0]
    asked = len(proxy.to(COMPLETIONS))
    for typed in range(1, 9):
        alone.type(ghost[typed - 1])
        wait_for_rest(ghost[typed:])
    alone.press("Backspace", "Backspace")
    wait_for_rest(ghost[6:])
    alone.pause(0.5)
    assert len(proxy.to(COMPLETIONS)) == asked


def test_what_comes_next_was_asked_for_ahead(
    workbench: Workbench, proxy: CountingProxy, file: Path
):
    become_ready(workbench)
    workbench.open_file(file.name, at=AT_BODY)
    workbench.type("ret")
    ghost = shown(workbench)
    workbench.wait(lambda: len(proxy.to(COMPLETIONS)) >= 2, "the request ahead")
    ahead = proxy.to(COMPLETIONS)[-1]
    assert ahead.body["prompt"].endswith(f"    ret{ghost}")


def test_answers_as_late_as_the_editors_patience_are_shown(
    folder: Path, open_workbench: OpenWorkbench, proxy: CountingProxy
):
    """An editor gives up 750 ms after a key; what comes at that moment is easily lost."""
    delays = [0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8]
    for number in range(len(delays)):
        # So little is missing that the model itself needs less than the time it is held back for.
        (folder / f"prices{number}.py").write_text(f"# {number}\n{PRICES[:-1]}return price - pri\n")
    workbench = open_workbench(proxy.url, ALONE)
    become_ready(workbench)
    for number, delay in enumerate(delays):
        proxy.no_answer_before = delay
        workbench.open_file(f"prices{number}.py", at="17:23")
        workbench.type("c")
        assert shown(workbench).startswith("e * ")
        workbench.press("Tab")
        last = proxy.to(COMPLETIONS)[-1]
        assert last.ended is not None
        print(f"\nheld back for {delay:g} s, there {last.ended - last.started:.2f} s after asking")


def wait_for_running(
    workbench: Workbench, proxy: CountingProxy, engine: EngineAddress
) -> PassedRequest:
    """The completion after `for` that the engine is busy with, nothing of which has been shown."""

    def asked_last() -> list[PassedRequest]:
        return [each for each in running(proxy) if each.body["prompt"].endswith("for")]

    request = workbench.wait(asked_last, "a request")[0]
    workbench.wait(lambda: engine.metric("vllm:num_requests_running") >= 1, "the engine's work")
    return request


def left_within_a_second(
    workbench: Workbench, request: PassedRequest, engine: EngineAddress, pressed: float
) -> None:
    workbench.wait(lambda: request.outcome != "running", "the request's end", seconds=5)
    assert request.outcome == "client left"
    assert request.ended is not None
    workbench.wait(lambda: engine.metric("vllm:num_requests_running") == 0, "the abort", seconds=5)
    print(
        f"\nthe client left {request.ended - pressed:.2f} s after the key, "
        f"the engine was idle {time.monotonic() - pressed:.2f} s after it"
    )
    assert request.ended - pressed < 1


def test_escape_aborts_it_upstream(alone: Workbench, proxy: CountingProxy, engine: EngineAddress):
    alone.type("for")
    request = wait_for_running(alone, proxy, engine)
    pressed = time.monotonic()
    alone.press("Escape")
    left_within_a_second(alone, request, engine, pressed)
    alone.pause(0.5)
    assert alone.ghost_text() == ""
    assert not running(proxy)


def test_typing_something_else_aborts_it_upstream(
    alone: Workbench, proxy: CountingProxy, engine: EngineAddress
):
    alone.type("for")
    request = wait_for_running(alone, proxy, engine)
    pressed = time.monotonic()
    alone.type("§")
    left_within_a_second(alone, request, engine, pressed)


def test_the_last_completion_is_explained(workbench: Workbench, file: Path):
    become_ready(workbench)
    workbench.open_file(file.name, at=AT_BODY)
    workbench.type("ret")
    shown(workbench)
    workbench.run("AiCockpit: Explain Last Completion")
    text = workbench.wait(
        lambda: told if "newest first" in (told := "\n".join(workbench.lines())) else "",
        "the story",
    )
    workbench.picture("explain-last-completion")
    for words in ("prices.py:16:8", "Trigger: typing", "Answered from: a request", "Time to first"):
        assert words in text.replace("*", ""), text
