"""The organization's pipelines and stages as rules need them: read once for a unit of work, looked up by name."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import NamedTuple

from mycrm_cli import catalog
from mycrm_cli.errors import Ambiguous, Invalid, NotFound
from mycrm_cli.query.places import path_key
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.errors import CrmError
    from mycrm_cli.services.work import Work

CACHE = "pipelines"


STEPS = {"next": 1, "previous": -1, "back": -1}
"""Words that mean a direction rather than a stage."""


class StageName:
    """The name of a stage that is looked up once the deal's pipeline is known."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class Stage(NamedTuple):
    """One step of a pipeline."""

    id: UUID
    name: str
    pipeline_id: UUID
    order: int
    probability: int
    is_won: bool
    is_lost: bool
    required_fields: list[str]

    @property
    def status(self) -> str:
        """The status of the deals that stand here."""
        return "won" if self.is_won else "lost" if self.is_lost else "open"

    @property
    def share(self) -> Decimal:
        """The probability as deals hold it, between 0 and 1."""
        return _share(self.probability)


@cache
def _share(percent: int) -> Decimal:
    return Decimal(percent) / 100


class Pipeline(NamedTuple):
    """One way of deals, with its stages in their order."""

    id: UUID
    name: str
    is_default: bool
    is_active: bool
    stages: list[Stage]

    def first(self, status: str) -> Stage:
        """Return the first stage whose deals have a status; raises Invalid for a pipeline without one."""
        for stage in self.stages:
            if stage.status == status:
                return stage
        what = "open stage" if status == "open" else f"stage for {status} deals"
        raise Invalid(
            f"pipeline {self.name} has no {what}",
            details=[{"field": "pipeline", "code": "no_stage"}],
            hint=f"mycrm stage add NAME --pipeline {quoted(self.name)}" + ("" if status == "open" else f" --{status}"),
        )

    def matching(self, text: str) -> Stage | None:
        """Return the stage that a name, ``PIPELINE/STAGE`` or an id means."""
        key, home = path_key(text), path_key(self.name)
        for stage in self.stages:
            own = path_key(stage.name)
            if key in (own, f"{home}/{own}", str(stage.id)):
                return stage
        return None

    @property
    def names(self) -> list[str]:
        """The names of the stages in their order."""
        return [stage.name for stage in self.stages]


class Pipelines:
    """All pipelines of the organization."""

    def __init__(self, pipelines: Sequence[Pipeline]) -> None:
        self.by_id = {pipeline.id: pipeline for pipeline in pipelines}
        self.stages = {stage.id: stage for pipeline in pipelines for stage in pipeline.stages}

    def pipeline(self, id: UUID) -> Pipeline:
        """Return a pipeline by its id; raises NotFound."""
        if id not in self.by_id:
            raise NotFound(f"no pipeline has the id {id}", details=[{"field": "pipeline", "code": "not_found"}])
        return self.by_id[id]

    def stage(self, id: UUID) -> Stage:
        """Return a stage by its id; raises NotFound."""
        if id not in self.stages:
            raise NotFound(f"no stage has the id {id}", details=[{"field": "stage", "code": "not_found"}])
        return self.stages[id]

    @property
    def default(self) -> Pipeline:
        """The pipeline of deals for which none is named; raises Invalid where there is none."""
        active = [pipeline for pipeline in self.by_id.values() if pipeline.is_active]
        for pipeline in sorted(active, key=lambda pipeline: not pipeline.is_default):
            if pipeline.is_default or len(active) == 1:
                return pipeline
        raise Invalid(
            "a deal needs a pipeline, and none is the default one",
            details=[{"field": "pipeline", "code": "required"}],
            hint="mycrm pipeline default NAME",
        )

    def named(self, text: str, pipeline: Pipeline) -> Stage:
        """Return the stage of a pipeline that a name means; raises Invalid where there is none."""
        if found := pipeline.matching(text):
            return found
        raise self.unknown(text, pipeline)

    def unknown(self, text: str, pipeline: Pipeline) -> CrmError:
        """Return the error for a name that is no stage of a pipeline."""
        others = [other for other in self.by_id.values() if other.matching(text)]
        if others:
            names = " and ".join(other.name for other in others)
            return Invalid(
                f"{text!r} is a stage of {names}, not of {pipeline.name}",
                candidates=pipeline.names,
                details=[{"field": "stage", "code": "wrong_pipeline"}],
                hint=f"--pipeline {quoted(others[0].name)} takes a deal there",
            )
        return not_found(text, pipeline.name, pipeline.names, Invalid)  # the deal is there; its new value is wrong

    def anywhere(self, text: str) -> Stage:
        """Return the stage that a name means where no pipeline is named: the default one's, or the only one."""
        try:
            home: Pipeline | None = self.default
        except Invalid:
            home = None
        if home is not None and (found := home.matching(text)):
            return found
        several = [stage for pipeline in self.by_id.values() if (stage := pipeline.matching(text))]
        if len(several) > 1:
            where = [self.by_id[stage.pipeline_id].name for stage in several]
            raise Ambiguous(f"{len(several)} pipelines have a stage {text!r}", candidates=where, hint="name --pipeline")
        if not several:
            raise self.unknown(text, home or self.default)
        return several[0]


def not_found(text: str, pipeline: str, names: list[str], kind: type[CrmError] = NotFound) -> CrmError:
    """Return the error for a name that no stage of a pipeline has."""
    short = text if len(text) <= 80 else f"{text[:80]}…"
    return kind(
        f"no stage matches {short!r} in pipeline {pipeline}",
        candidates=names,
        details=[{"field": "stage", "code": "not_found"}],
        hint=f"mycrm stage list --pipeline {quoted(pipeline)}",
    )


def quoted(text: str) -> str:
    """Return a name as a shell takes it."""
    import shlex

    return shlex.quote(text)


def condition(field: str, name: str) -> str:
    """Return a filter for records with a name in a field, as a shell takes it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return quoted(f'{field}="{escaped}"')


def known(work: Work) -> Pipelines:
    """Return the organization's pipelines and stages, read once."""
    if CACHE not in work.cache:
        work.cache[CACHE] = read(work)
    found = work.cache[CACHE]
    assert isinstance(found, Pipelines)
    return found


def forget(work: Work) -> None:
    """Let the pipelines be read again: they were changed."""
    work.cache.pop(CACHE, None)


def read(work: Work) -> Pipelines:
    """Read the organization's pipelines with their stages."""
    steps: dict[UUID, list[Stage]] = {}
    for row in of_organization(work, "stage", list(Stage._fields)):
        stage = Stage(*row)
        steps.setdefault(stage.pipeline_id, []).append(stage)
    found = []
    for id, name, is_default, is_active in of_organization(work, "pipeline", ["id", "name", "is_default", "is_active"]):
        ordered = sorted(steps.get(id, ()), key=lambda stage: (stage.order, stage.id))
        found.append(Pipeline(id, name, is_default, is_active, ordered))
    return Pipelines(sorted(found, key=lambda pipeline: pipeline.id))


def of_organization(work: Work, name: str, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    """Return columns of all rows of an entity."""
    organization = [work.scope.organization_id]
    return rows.fetch(work.connection, work.scope, catalog.entity(name), "organization_id", organization, columns)
