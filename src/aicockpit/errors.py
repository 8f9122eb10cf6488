"""Every failure that a user can meet, in one tree.

An error says what happened, why, and what to do about it, in three parts that every face of
the product (terminal, HTTP, log) prints alike. `code` is stable: scripts may rely on it, and
`docs/errors.md` is generated from this module. Classes here know no HTTP status and no exit
status; `gateway.problems` and `cli.output` map them.

    CockpitError
    ├── ConfigError
    ├── PlatformError
    ├── CapacityError
    ├── EngineEnvironmentError UnknownEnvironmentError, UnsupportedEnvironmentError,
    │                        EnvironmentInstallError, EnvironmentBusyError
    ├── EngineError ──────── EngineStartError, EngineFlagError, EngineLostError
    ├── ModelError ───────── ModelNotFoundError, GatedModelError, HubUnreachableError,
    │                        RemoteCodeError, BrokenModelError, IntegrityError
    ├── DiskSpaceError
    ├── RequestError ─────── MalformedRequestError, UnknownModelError, UnauthorizedError,
    │                        ForbiddenOriginError, RequestTooLargeError,
    │                        UnsupportedMediaTypeError, UnknownPathError,
    │                        MethodNotAllowedError, UnsupportedEndpointError,
    │                        FimUnsupportedError, ContextTooLongError
    ├── UnavailableError ─── ModelLoadingError, ModelFailedError, GatewayStoppingError
    ├── ListenError
    ├── UpstreamError
    ├── OfflineError ─────── UnsupportedOfflineFeatureError, SamplingParamsError,
    │                        OfflineRequestError
    ├── BatchError
    ├── EditorError ──────── ExtensionNotBuiltError, BrokenExtensionError,
    │                        EditorNotFoundError, EditorFailedError
    └── GatewayUnreachableError
"""

from __future__ import annotations

from typing import ClassVar


class CockpitError(Exception):
    """The base of every error meant for users.

    Args:
        what: what happened, one sentence that ends with a full stop.
        why: the cause as far as it is known, one sentence or more.
        remedy: what the reader can do now, one sentence or more.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(self, what: str, *, why: str, remedy: str) -> None:
        super().__init__(f"{what} {why} {remedy}")
        self.what = what
        self.why = why
        self.remedy = remedy


class ConfigError(CockpitError):
    """The configuration (file, environment or command line) has problems."""

    code = "config_invalid"


class PlatformError(CockpitError):
    """This machine lacks something that the operation needs."""

    code = "platform_unsupported"


class CapacityError(CockpitError):
    """What was asked for does not fit into the machine's memory."""

    code = "does_not_fit"


class EngineEnvironmentError(CockpitError):
    """Something is wrong with an engine environment."""

    code = "environment_error"


class UnknownEnvironmentError(EngineEnvironmentError):
    """No engine environment has this name."""

    code = "environment_unknown"


class UnsupportedEnvironmentError(EngineEnvironmentError):
    """The environment is named but cannot be installed here."""

    code = "environment_unsupported"


class EnvironmentInstallError(EngineEnvironmentError):
    """Installing an engine environment failed."""

    code = "environment_install_failed"


class EnvironmentBusyError(EngineEnvironmentError):
    """Another process is installing or using the environment."""

    code = "environment_busy"


class EngineError(CockpitError):
    """Something is wrong with an engine process."""

    code = "engine_error"


class EngineStartError(EngineError):
    """An engine did not become ready."""

    code = "engine_start_failed"


class EngineFlagError(EngineError):
    """An engine argument does not exist in the installed engine, or has a bad value."""

    code = "engine_flag_invalid"


class EngineLostError(EngineError):
    """A running engine ended without being asked to."""

    code = "engine_lost"


class ModelError(CockpitError):
    """Something is wrong with a model's files or where they come from."""

    code = "model_error"


class ModelNotFoundError(ModelError):
    """No such model locally or on the Hub."""

    code = "model_source_not_found"


class GatedModelError(ModelError):
    """The Hub wants a licence accepted or a token before it hands out the model."""

    code = "model_gated"


class HubUnreachableError(ModelError):
    """The Hugging Face Hub could not be reached."""

    code = "hub_unreachable"


class RemoteCodeError(ModelError):
    """The model wants to run code of its own and nobody allowed it."""

    code = "model_needs_remote_code"


