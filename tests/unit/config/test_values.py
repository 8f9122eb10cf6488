import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicockpit.config.values import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("90s", 90), ("1.5m", 90), ("2 h", 7200), ("1d", 86400)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(("text", "size"), [("10B", 10), ("2GiB", 2**31), ("1.5 KiB", 1536)])
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("value", [5, "5", "5 parsecs", "GiB", "-1s", "", None, True])
def test_a_value_without_a_known_unit_is_refused(value):
    with pytest.raises(ValueError, match="unit"):
        parse_duration(value)
    with pytest.raises(ValueError, match="unit"):
        parse_size(value)


@given(st.integers(min_value=0, max_value=2**50))
def test_sizes_survive_a_round_trip(size):
    assert parse_size(format_size(size)) == size


@given(st.integers(min_value=0, max_value=10**9))
def test_durations_survive_a_round_trip(milliseconds):
    seconds = milliseconds / 1000
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, rel=1e-9)
