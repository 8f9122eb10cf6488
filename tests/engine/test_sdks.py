"""The SDKs that people use, against the gateway and a real engine."""

import anthropic
import openai
import pytest

from tests.support.serving import Gateway

MODEL = "qwen2.5-coder-0.5b-instruct"
QUESTION = "Write a Python function that adds two numbers. Answer with code only."


@pytest.fixture
def client(gateway: Gateway) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="unused", max_retries=0)


@pytest.fixture
def claude(gateway: Gateway) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=gateway.url, api_key="unused", max_retries=0)


def test_models_are_listed_by_their_real_ids(client: openai.OpenAI):
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL


@pytest.mark.parametrize("name", [MODEL, "coder", "default"])
def test_every_name_of_the_model_reaches_it(client: openai.OpenAI, name: str):
    answer = client.completions.create(
        model=name, prompt="def add(a, b):\n    return", max_tokens=6, temperature=0
    )
    assert answer.choices[0].text.strip().startswith("a + b")
    assert answer.model == MODEL


def test_chat(client: openai.OpenAI):
    answer = client.chat.completions.create(
        model="default",
        messages=[{"role": "user", "content": QUESTION}],
        max_tokens=64,
        temperature=0,
    )
    assert "def " in (answer.choices[0].message.content or "")
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0


def test_a_streamed_chat_says_the_same(client: openai.OpenAI):
    def ask(stream: bool):
        return client.chat.completions.create(
            model="default",
            messages=[{"role": "user", "content": QUESTION}],
            max_tokens=48,
            temperature=0,
            stream=stream,
        )

    chunks = list(ask(stream=True))
    assert all(chunk.usage is None for chunk in chunks), "nobody asked for usage"
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert streamed == ask(stream=False).choices[0].message.content


def test_usage_is_streamed_to_whom_asks(client: openai.OpenAI):
    chunks = list(
        client.completions.create(
            model="default",
            prompt="x = ",
            max_tokens=4,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4


def test_an_unknown_model_is_refused_with_those_there_are(client: openai.OpenAI):
    with pytest.raises(openai.NotFoundError) as caught:
        client.completions.create(model="gpt-9", prompt="x")
    assert MODEL in caught.value.message
    assert caught.value.code == "model_not_found"


def test_the_engines_own_refusal_reaches_the_client(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError, match="max_tokens"):
        client.completions.create(model="default", prompt="x", max_tokens=-1)


def test_anthropic_messages(claude: anthropic.Anthropic):
    answer = claude.messages.create(
        model="default", max_tokens=64, messages=[{"role": "user", "content": QUESTION}]
    )
    assert answer.content[0].type == "text"
    assert "def " in answer.content[0].text
    assert answer.usage.output_tokens > 0


def test_anthropic_messages_streamed(claude: anthropic.Anthropic):
    with claude.messages.stream(
        model="default", max_tokens=48, messages=[{"role": "user", "content": QUESTION}]
    ) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert final.content[0].type == "text"
    assert text == final.content[0].text
    assert text


def test_anthropic_reads_our_errors(claude: anthropic.Anthropic):
    with pytest.raises(anthropic.NotFoundError, match=MODEL):
        claude.messages.create(
            model="gpt-9", max_tokens=1, messages=[{"role": "user", "content": "x"}]
        )
