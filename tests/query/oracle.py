"""An evaluator of filters over plain rows, written from cli.md; it shares no code with ``mycrm_cli.query``.

A condition is a tuple: ``("and", a, b …)``, ``("or", …)``, ``("not", a)``, ``("field", name, operator, values)``,
``("tag", text)``, ``("words", text)``, ``("virtual", name)``. Values are Python values, ``None`` for ``none``.
"""

import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.query.world import NOW, ZONE, Row, World

FREE = ("first_name", "last_name", "city", "company", "website", "cf.note")
NAMES = ("name", "company.name", "owner.name", "owner.manager.name")


def plain(text: str) -> str:
    """Fold a text: no accents, no case."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not "\u0300" <= char <= "\u036f")
    return unicodedata.normalize("NFC", bare.casefold())


def holds(world: World, row: Row, condition: tuple[Any, ...]) -> bool:
    """Judge a condition for a contact."""
    kind, *rest = condition
    match kind:
        case "and":
            return all(holds(world, row, part) for part in rest)
        case "or":
            return any(holds(world, row, part) for part in rest)
        case "not":
            return not holds(world, row, rest[0])
        case "tag":
            return rest[0] in row["tags"]
        case "words":
            return found(row, rest[0])
        case "virtual":
            people = (row["owner_id"], row["assigned_to_id"])
            return world.me["id"] in people if rest[0] == "MINE" else people == (None, None)
    name, operator, values = rest
    return compares(world, row, name, operator, values)


def found(row: Row, text: str) -> bool:
    """Every word begins some word of the record."""
    there = words(" ".join(t for t in (row["first_name"], row["last_name"], row["email"], row["company"]) if t))
    return all(any(own.startswith(word) for own in there) for word in words(text))


def words(text: str) -> list[str]:
    """Split at what is neither letter nor digit."""
    return "".join(char if char.isalnum() else " " for char in plain(text)).split()


def related(world: World, row: Row, name: str) -> Row | None:
    """Follow the relations of a name (``owner.manager.name``) to the last record on the way."""
    here: Row | None = row
    for step in name.split(".")[:-1]:
        table = "companies" if step == "company" else "users"
        here = next((r for r in world.of(table) if here and r["id"] == here[f"{step}_id"]), None)
    return here


def value_of(world: World, row: Row, name: str) -> Any:
    """Return the value that a field's name means."""
    if name.startswith("cf."):
        raw = row["custom_fields"].get(name[3:])
        if raw is None:
            return None
        if name == "cf.size":
            return Decimal(raw)
        return date.fromisoformat(raw) if name == "cf.since" else raw
    there = related(world, row, name)
    last = name.rpartition(".")[2]
    return None if there is None else there["title" if last == "name" else last]


def compares(world: World, row: Row, name: str, operator: str, values: list[Any]) -> bool:
    """Judge one comparison; negative operators are the opposite of the positive ones."""
    if operator in ("!=", "!~"):
        return not compares(world, row, name, operator[1], values)
    if name == "email" and operator == "=":
        return any(row["email"] is None if v is None else v in row["emails"] for v in values)
    if name == "owner":
        return refers(world, row, operator, values)
    own = value_of(world, row, name)
    if name == "tags":
        return any(plain(values[0]) in plain(tag) for tag in own)
    return any(fits(name, own, operator, value) for value in values)


def refers(world: World, row: Row, operator: str, values: list[Any]) -> bool:
    """Judge a comparison of the owner with references, or with a part of its name."""
    owner = next((user for user in world.of("users") if user["id"] == row["owner_id"]), None)
    if operator == "~":
        return owner is not None and plain(values[0]) in plain(owner["title"])
    for value in values:
        if value is None and owner is None:
            return True
        wanted = world.me["email"] if value == "me" else value
        if owner and wanted is not None and (wanted == owner["email"] or plain(wanted) == plain(owner["title"])):
            return True
    return False


def fits(name: str, own: Any, operator: str, value: Any) -> bool:
    """Judge a value of a field against one that was typed; an empty one fits only ``none`` (here: None)."""
    if value is None:
        return own is None
    if own is None:
        return False
    if isinstance(value, tuple):
        low, high = value
        return (low is None or fits(name, own, ">=", low)) and (high is None or fits(name, own, "<=", high))
    if isinstance(own, datetime):
        start, end = bounds(value)
        return in_time(own, operator, start, end)
    if name in NAMES:
        own, value = " ".join(plain(own).split()), " ".join(plain(value).split())
    elif name in FREE or (operator in ("~", "^=") and isinstance(own, str) and name not in ("email", "phone")):
        own, value = plain(own), plain(value)
    return simple(own, operator, value)


def simple(own: Any, operator: str, value: Any) -> bool:
    match operator:
        case "=":
            return bool(own == value)
        case "~":
            return value in own
        case "^=":
            return bool(own.startswith(value))
        case ">":
            return bool(own > value)
        case ">=":
            return bool(own >= value)
        case "<":
            return bool(own < value)
    return bool(own <= value)


def bounds(value: date | datetime) -> tuple[datetime, datetime | None]:
    """Return a moment, or the start and the end of a day in Berlin."""
    if isinstance(value, datetime):
        return value, None
    zone = ZoneInfo(ZONE)
    return datetime.combine(value, time(), zone), datetime.combine(value + timedelta(1), time(), zone)


def in_time(own: datetime, operator: str, start: datetime, end: datetime | None) -> bool:
    if end is None:
        return simple(own, operator, start)
    match operator:
        case "=":
            return start <= own < end
        case ">":
            return own >= end
        case ">=":
            return own >= start
        case "<":
            return own < start
    return own < end


def today() -> date:
    """Return the day it is in Berlin."""
    return NOW.astimezone(ZoneInfo(ZONE)).date()
