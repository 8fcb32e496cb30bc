"""Tasks: what is open and due, and what was done in time."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.kinds.times import at
from mycrm_cli.query.computed import seconds
from mycrm_cli.query.reports import keyed, localtime, shares
from mycrm_cli.query.reports.answer import BAD, FAINT, GOOD, Bar, Bars, Part, Report
from mycrm_cli.query.reports.localtime import LocalTime
from mycrm_cli.query.shown import Shown
from mycrm_cli.query.sql import Sql, compose

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

COUNTS = ("open", "overdue", "today", "this_week", "done", "on_time", "late")
OPEN, OVERDUE, TODAY, WEEK, DONE, ON_TIME, LATE, SECONDS = range(8)
ORDER = {"priority": ("urgent", "high", "medium", "low")}
"""What has an order of its own."""


def report(asked: Asked) -> Report:
    """Return the tasks that are open, and those that were done in the period."""
    found: dict[Any, list[int]] = {}
    labels: dict[Any, str | None] = {}
    for id, name, bucket, *counts in asked.reader.run(statement(asked)):
        key: Any = id
        if asked.by == "month":
            key = None if bucket is None else localtime.begin("month", localtime.day(bucket))
        labels[key] = localtime.label("month", key) if asked.by == "month" and key else name
        known = found.setdefault(key, [0] * (SECONDS + 1))
        found[key] = [one + int(other or 0) for one, other in zip(known, counts, strict=True)]
    columns = [Shown(asked.by), *(Shown(name, "integer") for name in COUNTS)]
    columns += shares.columns([("on_time_rate", "share"), ("days_late", "days")])
    rows = [[labels[key], *cells(found[key])] for key in ordered(asked, found, labels)]
    answer = Report(f"Tasks: open, and done {asked.period.told()}", columns, rows)
    whole = [sum(numbers) for numbers in zip(*found.values(), strict=True)] if found else [0] * (SECONDS + 1)
    answer.total = ["total", *cells(whole)]
    answer.pictures = [*pictures(asked, answer)]
    answer.empty = "no tasks are open, and none were done in this time"
    return answer


def ordered(asked: Asked, found: dict[Any, list[int]], labels: dict[Any, str | None]) -> list[Any]:
    """Return the keys of the rows in their order: months by time, priorities by weight, others by what is open."""
    if asked.by == "month":
        return sorted(found, key=lambda key: (key is None, str(key)))
    if asked.by in ORDER:
        words = ORDER[asked.by]
        return sorted(found, key=lambda key: words.index(key) if key in words else len(words))
    return sorted(found, key=lambda key: (-found[key][OPEN], -found[key][DONE], labels[key] is None, labels[key] or ""))


def cells(numbers: list[int]) -> list[Any]:
    """Return the cells of a row."""
    late = numbers[LATE]
    on_time = shares.share(numbers[ON_TIME], numbers[ON_TIME] + late)
    return [*numbers[:SECONDS], on_time, shares.mean_days(numbers[SECONDS], late)]


def pictures(asked: Asked, answer: Report) -> list[Bars]:
    """Return a bar for each row of what is open, and one of what was done."""
    waiting, done = [], []
    for name, still, overdue, _, _, finished, in_time, late, *_ in answer.rows[:15]:
        label = name or ("no date" if asked.by == "month" else keyed.nobody(asked.by))
        parts = (Part("overdue", overdue, BAD), Part("open", still - overdue))
        waiting.append(Bar(label, parts, f"{overdue:,} of {still:,}"))
        undated = Part("without a date", finished - in_time - late, FAINT)
        done.append(Bar(label, (Part("on time", in_time, GOOD), Part("late", late, BAD), undated), f"{finished:,}"))
    return [Bars("Overdue of what is open", waiting), Bars("Done: on time, late, without a date", done)]


def statement(asked: Asked) -> Sql:
    """Return the statement: tasks are counted once by what the answer is broken down by, then names are put to it."""
    frame = asked.reader.frame()
    t, zone = frame.alias(), LocalTime(asked, frame.dialect)
    table, fits = asked.table(frame, catalog.entity("task"), t, asked.where)
    fields = {"type": f"{t}.task_type", "priority": f"{t}.priority"}
    slot = zone.slot(f"COALESCE({t}.completed_at, {t}.due_date)")
    is_month = asked.by == "month"
    who = zone.seconds(slot) if is_month else fields.get(asked.by, f"{t}.assigned_to_id")
    names = (*COUNTS, "seconds_late")
    base = compose(
        f"SELECT {who} AS who, {{}} FROM {{}} WHERE {{}} AND ({{}} OR {{}}) GROUP BY {slot if is_month else who}",
        figures(asked, frame, t),
        table,
        fits,
        still(t),
        done(asked, frame, t),
    )
    sums = ", ".join(f"sum({name})" for name in names)
    if is_month:
        timed = f"SELECT {zone.local('who')} / 86400 AS day, {', '.join(names)} FROM base"
        text = f"WITH base AS MATERIALIZED ({{}}) SELECT NULL, NULL, day, {sums} FROM ({timed}) AS timed GROUP BY day"
        return compose(text, base)
    id, name, joins = keyed.names(frame, asked.by, "base.who")
    return compose(
        f"WITH base AS MATERIALIZED ({{}}) SELECT {id}, {name}, NULL, {sums} FROM base {{}} GROUP BY {id}, {name}",
        base,
        joins,
    )


def still(t: str) -> Sql:
    """Return the condition that a task is open."""
    return Sql(f"{t}.status IN ('pending', 'in_progress')")


def done(asked: Asked, frame: Frame, t: str) -> Sql:
    """Return the condition that a task was done in the period."""
    return compose(f"({t}.status = 'completed' AND {{}})", asked.within(frame, f"{t}.completed_at"))


def figures(asked: Asked, frame: Frame, t: str) -> Sql:
    """Return the sums of tasks that are open and due, done, on time and late, and of how late they were."""
    midnight, zone, today = time(0, 0), asked.locale.timezone, asked.today
    monday = today - timedelta(today.weekday())
    edges = [at(day, midnight, zone) for day in (today, today + timedelta(1), monday, monday + timedelta(7))]
    now, day, next_day, week, next_week = (asked.moment(frame, moment) for moment in (asked.now, *edges))
    due, finished, is_open, is_done = f"{t}.due_date", f"{t}.completed_at", still(t), done(asked, frame, t)
    late = compose(f"{{}} AND {finished} > {due}", is_done)
    conditions = (
        is_open,
        compose(f"{{}} AND {due} < {{}}", is_open, now),
        compose(f"{{}} AND {due} >= {{}} AND {due} < {{}}", is_open, day, next_day),
        compose(f"{{}} AND {due} >= {{}} AND {due} < {{}}", is_open, week, next_week),
        is_done,
        compose(f"{{}} AND {finished} <= {due}", is_done),
        late,
    )
    counts = ", ".join(f"count(CASE WHEN {{}} THEN 1 END) AS {name}" for name in COUNTS)
    lateness = f"{seconds(frame, finished)} - {seconds(frame, due)}"
    return compose(f"{counts}, sum(CASE WHEN {{}} THEN {lateness} END) AS seconds_late", *conditions, late)
