"""What people did: calls, messages, meetings, notes and tasks, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.query.reports import keyed, localtime, shares
from mycrm_cli.query.reports.answer import Bar, Bars, Heat, Part, Report, Series
from mycrm_cli.query.reports.localtime import LocalTime
from mycrm_cli.query.shown import Shown
from mycrm_cli.query.sql import Sql, compose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mycrm_cli.query.reports.answer import Picture
    from mycrm_cli.query.reports.asked import Asked

TYPES = {
    "call": "calls",
    "email": "emails",
    "meeting": "meetings",
    "note": "notes",
    "task": "tasks",
    "web_visit": "visits",
    "form": "forms",
    "other": "other",
}
"""Type -> its column."""
FIRST = 5
"""How many of them stand before the minutes."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ROW, WHEN, DATED = "row", "when", "day"
"""The parts of the answer: what the rows are made of, hours of the week, days."""


class Count:
    """Activities of one row: how many of each type, and their minutes."""

    __slots__ = ("minutes", "of")

    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        self.minutes = 0

    def add(self, type: str, count: Any, minutes: Any) -> None:
        """Add activities of a type."""
        self.of[type] = self.of.get(type, 0) + int(count)
        self.minutes += int(minutes or 0)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.of.values())

    def cells(self) -> list[int]:
        """Return the cells of a row."""
        counts = [self.of.get(type, 0) for type in TYPES]
        return [self.total, *counts[:FIRST], self.minutes, *counts[FIRST:]]


def report(asked: Asked) -> Report:
    """Return the activities of the period, by whoever, of whatever kind or whenever they were."""
    found: dict[Any, Count] = {}
    labels: dict[Any, str | None] = {}
    hours: dict[int, int] = {}
    days: dict[Any, int] = {}
    for part, id, name, type, bucket, count, minutes in asked.reader.run(statement(asked)):
        if part == WHEN:
            hours[int(bucket)] = int(count)
        elif part == DATED:
            days[localtime.day(bucket)] = int(count)
        else:
            key = id if bucket is None else localtime.begin(asked.by, localtime.day(bucket))
            labels[key] = name
            found.setdefault(key, Count()).add(type, count, minutes)
    if asked.by in localtime.UNITS:
        for at in localtime.run(asked, asked.by, found):
            labels[at] = localtime.label(asked.by, at)
            found.setdefault(at, Count())
        order = sorted(found)
    else:
        order = sorted(found, key=lambda key: (-found[key].total, labels[key] is None, labels[key] or ""))
    answer = answered(asked, [(labels[key], found[key]) for key in order])
    answer.pictures = [*pictures(asked, answer), heat(hours), series(asked, days)]
    return answer


def answered(asked: Asked, counts: list[tuple[str | None, Count]]) -> Report:
    """Return the report with its rows and the sum of them."""
    title = f"Activities, {asked.period.told()}"
    whole = Count()
    for _, each in counts:
        for type, count in each.of.items():
            whole.add(type, count, 0)
        whole.minutes += each.minutes
    if asked.by == "type":
        columns = (("type", "text"), ("total", "integer"), ("share", "share"), ("minutes", "integer"))
        rows: list[list[Any]] = [
            [name, each.total, shares.share(each.total, whole.total), each.minutes] for name, each in counts
        ]
        answer = Report(title, shares.columns(columns), rows)
        answer.total = ["total", whole.total, None, whole.minutes]
    else:
        names = list(TYPES.values())
        numbers = ["total", *names[:FIRST], "minutes", *names[FIRST:]]
        columns_of = [Shown(asked.by), *(Shown(name, "integer") for name in numbers)]
        answer = Report(title, columns_of, [[name, *each.cells()] for name, each in counts])
        answer.total = ["total", *whole.cells()]
    answer.empty = "nothing happened in this time"
    return answer


def pictures(asked: Asked, answer: Report) -> Iterable[Picture]:
    """Return a bar for each row; days, weeks and months have a line of their own."""
    if asked.by in localtime.UNITS:
        return
    bars = [
        Bar(row[0] or keyed.nobody(asked.by), (Part("activities", row[1]),), f"{row[1]:,}") for row in answer.rows[:15]
    ]
    yield Bars(f"Activities by {asked.by}", bars)


def heat(hours: dict[int, int]) -> Heat:
    """Return the map of the week, by local days and hours."""
    cells = [[hours.get(day * 24 + hour, 0) for hour in range(24)] for day in range(7)]
    return Heat("When they were, by hour", DAYS, [str(hour) for hour in range(24)], cells)


def series(asked: Asked, days: dict[Any, int]) -> Series:
    """Return how many there were, one day, week or month after the other."""
    unit = asked.by if asked.by in localtime.UNITS else localtime.fitting(days)
    sums = dict.fromkeys(localtime.run(asked, unit, days), 0)
    for day, count in days.items():
        sums[localtime.begin(unit, day)] += count
    labels = [localtime.label(unit, day) for day in sums]
    most = max(sums.values(), default=0)
    return Series(f"Activities by {unit}", labels, list(sums.values()), f"at most {most:,}")


def statement(asked: Asked) -> Sql:
    """Return the statement: activities are counted once by hour, then by who did them and by when they were."""
    frame = asked.reader.frame()
    alias, zone = frame.alias(), LocalTime(asked, frame.dialect)
    table, fits = asked.table(frame, catalog.entity("activity"), alias, asked.where)
    slot = zone.slot(f"{alias}.occurred_at")
    who = f"{alias}.user_id" if asked.by in ("user", "team") else f"{alias}.activity_type"
    base = compose(
        f"SELECT {who} AS who, {alias}.activity_type AS type, {zone.seconds(slot)} AS since, count(*) AS n,"
        f" sum({alias}.duration_minutes) AS minutes FROM {{}} WHERE {{}} AND {{}}"
        f" AND {alias}.activity_type NOT IN ('stage_change', 'status_change')"
        f" GROUP BY {who}, {alias}.activity_type, {slot}",
        table,
        fits,
        asked.within(frame, f"{alias}.occurred_at"),
    )
    timed = f"SELECT who, type, {zone.local('since')} AS clock, n, minutes FROM base"
    return compose(
        "WITH base AS MATERIALIZED ({}), timed AS MATERIALIZED (" + timed + ") {}"
        f" UNION ALL SELECT '{WHEN}', NULL, NULL, NULL, (clock / 3600) % 168, sum(n), 0 FROM timed"
        " GROUP BY (clock / 3600) % 168"
        f" UNION ALL SELECT '{DATED}', NULL, NULL, NULL, clock / 86400, sum(n), 0 FROM timed GROUP BY clock / 86400",
        base,
        grouped(asked),
    )


def grouped(asked: Asked) -> Sql:
    """Return the part of the statement that makes the rows."""
    if asked.by in localtime.UNITS:
        return Sql(
            f"SELECT '{ROW}', CAST(NULL AS TEXT), CAST(NULL AS TEXT), type, CAST(clock / 86400 AS BIGINT), sum(n),"
            " sum(minutes) FROM timed GROUP BY type, clock / 86400"
        )
    id, name, joins = keyed.names(asked.reader.frame(), asked.by, "timed.who")
    return compose(
        f"SELECT '{ROW}', {id}, {name}, timed.type, CAST(NULL AS BIGINT), sum(timed.n), sum(timed.minutes)"
        f" FROM timed {{}} GROUP BY {', '.join(dict.fromkeys((id, name, 'timed.type')))}",
        joins,
    )
