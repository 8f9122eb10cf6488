import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicockpit.errors import SamplingParamsError, UnsupportedOfflineFeatureError
from aicockpit.offline import SamplingParams


def test_defaults_are_those_of_vllm():
    params = SamplingParams()
    assert (params.n, params.temperature, params.top_p, params.top_k) == (1, 1.0, 1.0, 0)
    assert (params.max_tokens, params.min_p, params.repetition_penalty) == (16, 0.0, 1.0)
    assert params.to_dict() == {}


@pytest.mark.parametrize("name", ["logits_processors", "guided_decoding", "best_of", "nonsense"])
def test_other_names_are_refused_by_name(name: str):
    with pytest.raises(UnsupportedOfflineFeatureError, match=name):
        SamplingParams(**{name: 1})  # type: ignore[arg-type]


def test_a_stored_file_with_another_name_is_refused_too():
    with pytest.raises(UnsupportedOfflineFeatureError, match="use_beam_search"):
        SamplingParams.from_dict({"temperature": 0, "use_beam_search": True})


@pytest.mark.parametrize(
    ("given_values", "named"),
    [
        ({"temperature": -1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": 3}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"top_k": -2}, "top_k"),
        ({"top_k": 1.5}, "top_k"),
        ({"min_p": 2}, "min_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"min_tokens": 20}, "min_tokens"),
        ({"n": 0}, "n must"),
        ({"n": 2, "temperature": 0}, "n must be 1"),
        ({"presence_penalty": 3}, "presence_penalty"),
        ({"repetition_penalty": 0}, "repetition_penalty"),
        ({"stop": [""]}, "stop"),
        ({"stop": "x", "detokenize": False}, "detokenize"),
        ({"logprobs": -2}, "logprobs"),
        ({"bad_words": [""]}, "bad_words"),
    ],
)
def test_values_out_of_bounds_are_named(given_values, named):
    with pytest.raises(SamplingParamsError, match=named) as caught:
        SamplingParams(**given_values)
    assert isinstance(caught.value, ValueError)


@settings(max_examples=40)
@given(
    temperature=st.floats(0, 2),
    max_tokens=st.none() | st.integers(1, 9999),
    stop=st.none() | st.text(min_size=1) | st.lists(st.text(min_size=1), max_size=3),
    seed=st.none() | st.integers(0, 2**31),
    logit_bias=st.none() | st.dictionaries(st.integers(0, 9), st.floats(-5, 5), max_size=3),
    stop_token_ids=st.none() | st.lists(st.integers(0, 9), max_size=3),
)
def test_parameters_survive_json_and_pickle(**values):
    params = SamplingParams(**values)
    assert SamplingParams.from_dict(json.loads(json.dumps(params.to_dict()))) == params
    assert pickle.loads(pickle.dumps(params)) == params
