"""Finding and replacing the model's name in a form."""

from __future__ import annotations

import pytest

from aicockpit.errors import MalformedRequestError, UnsupportedMediaTypeError
from aicockpit.gateway.multipart import find_model_field

TYPE = b"multipart/form-data; boundary=abc"


def part(name: str, content: bytes, extra: str = "") -> bytes:
    head = f'--abc\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
    return head.encode() + content + b"\r\n"


FILE = part("file", b"\x00\r\n\r\n--ab\r\n\xff", '; filename="model"\r\nContent-Type: audio/wav')
END = b"--abc--\r\n"


@pytest.mark.parametrize("content_type", [TYPE, b'Multipart/Form-Data; x=y; boundary="abc"'])
def test_the_field_is_found_and_replaced(content_type: bytes):
    body = FILE + part("model", b"coder") + part("language", b"en") + END
    field = find_model_field(body, content_type)
    assert field.name == "coder"
    expected = FILE + part("model", b"real-name") + part("language", b"en") + END
    assert field.replaced(body, "real-name") == expected


def test_a_form_without_the_field():
    assert find_model_field(FILE + END, TYPE).name is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        FILE,
        FILE + part("model", b"a") + part("model", b"b") + END,
        part("model", b"\xff") + END,
    ],
)
def test_broken_forms_are_refused(body: bytes):
    with pytest.raises(MalformedRequestError):
        find_model_field(body, TYPE)


@pytest.mark.parametrize("content_type", [None, b"application/json", b"multipart/form-data"])
def test_other_types_are_refused(content_type: bytes | None):
    with pytest.raises(UnsupportedMediaTypeError):
        find_model_field(FILE + END, content_type)
