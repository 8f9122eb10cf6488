"""Where models come from, and what they are.

`ModelStore` finds a model in a local folder, the Hugging Face cache or on the Hub, or makes the
starter model; `read_facts` tells what a model's folder holds. Nothing here starts an engine or
knows what the machine can take. Everything blocks; callers use threads. Start reading at `store`.
"""

from aicockpit.models.configured import fetch_configured
from aicockpit.models.defaults import default_source
from aicockpit.models.facts import read_facts
from aicockpit.models.location import STARTER, LocatedModel, Origin, short_name
from aicockpit.models.remote_code import check_remote_code
from aicockpit.models.store import ModelRecord, ModelStore

__all__ = [
    "STARTER",
    "LocatedModel",
    "ModelRecord",
    "ModelStore",
    "Origin",
    "check_remote_code",
    "default_source",
    "fetch_configured",
    "read_facts",
    "short_name",
]
