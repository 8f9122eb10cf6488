import errno
import os

import pytest

from aicockpit.batch.files import BatchFiles
from aicockpit.config import Config, ModelSettings, ServerSettings
from aicockpit.errors import BatchError, DiskSpaceError, EngineLostError
from tests.support.fake_runner import FakeRunner

LINES = [{"prompt": f"p{n}", "custom_id": f"id-{n}"} for n in range(10)]


def test_every_line_is_answered_in_openais_form(place):
    place.write(
        {"prompt": "abc"},
        {
            "custom_id": "chat",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
        },
    )
    result = place.run()
    assert (result.answered, result.failed, result.left, result.exit_status) == (2, 0, 0, 0)
    assert (result.prompt_tokens, result.completion_tokens) == (6, 4)
    answers = {answer["custom_id"]: answer for answer in place.answers()}
    text = answers["line-1"]["response"]
    assert text["body"]["model"] == "fake"
    assert (text["status_code"], answers["line-1"]["error"]) == (200, None)
    assert text["body"]["object"] == "text_completion"
    assert text["body"]["choices"][0]["text"] == "ABC"
    assert text["body"]["usage"]["total_tokens"] == 5
    chat = answers["chat"]["response"]["body"]
    assert chat["object"] == "chat.completion"
    assert chat["choices"][0]["message"] == {"role": "assistant", "content": "HI"}
    assert place.opened == ["m"]


def test_bad_lines_are_reported_by_number_and_the_rest_is_done(place):
    place.write(
        {"prompt": "one"},
        "{nonsense",
        "",
        {"prompt": "two", "tools": [{"type": "function"}]},
        {"prompt": "REFUSE", "custom_id": "r"},
        {"prompt": "three", "custom_id": "line-1"},
        {"prompt": "four", "response_format": {"type": "json_object"}},
        {"prompt": ["a", "b"]},
        {"prompt": "five"},
    )
    result = place.run()
    assert (result.answered, result.failed, result.total) == (2, 6, 8)
    assert result.exit_status == 1
    assert sorted(place.ids()) == ["line-1", "line-9"]
    failures = {failure["line"]: failure for failure in place.failures()}
    assert {number: failure["error"]["code"] for number, failure in failures.items()} == {
        2: "invalid_json",
        4: "unsupported_field",
        5: "invalid_request",
        6: "duplicate_custom_id",
        7: "unsupported_field",
        8: "unsupported_field",
    }
    assert "tools" in failures[4]["error"]["message"]
    assert "response_format" in failures[7]["error"]["message"]
    assert (failures[5]["custom_id"], failures[5]["error"]["message"]) == ("r", "no thanks")
    assert "Line 1 " in failures[6]["error"]["message"]


def test_fields_that_ask_for_nothing_are_taken(place):
    runner = FakeRunner()
    place.write({"prompt": "x", "tools": [], "echo": False, "suffix": None, "stream": False})
    assert place.run(runner).answered == 1
    assert runner.bodies == [{"prompt": "x", "suffix": None}]


def test_an_interrupted_run_goes_on_without_repeating_or_losing_a_line(place):
    place.write(*LINES)
    first = place.run(FakeRunner(stop_after=3))
    assert (first.interrupted, first.answered, first.left, first.exit_status) == (True, 3, 7, 130)
    second = place.run()
    assert (second.answered_before, second.answered, second.left) == (3, 7, 0)
    assert sorted(place.ids()) == sorted(line["custom_id"] for line in LINES)


def test_a_lost_engine_loses_no_answer(place):
    class LostError(EngineLostError):
        def __init__(self) -> None:
            super().__init__("It ended.", why="So it goes.", remedy="Again.")

    place.write(*LINES)
    with pytest.raises(EngineLostError):
        place.run(FakeRunner(stop_after=4, error=LostError))
    assert len(place.ids()) == 4
    place.run()
    assert sorted(place.ids()) == sorted(line["custom_id"] for line in LINES)


def test_a_torn_last_line_is_cut_off_and_done_again(place):
    place.write(*LINES)
    place.run()
    whole = place.output.read_bytes()
    place.output.write_bytes(whole[:-20])
    result = place.run()
    assert (result.answered_before, result.answered) == (9, 1)
    assert sorted(place.ids()) == sorted(line["custom_id"] for line in LINES)


