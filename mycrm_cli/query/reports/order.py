"""The order in which a report lists its groups: months by time, stages by place, the rest by what they weigh."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.query.reports.asked import Asked

    Held = TypeVar("Held")

MOST = 60
"""Months of a period that are all listed, those without anything too."""


def arranged(
    asked: Asked,
    found: dict[Any, tuple[str | None, int, Held]],
    empty: Callable[[], Held],
    weight: Callable[[Held], Any],
) -> list[tuple[str | None, Held]]:
    """Return (name, what it holds) of groups that are given as key -> (name, place, what it holds)."""
    if asked.by == "month":
        return monthly(asked, {str(name): held for name, _, held in found.values()}, empty)
    groups = sorted(found.values(), key=lambda group: str(group[0] or ""))
    if asked.by == "stage":
        groups.sort(key=lambda group: (group[0] is None, group[1]))
    else:
        groups.sort(key=lambda group: weight(group[2]), reverse=True)
    return [(name, held) for name, _, held in groups]


def monthly(asked: Asked, found: dict[str, Held], empty: Callable[[], Held]) -> list[tuple[str | None, Held]]:
    """Return the months of a period that is no longer than people read, else those with something in them."""
    if not found:
        return []
    months = [f"{month:%Y-%m}" for month in asked.period.until(asked.today + timedelta(1)).months()]
    names = months if len(months) <= MOST else []
    return [(name, found.get(name) or empty()) for name in sorted({*names, *found})]
