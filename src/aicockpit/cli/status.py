"""`aicockpit status`: what a running gateway serves."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import orjson

from aicockpit.cli.options import ConfigOption, JsonOption, read_config
from aicockpit.cli.output import print_json, print_table, reports_errors, stdout
from aicockpit.cli.screen import base_url_of
from aicockpit.config import Config
from aicockpit.errors import GatewayUnreachableError

_TIMEOUT = 5.0


@reports_errors
def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show what the running gateway serves."""
    settings = read_config(config, ()).config
    report = fetch_status(settings)
    if json:
        print_json(report)
        return
    engine = report["engine"]
    stdout.print(f"{base_url_of(settings)}  {engine['name']} {engine['version']}", markup=False)
    print_table(
        ("MODEL", "STATE", "ROLES", "DETAIL"),
        [
            (
                model["id"] + (" (default)" if model.get("default") else ""),
                model["state"],
                ", ".join(model.get("roles", ())),
                _detail(model),
            )
            for model in report["models"]
        ],
    )


def _detail(model: dict[str, Any]) -> str:
    if said := model.get("error") or model.get("phase"):
        return str(said)
    kv_cache = model.get("kv_cache") or {}
    return " ".join(filter(None, (kv_cache.get("text"), kv_cache.get("advice"))))


def fetch_status(config: Config) -> dict[str, Any]:
    """Ask the gateway of this configuration for `/api/status`."""
    url = base_url_of(config)
    request = urllib.request.Request(f"{url}/api/status")  # noqa: S310 - our own http address
    if config.server.api_key:
        request.add_header("Authorization", f"Bearer {config.server.api_key.get_secret_value()}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
            report: dict[str, Any] = orjson.loads(response.read())
            return report
    except urllib.error.HTTPError as error:
        raise GatewayUnreachableError(
            f"The gateway at {url} refused to say its status.",
            why=f"It answered with HTTP status {error.code}.",
            remedy="If it needs a key, set AICOCKPIT_SERVER__API_KEY to its key.",
        ) from error
    except (OSError, orjson.JSONDecodeError) as error:
        raise GatewayUnreachableError(
            f"No gateway answers at {url}.",
            why=f"The connection failed: {error}.",
            remedy="Start one with `aicockpit serve`, or name its configuration with --config.",
        ) from error
