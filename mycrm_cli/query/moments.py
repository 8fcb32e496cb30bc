"""Days and moments in filters: a day means all of it, in the user's time zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from mycrm_cli.kinds.times import at, parse
from mycrm_cli.query.sql import Sql, all_hold, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.scope import Locale


def span(text: str, locale: Locale) -> tuple[datetime, datetime | None]:
    """Return the moment that a text means and None, or the start of a day and the start of the next."""
    typed = parse(text, locale)
    if isinstance(typed, datetime):
        return typed, None
    midnight = time(0, 0)
    return at(typed, midnight, locale.timezone), at(typed + timedelta(1), midnight, locale.timezone)


def compare(column: Sql, operator: str, text: str, locale: Locale, save: Callable[[Any], Any]) -> Sql:
    """Compare a timestamp with a day or a moment: a range that is open at its end, so that an index serves."""
    start, end = span(text, locale)
    low = value(save(start))
    if end is None:
        return compose(f"{{}} {operator} {{}}", column, low)
    high = value(save(end))
    match operator:
        case "=":
            return all_hold([compose("{} >= {}", column, low), compose("{} < {}", column, high)])
        case ">" | ">=":
            return compose("{} >= {}", column, high if operator == ">" else low)
        case _:
            return compose("{} < {}", column, low if operator == "<" else high)
