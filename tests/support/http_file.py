"""Reads the .http files of VS Code's REST Client, as far as ours go."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

_VARIABLE = re.compile(r"^@(\w+)\s*=\s*(.*)$", re.MULTILINE)
_EXPECTED = re.compile(r"^# expect: (\d{3})$", re.MULTILINE)


@dataclass(frozen=True)
class HttpRequest:
    name: str
    method: str
    url: str
    headers: dict[str, str]
    body: str
    status: int
    """What the file says follows."""

    def send(self) -> tuple[int, str]:
        request = urllib.request.Request(
            self.url, self.body.encode() or None, self.headers, method=self.method
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


def read_http_file(path: Path, **variables: str) -> list[HttpRequest]:
    """The requests of a file; `variables` win over those that it sets."""
    head, *sections = re.split(r"^###", path.read_text(), flags=re.MULTILINE)
    known = {**dict(_VARIABLE.findall(head)), **variables}
    requests = []
    for section in sections:
        text = re.sub(r"\{\{(\w+)\}\}", lambda match: known[match[1]], section)
        name, _, rest = text.partition("\n")
        expected = _EXPECTED.search(rest)
        lines = [line for line in rest.splitlines() if not line.startswith("#")]
        top, _, body = "\n".join(lines).strip().partition("\n\n")
        first, *headers = top.splitlines()
        method, url = first.split()
        requests.append(
            HttpRequest(
                name.strip(),
                method,
                url,
                dict(header.split(": ", 1) for header in headers),
                body,
                int(expected[1]) if expected else 200,
            )
        )
    return requests
