import subprocess
import sys

import pytest

from aicockpit.errors import OfflineRequestError, UnsupportedOfflineFeatureError
from aicockpit.offline import LLM, SamplingParams
from aicockpit.progress import SilentProgress


@pytest.fixture
def llm(engine):
    return LLM(engine, progress=SilentProgress())


def test_answers_come_in_the_order_of_the_prompts(llm):
    outputs = llm.generate([f"prompt {n}" for n in range(200)], SamplingParams(temperature=0))
    assert [output.outputs[0].text for output in outputs] == [f"{n} prompt" for n in range(200)]
    assert outputs[3].prompt == "prompt 3"
    assert (outputs[3].num_prompt_tokens, outputs[3].num_generated_tokens) == (2, 2)
    assert outputs[3].finished
    assert outputs[3].outputs[0].finish_reason == "stop"


def test_a_single_prompt_gives_a_list_of_one(llm):
    (output,) = llm.generate("a b")
    assert output.outputs[0].text == "b a"


@pytest.mark.parametrize(
    "prompts", [[5, 6, 7], {"prompt_token_ids": [5, 6, 7]}, [{"prompt_token_ids": [5, 6, 7]}]]
)
def test_token_ids_are_prompts(llm, prompts):
    (output,) = llm.generate(prompts)
    assert output.prompt_token_ids == [5, 6, 7]


def test_several_prompts_of_token_ids(llm):
    outputs = llm.generate([[1, 2], [3]])
    assert [output.prompt_token_ids for output in outputs] == [[1, 2], [3]]


def test_no_prompts_give_no_answers(llm):
    assert llm.generate([]) == []


def test_each_prompt_may_have_parameters_of_its_own(llm):
    outputs = llm.generate(["a", "b"], [SamplingParams(n=3), SamplingParams()])
    assert [len(output.outputs) for output in outputs] == [3, 1]
    with pytest.raises(OfflineRequestError, match="2 prompts and 1"):
        llm.generate(["a", "b"], [SamplingParams()])


def test_log_probabilities_have_vllms_shape(llm):
    (output,) = llm.generate("x y", SamplingParams(logprobs=1))
    first = output.outputs[0].logprobs[0]
    assert first[0].logprob == -0.5
    assert first[99].logprob == float("-inf")
    assert first[0].decoded_token == "x"


def test_chat_takes_one_conversation_or_many(llm):
    one = [{"role": "user", "content": "hello there"}]
    assert llm.chat(one)[0].outputs[0].text == "there hello"
    outputs = llm.chat([one, [{"role": "user", "content": "b a"}]], SamplingParams())
    assert [output.outputs[0].text for output in outputs] == ["there hello", "a b"]


def test_a_refused_prompt_is_an_error_that_names_it(llm):
    with pytest.raises(OfflineRequestError, match="prompt 2 of 3") as caught:
        llm.generate(["fine", "REFUSE", "fine"])
    assert isinstance(caught.value, ValueError)
    assert len(llm.generate(["still", "works"])) == 2


def test_default_sampling_comes_from_the_model(llm):
    params = llm.get_default_sampling_params()
    assert (params.temperature, params.top_k) == (0.5, 7)


@pytest.mark.parametrize("name", ["encode", "embed", "score", "beam_search", "collective_rpc"])
def test_other_methods_of_vllm_are_refused_by_name(llm, name):
    with pytest.raises(UnsupportedOfflineFeatureError, match=name):
        getattr(llm, name)
    with pytest.raises(AttributeError):
        _ = llm.nonsense


@pytest.mark.parametrize(
    "call",
    [
        lambda llm: llm.generate("x", lora_request=object()),
        lambda llm: llm.chat([{"role": "user", "content": "x"}], tools=[]),
        lambda llm: llm.generate({"prompt": "x", "multi_modal_data": {}}),
    ],
)
def test_other_options_of_vllm_are_refused_by_name(llm, call):
    with pytest.raises(UnsupportedOfflineFeatureError, match=r"lora_request|tools|multi_modal"):
        call(llm)


def test_what_is_no_prompt_is_refused(llm):
    with pytest.raises(OfflineRequestError, match="neither a text nor token ids"):
        llm.generate([object()])


def test_importing_the_library_is_cheap():
    script = (
        "import sys; from aicockpit.offline import LLM, SamplingParams; "
        "heavy = {'vllm', 'torch', 'transformers', 'huggingface_hub', 'pydantic', 'aiohttp', "
        "'rich', 'fastapi', 'numpy'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
