"""Finds out in which order a column writes its dates, from all of its cells together."""

from __future__ import annotations

from mycrm_cli.kinds.orders import NAMED, NAMED_FIRST, NAMED_YEAR, NUMERIC, PATTERNS, full_year

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MONTHS = "January February March April May June July August September October November December".split()


def is_plain(text: str) -> bool:
    """Whether a text needs no look: nothing, or a date or moment as ISO 8601 writes it."""
    return not text or (text[4:5] == "-" == text[7:8] and text[:4].isdigit() and " " not in text[11:])


class DateColumn:
    """What the cells of a column of dates have shown so far."""

    wanted = "date"

    def __init__(self) -> None:
        self.orders = {"dmy", "mdy"}
        self.numeric = False
        self.unsure: tuple[int, str] | None = None
        self.others = False
        self.short_years = False

    @staticmethod
    def catches(text: str) -> bool:
        """Whether a cell shows that the column has to be looked at."""
        return not is_plain(text)

    def feed(self, text: str, line: int) -> None:
        """Look at a cell."""
        if is_plain(text):
            return
        typed = " ".join(text.split())
        match = NUMERIC.fullmatch(typed)
        if match is None:
            self.others = self.others or any(p.fullmatch(typed) for p in (NAMED, NAMED_FIRST, NAMED_YEAR))
            return
        first, second, last = int(match["a"]), int(match["b"]), match["c"]
        if len(match["a"]) == 4 or match["mark"] == ".":
            self.others = True
        elif len(match["a"]) == 2 and first > 31 and len(last) <= 2:
            self.short_years = True
        elif len(last) in (2, 4) and len(match["a"]) <= 2:
            self.numeric = True
            self.orders -= {order for order, is_wrong in (("dmy", second > 12), ("mdy", first > 12)) if is_wrong}
            if self.unsure is None and first != second and max(first, second) <= 12:
                self.unsure = (line, typed)

    def found(self) -> str | None:
        """Return the order that all cells have, or None where there is none or nothing to be said."""
        if self.short_years:
            return "ymd"
        if not self.numeric:
            return "ymd" if self.others else None
        if len(self.orders) == 1:
            return next(iter(self.orders))
        return "dmy" if self.orders and self.unsure is None else None

    def question(self, column: str) -> dict[str, Any] | None:
        """Return what is to be asked where the cells may be read in two ways."""
        if self.short_years or not self.numeric or len(self.orders) < 2 or self.unsure is None:
            return None
        line, text = self.unsure
        match = NUMERIC.fullmatch(text)
        assert match is not None
        first, second = int(match["a"]), int(match["b"])
        year = full_year(int(match["c"]), match["c"])
        ways = f"{first} {MONTHS[second - 1]} {year} or {second} {MONTHS[first - 1]} {year}"
        return {
            "line": line,
            "column": column,
            "code": "ambiguous_date",
            "value": text,
            "message": f"{text} may be {ways}, and no cell of the column settles it",
        }

    hint = (
        f"--date-format {PATTERNS['dmy']} where the day comes first, --date-format {PATTERNS['mdy']} where the month "
        "does; date_format in a mapping file says it for one column"
    )
