"""What clients call the models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from aicockpit.config import ModelSettings
from aicockpit.errors import ConfigError


@dataclass(frozen=True)
class ModelNames:
    """The names of one model."""

    id: str
    """What `/v1/models` lists."""
    aliases: tuple[str, ...] = ()
    """Other names that requests may use; never the `default` alias."""

    @property
    def all(self) -> tuple[str, ...]:
        """The id, then the aliases."""
        return (self.id, *self.aliases)


def name_models(
    models: Mapping[str, ModelSettings], short_names: Mapping[str, str]
) -> dict[str, ModelNames]:
    """Give each model its id and aliases.

    The id is the configured `served_name`, else the short name of the source; where two models
    share a source, it is their key. The key always works as an alias.

    Args:
        models: the configured models by key.
        short_names: the short lower-case name of each model's source, by key.

    Raises:
        ConfigError: two models would answer to one name.
    """
    shared = Counter(short_names[key] for key, model in models.items() if not model.served_name)
    names = {}
    for key, model in models.items():
        short = short_names[key]
        own = model.served_name or (short if shared[short] == 1 else key)
        names[key] = ModelNames(own, () if own == key else (key,))
    _check_distinct(names)
    return names


def _check_distinct(names: Mapping[str, ModelNames]) -> None:
    owners: dict[str, str] = {}
    for key, own in names.items():
        for name in own.all:
            other = owners.setdefault(name, key)
            if other != key:
                raise ConfigError(
                    f'Two models would answer to the name "{name}": {other} and {key}.',
                    why="A request names a model by its id or by its key in the configuration.",
                    remedy=f"Give one of them another served_name, under [models.{key}].",
                )
