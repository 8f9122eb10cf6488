import re
from pathlib import Path

from aicockpit.fim import FAMILIES

PAGE = Path(__file__).parents[3] / "docs" / "fim.md"


def test_the_table_lists_every_family_as_it_is():
    rows = re.findall(
        r"^\| `([\w-]+)` \| ([^|]+) \| (prefix|suffix) \|", PAGE.read_text(), re.MULTILINE
    )
    first = {"psm": "prefix", "spm": "suffix"}
    assert rows == [(name, f.models, first[f.order]) for name, f in FAMILIES.items()]
