"""Choices, tags, JSON, and references to other records."""

from __future__ import annotations

from functools import cache, lru_cache

from mycrm_cli.kinds.base import PLAIN, BadValue, Kind
from mycrm_cli.kinds.text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.kinds.base import Converter, Reader
    from mycrm_cli.scope import Locale


class Choice(Kind):
    """One of a fixed set of words."""

    name = "choice"

    def __init__(self, choices: tuple[str, ...] | list[str] = ()) -> None:
        self.choices = tuple(choices)
        self.known = {self.normal(choice): choice for choice in self.choices}
        self.metavar = "|".join(self.choices) if sum(map(len, self.choices)) < 40 else "CHOICE"

    @staticmethod
    def normal(text: str) -> str:
        """Return the form in which choices are compared: case, spaces and hyphens do not matter."""
        return text.strip().casefold().replace(" ", "_").replace("-", "_")

    def reader(self, locale: Locale) -> Reader:
        """Return the function that finds the choice a text names."""

        def read(text: str) -> str:
            choice = self.known.get(self.normal(text))
            if choice is None:
                raise BadValue("not_a_choice", f"{text.strip()!r} is not one of {', '.join(self.choices)}")
            return choice

        return read


class Tags(Kind):
    """A list of keywords, kept in lower case, each once, in the order given."""

    name = "tags"
    metavar = "TAG,TAG"
    longest = 50

    def reader(self, locale: Locale) -> Reader:
        """Return the function that splits at commas, semicolons and line ends."""
        return lambda text: self.tidy(text.replace(";", ",").replace("\n", ",").split(","))

    def tidy(self, words: list[str]) -> list[str]:
        """Clean each keyword, drop empty ones and repetitions."""
        tags = dict.fromkeys(clean(word).casefold() for word in words)
        tags.pop("", None)
        for tag in tags:
            if len(tag) > self.longest:
                raise BadValue("too_long", f"tag {tag[:20]!r}… is longer than {self.longest} characters")
        return list(tags)

    def accept(self, value: Any, locale: Locale = PLAIN) -> Any:
        """Take a JSON array of texts, or text."""
        if isinstance(value, list) and all(isinstance(tag, str) for tag in value):
            return self.tidy(value)
        return super().accept(value, locale)

    def saver(self, dialect: str) -> Converter | None:
        """Both databases take JSON text."""
        return write_tags

    def loader(self, dialect: str) -> Converter | None:
        """PostgreSQL's driver has parsed it already."""
        return read_json

    def text(self, value: Any) -> str:
        """Write the tags with commas."""
        return ",".join(value)

    def show(self, value: Any, locale: Locale = PLAIN) -> str:
        """Show the tags with a space after each comma."""
        return ", ".join(value)


class Json(Kind):
    """A JSON value."""

    name = "json"
    metavar = "JSON"

    def reader(self, locale: Locale) -> Reader:
        """Return the function that parses JSON strictly."""
        return parse_json

    def accept(self, value: Any, locale: Locale = PLAIN) -> Any:
        """Take any JSON value as it is."""
        return value

    def saver(self, dialect: str) -> Converter | None:
        """Both databases take JSON text."""
        return write_json

    def loader(self, dialect: str) -> Converter | None:
        """PostgreSQL's driver has parsed it already."""
        return read_json

    def text(self, value: Any) -> str:
        """Write compact JSON."""
        return write_json(value) if value else ""


class Reference(Kind):
    """A pointer to a record of the entity whose table is ``table``; the value is its id.

    A ``part`` has no life of its own: it goes with the record it points to.
    """

    name = "reference"
    metavar = "REF"

    def __init__(self, table: str = "", part: bool = False) -> None:
        self.table = table
        self.part = part

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads an id; other references need a database and are resolved before."""
        from uuid import UUID

        def read(text: str) -> UUID:
            try:
                return UUID(text.strip())
            except ValueError:
                raise BadValue("not_an_id", f"{text!r} is not an id") from None

        return read

    def saver(self, dialect: str) -> Converter | None:
        """SQLite stores the 16 bytes."""
        return (lambda value: value.bytes) if dialect == "sqlite" else None

    def loader(self, dialect: str) -> Converter | None:
        """SQLite stores the 16 bytes."""
        if dialect != "sqlite":
            return None
        from uuid import UUID

        return lambda value: UUID(bytes=value)

    def dump(self, value: Any) -> Any:
        """Write the id with hyphens."""
        return str(value)

    def undump(self, value: Any) -> Any:
        """Return the id."""
        from uuid import UUID

        return UUID(value)


def write_json(value: Any) -> str:
    """Write compact JSON with its characters as they are."""
    if not value and value.__class__ in (list, dict):
        return "[]" if value.__class__ is list else "{}"
    return _encoder()(value)


@cache
def _encoder() -> Callable[[Any], str]:
    import json

    return json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def write_tags(tags: list[str]) -> str:
    """Write tags as compact JSON; many records have the same."""
    return _written(tuple(tags))


@lru_cache
def _written(tags: tuple[str, ...]) -> str:
    return write_json(list(tags))


def read_json(value: Any) -> Any:
    """Return parsed JSON from text, or what the driver parsed already."""
    if value == "[]":
        return []
    if value == "{}":
        return {}
    import json

    return json.loads(value) if isinstance(value, str) else value


def parse_json(text: str) -> Any:
    """Parse JSON from outside: no NaN, no repeated keys, no integers above 63 bits.

    Raises BadValue with the code ``not_json``.
    """
    import json

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(pairs)
        if len(record) != len(pairs):
            raise ValueError("a key is repeated")
        return record

    def integer(digits: str) -> int:
        if len(digits) > 19 or abs(int(digits)) >= 2**63:
            raise ValueError(f"{digits[:25]} is too large")
        return int(digits)

    def constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_int=integer, parse_constant=constant)
    except RecursionError:
        raise BadValue("not_json", "is nested too deeply") from None
    except ValueError as error:
        raise BadValue("not_json", f"is not valid JSON: {error}") from None
