import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicockpit.paths import DataFolder
from aicockpit.planner.calibration import (
    MOST_OBSERVATIONS,
    Calibration,
    EngineStart,
    MemoryParts,
    Observation,
)
from aicockpit.start_records import VERSION, StartRecords

START = EngineStart(
    "0.32", "cpu", "Qwen2ForCausalLM 24x896", "Qwen2ForCausalLM", 1, 1, "bfloat16", None, 2048,
    256, ("enforce-eager=True",),
)  # fmt: skip
PARTS = MemoryParts(1, 2, 3, 4)
SEEN = Observation(START, "0.32.0", "2026-11-22", PARTS, PARTS, 5, 6)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "home")


def test_nothing_is_known_before_the_first_start(data: DataFolder):
    assert StartRecords(data).read() == Calibration()


def test_what_was_recorded_is_read_and_the_same_start_replaces_itself(data: DataFolder):
    newer = replace(SEEN, date="2026-11-23", tokens=7)
    other = replace(SEEN, start=replace(START, model="another"))
    for observation in (SEEN, other, newer):
        StartRecords(data).add(observation)
    assert StartRecords(data).read() == Calibration((other, newer))
    assert [path.name for path in data.root.iterdir()] == ["calibration.json"]


sizes = st.integers(0, 2**50)
parts = st.builds(MemoryParts, sizes, sizes, sizes, sizes)
starts = st.builds(
    EngineStart,
    *(st.text(max_size=20),) * 4,
    st.integers(1, 64),
    st.integers(1, 64),
    st.text(max_size=20),
    st.none() | st.text(max_size=20),
    sizes,
    sizes,
    st.lists(st.text(max_size=20), max_size=3).map(tuple),
)


@given(st.builds(Observation, starts, st.text(), st.text(), parts, parts, sizes, sizes))
def test_any_observation_comes_back_whole(tmp_path_factory, observation):
    data = DataFolder(tmp_path_factory.mktemp("home"))
    StartRecords(data).add(observation)
    assert StartRecords(data).read() == Calibration((observation,))


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"version": 1}', '{"version": 1, "observations": [{"start": {}}]}'],
)
def test_a_damaged_file_is_set_aside_with_one_warning(
    data: DataFolder, content: str, caplog: pytest.LogCaptureFixture
):
    data.root.mkdir()
    data.calibration.write_text(content)
    with caplog.at_level(logging.WARNING):
        assert StartRecords(data).read() == Calibration()
        assert StartRecords(data).read() == Calibration()
    assert len(caplog.records) == 1
    assert (data.root / "calibration.json.unreadable").read_text() == content
    StartRecords(data).add(SEEN)
    assert StartRecords(data).read() == Calibration((SEEN,))


def test_memory_less_than_nothing_is_not_believed(data: DataFolder):
    StartRecords(data).add(replace(SEEN, seen=replace(PARTS, other=-1)))
    assert StartRecords(data).read() == Calibration()


def test_a_file_of_another_version_is_left_alone(data: DataFolder):
    data.root.mkdir()
    text = json.dumps({"version": VERSION + 1, "observations": "something new"})
    data.calibration.write_text(text)
    StartRecords(data).add(SEEN)
    assert StartRecords(data).read() == Calibration()
    assert data.calibration.read_text() == text


def test_the_file_is_bounded(data: DataFolder):
    StartRecords(data).add(SEEN)
    content = json.loads(data.calibration.read_text())
    content["observations"] *= MOST_OBSERVATIONS + 5
    data.calibration.write_text(json.dumps(content))
    assert len(StartRecords(data).read().observations) == MOST_OBSERVATIONS


def test_a_disk_that_cannot_be_written_to_is_no_failure(
    data: DataFolder, caplog: pytest.LogCaptureFixture
):
    data.root.write_text("a file where the folder should be")
    StartRecords(data).add(SEEN)
    assert "could not be recorded" in caplog.text
