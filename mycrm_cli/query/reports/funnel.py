"""How far deals came that were made in a period: who came to a later stage has passed the ones before."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.errors import NotFound, UsageError
from mycrm_cli.query.computed import seconds
from mycrm_cli.query.reports.answer import Funnel, Report, Step
from mycrm_cli.query.reports.closed import hidden
from mycrm_cli.query.reports.shares import columns, mean_days, percent, share
from mycrm_cli.query.sql import Sql, compose, value

if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

COLUMNS = (
    ("stage", "text"),
    ("reached", "integer"),
    ("share_of_first", "share"),
    ("share_of_previous", "share"),
    ("days", "days"),
    ("lost", "integer"),
)
NOUNS = {"deals": "deal", "deal": "deal", "leads": "lead", "lead": "lead"}
STAGES = """SELECT {1}.id, {1}.name, {1}.is_won, {0}.id, {0}.name FROM pipelines AS {0}
JOIN stages AS {1} ON {{}} AND {1}.pipeline_id = {0}.id AND NOT {1}.is_lost
WHERE {{}} AND {{}} ORDER BY {1}.is_won, {1}."order", {1}.id"""


def report(asked: Asked) -> Report:
    """Return how many deals, or leads, reached each step."""
    if noun(asked.options.get("of")) == "lead":
        from mycrm_cli.query.reports import leadfunnel

        return leadfunnel.report(asked)
    name, pipeline, opened, won = steps(asked)
    frame = asked.reader.frame()
    answers = asked.reader.run(statement(asked, frame, pipeline, [id for id, _ in opened], [id for id, _ in won]))
    labels = [label for _, label in opened] + [won[0][1] if won else "won"]
    return told(asked, f"Funnel of deals in {name}", labels, list(answers))


def noun(of: str | None) -> str:
    """Return the noun that ``--of`` means; raises UsageError for any other word."""
    found = NOUNS.get((of or "deals").strip().lower())
    if found is None:
        raise UsageError(f"--of does not know {of!r}", candidates=["deals", "leads"])
    return found


def told(asked: Asked, title: str, labels: list[str], answers: list[Any]) -> Report:
    """Return the report of rows (furthest step from 1, whether it is lost, how many, then seconds and how many)."""
    answer = Report(title, columns(COLUMNS), [])
    last: int | None = None
    first = sum(int(row[2]) for row in answers)
    for place, label in enumerate(labels, 1):
        reached = sum(int(row[2]) for row in answers if row[0] >= place)
        lost = sum(int(row[2]) for row in answers if row[0] == place and row[1])
        pairs = [row[3 + 2 * (place - 2) :] for row in answers if place > 1]
        days = mean_days(sum(int(pair[0] or 0) for pair in pairs), sum(int(pair[1]) for pair in pairs))
        previous = None if last is None else share(reached, last)
        answer.rows.append([label, reached, share(reached, first), previous, days, lost])  # type: ignore[attr-defined]
        last = reached
    drawn = [Step(row[0], row[1], f"{row[1]:,} · {percent(row[2])}") for row in answer.rows]
    answer.pictures = [Funnel(f"{title}, created {asked.period.told()}", drawn)]
    if not first:
        answer.rows, answer.pictures = [], []
    answer.empty = f"nothing was created ({asked.period.told()})"
    return answer


def steps(asked: Asked) -> tuple[str, UUID, list[tuple[Any, str]], list[tuple[Any, str]]]:
    """Return the name and the id of the pipeline, its open stages in their order, and those that mean won."""
    frame = asked.reader.frame()
    stage, pipeline = catalog.entity("stage"), catalog.entity("pipeline")
    p, s = frame.alias(), frame.alias()
    chosen = asked.options.get("pipeline")
    only = Sql(f"{p}.is_default") if chosen is None else compose(f"{p}.id = {{}}", value(frame.id(chosen)))
    found = asked.reader.run(
        compose(STAGES.format(p, s), frame.within(stage, s), frame.within(pipeline, p), only)
    ).fetchall()
    if not found:
        raise NotFound("there is no default pipeline with stages", hint="mycrm pipeline list; --pipeline NAME")
    opened = [(id, name) for id, name, is_won, *_ in found if not is_won]
    won = [(id, name) for id, name, is_won, *_ in found if is_won]
    return found[0][4], found[0][3], opened, won


def statement(asked: Asked, frame: Frame, pipeline: Any, opened: list[Any], won: list[Any]) -> Sql:
    """Return the statement: deals by the furthest stage they reached, with the times between the stages."""
    d, h, each = frame.alias(), frame.alias(), frame.alias()
    entity, history = catalog.entity("deal"), catalog.entity("stage_history")
    table, fits = asked.table(frame, entity, d, asked.where)
    until = compose(f" AND {h}.changed_at <= {{}}", asked.moment(frame, asked.at)) if asked.at else Sql("")
    stages = [*([id] for id in opened), won]
    firsts = [
        compose(f"min(CASE WHEN {{}} THEN {h}.changed_at END) AS f{place}", is_one(f"{h}.to_stage_id", ids))
        for place, ids in enumerate(stages, 1)
    ]
    inner = compose(
        f"SELECT {d}.id, min({d}.status) AS status, min({{}}) AS stands, max({{}}) AS furthest, {{}} FROM {{}}"
        f" LEFT JOIN stage_history AS {h} ON {{}} AND {h}.opportunity_id = {d}.id{{}}"
        f" WHERE {{}} AND {{}} AND {d}.pipeline_id = {{}} GROUP BY {grouping(asked, frame, d)}",
        rank(f"{d}.stage_id", opened),
        rank(f"{h}.to_stage_id", opened),
        compose(", ".join("{}" for _ in firsts), *firsts),
        table,
        hidden(frame, history, h),
        until,
        fits,
        asked.within(frame, f"{d}.created_at"),
        value(pipeline),
    )
    greatest = "max" if frame.dialect == "sqlite" else "greatest"
    furthest = (
        f"CASE WHEN {each}.status = 'won' THEN {len(stages)}"
        f" ELSE {greatest}(COALESCE({each}.stands, 1), COALESCE({each}.furthest, 1)) END"
    )
    return compose(
        f"SELECT {furthest}, {each}.status = 'lost', count(*)"
        f"{between(frame, each, [f'f{n}' for n in range(1, len(stages) + 1)])}"
        f" FROM ({{}}) AS {each} GROUP BY 1, 2",
        inner,
    )


def grouping(asked: Asked, frame: Frame, alias: str) -> str:
    """Return what makes a deal one row: on SQLite in the order in which an index has them, so nothing is sorted."""
    return f"{alias}.created_at, {alias}.id" if frame.dialect == "sqlite" and not asked.at else f"{alias}.id"


def rank(column: str, opened: list[Any]) -> Sql:
    """Return the place of a stage among the open ones, from 1."""
    cases = [compose(f"WHEN {{}} THEN {place}", value(id)) for place, id in enumerate(opened, 1)]
    return compose(f"CASE {column} {' '.join('{}' for _ in cases)} END", *cases) if cases else Sql("NULL")


def is_one(column: str, ids: list[Any]) -> Sql:
    """Return whether a column has one of a few ids."""
    return compose(f"{column} IN ({', '.join('{}' for _ in ids)})", *map(value, ids)) if ids else Sql("1 = 0")


def between(frame: Frame, alias: str, names: list[str]) -> str:
    """Return, for each two moments that follow each other, the sum of seconds between them and how many have both."""
    found = ""
    for name, then in pairwise(names):
        early, late = f"{alias}.{name}", f"{alias}.{then}"
        passed = f"CASE WHEN {late} >= {early} THEN {seconds(frame, late)} - {seconds(frame, early)} END"
        found += f", sum({passed}), count(CASE WHEN {late} >= {early} THEN 1 END)"
    return found
