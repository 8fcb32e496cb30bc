"""What else is known of records as they were: by the history of stages, and by moments that they carry themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.query.sql import Sql, compose, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.query.frame import Frame

    Derive = Callable[[Frame, str, Any], tuple[dict[str, Sql], Sql]]
    """(frame, alias, moment) -> the expressions of fields that follow from something else, and the joins they need."""

PERCENT = {"sqlite": "{}", "postgresql": "CAST({} / 100.0 AS numeric(3, 2))"}
"""A stage's probability, 0 to 100, as a deal's is stored."""
WEIGHTED = {"sqlite": "({} * ({}) + 50) / 100", "postgresql": "round({} * ({}), 2)"}
"""Value times probability, as the generated column has it."""


def deals(frame: Frame, alias: str, at: Any) -> tuple[dict[str, Sql], Sql]:
    """Put deals into the stage that their last step before the moment led to.

    Where the journal, which also knows what was set by hand, agrees about the stage, its values stay.
    """
    step, stage = frame.alias(), frame.alias()
    stayed = f"{alias}.stage_id = {stage}.id"
    usual = PERCENT[frame.dialect].format(f"{stage}.probability")
    probability = f"CASE WHEN {stayed} THEN {alias}.probability ELSE COALESCE({step}.probability, {usual}) END"
    status = f"CASE WHEN {stage}.is_won THEN 'won' WHEN {stage}.is_lost THEN 'lost' ELSE 'open' END"
    closed = (
        f"CASE WHEN NOT ({stage}.is_won OR {stage}.is_lost) THEN NULL"
        f" WHEN {stayed} AND {alias}.status = {status} THEN {alias}.actual_close_date"
        f" ELSE {day_of(frame, f'{step}.changed_at')} END"
    )
    since = f"CASE WHEN {stayed} THEN {alias}.stage_changed_at ELSE COALESCE({step}.changed_at, {alias}.created_at) END"
    expressions = {
        "stage_id": f"{stage}.id",
        "pipeline_id": f"{stage}.pipeline_id",
        "status": status,
        "probability": probability,
        "weighted_value": WEIGHTED[frame.dialect].format(f"{alias}.value", probability),
        "actual_close_date": closed,
        "stage_changed_at": since,
    }
    return {name: Sql(text) for name, text in expressions.items()}, steps(frame, alias, step, stage, at)


def steps(frame: Frame, alias: str, step: str, stage: str, at: Any) -> Sql:
    """Return the joins of a deal's last step until the moment, and of the stage in which it was then.

    Before its first step, a deal that has come to its stage later stood in the first stage of its pipeline.
    """
    stages, first = catalog.entity("stage"), frame.alias()
    return compose(
        f"LEFT JOIN stage_history AS {step} ON {{}} AND {step}.id = ({{}})"
        f" LEFT JOIN stages AS {stage} ON {{}} AND {stage}.id = COALESCE({step}.to_stage_id,"
        f" CASE WHEN {alias}.stage_changed_at > {{}} THEN ({{}}) ELSE {alias}.stage_id END)",
        frame.within(catalog.entity("stage_history"), step),
        last_step(frame, alias, at),
        frame.within(stages, stage),
        value(at),
        compose(
            f"SELECT {first}.id FROM stages AS {first} WHERE {{}} AND {first}.pipeline_id = {alias}.pipeline_id"
            f' ORDER BY {first}.is_won OR {first}.is_lost, {first}."order", {first}.id LIMIT 1',
            frame.within(stages, first),
        ),
    )


def last_step(frame: Frame, alias: str, at: Any) -> Sql:
    """Return the SELECT of a deal's last step until the moment."""
    history = frame.alias()
    hidden = "+" if frame.dialect == "sqlite" else ""  # so that the deal's index is taken, not the organization's
    return compose(
        f"SELECT {history}.id FROM stage_history AS {history} WHERE {hidden}{{}}"
        f" AND {history}.opportunity_id = {alias}.id AND {history}.changed_at <= {{}}"
        f" ORDER BY {history}.changed_at DESC, {history}.id DESC LIMIT 1",
        frame.within(catalog.entity("stage_history"), history),
        value(at),
    )


def day_of(frame: Frame, moment: str) -> str:
    """Return the day of a moment, in UTC."""
    if frame.dialect == "sqlite":
        return f"substr({moment}, 1, 10)"
    return f"CAST({moment} AT TIME ZONE 'UTC' AS date)"


def leads(frame: Frame, alias: str, at: Any) -> tuple[dict[str, Sql], Sql]:
    """Take back what leads came to after the moment."""
    then = {
        name: compose(f"CASE WHEN {alias}.{name} <= {{}} THEN {alias}.{name} END", value(at))
        for name in ("first_responded_at", "qualified_at", "disqualified_at", "converted_at", "last_activity_at")
    }
    status = compose(
        f"CASE WHEN ({alias}.status = 'converted' AND {alias}.converted_at > {{}})"
        f" OR ({alias}.status = 'disqualified' AND {alias}.disqualified_at > {{}})"
        f" OR ({alias}.status = 'qualified' AND {alias}.qualified_at > {{}})"
        f" THEN CASE WHEN {alias}.qualified_at <= {{}} THEN 'qualified'"
        f" WHEN {alias}.first_responded_at <= {{}} THEN 'contacted' ELSE 'new' END ELSE {alias}.status END",
        *[value(at)] * 5,
    )
    return {**then, "status": status}, Sql("")


def tasks(frame: Frame, alias: str, at: Any) -> tuple[dict[str, Sql], Sql]:
    """Open what was done after the moment."""
    later = f"{alias}.completed_at > {{}}"
    return {
        "status": compose(f"CASE WHEN {later} THEN 'pending' ELSE {alias}.status END", value(at)),
        "completed_at": compose(f"CASE WHEN {later} THEN NULL ELSE {alias}.completed_at END", value(at)),
    }, Sql("")


def as_stored(frame: Frame, alias: str, at: Any) -> tuple[dict[str, Sql], Sql]:
    """Leave records as the journal has them: nothing else is known of them."""
    return {}, Sql("")


DERIVED: dict[str, Derive] = {"deal": deals, "lead": leads, "task": tasks}
"""Entity -> what follows from something else than the journal."""
