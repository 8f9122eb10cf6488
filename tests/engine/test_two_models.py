"""Two configured models: together when they fit, else the second is refused with the reason."""

import json
import shutil
import struct
from pathlib import Path

from aicockpit.models import LocatedModel
from aicockpit.paths import DataFolder
from tests.support.serving import running_gateway

HEAD = """
[engines]
accelerator = "cpu"
cpu_kv_cache = "1GiB"

[models.first]
source = "starter"
served_name = "one"
context = 2048
engine_args = { enforce-eager = true }
"""


def test_both_are_started_when_they_fit(engine_home: DataFolder, tmp_path: Path):
    second = HEAD.partition("[models.first]")[2].replace('"one"', '"two"')
    with running_gateway(engine_home, tmp_path, f"{HEAD}\n[models.second]{second}") as gateway:
        gateway.wait_ready(timeout=300)
        while json.loads(gateway.get("/api/status")[1])["models"][1]["state"] != "ready":
            assert gateway.process.poll() is None, gateway.text()
        for name in ("one", "two"):
            status, body = gateway.post(
                "/v1/completions",
                {"model": name, "prompt": "def add(a, b):\n    return", "max_tokens": 5},
            )
            assert status == 200
            assert body["model"] == name


def test_one_that_does_not_fit_is_refused_and_the_other_serves(
    engine_home: DataFolder, tmp_path: Path, starter: LocatedModel
):
    giant = tmp_path / "giant"
    make_giant(starter.path, giant, gib=100)
    config = f'{HEAD}\n[models.giant]\nsource = "{giant}"\n'
    with running_gateway(engine_home, tmp_path, config) as gateway:
        gateway.wait_ready(timeout=300)
        status, body = gateway.post("/v1/completions", {"model": "giant", "prompt": "x"})
        assert status == 503
        assert "does not fit beside first" in body["error"]["message"]
        assert "GiB of RAM" in body["error"]["message"]
        assert gateway.post("/v1/completions", {"model": "one", "prompt": "x"})[0] == 200
        assert "giant" in gateway.text(), "the ready screen says what is not served"


def make_giant(template: Path, folder: Path, *, gib: int) -> None:
    """A model folder whose weights are as large as said, without taking the disk space."""
    folder.mkdir()
    for file in template.iterdir():
        if file.suffix != ".safetensors":
            shutil.copy(file, folder)
    size = gib * 2**30
    header = json.dumps(
        {"weight": {"dtype": "BF16", "shape": [size // 2], "data_offsets": [0, size]}}
    ).encode()
    with (folder / "model.safetensors").open("wb") as weights:
        weights.write(struct.pack("<Q", len(header)) + header)
        weights.truncate(8 + len(header) + size)
