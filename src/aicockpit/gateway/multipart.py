"""The `model` field of a multipart/form-data body: read it, and put another value in.

Only the field's own bytes change; the audio beside it is not copied part by part, nor decoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aicockpit.errors import MalformedRequestError, UnsupportedMediaTypeError

_BOUNDARY = re.compile(
    rb"""multipart/form-data\s*;.*?boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))""", re.IGNORECASE
)
_MODEL_PART = re.compile(
    rb"""content-disposition:\s*form-data;[^\r\n]*?\bname="?model"?(?:[;\s]|$)""", re.IGNORECASE
)
_HEADERS_LIMIT = 4096


@dataclass(frozen=True)
class ModelField:
    """Where the model's name stands in a form."""

    name: str | None
    """None when the form has no such field."""
    start: int = 0
    end: int = 0

    def replaced(self, body: bytes, name: str) -> bytes:
        """`body` with `name` in the field."""
        return body[: self.start] + name.encode() + body[self.end :]


def find_model_field(body: bytes, content_type: bytes | None) -> ModelField:
    """Find the `model` field of a form.

    Raises:
        UnsupportedMediaTypeError: the content type is not multipart/form-data with a boundary.
        MalformedRequestError: the body is not such a form, or the field is not text.
    """
    match = _BOUNDARY.match((content_type or b"").strip())
    if match is None:
        raise UnsupportedMediaTypeError(
            "The request body must be multipart/form-data.",
            why="This endpoint takes a file, so its parameters are the fields of a form.",
            remedy="Send the audio as the field file and the model's name as the field model.",
        )
    delimiter = b"--" + (match[1] or match[2])
    found = None
    start = body.find(delimiter)
    while start >= 0:
        start += len(delimiter)
        end = body.find(b"\r\n" + delimiter, start)
        if end < 0:
            break
        blank = body.find(b"\r\n\r\n", start, min(end, start + _HEADERS_LIMIT))
        if blank >= 0 and _is_model_part(body[start:blank]):
            if found is not None:
                raise _malformed("It has the field model more than once.")
            found = (blank + 4, end)
        start = end + 2
    if start < 0 or not body[start:].startswith(b"--"):
        raise _malformed("Its parts do not end with the boundary that the Content-Type names.")
    if found is None:
        return ModelField(None)
    try:
        name = body[found[0] : found[1]].decode()
    except UnicodeDecodeError:
        raise _malformed("Its field model is not text.") from None
    return ModelField(name, *found)


def _is_model_part(headers: bytes) -> bool:
    return any(_MODEL_PART.match(line) for line in headers.split(b"\r\n"))


def _malformed(why: str) -> MalformedRequestError:
    return MalformedRequestError(
        "The request body is not a valid form.",
        why=why,
        remedy="Let an HTTP library build the form.",
    )
