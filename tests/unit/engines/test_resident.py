import os
import subprocess
import sys

from aicockpit.engines.resident import resident_memory

SIZE = 64 * 2**20
CHILD = f"x = bytearray({SIZE}); print('ready', flush=True); input()"


def test_children_count_and_end_with_their_processes():
    before = resident_memory(os.getpid())
    assert before > 2**20
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert resident_memory(os.getpid()) - before > 0.9 * SIZE
        child.communicate(b"\n")
    assert resident_memory(child.pid) == 0
