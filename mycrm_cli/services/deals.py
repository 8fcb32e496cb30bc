"""Moving deals: to a stage, to the end of their pipeline, and back."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.kinds.times import parse
from mycrm_cli.services import histories, holding, moments, records, rows, stages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.stages import Pipeline, Pipelines, Stage
    from mycrm_cli.services.work import Work

SHOWN = 5
"""Deals that an error names."""


class Deal(NamedTuple):
    """What moving a deal has to know about it."""

    id: UUID
    number: int
    stage_id: UUID
    pipeline_id: UUID
    status: str
    created_at: datetime
    stage_changed_at: datetime

    @property
    def reference(self) -> str:
        """How people call it."""
        return f"D-{self.number}"


def move(work: Work, ids: Sequence[UUID], to: str, on: str | None = None, more: Row | None = None) -> list[UUID]:
    """Move deals to a stage of their own pipeline, by name or ``next`` or ``previous``; return those that moved."""
    holding.share(work)
    known, when = stages.known(work), moment(work, on)
    edits = []
    for deal in found(work, ids):
        stage = target(known, deal, to)
        if stage.id != deal.stage_id:
            edits.append((deal.id, {"stage_id": stage.id} | (more or {}) | since(work, deal, when)))
    return records.edit(work, catalog.entity("deal"), edits)


def close(work: Work, ids: Sequence[UUID], status: str, on: str | None = None, more: Row | None = None) -> list[UUID]:
    """Win or lose deals; raises Invalid for those that are closed the other way."""
    holding.share(work)
    when, there = moment(work, on), found(work, ids)
    other = {"won": "lost", "lost": "won"}[status]
    refuse(there, other, f"{other} already: reopen first what is to be {status}", "mycrm deal reopen {}")
    if when or more:
        refuse(there, status, f"{status} already", "mycrm deal edit {} changes what is said about it")
    wanted = [deal for deal in there if deal.status == "open"]
    edits = [(deal.id, {"status": status} | (more or {}) | closed_on(work, deal, when)) for deal in wanted]
    return records.edit(work, catalog.entity("deal"), edits)


def reopen(work: Work, ids: Sequence[UUID], stage: str | None = None, on: str | None = None) -> list[UUID]:
    """Take deals back into the open stage they came from, or into the one that is named."""
    holding.share(work)
    known, when, there = stages.known(work), moment(work, on), found(work, ids)
    if stage or when:
        refuse(there, "open", "open", "mycrm deal move {} STAGE")
    closed = [deal for deal in there if deal.status != "open"]
    last = {} if stage else histories.last_open(work, known, [deal.id for deal in closed])
    edits = []
    for deal in closed:
        to = known.named(stage, known.pipeline(deal.pipeline_id)) if stage else last[deal.id]
        if to.status != "open":
            raise Invalid(
                f"deals in {to.name} are {to.status}: that would not reopen {deal.reference}",
                candidates=[step.name for step in known.pipeline(deal.pipeline_id).stages if step.status == "open"],
                details=[{"field": "stage", "code": "not_open"}],
            )
        edits.append((deal.id, {"stage_id": to.id} | since(work, deal, when)))
    return records.edit(work, catalog.entity("deal"), edits)


def found(work: Work, ids: Iterable[UUID]) -> list[Deal]:
    """Return deals as far as moving has to know them, kept from other writers."""
    entity = catalog.entity("deal")
    fields = rows.fetch(work.connection, work.scope, entity, "id", sorted(ids), list(Deal._fields), lock=True)
    return [Deal(*row) for row in fields]


def refuse(deals: Sequence[Deal], status: str, what: str, hint: str) -> None:
    """Refuse a command where some deals have a status; raises Invalid naming them."""
    wrong = [deal.reference for deal in deals if deal.status == status]
    if wrong:
        names = ", ".join(wrong[:SHOWN]) + (f" and {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else "")
        raise Invalid(
            f"{names} {'is' if len(wrong) == 1 else 'are'} {what}",
            details=[{"field": "status", "code": f"is_{status}", "reference": name} for name in wrong],
            hint=hint.format(wrong[0]),
        )


def target(known: Pipelines, deal: Deal, to: str) -> Stage:
    """Return the stage that a word means for a deal; raises Invalid where there is none to go to."""
    pipeline = known.pipeline(deal.pipeline_id)
    word = fold_key(to)
    if word in stages.STEPS:
        return neighbour(pipeline, deal, known.stage(deal.stage_id), stages.STEPS[word])
    return known.named(to, pipeline)


def neighbour(pipeline: Pipeline, deal: Deal, here: Stage, step: int) -> Stage:
    """Return the open stage after or before a deal's own."""
    detail: list[dict[str, object]] = [{"field": "stage", "code": "illegal_move", "reference": deal.reference}]
    if here.status != "open":
        hint = f"mycrm deal reopen {deal.reference}"
        raise Invalid(f"{deal.reference} is {here.status}: it has no next stage", details=detail, hint=hint)
    way = [stage for stage in pipeline.stages if stage.status == "open"]
    place = way.index(here) + step
    if place < 0:
        raise Invalid(f"{deal.reference} stands in the first stage, {here.name}", details=detail)
    if place == len(way):
        hint = f"mycrm deal win {deal.reference}, or mycrm deal lose {deal.reference} --reason TEXT"
        raise Invalid(f"{deal.reference} stands in the last open stage, {here.name}", details=detail, hint=hint)
    return way[place]


def moment(work: Work, text: str | None) -> date | datetime | None:
    """Read when something happened; raises Invalid for what is no date or lies in the future."""
    if text is None:
        return None
    try:
        when = parse(text, work.scope.locale)
    except BadValue as error:
        raise Invalid(f"on: {error.message}", details=[{"field": "on", "code": error.code}]) from None
    moments.check_past(work, "on", when)
    return when


def closed_on(work: Work, deal: Deal, when: date | datetime | None) -> Row:
    """Return the day on which a deal was won or lost as a change, also a day before it was written down here."""
    if when is None:
        return {}
    at = when if isinstance(when, datetime) else moments.moment_of(work, when, began(deal))
    return {"stage_changed_at": max(at, began(deal)), "actual_close_date": moments.local_day(work, at)}


def began(deal: Deal) -> datetime:
    """Return when a deal began: an import may bring deals that were in a stage before they were written down here."""
    return min(deal.created_at, deal.stage_changed_at)


def since(work: Work, deal: Deal, when: date | datetime | None) -> Row:
    """Return the time of a deal's move as a change; raises Invalid for a time before the deal began."""
    if when is None:
        return {}
    at = when if isinstance(when, datetime) else moments.moment_of(work, when, began(deal))
    if at < began(deal):
        day = moments.local_day(work, began(deal))
        raise Invalid(
            f"on: {deal.reference} was created on {day}, after {moments.local_day(work, at)}",
            details=[{"field": "on", "code": "before_creation", "reference": deal.reference}],
        )
    return {"stage_changed_at": at}
