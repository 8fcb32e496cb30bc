"""Values of an answer, the same from both databases: ids as UUIDs, numbers without trailing zeros, moments in UTC."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from mycrm_cli.kinds.structures import write_json
from mycrm_cli.kinds.times import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DIGITS = 15
"""Significant digits of numbers with a fraction, which both databases have."""


def shown(value: Any) -> Any:
    """Return a value as it is written: text, a number, or None."""
    if value is None or value.__class__ in (str, int):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (float, Decimal)):
        return number(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return binary(bytes(value))
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return stamp(value) if value.tzinfo else value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return write_json(value) if isinstance(value, (list, dict)) else str(value)


def number(value: float | Decimal) -> int | float | str:
    """Return a number: whole ones without a fraction, others with the digits that both databases have."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and (isinstance(value, Decimal) or abs(value) < 10**DIGITS):
        return int(value)
    return float(f"{value:.{DIGITS}g}")


def binary(value: bytes) -> str:
    """Return bytes as text: those of a key as SQLite stores it as a UUID."""
    return str(UUID(bytes=value)) if len(value) == 16 else value.hex()
