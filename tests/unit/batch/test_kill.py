"""A real `kill -9` of a real process in the middle of a batch."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import signal, sys
from pathlib import Path
from tests.support.fake_runner import FakeRunner
from tests.unit.batch.conftest import Workplace

class Stuck(FakeRunner):
    def answer(self, request):
        if len(self.bodies) == 5:
            print("stuck", flush=True)
            signal.pause()
        return super().answer(request)

Workplace(Path(sys.argv[1])).run(Stuck())
"""


def test_kill_and_again_gives_every_line_one_outcome(place):
    place.write(*({"prompt": f"p{n}"} for n in range(20)), "bad")
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(place.folder)], stdout=subprocess.PIPE, cwd=root
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"stuck\n"
        process.kill()
    assert len(place.ids()) == 5
    result = place.run()
    assert (result.answered_before, result.answered, result.failed) == (5, 15, 1)
    assert sorted(place.ids()) == sorted(f"line-{n}" for n in range(1, 21))
