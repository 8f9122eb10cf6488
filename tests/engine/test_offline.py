"""The offline library on the real engine: what it answers, and that it leaves nothing behind."""

from collections.abc import Iterator

import pytest
from tokenizers import Tokenizer

from aicockpit.engines.guard import all_processes, environment_of
from aicockpit.engines.guarded import ENGINE_MARK, HOME_MARK
from aicockpit.errors import EngineFlagError, OfflineRequestError
from aicockpit.models import LocatedModel
from aicockpit.offline import LLM, SamplingParams
from aicockpit.paths import DataFolder

GREEDY = SamplingParams(temperature=0, max_tokens=12)
QUESTION = [{"role": "user", "content": "Say only the word hello."}]


@pytest.fixture(scope="module", autouse=True)
def _home(engine_home: DataFolder) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AICOCKPIT_HOME", str(engine_home.root))
        yield


@pytest.fixture(scope="module")
def llm(_home: None, engine_home: DataFolder) -> Iterator[LLM]:
    with LLM("starter", max_model_len=1024, enforce_eager=True) as llm:
        yield llm
    assert offline_pids(engine_home) == []


@pytest.fixture(scope="module")
def tokenizer(starter: LocatedModel) -> Tokenizer:
    return Tokenizer.from_file(str(starter.path / "tokenizer.json"))


def offline_pids(home: DataFolder) -> list[int]:
    found = []
    for stat in all_processes():
        environment = environment_of(stat.pid)
        ours = environment.get(HOME_MARK) == str(home.root)
        if ours and environment.get(ENGINE_MARK, "").startswith("offline-"):
            found.append(stat.pid)
    return found


def test_a_completion_is_deterministic_and_counted(llm: LLM, tokenizer: Tokenizer) -> None:
    prompt = "def add(a, b):"
    first, again = llm.generate([prompt, prompt], GREEDY)
    answer = first.outputs[0]
    assert answer.text.startswith("\n    return a + b")
    assert answer.text == again.outputs[0].text
    assert first.prompt == prompt
    assert list(first.prompt_token_ids) == tokenizer.encode(prompt).ids
    assert first.num_generated_tokens == len(answer.token_ids) == 12
    assert tokenizer.decode(list(answer.token_ids)) == answer.text
    assert answer.finish_reason == "length"


def test_token_ids_say_the_same_as_their_text(llm: LLM, tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("def add(a, b):").ids
    by_text = llm.generate("def add(a, b):", GREEDY)[0]
    by_ids = llm.generate({"prompt_token_ids": ids}, GREEDY)[0]
    assert by_ids.outputs[0].text == by_text.outputs[0].text


def test_a_chat_is_rendered_with_the_models_template(llm: LLM) -> None:
    (chat,) = llm.chat(QUESTION, GREEDY)
    assert chat.prompt is not None
    assert chat.prompt.endswith("<|im_start|>assistant\n")
    assert "Say only the word hello.<|im_end|>" in chat.prompt
    assert "hello" in chat.outputs[0].text.lower()
    assert chat.outputs[0].finish_reason == "stop"


def test_stop_strings_and_log_probabilities(llm: LLM) -> None:
    params = SamplingParams(temperature=0, max_tokens=30, stop=["+"], logprobs=2)
    answer = llm.generate("def add(a, b):", params)[0].outputs[0]
    assert (answer.finish_reason, answer.stop_reason) == ("stop", "+")
    assert "+" not in answer.text
    assert answer.logprobs is not None
    assert len(answer.logprobs) == len(answer.token_ids)
    for token, position in zip(answer.token_ids, answer.logprobs, strict=True):
        assert position[token].logprob == max(entry.logprob for entry in position.values())


def test_many_prompts_with_parameters_of_their_own(llm: LLM) -> None:
    lengths = [1 + number % 7 for number in range(40)]
    outputs = llm.generate(
        [f"# number {number}\n" for number in range(40)],
        [SamplingParams(temperature=0, max_tokens=length, ignore_eos=True) for length in lengths],
    )
    assert [output.num_generated_tokens for output in outputs] == lengths
    assert [output.prompt for output in outputs] == [f"# number {n}\n" for n in range(40)]


def test_defaults_come_from_the_models_generation_config(llm: LLM) -> None:
    defaults = llm.get_default_sampling_params()
    assert (defaults.temperature, defaults.top_p, defaults.top_k) == (0.7, 0.8, 20)
    assert llm.generate("x = ", None)[0].outputs[0].text


def test_a_prompt_that_is_too_long_is_refused_and_the_engine_goes_on(llm: LLM) -> None:
    with pytest.raises(OfflineRequestError, match="1024 tokens"):
        llm.generate(["fine", "word " * 3000], GREEDY)
    assert llm.generate("def add(a, b):", GREEDY)[0].num_generated_tokens == 12


def test_a_misspelt_engine_argument_is_refused_before_anything_starts() -> None:
    with pytest.raises(EngineFlagError, match="max-model-len"):
        LLM("starter", max_modle_len=1024)
