"""Every error has an HTTP answer, in each client's shape."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest

from aicockpit import errors
from aicockpit.errors import CockpitError, MethodNotAllowedError, ModelLoadingError
from aicockpit.gateway.problems import (
    PROBLEMS,
    Dialect,
    problem_event,
    problem_reply,
    problem_status,
)

WORDS = {"what": "This happened.", "why": "That is why.", "remedy": "Do this."}


def every_class(root: type[CockpitError] = CockpitError) -> list[type[CockpitError]]:
    below = [kind for child in root.__subclasses__() for kind in every_class(child)]
    return [root, *below]


OURS = [kind for kind in every_class() if kind.__module__ == errors.__name__]


def make(kind: type[CockpitError]) -> CockpitError:
    extra: dict[str, Any] = {}
    if issubclass(kind, ModelLoadingError):
        extra = {"retry_after": 7}
    if issubclass(kind, MethodNotAllowedError):
        extra = {"allowed": ("POST",)}
    return kind(WORDS["what"], why=WORDS["why"], remedy=WORDS["remedy"], **extra)


@pytest.mark.parametrize("kind", OURS)
def test_every_class_is_mapped(kind: type[CockpitError]):
    families = [base.code for base in kind.__mro__ if base not in (CockpitError, Exception)
                and issubclass(base, CockpitError)]  # fmt: skip
    assert kind is CockpitError or any(code in PROBLEMS for code in families)
    HTTPStatus(problem_status(make(kind)))
    body = json.loads(problem_reply(make(kind)).body)
    assert body["error"]["code"] == kind.code
    assert body["error"]["message"] == "This happened. That is why. Do this."


def test_the_table_has_no_lines_that_nobody_needs():
    assert set(PROBLEMS) <= {kind.code for kind in OURS}


def test_codes_are_unique():
    assert len({kind.code for kind in OURS}) == len(OURS)


def test_headers_that_belong_to_an_error():
    assert (b"retry-after", b"7") in problem_reply(make(ModelLoadingError)).headers
    assert (b"allow", b"POST") in problem_reply(make(MethodNotAllowedError)).headers


def test_anthropics_shape():
    body = json.loads(problem_reply(make(errors.UnknownModelError), Dialect.ANTHROPIC).body)
    assert body == {
        "type": "error",
        "error": {
            "type": "not_found_error",
            "message": "This happened. That is why. Do this.",
            "code": "model_not_found",
        },
    }


@pytest.mark.parametrize(
    ("dialect", "start"),
    [
        (Dialect.OPENAI, b'data: {"error":{"message":'),
        (Dialect.ANTHROPIC, b'event: error\ndata: {"type":"error","error":'),
        (Dialect.RESPONSES, b'event: error\ndata: {"error":'),
    ],
)
def test_events(dialect: Dialect, start: bytes):
    event = problem_event(make(errors.UpstreamError), dialect)
    assert event.startswith(start)
    assert event.endswith(b"\n\n")
    assert event.count(b"\n\n") == 1
