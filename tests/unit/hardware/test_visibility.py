import pytest

from aicockpit.hardware.visibility import visible
from aicockpit.planner import Gpu

GPUS = (
    Gpu(0, "slice", 1, 1, (8, 0), uuid="MIG-1111-aa", mig=True),
    Gpu(1, "card", 1, 1, (8, 0), uuid="GPU-2222-bb"),
    Gpu(2, "card", 1, 1, (8, 0), uuid="GPU-2233-cc"),
)


@pytest.mark.parametrize(
    ("setting", "indices"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("2,1", [1, 2]),
        (" 1 , 2 ", [1, 2]),
        ("GPU-2222", [1]),
        ("GPU-22", []),  # the beginning of two
        ("MIG-1111-aa", [0]),
        ("1,7,2", [1]),  # nothing counts behind what is not there
    ],
)
def test_the_variable_is_read_as_cuda_reads_it(setting, indices):
    assert [gpu.index for gpu in visible(GPUS, setting)] == indices
