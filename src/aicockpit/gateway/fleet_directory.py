"""The fleet as the gateway sees it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from aicockpit.errors import ModelFailedError, ModelLoadingError, UnknownModelError
from aicockpit.fleet import (
    Fleet,
    KvCacheComparison,
    Member,
    MemberState,
    Preparation,
    PreparedModel,
    RefusedModel,
)
from aicockpit.gateway.directory import DEFAULT_ALIAS, FimSource, Route, ServedModel
from aicockpit.gateway.fim_prompts import fim_family

_RETRY_AFTER = 5
"""Seconds that a client is asked to wait while an engine starts."""


class FleetDirectory:
    """Answers the gateway's questions from the fleet's state.

    Args:
        preparation: the models and their names.
        fleet: their engines.
    """

    def __init__(self, preparation: Preparation, fleet: Fleet) -> None:
        self._preparation = preparation
        self._fleet = fleet
        self._created = int(time.time())
        every: list[PreparedModel | RefusedModel] = [*preparation.models, *preparation.refused]
        self._models = {name: model for model in every for name in model.names.all}
        self._models[DEFAULT_ALIAS] = next(
            model for model in preparation.models if model.key == preparation.default
        )
        self._fim = {model.key: _fim_source(model) for model in preparation.models}

    def models(self) -> Sequence[ServedModel]:
        """All models that have an engine, the default one first."""
        default = self._preparation.default
        ordered = sorted(self._preparation.models, key=lambda model: model.key != default)
        return [
            ServedModel(
                id=model.names.id,
                aliases=model.names.aliases,
                roles=model.model.settings.roles,
                created=self._created,
                context_length=model.context,
                state=self._fleet.members[model.key].state,
                default=model.key == default,
                fim=source.family.name if (source := self._fim[model.key]) else None,
            )
            for model in ordered
        ]

    def route(self, name: str) -> Route:
        """Where a model answers now."""
        model = self._models.get(name)
        if model is None:
            raise self._unknown(name)
        if isinstance(model, RefusedModel):
            raise ModelFailedError(model.error.what, why=model.error.why, remedy=model.error.remedy)
        member = self._fleet.members[model.key]
        if member.address is None or member.state is not MemberState.READY:
            raise _unavailable(model, member)
        return Route(
            model_id=model.names.id,
            base_url=member.address.base_url,
            api_key=member.address.api_key,
            upstream_model=model.names.id,
            fim=self._fim[model.key],
        )

    def status(self) -> Mapping[str, object]:
        """Every model with its engine's state, and those that were refused."""
        engine = self._preparation.environment
        return {
            "engine": {
                "name": engine.name,
                "version": engine.version,
                "accelerator": engine.accelerator,
            },
            "models": [
                *(self._status_of(model) for model in self._preparation.models),
                *(
                    {"id": m.names.id, "key": m.key, "state": "refused", "error": str(m.error)}
                    for m in self._preparation.refused
                ),
            ],
        }

    def _status_of(self, model: PreparedModel) -> Mapping[str, object]:
        member = self._fleet.members[model.key]
        return {
            "id": model.names.id,
            "key": model.key,
            "aliases": model.names.aliases,
            "default": model.key == self._preparation.default,
            "roles": model.model.settings.roles,
            "source": model.model.located.source,
            "origin": model.model.located.origin,
            "revision": model.model.located.revision,
            "state": member.state,
            "phase": member.phase if member.state is MemberState.STARTING else None,
            "restarts": member.restarts,
            "error": str(member.error) if member.error else None,
            "context": model.context,
            "kv_cache": _kv_cache(member.kv_cache),
        }

    def _unknown(self, name: str) -> UnknownModelError:
        served = ", ".join(model.names.id for model in self._preparation.models)
        return UnknownModelError(
            f'There is no model called "{name}" here.',
            why=f"This gateway serves: {served}.",
            remedy='Use one of these names, or "default" for the first.',
        )


def _kv_cache(found: KvCacheComparison | None) -> Mapping[str, object] | None:
    if found is None:
        return None
    return {
        "predicted_tokens": found.predicted,
        "tokens": found.got,
        "difference": round(found.difference, 4),
        "text": f"{found}",
        "advice": found.advice or None,
    }


def _fim_source(model: PreparedModel) -> FimSource | None:
    fetched = model.model
    family = fim_family(fetched.settings, fetched.facts, fetched.located)
    if family is None:
        return None
    return FimSource(family, fetched.located.path, model.context)


def _unavailable(model: PreparedModel, member: Member) -> ModelLoadingError | ModelFailedError:
    name = model.names.id
    if member.error is not None:
        return ModelFailedError(
            f"The model {name} is not available: {member.error.what}",
            why=member.error.why,
            remedy=member.error.remedy,
        )
    if member.state in {MemberState.STOPPING, MemberState.STOPPED}:
        return ModelFailedError(
            f"The model {name} is not available.",
            why="The gateway is stopping.",
            remedy="Ask again when it was started again.",
        )
    return ModelLoadingError(
        f"The model {name} is still loading: {member.phase}.",
        why="Its engine is starting.",
        remedy=f"Ask again in {_RETRY_AFTER} seconds.",
        retry_after=_RETRY_AFTER,
    )
