"""Turns what `huggingface_hub` raises into words for users."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
from huggingface_hub import errors

from aicockpit.errors import (
    GatedModelError,
    HubUnreachableError,
    ModelError,
    ModelNotFoundError,
)
from aicockpit.models.hub_library import endpoint
from aicockpit.models.suggestions import not_found

if TYPE_CHECKING:
    from collections.abc import Iterator

_HUB_HEADERS = {"x-error-code", "x-error-message", "x-request-id"}
"""Of these the Hub sends at least one with every refusal."""

_UNAUTHORIZED = 401
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


@contextmanager
def hub_errors(repo_id: str, revision: str | None = None) -> Iterator[None]:
    """Raise the Model errors in place of the library's own.

    Errors that are not the Hub's, such as a full disk, pass unchanged.
    """
    try:
        yield
    except (
        httpx2.HTTPError,
        errors.OfflineModeIsEnabled,
        errors.LocalEntryNotFoundError,
        errors.FileMetadataError,
        errors.HFValidationError,
    ) as error:
        raise explain(error, repo_id, revision) from error


def explain(error: Exception, repo_id: str, revision: str | None = None) -> ModelError:
    """The Model error that says what a library error means."""
    match error:
        case errors.OfflineModeIsEnabled():
            return offline(repo_id)
        case errors.LocalEntryNotFoundError() if isinstance(error.__cause__, Exception):
            return explain(error.__cause__, repo_id, revision)
        case errors.GatedRepoError():
            return _gated(repo_id, error.response.status_code)
        case errors.RepositoryNotFoundError() | errors.HFValidationError():
            return not_found(repo_id)
        case errors.RevisionNotFoundError():
            return ModelNotFoundError(
                f"The model {repo_id} has no revision {revision}.",
                why=f"{endpoint()}/{repo_id} knows no branch, tag or commit of that name.",
                remedy="Correct `revision`, or leave it out for the main branch.",
            )
        case errors.RemoteEntryNotFoundError():
            return ModelError(
                f"The model {repo_id} changed while it was being downloaded.",
                why=f"The Hub listed a file that it does not have: {error}",
                remedy="Run the same command again.",
            )
        case errors.HfHubHTTPError():
            return _refused(error, repo_id)
        case _:
            return unreachable(repo_id, why=f"{type(error).__name__}: {error}")


def offline(repo_id: str) -> HubUnreachableError:
    """The Hub may not be asked."""
    return HubUnreachableError(
        f"The model {repo_id} is not on this machine and may not be downloaded.",
        why="HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) is set, so the Hub is not asked.",
        remedy="Unset HF_HUB_OFFLINE, or name a model that `aicockpit models list` shows.",
    )


def unreachable(repo_id: str, *, why: str) -> HubUnreachableError:
    """The Hub cannot be asked."""
    why = why.rstrip()
    return HubUnreachableError(
        f"The Hugging Face Hub at {endpoint()} cannot be reached for the model {repo_id}.",
        why=why if why.endswith((".", "!")) else f"{why}.",
        remedy="Check the network and the proxy settings, or set HF_ENDPOINT to a mirror. What "
        "has been downloaded is kept. Without the Hub, `starter` names a small model that comes "
        "as Python packages.",
    )


def _gated(repo_id: str, status: int) -> GatedModelError:
    page = f"{endpoint()}/{repo_id}"
    if status == _UNAUTHORIZED:
        why = "Its licence must be accepted, and the Hub was not told who is asking."
    else:
        why = "The account of the token in use has not accepted its licence, or was not granted it."
    return GatedModelError(
        f"The Hub does not hand out the model {repo_id} yet.",
        why=why,
        remedy=f"Accept the licence at {page}, make a token at {endpoint()}/settings/tokens, and "
        "give it as the environment variable HF_TOKEN (or once with `hf auth login`).",
    )


def _refused(error: errors.HfHubHTTPError, repo_id: str) -> ModelError:
    status = error.response.status_code
    if not _HUB_HEADERS & set(error.response.headers):
        return unreachable(
            repo_id,
            why=f"The answer {status} came without the headers of a Hub: from a proxy in between, "
            "from a wrong HF_ENDPOINT, or from a mirror that lacks this model",
        )
    said = (error.server_message or error.response.reason_phrase).rstrip(".")
    if status == _UNAUTHORIZED:
        return GatedModelError(
            f"The Hub refused the token that was sent for the model {repo_id}.",
            why=f"{endpoint()} answered 401: {said}.",
            remedy=f"Make a new token at {endpoint()}/settings/tokens and set HF_TOKEN to it, or "
            "unset HF_TOKEN (and `hf auth logout`) if the model is public.",
        )
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        return unreachable(repo_id, why=f"It answered {status} {said}")
    return ModelError(
        f"The Hub refused to hand out the model {repo_id}.",
        why=f"{endpoint()} answered {status}: {said}.",
        remedy=f"Look at {endpoint()}/{repo_id}; a token with access goes into HF_TOKEN.",
    )
