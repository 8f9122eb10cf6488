"""A chat template from the settings as a file that an engine can read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from aicockpit.errors import ConfigError

if TYPE_CHECKING:
    from aicockpit.paths import DataFolder

_JINJA = re.compile(r"\{[{%#]")


def template_file(template: str, data: DataFolder, engine_id: str) -> Path:
    """The file that holds a template: the one it names, or a new one with the inline text.

    The new file lies in the data folder's `run` and belongs to the engine of that id.

    Raises:
        ConfigError: it is neither an existing file nor a Jinja template.
    """
    if _JINJA.search(template) or "\n" in template:
        path = data.run / f"{engine_id}.jinja"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template, encoding="utf-8")
        return path
    path = Path(template).expanduser().absolute()
    if not path.is_file():
        raise ConfigError(
            f'The chat template "{template}" cannot be used.',
            why=f"There is no file {path}, and the text holds no Jinja expression.",
            remedy="Set chat_template to a Jinja template file or to the template itself.",
        )
    return path
