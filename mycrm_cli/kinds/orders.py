"""Dates as programs export them, where the order of day, month and year is known: ``dmy``, ``mdy`` or ``ymd``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from mycrm_cli.kinds.folding import fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

ORDERS = ("dmy", "mdy", "ymd")
PATTERNS = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "ymd": "%Y/%m/%d"}
"""What ``--date-format`` may be told instead."""
CLOCK = (
    r"(?:(?:,? +(?:at )?|T)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r" ?(?:(?P<half>[AaPp])\.?[Mm]\.?)? ?\(?(?P<zone>Z|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d\d)?|[A-Z]{3,4})?\)?)?"
)
DAY_NAME = r"(?:[^\W\d]{2,10}\.?,? )?"
NUMERIC = re.compile(
    rf"{DAY_NAME}(?P<a>\d{{1,4}})(?P<mark>[/.\- ]) ?(?P<b>\d{{1,2}})(?P=mark) ?(?P<c>\d{{1,4}}){CLOCK}"
)
NAMED = re.compile(
    rf"{DAY_NAME}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[ /-](?:de )?(?P<month>[^\W\d]{{3,12}})\.?,?[ /-](?:de )?"
    rf"(?P<year>\d{{4}}|\d\d){CLOCK}"
)
NAMED_FIRST = re.compile(
    rf"{DAY_NAME}(?P<month>[^\W\d]{{3,12}})\.?[ /-](?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[ /-]"
    rf"(?P<year>\d{{4}}|\d\d){CLOCK}"
)
NAMED_YEAR = re.compile(rf"(?P<year>\d{{4}})[ /-](?P<month>[^\W\d]{{3,12}})[ /-](?P<day>\d{{1,2}}){CLOCK}")
MONTHS = (
    "jan january januar janvier enero gennaio januari janeiro ene gen janv",
    "feb february februar fevrier febrero febbraio februari fevereiro fev fevr febr",
    "mar march marz maerz mars marzo maart marco mrz mrt",
    "apr april avril abril aprile abr avr",
    "may mai mayo maggio mei maio mag",
    "jun june juni juin junio giugno junho giu",
    "jul july juli juillet julio luglio julho lug juil",
    "aug august aout agosto augustus ago aou",
    "sep september septembre septiembre settembre setembro set sept",
    "oct october oktober octobre octubre ottobre outubro okt ott out",
    "nov november novembre noviembre novembro",
    "dec december dezember decembre diciembre dicembre dezembro dez dic",
)
MONTH = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}
ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "EST": -5, "EDT": -4}
ZONES |= {"CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}


def order_of(pattern: str) -> str | None:
    """Return the order that a strptime pattern of a day says, or None for another pattern."""
    letters = "".join(re.findall(r"%-?([A-Za-z])", pattern))
    order = letters.replace("b", "m").replace("B", "m").lower()
    return order if order in ORDERS else None


def read(text: str, order: str, *, dots: bool = False) -> tuple[date, time | None, tzinfo | None] | None:
    """Return day, clock time and zone of a text, or None where it is no date; raises ValueError for an impossible one.

    A year first is a year whatever the order; a dot means day first unless ``dots`` follow the order as well.
    """
    typed = " ".join(text.split())
    if match := NUMERIC.fullmatch(typed):
        parts = in_order(match["a"], "/" if dots else match["mark"], match["c"], order)
        if parts is None:
            return None
        numbers = {"a": int(match["a"]), "b": int(match["b"]), "c": int(match["c"])}
        year, month, day = (numbers[part] for part in parts)
        year = full_year(year, match[parts[0]])
    elif match := NAMED.fullmatch(typed) or NAMED_FIRST.fullmatch(typed) or NAMED_YEAR.fullmatch(typed):
        found = MONTH.get(fold(match["month"]))
        if found is None:
            return None
        year, month, day = full_year(int(match["year"]), match["year"]), found, int(match["day"])
    else:
        return None
    return date(year, month, day), _clock(match), _zone(match["zone"])


def in_order(first: str, mark: str, last: str, order: str) -> str | None:
    """Return which of the three parts are year, month and day, or None where the year has not two or four digits."""
    if len(first) == 4:
        return "abc" if len(last) <= 2 else None
    if len(last) not in (2, 4) and order != "ymd":
        return None
    if mark == "." and len(last) in (2, 4):
        return "cba"
    if order == "ymd":
        return "abc" if len(first) == 2 and len(last) <= 2 else None
    return "cba" if order == "dmy" else "cab"


def full_year(year: int, digits: str) -> int:
    """Return the year that two digits mean: 1969 to 2068."""
    if len(digits) > 2:
        return year
    return year + (2000 if year < 69 else 1900)


def _clock(match: re.Match[str]) -> time | None:
    if match["hour"] is None:
        return None
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("hour must be in 1..12")
        hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    return time(hour, int(match["minute"]), int(match["second"] or 0))


def _zone(name: str | None) -> tzinfo | None:
    """Return the zone that is written behind a time; raises ValueError for an unknown one."""
    if not name:
        return None
    if name in ZONES:
        return timezone(timedelta(hours=ZONES[name])) if ZONES[name] else UTC
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)?", name)
    if match is None:
        raise ValueError(f"{name} is no time zone that is known here; write +01:00")
    shift = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-shift if match[1] == "-" else shift)


def moment(found: tuple[date, time | None, tzinfo | None]) -> date | datetime:
    """Return a day, or a moment that is aware where its zone is known."""
    day, clock, zone = found
    return day if clock is None else datetime.combine(day, clock, zone)
