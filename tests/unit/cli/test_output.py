import pytest
import typer

from aicockpit.cli.output import exit_code, print_json, reports_errors
from aicockpit.errors import CapacityError, CockpitError, ConfigError, EngineStartError


def failing(error: BaseException):
    @reports_errors
    def command() -> None:
        raise error

    return command


def test_an_error_is_told_in_its_three_parts(capsys: pytest.CaptureFixture[str]):
    error = EngineStartError("It did not [start].", why="Out of memory.", remedy="Lower context.")
    with pytest.raises(typer.Exit) as caught:
        failing(error)()
    assert caught.value.exit_code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "engine_start_failed" in err
    assert "It did not [start]." in err
    assert "Out of memory." in err
    assert "Lower context." in err


@pytest.mark.parametrize(
    ("kind", "code"), [(ConfigError, 2), (CapacityError, 3), (EngineStartError, 1)]
)
def test_exit_statuses(kind: type[CockpitError], code: int):
    assert exit_code(kind("a", why="b", remedy="c")) == code


def test_ctrl_c_is_no_traceback():
    with pytest.raises(typer.Exit) as caught:
        failing(KeyboardInterrupt())()
    assert caught.value.exit_code == 130


def test_json_goes_to_stdout(capsys: pytest.CaptureFixture[str]):
    print_json({"a": 1})
    assert capsys.readouterr().out == '{\n  "a": 1\n}\n'
