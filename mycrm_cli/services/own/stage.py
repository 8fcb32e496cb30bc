"""A pipeline keeps a stage for what is won and one for what is lost."""

from __future__ import annotations

from mycrm_cli.errors import Conflict, Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.kinds.structures import parse_json
from mycrm_cli.services import holding, stages, steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Field
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def read(reader: Reader, field: Field, text: str) -> Any:
    """Read the names of fields with commas between them, as well as a JSON list of them."""
    if field.name != "required_fields":
        return None
    try:
        names = parse_json(text) if text.strip().startswith("[") else text.split(",")
    except BadValue as error:
        raise Invalid(
            f"required fields: {error.message}", details=[{"field": field.name, "code": error.code}]
        ) from None
    return steps.field_names(reader, names)


def fill(work: Work, values: Sequence[Row]) -> None:
    """Give new stages their pipeline, their place at its end, and the probability that their end has."""
    holding.alone(work)
    known = stages.known(work)
    last: dict[UUID, int] = {}
    for value in values:
        if value.get("pipeline_id") is None:
            value["pipeline_id"] = known.default.id
        pipeline = known.by_id.get(value["pipeline_id"])
        highest = max((stage.order for stage in pipeline.stages), default=0) if pipeline else 0
        if not value.get("order"):
            value["order"] = max(last.get(value["pipeline_id"], 0), highest) + 1
        last[value["pipeline_id"]] = max(last.get(value["pipeline_id"], 0), value["order"])
        _complete(work, value, {})


def hold(work: Work, edits: Sequence[tuple[UUID, Row]]) -> None:
    """Wait for those who move deals."""
    holding.alone(work)


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Take the probability from the flags where a stage becomes an end; what is won is not lost any more."""
    for before, changes in edits:
        for flag, other in (("is_won", "is_lost"), ("is_lost", "is_won")):
            if changes.get(flag) and before[other]:
                changes.setdefault(other, False)
        _complete(work, changes, before)


def _complete(work: Work, values: Row, before: Row) -> None:
    if "required_fields" in values:
        values["required_fields"] = steps.field_names(work.reader, values["required_fields"] or [])
    after = before | values
    for flag, probability in (("is_won", 100), ("is_lost", 0)):
        if after.get(flag) and values.get("probability") is None and (not before or values.get(flag)):
            values["probability"] = probability


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a stage that is won and lost at once, or has another probability than its end."""
    if fold_key(after["name"]) in stages.STEPS:
        raise Invalid(
            f"{after['name']!r} cannot be a stage's name: deal move takes it for a direction",
            details=[{"field": "name", "code": "reserved"}],
        )
    if after["is_won"] and after["is_lost"]:
        raise Invalid(
            "a stage is for won deals or for lost ones, not for both",
            details=[{"field": "is_lost", "code": "conflict"}],
        )
    wanted = 100 if after["is_won"] else 0 if after["is_lost"] else None
    if wanted is not None and after["probability"] != wanted:
        raise Invalid(
            f"probability: deals in a stage for {'won' if wanted else 'lost'} ones have {wanted} percent",
            details=[{"field": "probability", "code": "out_of_range"}],
        )


def settle(work: Work, changed: Sequence[tuple[Row, Row]]) -> None:
    """Refuse to change what deals that stand there rely on, and to take a pipeline its last end."""
    moved = [
        before
        for before, after in changed
        if any(before[name] != after[name] for name in ("is_won", "is_lost", "pipeline_id"))
    ]
    for before in moved:
        if count := steps.count_deals(work, "stage_id", [before["id"]]):
            raise Conflict(
                f"{count:,} deals stand in {before['name']}: whether it is won or lost, and its pipeline, stay",
                details=[{"field": "is_won", "code": "in_use"}],
                hint=f"mycrm deal move -w {stages.condition('stage', before['name'])} STAGE moves them first",
            )
    steps.keep_ends(work, moved, frozenset())


def follow(work: Work, written: Sequence[Written]) -> None:
    """Let the pipelines be read again, and bring open deals along where that was asked for."""
    stages.forget(work)
    for before, after, given in written:
        if given.get(steps.UPDATE_DEALS) and before and before["probability"] != after["probability"]:
            steps.update_deals(work, after["id"], before["probability"])


def leave(work: Work, images: Sequence[Row]) -> None:
    """Refuse to take a pipeline its last stage of a kind; a pipeline that goes takes all of its own along."""
    stages.forget(work)
    going: Any = work.cache.get(steps.GOING, ())
    staying = [image for image in images if image["pipeline_id"] not in going]
    steps.keep_ends(work, staying, frozenset(image["id"] for image in images))
