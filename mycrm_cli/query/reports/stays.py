"""How long the deals that were closed in a period had stood in each stage: what ``report velocity --by stage`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycrm_cli import catalog
from mycrm_cli.query.computed import seconds
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.reports.answer import Bar, Bars, Part, Report
from mycrm_cli.query.reports.closed import hidden
from mycrm_cli.query.reports.shares import columns, mean_days
from mycrm_cli.query.sql import Sql, compose

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

COLUMNS = (("pipeline", "text"), ("stage", "text"), ("passed", "integer"), ("days", "days"))


def report(asked: Asked) -> Report:
    """Return how many times deals stood in each stage and left it, and the average days they stood there."""
    answer = Report("Days in each stage", columns(COLUMNS), [])
    for pipeline, stage, left, entered, stood in asked.reader.run(statement(asked, asked.reader.frame())):
        # Time is what was at leaving less what was at entering; that needs both of every stay.
        whole = left == entered and stood >= 0
        answer.rows.append([pipeline, stage, int(left), mean_days(int(stood), int(left)) if whole else None])  # type: ignore[attr-defined]
    several = len({row[0] for row in answer.rows}) > 1
    bars = [
        Bar(f"{pipeline} · {stage}" if several else stage, (Part("days", days or 0),), f"{days or '–'} days · {left:,}")
        for pipeline, stage, left, days in answer.rows
    ]
    answer.pictures = [Bars(f"Days in each stage of deals closed {asked.period.told()}", bars)]
    answer.empty = f"no deals were closed that had stood in a stage ({asked.period.told()})"
    return answer


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: the steps of the deals that were closed in the period, by the stages that they join."""
    deal, history, stage, pipeline = (catalog.entity(n) for n in ("deal", "stage_history", "stage", "pipeline"))
    d, h, s, p = (frame.alias() for _ in range(4))
    table, fits = asked.table(frame, deal, d, equals("status", "won", "lost"), asked.where)
    until = compose(f" AND {h}.changed_at <= {{}}", asked.moment(frame, asked.at)) if asked.at else Sql("")
    steps = compose(
        f"SELECT {h}.from_stage_id, {h}.to_stage_id, count(*), sum({seconds(frame, f'{h}.changed_at')})"
        f" FROM {{}} JOIN stage_history AS {h} ON {{}} AND {h}.opportunity_id = {d}.id{{}}"
        f" WHERE {{}} AND {{}} GROUP BY {h}.from_stage_id, {h}.to_stage_id",
        table,
        hidden(frame, history, h),
        until,
        fits,
        asked.within_days(frame, f"{d}.actual_close_date"),
    )
    left, entered = f"g.left_stage = {s}.id", f"g.entered_stage = {s}.id"
    return compose(
        "WITH g (left_stage, entered_stage, steps, seconds) AS MATERIALIZED ({})"
        f" SELECT {p}.name, {s}.name, sum(CASE WHEN {left} THEN g.steps ELSE 0 END) AS leaving,"
        f" sum(CASE WHEN {entered} THEN g.steps ELSE 0 END),"
        f" sum(CASE WHEN {left} THEN g.seconds ELSE 0 END) - sum(CASE WHEN {entered} THEN g.seconds ELSE 0 END)"
        f" FROM stages AS {s} JOIN pipelines AS {p} ON {{}} AND {p}.id = {s}.pipeline_id"
        f" JOIN g ON {left} OR {entered} WHERE {{}} AND NOT {s}.is_won AND NOT {s}.is_lost"
        f' GROUP BY {p}.is_default, {p}.name, {p}.id, {s}."order", {s}.id, {s}.name'
        f' ORDER BY {p}.is_default DESC, {p}.name, {p}.id, {s}."order", {s}.id',
        steps,
        frame.within(pipeline, p),
        frame.within(stage, s),
    )