class BrokenModelError(ModelError):
    """A model folder lacks files or has unreadable ones."""

    code = "model_broken"


class IntegrityError(ModelError):
    """Downloaded bytes are not those that were pinned."""

    code = "integrity_mismatch"


class DiskSpaceError(CockpitError):
    """The disk has too little room."""

    code = "disk_full"


class RequestError(CockpitError):
    """A client's request cannot be served as it is."""

    code = "invalid_request"


class MalformedRequestError(RequestError):
    """The request body is not what the endpoint takes."""

    code = "malformed_request"


class UnknownModelError(RequestError):
    """No served model has this name."""

    code = "model_not_found"


class UnauthorizedError(RequestError):
    """The API key is missing or wrong."""

    code = "invalid_api_key"


class ForbiddenOriginError(RequestError):
    """The Host or Origin header is not one that this gateway serves."""

    code = "origin_not_allowed"


class RequestTooLargeError(RequestError):
    """The request body is larger than the gateway takes."""

    code = "request_too_large"


class UnsupportedMediaTypeError(RequestError):
    """The request body's content type is not JSON."""

    code = "unsupported_media_type"


class UnknownPathError(RequestError):
    """The gateway has no such path, or not with this method."""

    code = "unknown_path"


class MethodNotAllowedError(UnknownPathError):
    """The path exists, but not with this method."""

    code = "method_not_allowed"

    def __init__(self, what: str, *, why: str, remedy: str, allowed: tuple[str, ...]) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.allowed = allowed
        """The methods that the path takes."""


class UnsupportedEndpointError(RequestError):
    """The model's engine does not have this endpoint, because the model is of another kind."""

    code = "endpoint_unsupported"


class FimUnsupportedError(RequestError):
    """The model was not trained to fill in the middle, or lacks the tokenizer to ask it so."""

    code = "fim_unsupported"


class ContextTooLongError(RequestError):
    """The prompt and the wanted answer do not fit into the model's window."""

    code = "context_length_exceeded"


class UnavailableError(CockpitError):
    """The model is known but cannot answer now."""

    code = "model_unavailable"


class ModelLoadingError(UnavailableError):
    """The model's engine is still starting."""

    code = "model_loading"

    def __init__(self, what: str, *, why: str, remedy: str, retry_after: int) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.retry_after = retry_after
        """Seconds after which asking again is worthwhile."""


class ModelFailedError(UnavailableError):
    """The model's engine did not start or keeps ending."""

    code = "model_failed"


class GatewayStoppingError(UnavailableError):
    """The gateway is shutting down and gave up the requests that still ran."""

    code = "gateway_stopping"


class ListenError(CockpitError):
    """The gateway cannot listen on the address it was given."""

    code = "cannot_listen"


class UpstreamError(CockpitError):
    """An engine broke the connection or answered nonsense."""

    code = "upstream_error"


class OfflineError(CockpitError):
    """The offline library or its worker failed."""

    code = "offline_error"


class UnsupportedOfflineFeatureError(OfflineError):
    """A parameter or method of vLLM that the offline library does not carry."""

    code = "offline_unsupported"


class SamplingParamsError(OfflineError, ValueError):
    """A sampling parameter has a value that vLLM does not take."""

    code = "sampling_params_invalid"


class OfflineRequestError(OfflineError, ValueError):
    """The engine refused one prompt of the offline library."""

    code = "offline_request_invalid"


class BatchError(CockpitError):
    """A batch run cannot start or go on."""

    code = "batch_error"


class EditorError(CockpitError):
    """The extension could not be brought into an editor."""

    code = "editor_error"


class ExtensionNotBuiltError(EditorError):
    """There is no packed extension here, because it was not built."""

    code = "extension_not_built"


class BrokenExtensionError(EditorError):
    """A file is not our packed extension, or is damaged."""

    code = "extension_broken"


class EditorNotFoundError(EditorError):
    """This machine has no editor that takes the extension, or not the one that was named."""

    code = "editor_not_found"


class EditorFailedError(EditorError):
    """An editor's own command refused or failed."""

    code = "editor_failed"


class GatewayUnreachableError(CockpitError):
    """No gateway answers where one was expected."""

    code = "gateway_unreachable"
