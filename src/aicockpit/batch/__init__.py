"""Many requests from a file, answered into a file.

`run_batch` goes through the gateway when that serves the model and runs on the engine's offline
path otherwise. It can be stopped at any moment, also by a crash: run again, it repeats and loses
nothing. It never starts a server. Start reading at `run`.
"""

from aicockpit.batch.gateway_path import Retries
from aicockpit.batch.run import BatchOptions, BatchResult, run_batch

__all__ = ["BatchOptions", "BatchResult", "Retries", "run_batch"]
