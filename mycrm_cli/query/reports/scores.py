"""Scores of open leads, and whether they held what they promised for those that are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.query.reports import keyed, shares
from mycrm_cli.query.reports.answer import FAINT, GOOD, Bar, Bars, Part, Report
from mycrm_cli.query.shown import Shown
from mycrm_cli.query.sql import ALWAYS, Sql, compose
from mycrm_cli.query.virtual import CLOSED_LEAD

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

GRADES = "ABCDEF"
UNUSED = "E"
"""A grade that models give to nobody; it is shown where it came from elsewhere."""
CLOSED = (("closed", "integer"), ("converted", "integer"), ("conversion_rate", "share"))
NEWEST = {
    "sqlite": "SELECT {s}.lead_id, {s}.score, {s}.grade, {s}.confidence, max({s}.scored_at || hex({s}.id))"
    " FROM lead_scores AS {s} WHERE +{{}} AND {{}} GROUP BY {s}.lead_id",
    "postgresql": "SELECT DISTINCT ON ({s}.lead_id) {s}.lead_id, {s}.score, {s}.grade, {s}.confidence"
    " FROM lead_scores AS {s} WHERE {{}} AND {{}} ORDER BY {s}.lead_id, {s}.scored_at DESC, {s}.id DESC",
}
"""The newest score of each lead; SQLite takes the other columns from the row that has the greatest.

