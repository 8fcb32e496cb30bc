"""How the values of a page read without a heading over them: ``15 min``, ``opened 3×``, ``pinned``."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.kinds.base import EMPTY
from mycrm_cli.output import table
from mycrm_cli.output.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from mycrm_cli.scope import Locale

    Cell = tuple[str, str]

UNITS = {
    "duration_minutes": "{} min",
    "delay_minutes": "after {} min",
    "days": "{} d",
    "open_count": "opened {}×",
    "discount_percent": "-{}%",
    "probability": "{}%",
    "deals": "{} deals",
    "score": "score {}",
    "next_position": "step {}",
    "quantity": "{} ×",
    "order": "{}.",
    "position": "{}.",
}
"""What stands around a number."""
LEFT_OUT = frozenset(("currency", "from_stage", "id", "product"))
"""What a row on a page can do without: the row below, the title or the amount says it."""
QUIET = frozenset(("open_count", "discount_percent", "duration_minutes", "deals"))
"""Numbers of which nothing is said when they are 0."""


def cells(columns: Sequence[Any], row: Sequence[Any], locale: Locale, prefix: str | None) -> list[Cell]:
    """Return the cells of a row as (text, style): number, title and roles first, currencies beside amounts."""
    names = [column.name for column in columns]
    currency = row[names.index("currency")] if "currency" in names else None
    found = []
    for column, value in zip(columns, row, strict=True):
        if column.name not in LEFT_OUT:
            found.append(cell(column, value, locale, prefix, currency))
    return found


def cell(column: Any, value: Any, locale: Locale, prefix: str | None, currency: str | None = None) -> Cell:
    """Return one value as (text, style); the style ``right`` aligns numbers."""
    if column.name == "number" and value is not None:
        return f"{prefix}-{value}" if prefix else str(value), "cyan"
    text = worded(column, value, locale, currency)
    if column.kind.name == "choice":
        return text, table.STYLES.get(text, "")
    if column.name == "due_date" and value is not None and value < clock.now():
        return text, "red"
    return text, "right" if column.kind.right else ""


def worded(column: Any, value: Any, locale: Locale, currency: str | None = None) -> str:
    """Return a value in words that need no heading."""
    kind = column.kind.name
    if value in EMPTY or (value == "none" and kind == "choice"):
        return ""
    if kind == "boolean":
        return safe(column.label.removeprefix("is ")) if value else ""
    if kind == "money":
        return " ".join(filter(None, (column.kind.show(value, locale), currency)))
    if kind == "json":
        return structure(value)
    if kind in ("integer", "number"):
        if column.name in QUIET and not value:
            return ""
        unit = UNITS.get(column.name, "{}")
        return (unit.removesuffix("s") if value == 1 else unit).format(number(value))
    if kind == "choice":
        return safe(str(value)).replace("_", " ") if value not in table.STYLES else str(value)
    return table.shown(column, value, locale, None)


def number(value: Any) -> str:
    """Return a number without zeros behind its point."""
    text = f"{value:f}" if not isinstance(value, int) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def structure(value: Any) -> str:
    """Return amounts by currency, or the parts of a score, in one line; lists are left to programs."""
    if not isinstance(value, dict):
        return ""
    if all(isinstance(amount, str) for amount in value.values()):
        return amounts(value)
    return safe(", ".join(f"{name} {part}" for name, part in value.items()))


def amounts(values: Mapping[str, str]) -> str:
    """Return sums by currency: ``12,400.00 EUR + 300.00 USD``."""
    from decimal import Decimal

    return safe(" + ".join(f"{Decimal(amount):,.2f} {currency}" for currency, amount in sorted(values.items())))


def fact(column: Any, value: Any, locale: Locale, currency: str | None = None) -> str:
    """Return a value for the first line of a page, with its label where it does not speak for itself."""
    text = worded(column, value, locale, currency)
    if not text or column.kind.name in ("choice", "email", "money", "country", "boolean"):
        return text
    if column.name in SPEAKING or column.name in UNITS:
        return text
    label = column.label.removesuffix(" at").removesuffix(" date")
    return f"{safe(LABELS.get(label, label))} {text}".strip()


SPEAKING = frozenset(("company", "stage", "job_title", "industry", "sku", "deal", "pipeline"))
"""Texts that need no label."""
LABELS = {"user": "by", "author": "by", "expected close": "closes", "occurred": "", "assigned to": "for"}
"""What stands before a fact instead of its field's label."""
