"""How long the deals that were closed in a period had stood in each stage: what ``report velocity --by stage`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycrm_cli import catalog
from mycrm_cli.query.computed import seconds
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.reports.answer import Bar, Bars, Part, Report
from mycrm_cli.query.reports.closed import FENCE, hidden
from mycrm_cli.query.reports.shares import columns, mean_days
from mycrm_cli.query.sql import Sql, compose

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

COLUMNS = (("pipeline", "text"), ("stage", "text"), ("passed", "integer"), ("days", "days"))


def report(asked: Asked) -> Report:
    """Return how many times deals stood in each stage and left it, and the average days they stood there."""
    answer = Report("Days in each stage", columns(COLUMNS), [])
    for pipeline, stage, left, known, stood in asked.reader.run(statement(asked, asked.reader.frame())):
        answer.rows.append([pipeline, stage, int(left), mean_days(int(stood or 0), int(known))])  # type: ignore[attr-defined]
    several = len({row[0] for row in answer.rows}) > 1
    bars = [
        Bar(f"{pipeline} · {stage}" if several else stage, (Part("days", days or 0),), f"{days or '–'} days · {left:,}")
        for pipeline, stage, left, days in answer.rows
    ]
    answer.pictures = [Bars(f"Days in each stage of deals closed {asked.period.told()}", bars)]
    answer.empty = f"no deals were closed that had stood in a stage ({asked.period.told()})"
    return answer


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: the steps of the deals that were closed in the period, by the stages that they left.

    A deal had come to a stage with its last step there before; of a deal without such a step nobody knows when.
    """
    deal, history, stage, pipeline = (catalog.entity(n) for n in ("deal", "stage_history", "stage", "pipeline"))
    d, h, e, s, p = (frame.alias() for _ in range(5))
    table, fits = asked.table(frame, deal, d, equals("status", "won", "lost"), asked.where)
    until = compose(f" AND {h}.changed_at <= {{}}", asked.moment(frame, asked.at)) if asked.at else Sql("")
    came = compose(
        f"(SELECT max({e}.changed_at) FROM stage_history AS {e} WHERE {{}} AND {e}.opportunity_id = {h}.opportunity_id"
        f" AND {e}.to_stage_id = {h}.from_stage_id AND {e}.changed_at <= {h}.changed_at)",
        hidden(frame, history, e),
    )
    steps = compose(
        f"SELECT {h}.from_stage_id AS stage_id, {h}.changed_at AS went, {{}} AS came"
        f" FROM {{}} JOIN stage_history AS {h} ON {{}} AND {h}.opportunity_id = {d}.id{{}}"
        f" WHERE {{}} AND {{}} AND {h}.from_stage_id IS NOT NULL {FENCE[frame.dialect]}",
        came,
        table,
        hidden(frame, history, h),
        until,
        fits,
        asked.within_days(frame, f"{d}.actual_close_date"),
    )
    return compose(
        "WITH g (stage_id, steps, known, seconds) AS MATERIALIZED ("
        f"SELECT x.stage_id, count(*), count(x.came), sum({seconds(frame, 'x.went')} - {seconds(frame, 'x.came')})"
        " FROM ({}) AS x GROUP BY x.stage_id)"
        f" SELECT {p}.name, {s}.name, g.steps, g.known, g.seconds"
        f" FROM stages AS {s} JOIN pipelines AS {p} ON {{}} AND {p}.id = {s}.pipeline_id"
        f" JOIN g ON g.stage_id = {s}.id WHERE {{}} AND NOT {s}.is_won AND NOT {s}.is_lost"
        f' ORDER BY {p}.is_default DESC, {p}.name, {p}.id, {s}."order", {s}.id',
        steps,
        frame.within(pipeline, p),
        frame.within(stage, s),
    )
