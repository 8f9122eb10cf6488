import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aicockpit.cli.fim import split_at
from aicockpit.cli.main import app
from aicockpit.errors import MalformedRequestError
from tests.support.byte_tokenizer import QWEN, save_byte_tokenizer
from tests.support.local_hub import safetensors_bytes

TEXT = "def add(a, b):\n    return \n\nprint(add(1, 2))\n"
PROMPT = (
    "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\n\nprint(add(1, 2))\n<|fim_middle|>"
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(TEXT)
    return "app.py"


def model(folder: Path, special: tuple[str, ...], context: int = 4096) -> str:
    save_byte_tokenizer(folder, special)
    config = {
        "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 8,
        "num_attention_heads": 2, "num_hidden_layers": 1, "num_key_value_heads": 1,
        "vocab_size": 300, "max_position_embeddings": context, "torch_dtype": "bfloat16",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(safetensors_bytes("BF16", (8, 4)))
    return str(folder)


def render(*arguments: str):
    return CliRunner().invoke(app, ["fim", "render", *arguments])


def test_the_exact_prompt_is_printed_and_the_counts_beside_it(file: str, tmp_path: Path):
    done = render(f"{file}:2:12", "--model", model(tmp_path / "coder", QWEN))
    assert done.exit_code == 0, done.output
    assert done.stdout == PROMPT + "\n"
    bytes_ = len(TEXT) + 3
    assert f"{bytes_} prompt tokens and 256 for the answer, of 4096" in done.stderr


def test_json_has_the_ids_and_what_was_dropped(file: str, tmp_path: Path):
    (tmp_path / "other.py").write_text("x = 1\n" * 100)
    source = model(tmp_path / "coder", QWEN, context=400)
    done = render(f"{file}:2:12", "--model", source, "--context", "other.py", "--json")
    report = json.loads(done.stdout)
    assert report["prompt_tokens"] == len(report["token_ids"]) <= 400 - 256
    assert report["dropped"]["context_tokens"] > 400
    strict = render(f"{file}:2:12", "--model", source, "--context", "other.py", "--strict")
    assert strict.exit_code == 1
    assert "there is room for 144" in strict.output


def test_the_configured_default_model_is_taken(file: str, tmp_path: Path):
    source = model(tmp_path / "coder", QWEN)
    (tmp_path / "cockpit.toml").write_text(f'[models.mine]\nsource = "{source}"\ncontext = 512\n')
    assert "of 512" in render(f"{file}:1:1").stderr


def test_a_model_that_does_not_fill_in_the_middle(file: str, tmp_path: Path):
    done = render(f"{file}:1:1", "--model", model(tmp_path / "chatty", ("<|im_end|>",)))
    assert done.exit_code == 1
    assert "fim_unsupported" in done.output


def test_a_model_that_is_not_here_is_not_fetched(file: str):
    done = render(f"{file}:1:1", "--model", "no/such")
    assert done.exit_code == 1
    assert "aicockpit models pull no/such" in done.output


@pytest.mark.parametrize(
    ("position", "before"),
    [("1:1", ""), ("1:4", "def"), ("2:12", TEXT[:26]), ("3:1", TEXT[:27]), ("5:1", TEXT)],
)
def test_positions_count_from_one(file: str, position: str, before: str):
    path, prefix, suffix = split_at(f"{file}:{position}")
    assert (path, prefix) == (file, before)
    assert prefix + suffix == TEXT


@pytest.mark.parametrize("position", ["0:1", "1:0", "1:16", "6:1", "1", "a:b", ""])
def test_places_that_are_not_there(file: str, position: str):
    with pytest.raises(MalformedRequestError):
        split_at(f"{file}:{position}")


def test_a_form_feed_is_no_end_of_a_line(file: str):
    Path(file).write_text("a\x0cb\nc")
    assert split_at(f"{file}:2:1") == (file, "a\x0cb\n", "c")


def test_a_file_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("binary", "absent"):
        with pytest.raises(MalformedRequestError, match="could not be read"):
            split_at(f"{tmp_path / name}:1:1")
