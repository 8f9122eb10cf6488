"""The settings of `huggingface_hub`, which cost nothing to read; the library itself does.

It reads HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE and the like when it is first imported, so they count
as they were then. Importing more than its settings takes 0.2 s and 20 MB, which a gateway that
serves a model on the disk shall not pay: only `hub` and what it uses do that, and `store` imports
`hub` when there is something to download.
"""

from __future__ import annotations

import os
from pathlib import Path

from huggingface_hub import constants

if "HF_HUB_DISABLE_TELEMETRY" not in os.environ:
    # Otherwise every request describes this machine's software.
    constants.HF_HUB_DISABLE_TELEMETRY = True


def cache_folder() -> Path:
    """The Hugging Face cache that other tools on this machine share."""
    return Path(constants.HF_HUB_CACHE)


def endpoint() -> str:
    """Address of the Hub in use."""
    return constants.ENDPOINT


def is_offline() -> bool:
    """Whether the user forbids asking the Hub."""
    return constants.HF_HUB_OFFLINE
