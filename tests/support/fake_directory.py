"""A directory of models that a test fills by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from aicockpit.errors import UnknownModelError
from aicockpit.gateway import Route, ServedModel
from aicockpit.gateway.directory import FimSource


@dataclass
class FakeDirectory:
    """Routes by name; a name may stand for an error that asking for it raises."""

    routes: dict[str, Route | Exception] = field(default_factory=dict)
    served: tuple[ServedModel, ...] = ()

    @classmethod
    def of(
        cls,
        base_url: str,
        *,
        model: str = "fake-model",
        api_key: str = "engine-key",
        fim: FimSource | None = None,
    ) -> Self:
        """One ready model at `base_url`, reachable by id, an alias and `default`."""
        route = Route(model, base_url, api_key, model, fim)
        served = ServedModel(
            model,
            aliases=("coder",),
            roles=("chat",),
            created=1,
            context_length=fim.context_length if fim else 4096,
            default=True,
            fim=fim.family.name if fim else None,
        )
        return cls({model: route, "coder": route, "default": route}, (served,))

    def models(self) -> Sequence[ServedModel]:
        return self.served

    def route(self, name: str) -> Route:
        found = self.routes.get(name)
        if found is None:
            raise UnknownModelError(
                f"There is no model {name!r}.",
                why=f"The served models are {', '.join(model.id for model in self.served)}.",
                remedy="Use one of these.",
            )
        if isinstance(found, Exception):
            raise found
        return found

    def status(self) -> Mapping[str, object]:
        return {"models": [model.id for model in self.served]}
