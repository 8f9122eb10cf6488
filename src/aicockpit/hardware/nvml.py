"""NVML, the driver's own library, asked so that one failing question loses nothing else.

What a GPU, a virtual machine or a driver does not support is answered with an error, and which
those are differs from machine to machine.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pynvml

Handle = Any
"""A GPU or a slice of one, as NVML names it."""

NvmlError = pynvml.NVMLError

T = TypeVar("T")


class NoDriverError(Exception):
    """The driver's library is not on this machine."""


@contextlib.contextmanager
def session() -> Iterator[None]:
    """Talk to the driver.

    Raises:
        NoDriverError: there is none.
        NvmlError: it is installed and does not answer.
    """
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound as error:
        raise NoDriverError from error
    try:
        yield
    finally:
        with contextlib.suppress(NvmlError):
            pynvml.nvmlShutdown()


def ask(question: Callable[..., T], *about: object) -> T | None:
    """The answer to one question, None when there is none here."""
    try:
        return question(*about)
    except NvmlError:
        return None
