"""vLLM's offline classes for scripts that have no vLLM of their own.

`from aicockpit.offline import LLM, SamplingParams` and go on as with vLLM: `generate` and `chat`
over a list of prompts. The engine runs in a process of its own, in the engine environment that
AiCockpit installs, and never outlives the script. What vLLM has and this package does not carry
is refused by name. Start reading at `llm`.
"""

from aicockpit.offline.llm import LLM
from aicockpit.offline.outputs import CompletionOutput, Logprob, RequestOutput
from aicockpit.offline.sampling import SamplingParams

__all__ = ["LLM", "CompletionOutput", "Logprob", "RequestOutput", "SamplingParams"]
