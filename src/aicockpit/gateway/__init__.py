"""The HTTP surface: one OpenAI-compatible gateway in front of all engines.

A request is read once, checked, sent to the engine of the model that it names, and the answer's
bytes are relayed. The gateway never starts an engine and never imports vLLM: it asks a
`Directory` where a model answers. Start reading at `app` for dispatch, `relay` for the hot path
and `problems` for how failures look.
"""

from aicockpit.gateway.access import check_binding
from aicockpit.gateway.app import Gateway, create_app
from aicockpit.gateway.directory import Directory, Route, ServedModel
from aicockpit.gateway.server import GatewayServer
from aicockpit.gateway.tasks import Task

__all__ = [
    "Directory",
    "Gateway",
    "GatewayServer",
    "Route",
    "ServedModel",
    "Task",
    "check_binding",
    "create_app",
]
