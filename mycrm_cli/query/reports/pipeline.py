"""What stands where: open deals by stage, in the order of their pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.query.computed import DAY, seconds
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.reports import amounts
from mycrm_cli.query.reports.answer import FAINT, Bar, Bars, Part, Report
from mycrm_cli.query.shown import Shown
from mycrm_cli.query.sql import Sql, compose, value

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

COLUMNS = (
    ("pipeline", "text"),
    ("stage", "text"),
    ("probability", "integer"),
    ("deals", "integer"),
    ("value", "money"),
    ("weighted", "money"),
    ("days", "integer"),
    ("stale", "integer"),
)


def report(asked: Asked) -> Report:
    """Return the open deals of each stage: how many, their value, how long they have stood there, how many too long."""
    answer = Report("Pipeline", [Shown(*column) for column in COLUMNS], [])
    stages: dict[Any, tuple[list[Any], amounts.Sums, list[int]]] = {}
    frame = asked.reader.frame()
    for id, *row in asked.reader.run(statement(asked, frame)):
        named, sums, aged = row[:3], row[3 : 3 + amounts.WIDTH], row[3 + amounts.WIDTH :]
        _, total, ages = stages.setdefault(id, (named, amounts.Sums(), [0, 0, 0]))
        if sums[0]:
            total.add(sums, frame.dialect, answer)
            for place, found in enumerate((sums[0], *aged)):
                ages[place] += int(found or 0)
    several = len({named[0] for named, *_ in stages.values()}) > 1
    whole = amounts.Sums()
    for named, total, ages in stages.values():
        whole.include(total)
        answer.rows.append(line(named, total, ages))  # type: ignore[attr-defined]
    answer.total = ["total", None, None, whole.deals, whole.value, whole.weighted, None, None]
    answer.pictures = [picture(asked, answer, several=several)]
    answer.empty = "no open stages"
    return answer


def line(named: list[Any], total: amounts.Sums, ages: list[int]) -> list[Any]:
    """Return a row: the stage, and what stands there."""
    deals, seconds_there, stale = ages
    days = seconds_there // deals // DAY if deals else None
    return [*named, total.deals, total.value, total.weighted, days, stale]


def picture(asked: Asked, answer: Report, *, several: bool) -> Bars:
    """Return a bar for each stage: what is likely of it, and the rest."""
    bars = []
    for pipeline, stage, _, deals, total, weighted, *_ in answer.rows:
        parts = (Part("weighted", weighted), Part("rest", total - weighted, FAINT))
        text = f"{amounts.short(total, asked.locale.currency)} · {deals:,}"
        bars.append(Bar(f"{pipeline} · {stage}" if several else stage, parts, text))
    return Bars("Open deals by stage: weighted, and the rest of their value", bars)


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: open stages with the sums of their deals, one row for each currency."""
    deal, stage, pipeline = (catalog.entity(name) for name in ("deal", "stage", "pipeline"))
    alias, of, s, p = (frame.alias() for _ in range(4))
    table, fits = asked.table(frame, deal, alias, equals("status", "open"), asked.where)
    now = value(int(asked.now.timestamp()))
    there = compose("(CAST({} AS BIGINT) - {})", now, seconds(frame, f"{alias}.stage_changed_at"))
    grouped = compose(
        f"SELECT {alias}.stage_id AS stage_id, {{}}, sum({{}}) AS seconds,"
        f" count(CASE WHEN {{}} >= {of}.stale_after_days * {DAY} THEN 1 END) AS stale"
        f" FROM {{}} {amounts.joined(alias)} JOIN stages AS {of} ON {{}} AND {of}.id = {alias}.stage_id"
        f" WHERE {{}} GROUP BY {alias}.stage_id, {alias}.currency",
        amounts.sums(frame, alias),
        there,
        there,
        table,
        frame.within(stage, of),
        fits,
    )
    names = ("stage_id", "deals", "lacking", "missing", "total", "weighted", "plain", "seconds", "stale")
    chosen = asked.options.get("pipeline")
    only = Sql("1 = 1") if chosen is None else compose(f"{p}.id = {{}}", value(frame.id(chosen)))
    return compose(
        f"WITH {{}}, sums ({', '.join(names)}) AS ({{}})"
        f" SELECT {s}.id, {p}.name, {s}.name, {s}.probability, {', '.join(f'sums.{name}' for name in names[1:])}"
        f" FROM stages AS {s} JOIN pipelines AS {p} ON {{}} AND {p}.id = {s}.pipeline_id"
        f" LEFT JOIN sums ON sums.stage_id = {s}.id"
        f" WHERE {{}} AND NOT {s}.is_won AND NOT {s}.is_lost AND {{}} AND ({p}.is_active OR sums.deals IS NOT NULL)"
        f' ORDER BY {p}.is_default DESC, {p}.name, {p}.id, {s}."order", {s}.id',
        amounts.rates_of_the_day(asked, frame),
        grouped,
        frame.within(pipeline, p),
        frame.within(stage, s),
        only,
    )
