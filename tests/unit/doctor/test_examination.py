import pytest

from aicockpit.doctor import Finding, examination, examine
from tests.support.examined import machine


def test_whoever_is_warned_is_told_what_to_do():
    with pytest.raises(ValueError, match="no remedy"):
        Finding("warning", "It is hot.")
    with pytest.raises(ValueError, match="several lines"):
        Finding("note", "It is hot.", "", "Open\na window.")
    assert Finding("ok", "It is warm.").remedy == ""


def test_a_check_that_may_not_look_is_a_warning_and_the_others_go_on(monkeypatch):
    def forbidden(_):
        yield Finding("ok", "There is a disk.")
        raise PermissionError(13, "Permission denied", "/root/secret")

    checks = (("disk", forbidden), ("port", lambda _: [Finding("note", "It is free.")]))
    monkeypatch.setattr(examination, "CHECKS", checks)
    found = examine(machine())
    assert [(area, finding.level) for area, finding in found.findings] == [
        ("disk", "ok"),
        ("disk", "warning"),
        ("port", "note"),
    ]
    assert "Permission denied (/root/secret)" in found.findings[1][1].detail
    assert found.can_serve
    assert found.count("warning") == 1


def test_one_problem_keeps_the_machine_from_serving(monkeypatch):
    problem = Finding("problem", "It is broken.", "", "Mend it.")
    monkeypatch.setattr(examination, "CHECKS", (("disk", lambda _: [problem]),))
    assert not examine(machine()).can_serve
