"""Every request of examples/requests.http, against a real engine."""

from pathlib import Path

import pytest

from tests.support.http_file import HttpRequest, read_http_file
from tests.support.serving import Gateway

FILE = Path(__file__).parents[2] / "examples" / "requests.http"


@pytest.mark.parametrize("name", [request.name for request in read_http_file(FILE)])
def test_the_request_is_answered_as_the_file_says(gateway: Gateway, name: str):
    requests = read_http_file(FILE, gateway=gateway.url)
    request: HttpRequest = next(request for request in requests if request.name == name)
    status, text = request.send()
    assert status == request.status, text
    assert ('"error"' in text) == (status != 200), text
