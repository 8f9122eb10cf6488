import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aicockpit.cli.main import compose
from aicockpit.doctor import Finding, examination

KEY = "sk-nobody-may-see-this"


def run(*arguments: str):
    return CliRunner().invoke(compose(["doctor", "plan"]), ["doctor", *arguments])


def test_it_does_not_wait_for_what_it_does_not_need():
    code = "import sys, aicockpit.cli.doctor; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "aicockpit.doctor.engine" in loaded
    assert not {"aicockpit.gateway", "aicockpit.fleet", "uvicorn", "fastapi"} & set(loaded)


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    found = [
        Finding("ok", "The first is fine."),
        Finding("warning", "The second is not.", "It wobbles.", "Hold it."),
    ]
    monkeypatch.setattr(examination, "CHECKS", (("area", lambda _: found),))
    return found


def test_what_hinders_nothing_ends_with_status_0(findings):
    done = run()
    assert done.exit_code == 0
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines == [
        "ok       area  The first is fine.",
        "warning        The second is not. It wobbles.",
        "               do: Hold it.",
        "",
        "This machine can serve (1 warning).",
    ]


def test_a_problem_ends_with_status_1(findings):
    findings.append(Finding("problem", "The third is broken.", "", "Mend it."))
    done = run()
    assert done.exit_code == 1
    assert done.stdout.endswith("This machine cannot serve as it is (1 problem, 1 warning).\n")


def test_json(findings):
    document = json.loads(run("--json").stdout)
    assert document["can_serve"] is True
    assert document["findings"] == [
        {
            "area": "area",
            "level": "ok",
            "title": "The first is fine.",
            "detail": None,
            "remedy": None,
        },
        {
            "area": "area",
            "level": "warning",
            "title": "The second is not.",
            "detail": "It wobbles.",
            "remedy": "Hold it.",
        },
    ]
    assert document["hardware"]["cpu_cores"] > 0


def test_a_broken_configuration_is_a_finding_among_others(tmp_path: Path):
    file = tmp_path / "cockpit.toml"
    file.write_text(f'[server]\napi_key = "{KEY}"\nprot = 1\n')
    done = run("--config", str(file), "--json")
    assert done.exit_code == 1
    first, *others = json.loads(done.stdout)["findings"]
    assert (first["area"], first["level"]) == ("configuration", "problem")
    assert "server.prot" in first["detail"]
    assert {finding["area"] for finding in others} >= {"processors", "disk", "port", "secrets"}


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_no_secret_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how):
    file = tmp_path / "cockpit.toml"
    file.write_text(f'[server]\napi_key = "{KEY}"\n')
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    done = run("--config", str(file), *how)
    assert "key" in done.output
    assert KEY not in done.output
    assert "hf_secret" not in done.output