The plus makes it read by lead, where it need not sort.
"""


class Leads:
    """Leads of one row: open ones by grade and their scores, closed ones and those that were converted."""

    __slots__ = ("closed", "confidence", "converted", "grades", "open", "scored", "sum", "sure")

    def __init__(self) -> None:
        self.open = self.scored = self.sum = self.sure = self.closed = self.converted = 0
        self.confidence: Any = 0
        self.grades: dict[str | None, int] = {}

    def add(self, grade: str | None, row: list[Any]) -> None:
        """Add leads of a grade."""
        numbers = [cell or 0 for cell in row]
        self.grades[grade] = self.grades.get(grade, 0) + int(numbers[0])
        self.open += int(numbers[0])
        self.scored += int(numbers[1])
        self.sum += int(numbers[2])
        self.confidence += numbers[3]
        self.sure += int(numbers[4])
        self.closed += int(numbers[5])
        self.converted += int(numbers[6])

    def cells(self, asked: Asked, whole: int, dialect: str) -> list[Any]:
        """Return the cells of a row."""
        load: Any = kinds.make("percent").loader(dialect) or (lambda total: total)
        sure = shares.share(load(self.confidence), self.sure)
        middle = [shares.share(self.open, whole)] if asked.by == "grade" else self._letters()
        rate = shares.share(self.converted, self.closed)
        average = shares.divided(self.sum, self.scored, 1)
        return [self.open, average, sure, *middle, self.closed, self.converted, rate]

    def _letters(self) -> list[int]:
        return [self.open - self.scored, *(self.grades.get(letter, 0) for letter in GRADES)]


def report(asked: Asked) -> Report:
    """Return the open leads by their scores, and what became of the leads that were closed in the period."""
    found: dict[Any, Leads] = {}
    labels: dict[Any, str | None] = {}
    tens, whole = [0] * 10, Leads()
    frame = asked.reader.frame()
    if asked.by == "grade":
        found = {letter: Leads() for letter in GRADES}
        labels = {letter: letter for letter in GRADES}
    for id, name, grade, ten, *row in asked.reader.run(statement(asked, frame)):
        labels[id] = name
        found.setdefault(id, Leads()).add(grade, row)
        whole.add(grade, row)
        if ten is not None:
            tens[min(int(ten), 9)] += int(row[0] or 0)
    if not (whole.open or whole.closed):
        found = {}
    elif asked.by == "grade" and not (found[UNUSED].open or found[UNUSED].closed):
        del found[UNUSED]
    columns = shown(asked)
    rows = [[labels[key], *found[key].cells(asked, whole.open, frame.dialect)] for key in ordered(asked, found, labels)]
    answer = Report("Scores of open leads", columns, rows)
    answer.total = ["total", *whole.cells(asked, whole.open, frame.dialect)]
    answer.pictures = [by_grade(whole), by_ten(tens)]
    if whole.closed and asked.by == "grade":
        answer.pictures.append(held(found))
    answer.empty = "no open leads, and none were closed in this time"
    return answer


def shown(asked: Asked) -> list[Shown]:
    """Return the columns."""
    counts = [("never_scored", "integer"), *((letter.lower(), "integer") for letter in GRADES)]
    middle = [("share", "share")] if asked.by == "grade" else counts
    names = [("leads", "integer"), ("average_score", "days"), ("confidence", "share"), *middle, *CLOSED]
    return [Shown(asked.by), *shares.columns(names)]


def ordered(asked: Asked, found: dict[Any, Leads], labels: dict[Any, str | None]) -> list[Any]:
    """Return the keys of the rows in their order: grades from the best, others by how many leads there are."""
    if asked.by == "grade":
        return sorted(found, key=lambda grade: (grade is None, grade or ""))
    return sorted(found, key=lambda key: (-found[key].open, labels[key] is None, labels[key] or ""))


def by_grade(whole: Leads) -> Bars:
    """Return a bar for each grade."""
    bars = []
    for grade in (*GRADES, None):
        count = whole.grades.get(grade, 0)
        if count or grade not in (UNUSED, None):
            share = shares.share(count, whole.open)
            text = f"{count:,}" + ("" if share is None else f" · {shares.percent(share)}")
            bars.append(Bar(grade or "never scored", (Part("leads", count, "plain" if grade else FAINT),), text))
    return Bars("Open leads by grade", bars)


def by_ten(tens: list[int]) -> Bars:
    """Return a bar for each ten of the score."""
    names = [f"{ten * 10}-{ten * 10 + 9 if ten < 9 else 100}" for ten in range(9, -1, -1)]
    bars = [Bar(name, (Part("leads", count),), f"{count:,}") for name, count in zip(names, reversed(tens), strict=True)]
    return Bars("Open leads by score", bars)


def held(found: dict[Any, Leads]) -> Bars:
    """Return a bar for each grade: how many of those that were closed became customers."""
    bars = []
    for grade in sorted(found, key=lambda grade: (grade is None, grade or "")):
        leads = found[grade]
        share = shares.share(leads.converted, leads.closed)
        text = f"{leads.converted:,} of {leads.closed:,}"
        bars.append(Bar(grade or "never scored", (Part("converted", share or 0, GOOD),), text))
    return Bars("Converted of those that were closed", bars)


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: leads are counted by grade, tens of the score and what the answer is broken down by."""
    lead = frame.alias()
    table, fits = asked.table(frame, catalog.entity("lead"), lead, asked.where)
    # What a lead has is its newest score; of the past only the history knows.
    of = "newest" if asked.at else lead
    who = {"grade": f"{of}.grade", "source": f"{lead}.source"}.get(asked.by, f"{lead}.owner_id")
    closed = ", ".join(f"'{status}'" for status in CLOSED_LEAD)
    is_open = f"{lead}.status NOT IN ({closed})"
    ended = compose(
        f"(({lead}.status = 'converted' AND {{}}) OR ({lead}.status = 'disqualified' AND {{}}))",
        asked.within(frame, f"{lead}.converted_at"),
        asked.within(frame, f"{lead}.disqualified_at"),
    )
    ten, names = f"CASE WHEN {is_open} THEN {of}.score / 10 END", "open, scored, points, sure, rated, closed, converted"
    base = compose(
        f"SELECT {who} AS who, {of}.grade AS grade, {ten} AS ten, count(CASE WHEN {is_open} THEN 1 END) AS open,"
        f" count(CASE WHEN {is_open} THEN {of}.score END) AS scored, sum(CASE WHEN {is_open} THEN {of}.score END)"
        f" AS points, sum(CASE WHEN {is_open} AND {of}.score IS NOT NULL THEN newest.confidence END) AS sure,"
        f" count(CASE WHEN {is_open} AND {of}.score IS NOT NULL THEN newest.confidence END) AS rated,"
        f" count(CASE WHEN NOT {is_open} THEN 1 END) AS closed,"
        f" count(CASE WHEN {lead}.status = 'converted' THEN 1 END) AS converted"
        f" FROM {{}} LEFT JOIN newest ON newest.lead_id = {lead}.id WHERE {{}} AND ({is_open} OR {{}})"
        f" GROUP BY {', '.join(dict.fromkeys((who, f'{of}.grade', ten)))}",
        table,
        fits,
        ended,
    )
    id, name, joins = keyed.names(frame, asked.by, "base.who")
    return compose(
        f"WITH newest AS MATERIALIZED ({{}}), base AS MATERIALIZED ({{}})"
        f" SELECT {id}, {name}, base.grade, base.ten, {names} FROM base {{}}",
        newest(asked, frame),
        base,
        joins,
    )


def newest(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of the newest score of each lead, until the moment that counts as now."""
    score = frame.alias()
    until = compose(f"{score}.scored_at <= {{}}", asked.moment(frame, asked.at)) if asked.at else ALWAYS
    return compose(NEWEST[frame.dialect].format(s=score), frame.within(catalog.entity("score"), score), until)
