import math

from aicockpit.batch.lines import CHAT, COMPLETIONS, BatchLine
from aicockpit.batch.responses import response_body
from aicockpit.offline import CompletionOutput, Logprob, RequestOutput

PART = CompletionOutput(
    0,
    "hi!",
    [5, 6],
    logprobs=[
        {5: Logprob(-0.1, 1, "hi"), 9: Logprob(-2.0, 2, "ho")},
        {6: Logprob(-0.2, 1, "!"), 8: Logprob(-math.inf, 9, "é")},
    ],
    finish_reason="stop",
    stop_reason=6,
)
OUTPUT = RequestOutput("r", "say", [1, 2, 3], [PART], num_cached_tokens=2)


def test_a_chat_answer():
    line = BatchLine(1, "a", CHAT, {"messages": [{"role": "user", "content": "say"}]})
    body = response_body(line, OUTPUT, "m")
    assert body["id"].startswith("chatcmpl-")
    assert (body["object"], body["model"]) == ("chat.completion", "m")
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hi!"},
            "logprobs": None,
            "finish_reason": "stop",
            "stop_reason": 6,
        }
    ]
    assert body["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "total_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 2},
    }


def test_log_probabilities_of_a_chat():
    body = {"messages": [{"role": "user", "content": "x"}], "logprobs": True, "top_logprobs": 2}
    found = response_body(BatchLine(1, "a", CHAT, body), OUTPUT, "m")["choices"][0]["logprobs"]
    first, second = found["content"]
    assert (first["token"], first["logprob"], first["bytes"]) == ("hi", -0.1, [104, 105])
    assert [entry["token"] for entry in first["top_logprobs"]] == ["hi", "ho"]
    assert second["top_logprobs"][1] == {"token": "é", "logprob": -9999.0, "bytes": [195, 169]}


def test_log_probabilities_of_a_completion():
    line = BatchLine(1, "a", COMPLETIONS, {"prompt": "say", "logprobs": 0})
    assert response_body(line, OUTPUT, "m")["choices"][0]["logprobs"] == {
        "text_offset": [0, 2],
        "token_logprobs": [-0.1, -0.2],
        "tokens": ["hi", "!"],
        "top_logprobs": [{"hi": -0.1}, {"!": -0.2}],
    }


def test_an_answer_without_a_new_turn_keeps_the_last_role():
    messages = [{"role": "tool", "content": "x"}]
    line = BatchLine(1, "a", CHAT, {"messages": messages, "add_generation_prompt": False})
    message = response_body(line, OUTPUT, "m")["choices"][0]["message"]
    assert message["role"] == "tool"