def test_a_finished_batch_starts_no_engine(place):
    place.write(*LINES, "bad")
    place.run()
    place.opened.clear()
    result = place.run()
    assert (result.path, result.answered, result.failed, result.left) == ("none", 0, 1, 0)
    assert place.opened == []
    assert [failure["line"] for failure in place.failures()] == [11]


def test_failed_lines_are_tried_again(place):
    place.write({"prompt": "REFUSE"}, {"prompt": "fine"})
    place.run()
    runner = FakeRunner()
    assert place.run(runner).failed == 1
    assert runner.bodies == [{"prompt": "REFUSE"}]
    assert len(place.failures()) == 1


def test_an_input_may_grow(place):
    place.write(*LINES[:5])
    place.run()
    place.write(*LINES)
    assert place.run().answered == 5


def test_another_input_is_refused(place):
    place.write(*LINES)
    place.run()
    before = place.output.read_bytes()
    place.write(*LINES[1:], {"prompt": "new"})
    with pytest.raises(BatchError, match="another input"):
        place.run()
    place.write(*LINES[:3])
    with pytest.raises(BatchError, match="another input"):
        place.run()
    assert place.output.read_bytes() == before


def test_another_model_is_refused(place):
    place.write(*LINES)
    place.run(model="one")
    with pytest.raises(BatchError, match="another model") as caught:
        place.run(model="two")
    assert "begun with one" in caught.value.why


def test_somebody_elses_file_is_left_alone(place):
    place.write(*LINES)
    place.output.write_text("precious\n")
    with pytest.raises(BatchError, match="not the output of a batch"):
        place.run()
    assert place.output.read_text() == "precious\n"


def test_answers_without_a_state_file_are_refused(place):
    place.write(*LINES)
    place.run()
    place.state.unlink()
    with pytest.raises(BatchError, match="already has answers"):
        place.run()
    place.state.write_text("{")
    with pytest.raises(BatchError, match="cannot be read"):
        place.run()


def test_two_runs_into_one_file_are_refused(place):
    place.write(*LINES)
    with BatchFiles(place.output), pytest.raises(BatchError, match="another run"):
        place.run()


def test_files_that_cannot_be(place):
    with pytest.raises(BatchError, match="cannot be read"):
        place.run()
    place.write(*LINES)
    place.output = place.source
    with pytest.raises(BatchError, match="The output is the input"):
        place.run()
    place.output = place.folder / "missing" / "out.jsonl"
    with pytest.raises(BatchError, match="cannot be written"):
        place.run()


def test_a_full_disk_says_so_and_the_next_run_goes_on(place, monkeypatch):
    place.write(*LINES)
    real = os.write
    written = 0

    def filling(descriptor: int, data: bytes) -> int:
        nonlocal written
        written += 1
        if written == 6:
            return real(descriptor, data[:10])
        if written > 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr("aicockpit.batch.files.os.write", filling)
        with pytest.raises(DiskSpaceError):
            place.run()
    result = place.run()
    assert (result.answered_before, result.answered) == (5, 5)
    assert sorted(place.ids()) == sorted(line["custom_id"] for line in LINES)


def test_several_models_cannot_run_offline(place):
    place.write({"prompt": "a", "model": "one"}, {"prompt": "b", "model": "two"})
    with pytest.raises(BatchError, match="several models"):
        place.run()
    assert place.run(model="three").answered == 2
    assert place.opened == ["three"]


def test_the_model_is_looked_up_in_the_configuration(place):
    config = Config(
        models={
            "first": ModelSettings(source="org/First-7B"),
            "second": ModelSettings(source="org/Second-7B", served_name="two"),
        },
        server=ServerSettings(default_model="second"),
    )
    place.write({"prompt": "a", "model": "first-7b"})
    place.run(config=config)
    place.output.unlink()
    place.write({"prompt": "a"})
    place.run(config=config)
    place.output.unlink()
    place.write({"prompt": "a", "model": "default"}, {"prompt": "b", "model": "first"})
    place.run(config=config)
    assert place.opened == ["org/First-7B", "two", "org/First-7B"]


def test_memory_does_not_grow_with_the_input(place):
    place.write(*({"prompt": f"{n}"} for n in range(2000)))
    runner = FakeRunner(window=8)
    assert place.run(runner).answered == 2000
    assert runner.most_under_way == 8
