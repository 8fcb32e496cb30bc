"""Shares and averages of reports: exact, rounded half up, and nothing where there is nothing to divide by."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from mycrm_cli.kinds.numbers import Number
from mycrm_cli.query.computed import DAY
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence


class Share(Number):
    """A part of a whole, shown in percent with one decimal; machines read it from 0 to 1."""

    name = "share"

    def __init__(self) -> None:
        super().__init__(15, 4)

    def show(self, value: Any, locale: Any = None) -> str:
        """Show it in percent."""
        return f"{value * 100:.1f}%"

    def dump(self, value: Any) -> Any:
        """Write a JSON number."""
        return float(value)


class Days(Number):
    """So many days on average, with one decimal."""

    name = "days"

    def __init__(self) -> None:
        super().__init__(12, 1)

    def dump(self, value: Any) -> Any:
        """Write a JSON number."""
        return float(value)


OWN = {"share": Share, "days": Days}


def columns(named: Sequence[tuple[str, str]]) -> list[Shown]:
    """Return the columns of a report from their names and kinds, ``share`` and ``days`` among them."""
    found = []
    for name, kind in named:
        shown = Shown(name, "number" if kind in OWN else kind)
        if kind in OWN:
            shown.kind = OWN[kind]()
        found.append(shown)
    return found


def divided(amount: int | Decimal, by: int | Decimal, places: int) -> Decimal | None:
    """Return a quotient with so many decimals, rounded half up; None where nothing can be divided by."""
    if not by:
        return None
    return (Decimal(amount) / Decimal(by)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def share(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """Return a part of a whole as ``Share`` has it."""
    return divided(part, whole, 4)


def mean_days(seconds: int, count: int) -> Decimal | None:
    """Return the average of seconds in days, as ``Days`` has it."""
    return divided(seconds, count * DAY, 1)


def percent(value: Decimal | None) -> str:
    """Return a share as pictures show it."""
    return "–" if value is None else f"{value * 100:.0f}%"
