"""The functions that a statement may use, and those that SQLite gets so that both databases answer alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation

from mycrm_cli import clock
from mycrm_cli.kinds.times import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BOTH = frozenset(
    """abs avg ceil ceiling coalesce concat count cume_dist date date_trunc dense_rank exp first_value floor lag
    last_value lead length ln log lower ltrim max min mod now nth_value ntile nullif percent_rank power rank replace
    round row_number rtrim sign sqrt substr substring sum to_char trim upper uuid""".split()
)
"""What both databases have."""
SQLITE = BOTH | frozenset(
    """-> ->> current_date current_time current_timestamp datetime format group_concat ifnull iif instr json json_array
    json_array_length json_each json_extract json_group_array json_group_object json_object json_tree json_type
    json_valid julianday like mycrm_fold pow printf quote strftime time total trunc typeof unixepoch""".split()
)
POSTGRESQL = BOTH | frozenset(
    """age array_agg array_length array_to_string bool_and bool_or btrim cast char_length character_length date_part
    extract every float8 generate_series greatest initcap int4 int8 jsonb_agg jsonb_array_elements
    jsonb_array_elements_text jsonb_array_length jsonb_build_object jsonb_each jsonb_each_text jsonb_object_keys
    jsonb_typeof json_agg json_build_object justify_days least left make_date mode numeric overlay percentile_cont
    percentile_disc position regexp_match regexp_replace reverse right split_part stddev string_agg string_to_array
    strpos text to_date to_json to_jsonb to_timestamp translate trunc unnest var_pop variance width_bucket
    timestamp timestamptz interval time like overlaps any_value varchar char decimal bool
    row_to_json""".split()
)
LONGEST = 1000
"""Characters of a text that is looked for in others: what a database does in one step cannot be stopped by a clock."""


class Sum:
    """An exact sum: fractions are added as the decimals that they are written as, not as binary ones."""

    context = Context(prec=60)

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.whole = 0
        self.count = self.fractions = 0

    def step(self, value: Any) -> None:
        """Add a value."""
        self._add(value, 1)

    def inverse(self, value: Any) -> None:
        """Take a value away that has left the window."""
        self._add(value, -1)

    def _add(self, value: Any, sign: int) -> None:
        if value is None:
            return
        self.count += sign
        if value.__class__ is int:
            self.whole += sign * value
            return
        self.fractions += sign
        self.total = self.context.add(self.total, decimal(value) * sign)

    def value(self) -> Any:
        """Return the sum so far: whole where all values were; None without any."""
        if not self.count:
            return None
        if not self.fractions:
            return self.whole if abs(self.whole) < 2**63 else float(self.whole)
        return float(self.context.add(self.total, Decimal(self.whole)))

    def finalize(self) -> Any:
        """Return the sum."""
        return self.value()


class Average(Sum):
    """An exact average."""

    def value(self) -> Any:
        """Return the average so far; None without any value."""
        if not self.count:
            return None
        return float(self.context.divide(self.context.add(self.total, Decimal(self.whole)), Decimal(self.count)))


def decimal(value: Any) -> Decimal:
    """Return a number as it is written; what is no number counts as 0, as SQLite has it."""
    try:
        found = Decimal(repr(value) if isinstance(value, float) else str(value))
    except (InvalidOperation, ValueError):
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def to_uuid(text: Any) -> bytes | None:
    """Return a key as SQLite stores it."""
    from uuid import UUID

    return None if text is None else text if isinstance(text, bytes) else UUID(str(text)).bytes


def now() -> str:
    """Return this moment."""
    return stamp(clock.now())


def moment(value: Any) -> datetime:
    """Return a day or a moment of a column."""
    text = str(value)
    found = datetime.fromisoformat(text if len(text) > 10 else f"{text}T00:00:00")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def date_trunc(unit: Any, value: Any) -> str | None:
    """Return the start of the day, week, month, quarter or year."""
    if value is None:
        return None
    start = moment(value).replace(minute=0, second=0, microsecond=0)
    day = start.replace(hour=0)
    starts = {
        "hour": start,
        "day": day,
        "week": day - timedelta(day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1),
        "year": day.replace(day=1, month=1),
    }
    return stamp(starts[str(unit).lower()])


PATTERNS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "MI": "%M", "SS": "%S", "IYYY": "%G", "IW": "%V"}


def to_char(value: Any, pattern: Any) -> str | None:
    """Write a moment by PostgreSQL's patterns for years, months, days, weeks, quarters and times."""
    import re

    if value is None or pattern is None:
        return None
    at = moment(value)
    known = {**{key: at.strftime(form) for key, form in PATTERNS.items()}, "Q": str((at.month - 1) // 3 + 1)}
    return re.sub("|".join(sorted(known, key=len, reverse=True)), lambda match: known[match[0]], str(pattern)[:LONGEST])


def concat(*values: Any) -> str:
    """Join values, leaving out what is empty."""
    return "".join(str(value) for value in values if value is not None)


def add(raw: Any) -> None:
    """Give a connection to SQLite its functions."""
    raw.create_function("uuid", 1, to_uuid, deterministic=True)
    raw.create_function("now", 0, now)
    raw.create_function("date_trunc", 2, date_trunc, deterministic=True)
    raw.create_function("to_char", 2, to_char, deterministic=True)
    raw.create_function("concat", -1, concat, deterministic=True)
    raw.create_window_function("sum", 1, Sum)
    raw.create_window_function("avg", 1, Average)
