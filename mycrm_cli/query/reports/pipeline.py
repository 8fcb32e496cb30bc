"""What stands where: open deals by stage, in the order of their pipelines."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.query.computed import DAY, seconds
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.reports import amounts
from mycrm_cli.query.reports.answer import FAINT, Bar, Bars, Part, Report
from mycrm_cli.query.select import Select
from mycrm_cli.query.shown import Shown
from mycrm_cli.query.sql import Sql, column, compose, value

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
SUMS = ("deals", "lacking", "missing", "total", "weighted", "plain", "seconds", "stale")


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
    alias, s, p = (frame.alias() for _ in range(3))
    table, fits = asked.table(frame, deal, alias, equals("status", "open"), asked.where)
    there = compose(f"(CAST({{}} AS BIGINT) - {seconds(frame, f'{alias}.stage_changed_at')})", now(asked))
    fine = ", ".join(column(alias, name) for name in amounts.FINE)
    small = compose(
        f"SELECT {fine}, {{}}, sum({{}}), count({{}}) FROM {{}} {amounts.joined(alias)} WHERE {{}} GROUP BY {fine}",
        amounts.sums_of_the_day(frame, alias),
        there,
        stale(asked, frame, alias),
        table,
        fits,
    )
    chosen = asked.options.get("pipeline")
    only = Sql("1 = 1") if chosen is None else compose(f"{p}.id = {{}}", value(frame.id(chosen)))
    return compose(
        f"WITH {{}}, small ({', '.join((*amounts.FINE, *SUMS))}) AS ({{}}), sums AS ("
        "SELECT stage_id, sum(deals) AS deals, min(lacking) AS lacking, sum(missing) AS missing, sum(total) AS total,"
        " sum(weighted) AS weighted, sum(plain) AS plain, sum(seconds) AS seconds, sum(stale) AS stale"
        " FROM small GROUP BY stage_id, currency)"
        f" SELECT {s}.id, {p}.name, {s}.name, {s}.probability, {', '.join(f'sums.{name}' for name in SUMS)}"
        f" FROM stages AS {s} JOIN pipelines AS {p} ON {{}} AND {p}.id = {s}.pipeline_id"
        f" LEFT JOIN sums ON sums.stage_id = {s}.id"
        f" WHERE {{}} AND NOT {s}.is_won AND NOT {s}.is_lost AND {{}} AND ({p}.is_active OR sums.deals IS NOT NULL)"
        f' ORDER BY {p}.is_default DESC, {p}.name, {p}.id, {s}."order", {s}.id',
        amounts.rates_of_the_day(asked, frame),
        small,
        frame.within(pipeline, p),
        frame.within(stage, s),
        only,
    )


def now(asked: Asked) -> Sql:
    """Return what counts as now, in whole seconds since 1970."""
    return value(int(asked.now.timestamp()))


def stale(asked: Asked, frame: Frame, alias: str) -> Sql:
    """Return an expression that is not NULL for a deal that stands in its stage for longer than the stage allows.

    The few stages are read before: a join would look them up for every deal.
    """
    stages = Select(catalog.entity("stage"), ["id", "stale_after_days"], where=parse(["stale_after_days=any"]))
    now_to_the_second = asked.now.replace(microsecond=0)
    limits = [
        compose("WHEN {} THEN {}", value(frame.id(id)), asked.moment(frame, now_to_the_second - timedelta(days)))
        for id, days in asked.reader.rows(stages)
    ]
    if not limits:
        return Sql("NULL")
    cut = compose(f"CASE {alias}.stage_id {' '.join('{}' for _ in limits)} END", *limits)
    return compose(f"CASE WHEN {alias}.stage_changed_at < {{}} THEN 1 END", cut)
