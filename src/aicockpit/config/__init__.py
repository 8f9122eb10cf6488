"""The one configuration model, and how it is loaded.

`Config` is a frozen pydantic tree: every setting has one declaration, and `cockpit.toml`, the
environment overrides, the JSON Schema and the reference page all derive from it. Loading is
`load_config`, which reports every problem at once. Constructing a `Config` does no I/O.
"""

from aicockpit.config.loading import LoadedConfig, load_config
from aicockpit.config.model import (
    Config,
    EngineSettings,
    FimTemplate,
    ModelSettings,
    NgramSpeculation,
    Role,
    ServerSettings,
)

__all__ = [
    "Config",
    "EngineSettings",
    "FimTemplate",
    "LoadedConfig",
    "ModelSettings",
    "NgramSpeculation",
    "Role",
    "ServerSettings",
    "load_config",
]
