"""vLLM's `LLM` for scripts, without vLLM in the script's environment."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypedDict

from aicockpit.errors import OfflineRequestError
from aicockpit.offline.exchange import Answered, Pace, Refused, Request
from aicockpit.offline.prompts import chat_requests, generate_requests
from aicockpit.offline.refusals import refuse_method, refuse_options
from aicockpit.offline.sampling import SamplingParams
from aicockpit.progress import Progress, SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Unpack

    from aicockpit.offline.engine import OfflineEngine
    from aicockpit.offline.outputs import RequestOutput
    from aicockpit.offline.prompts import Conversation, Prompt, Sampling


class ChatOptions(TypedDict, total=False):
    """Keyword arguments of `LLM.chat`, as in vLLM."""

    chat_template: str | None
    """A Jinja template in place of the model's own."""
    add_generation_prompt: bool
    """Begin the assistant's message; true when not given."""
    continue_final_message: bool
    """Go on writing the last message in place of a new one."""
    chat_template_kwargs: dict[str, Any] | None
    """Further values for the template."""


class LLM:
    """A model loaded for offline work, with the names of vLLM's class.

    The model is found as everywhere in AiCockpit (a folder, a Hugging Face id or `starter`), the
    engine environment is installed when it is missing, and the engine runs in a process of its own
    until `close`, the end of a `with` block or the end of the script, however that comes about.

    Args:
        model: a folder, a Hugging Face id or `starter`; or an `OfflineEngine` that runs already.
        revision: branch, tag or commit on the Hub.
        trust_remote_code: let the engine run Python code that the model's repository carries.
        progress: where steps are reported; bars on a terminal when not given.
        engine_args: vLLM's engine arguments (`dtype`, `max_model_len`, `tensor_parallel_size`,
            `gpu_memory_utilization`, `seed`, `enforce_eager`, …), as its server takes them.

    Raises:
        ModelError, EngineEnvironmentError, EngineError, UnsupportedOfflineFeatureError.

    Several threads may call one instance; their calls take turns.
    """

    def __init__(
        self,
        model: str | OfflineEngine,
        *,
        revision: str | None = None,
        trust_remote_code: bool = False,
        progress: Progress | None = None,
        **engine_args: Any,  # noqa: ANN401 - whatever the installed vLLM takes
    ) -> None:
        self._progress = progress or _default_progress()
        if not isinstance(model, str):
            self._engine = model
            return
        # Here and not above, so that importing the library stays cheap: a script that only builds
        # SamplingParams needs none of it.
        from aicockpit.offline.engine import OfflineEngine  # noqa: PLC0415
        from aicockpit.offline.preparation import launch_for_script  # noqa: PLC0415

        launch = launch_for_script(
            model,
            engine_args,
            revision=revision,
            trust_remote_code=trust_remote_code,
            progress=self._progress,
        )
        self._engine = OfflineEngine(launch, self._progress)

    def get_default_sampling_params(self) -> SamplingParams:
        """What `generate` and `chat` use without sampling parameters: the model's own defaults."""
        return SamplingParams.from_dict(self._engine.ready.default_sampling_params)

    def generate(
        self,
        prompts: Prompt | Sequence[Prompt],
        sampling_params: Sampling = None,
        use_tqdm: bool = True,
        **unsupported: object,
    ) -> list[RequestOutput]:
        """Answers to prompts, in the prompts' order.

        Args:
            prompts: a text, token ids, `{"prompt_token_ids": […]}`, or a list of these.
            sampling_params: one for all, one for each, or None for the model's own defaults.
            use_tqdm: report progress.
            unsupported: vLLM's other names, which are refused.

        Raises:
            OfflineRequestError: the engine refused a prompt, for example because it is too long.
            EngineLostError: the engine ended.
        """
        refuse_options("generate", unsupported)
        return self._collect("Generating", generate_requests(prompts, sampling_params), use_tqdm)

    def chat(
        self,
        messages: Conversation | Sequence[Conversation],
        sampling_params: Sampling = None,
        use_tqdm: bool = True,
        **options: Unpack[ChatOptions],
    ) -> list[RequestOutput]:
        """Answers to one conversation or a list of them; otherwise as `generate`."""
        refuse_options(
            "chat", [name for name in options if name not in ChatOptions.__annotations__]
        )
        return self._collect(
            "Chatting", chat_requests(messages, sampling_params, options), use_tqdm
        )

    def close(self) -> None:
        """End the engine. May be called repeatedly."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse vLLM's other methods by name."""
        refuse_method(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _collect(self, title: str, requests: list[Request[int]], show: bool) -> list[RequestOutput]:
        answers: dict[int, RequestOutput] = {}
        progress = self._progress if show else SilentProgress()
        meter = TokenMeter()
        with progress.step(title, total=len(requests)) as step:
            for event in self._engine.run(requests):
                match event:
                    case Answered(key, output):
                        answers[key] = output
                        step.update(completed=len(answers))
                    case Refused(key, _, message):
                        raise OfflineRequestError(
                            f"The engine refused prompt {key + 1} of {len(requests)}.",
                            why=message,
                            remedy="Change or leave out that prompt; none was answered.",
                        )
                    case Pace():
                        step.update(detail=meter.words(event.generated_tokens))
        return [answers[place] for place in range(len(requests))]


class TokenMeter:
    """Tokens per second since its first reading."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def words(self, generated: int) -> str:
        """The speed in words, such as `72 tokens/s`."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, generated)
            return ""
        began, before = self._first
        return f"{(generated - before) / max(now - began, 0.001):.0f} tokens/s"


def _default_progress() -> Progress:
    """Bars on standard error when that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        return SilentProgress()
    # rich takes a tenth of a second to import, which a script without a terminal need not pay.
    from aicockpit.terminal import TerminalProgress  # noqa: PLC0415

    return TerminalProgress()
