"""The control plane: `/api` and `/docs`, on FastAPI.

Nothing here is on the path of a token. This module is imported with the first request to it,
because FastAPI costs more to import than all the rest of the gateway. Access was checked
before a request gets here.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from aicockpit import __version__
from aicockpit.errors import CockpitError, MalformedRequestError, MethodNotAllowedError
from aicockpit.gateway.problems import problem_reply, unexpected_error
from aicockpit.gateway.route_table import (
    CANCEL_RESPONSE,
    ENDPOINTS,
    OWN_PATHS,
    STORED_RESPONSE,
    unknown_path,
)

if TYPE_CHECKING:
    from aicockpit.gateway.directory import Directory


def create_control_app(directory: Directory) -> FastAPI:
    """The application that answers everything under `/api`, and `/docs`."""
    # The usual documentation pages load their scripts from somebody else's server; ours loads
    # nothing.
    app = FastAPI(
        title="AiCockpit",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )

    @app.get("/api/status", summary="What is running, and how it is")
    async def status() -> dict[str, object]:
        return dict(directory.status())

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> str:
        return _docs_page(app)

    @app.exception_handler(CockpitError)
    async def failed(request: Request, error: CockpitError) -> Response:
        return _response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return _response(
            MalformedRequestError(
                f"The parameter {place} is not valid.",
                why=f"{first['msg']}.",
                remedy="See /docs for what this path takes.",
            )
        )

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return _response(_method_not_allowed(request, error))
        return _response(unknown_path(request.url.path))

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        return _response(unexpected_error())

    return app


def _method_not_allowed(request: Request, error: HTTPException) -> CockpitError:
    allowed = tuple((error.headers or {}).get("Allow", "GET").split(", "))
    return MethodNotAllowedError(
        f"{request.url.path} does not take {request.method} requests.",
        why=f"It takes {' and '.join(allowed)}.",
        remedy=f"Send a {allowed[0]} request.",
        allowed=allowed,
    )


def _response(error: CockpitError) -> Response:
    reply = problem_reply(error)
    headers = {name.decode(): value.decode() for name, value in reply.headers}
    return Response(reply.body, status_code=reply.status, headers=headers)


def _docs_page(app: FastAPI) -> str:
    """One page that lists every path, without a script or a style from elsewhere."""
    rows = [
        (" ".join(methods), path, "Answered by the gateway") for path, methods in OWN_PATHS.items()
    ]
    rows += [
        (endpoint.method, endpoint.path, "Answered by the model's engine")
        for endpoint in (*ENDPOINTS.values(), STORED_RESPONSE, CANCEL_RESPONSE)
    ]
    rows += [
        (method.upper(), path, operation.get("summary", ""))
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    ]
    body = "".join(
        f"<tr><td>{html.escape(method)}</td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(summary)}</td></tr>"
        for method, path, summary in rows
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>AiCockpit</title>"
        f"<h1>AiCockpit {__version__}</h1>"
        "<p>The machine-readable description of the control plane is "
        "<a href=/api/openapi.json>/api/openapi.json</a>.</p>"
        f"<table><tr><th>Method</th><th>Path</th><th></th></tr>{body}</table></html>"
    )
