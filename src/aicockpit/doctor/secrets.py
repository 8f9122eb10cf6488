"""Keys and tokens: whether they are there, and who else can read them. Never what they are."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.port import literal
from aicockpit.doctor.surroundings import Surroundings

_KEY_VARIABLE = "AICOCKPIT_SERVER__API_KEY"
_TOKEN_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_READABLE = stat.S_IRGRP | stat.S_IROTH
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


def check_secrets(surroundings: Surroundings) -> Iterator[Finding]:
    """The gateway's key, the configuration file, the Hub's token."""
    yield _server_key(surroundings)
    file = surroundings.config_file
    if file is not None:
        yield from _config_file(file, has_key=_key_is_in_file(surroundings))
    yield from _hub_token(surroundings)


def _server_key(surroundings: Surroundings) -> Finding:
    server = surroundings.config.server
    if server.api_key is not None:
        return Finding("ok", "The gateway asks for a key.")
    address = literal(server.host)
    if address is not None and address.is_loopback:
        return Finding("ok", f"The gateway needs no key: {server.host} is this machine only.")
    from aicockpit.gateway.access import KEY_COMMAND  # noqa: PLC0415 - the gateway takes 0.1 s

    return Finding(
        "problem",
        f"The gateway does not listen on {server.host} without a key.",
        "Everybody who reaches that address could use the models.",
        f"`{KEY_COMMAND}`, or listen on 127.0.0.1.",
    )


def _key_is_in_file(surroundings: Surroundings) -> bool:
    has_key = surroundings.config.server.api_key is not None
    return has_key and _KEY_VARIABLE not in surroundings.environ


def _config_file(file: Path, *, has_key: bool) -> Iterator[Finding]:
    mode = file.stat().st_mode
    if has_key and mode & _READABLE:
        yield Finding(
            "warning",
            f"Others on this machine can read the gateway's key in {file}.",
            "",
            f"`chmod 600 {file}`, or move the key into {_KEY_VARIABLE}.",
        )
    if mode & _WRITABLE:
        yield Finding(
            "warning",
            f"Others on this machine can change {file}.",
            "Whoever changes it decides which code engines run.",
            f"`chmod go-w {file}`.",
        )


def _hub_token(surroundings: Surroundings) -> Iterator[Finding]:
    from huggingface_hub import constants  # noqa: PLC0415 - read when a check asks for it

    file = Path(constants.HF_TOKEN_PATH)
    if any(surroundings.environ.get(name) for name in _TOKEN_VARIABLES):
        yield Finding("ok", "There is a token for the Hugging Face Hub, in the environment.")
    elif not file.is_file():
        yield Finding(
            "note",
            "There is no token for the Hugging Face Hub.",
            "Models behind a licence cannot be fetched.",
            "Make one at huggingface.co/settings/tokens and `export HF_TOKEN=…`.",
        )
        return
    else:
        yield Finding("ok", f"There is a token for the Hugging Face Hub, in {file}.")
    if file.is_file() and file.stat().st_mode & (_READABLE | _WRITABLE):
        yield Finding(
            "warning",
            f"Others on this machine can read the Hub's token in {file}.",
            "",
            f"`chmod 600 {file}`.",
        )
