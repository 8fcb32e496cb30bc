"""What a report answers: rows of numbers, pictures of them, and what has to be said.

A picture is plain data. The terminal draws it with Rich, the dashboard as SVG.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.query.shown import Shown

    Number = int | float | Decimal

PLAIN, GOOD, BAD, FAINT = "plain", "good", "bad", "faint"
"""How a bar is meant: won is good, lost is bad, what is only likely is faint."""


class Part(NamedTuple):
    """A part of a bar: what it stands for, how large it is, and how it is meant."""

    name: str
    size: Number
    tone: str = PLAIN


class Bar(NamedTuple):
    """A bar: what it is about, its parts one behind the other, the text at its end, and what was aimed at."""

    label: str
    parts: tuple[Part, ...]
    text: str
    goal: Number | None = None


class Bars(NamedTuple):
    """Bars below each other, on one scale."""

    title: str
    bars: Sequence[Bar]


class Step(NamedTuple):
    """A step of a funnel: how many came so far, and the text beside it."""

    label: str
    count: int  # type: ignore[assignment] # a tuple's own method of this name is not needed
    text: str


class Funnel(NamedTuple):
    """Steps that fewer and fewer reach."""

    title: str
    steps: Sequence[Step]


class Heat(NamedTuple):
    """How much happened, in rows and columns, such as days of the week and hours of the day."""

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[int]]


class Series(NamedTuple):
    """Values one after the other, such as those of months; ``text`` is said beside them."""

    title: str
    labels: Sequence[str]
    values: Sequence[Number]
    text: str = ""


Picture = Bars | Funnel | Heat | Series


class Report:
    """The answer to a report.

    ``total`` is a last row for people; ``notes`` are sentences; ``lacking`` holds, for each currency without a
    rate, how many deals of how much were left out of the sums. ``listed`` are columns and rows of the records behind
    the numbers; programs get them in place of the numbers.
    """

    def __init__(self, title: str, columns: Sequence[Shown], rows: Sequence[Sequence[Any]]) -> None:
        self.title = title
        self.columns = columns
        self.rows = rows
        self.pictures: list[Picture] = []
        self.total: Sequence[Any] | None = None
        self.notes: list[str] = []
        self.lacking: dict[str, tuple[int, Decimal]] = {}
        self.empty = "nothing to report"
        self.listed: tuple[Sequence[Shown], Sequence[Sequence[Any]]] | None = None
