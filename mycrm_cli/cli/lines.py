"""What comes through stdin: a reference a line, or a JSON object a line; an array of objects too."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from mycrm_cli.errors import CrmError, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

ARRAY = re.compile(r'\s*\[\s*[{"\]]')
"""How a JSON array of objects or references begins."""


class Line(NamedTuple):
    """One line of stdin: where it stands, the record it names, and what else an object says."""

    place: str
    reference: str
    members: dict[str, Any]


NAMES = ("ref", "id")
"""Members of an object that name its record, in their order."""


def read(names: tuple[str, ...] = NAMES) -> list[Line]:
    """Return the lines of stdin; raises Invalid with the line for what is neither reference nor object.

    ``names`` are the members by which objects name their record.
    """
    whole = sys.stdin.read()
    if ARRAY.match(whole):
        return array(whole, names)
    found = []
    for number, line in enumerate(whole.split("\n"), 1):
        if text := line.strip():
            with placed(place := f"line {number}"):
                found.append(Line(place, text, {}) if text[0] != "{" else named(place, parsed(text), names))
    return found


def array(text: str, names: tuple[str, ...] = NAMES) -> list[Line]:
    """Return the objects of a JSON array, as ``-o json`` writes them."""
    from mycrm_cli.kinds import BadValue
    from mycrm_cli.kinds.structures import parse_json

    try:
        records = parse_json(text)
    except BadValue as error:
        raise Invalid(f"standard input {error.message}") from None
    found = []
    for number, record in enumerate(records, 1):
        with placed(place := f"record {number}"):
            found.append(named(place, record, names) if isinstance(record, dict) else Line(place, str(record), {}))
    return found


def named(place: str, record: dict[str, Any], names: tuple[str, ...] = NAMES) -> Line:
    """Return a JSON object's line; one of ``names`` names the record."""
    reference = next((record[name] for name in names if record.get(name)), None)
    if not reference:
        hint = "-o ids or -o jsonl writes one; ref may be any reference"
        raise Invalid(f"a record on stdin has no {names[1]}", hint=hint)
    return Line(place, str(reference), {name: value for name, value in record.items() if name not in names})


def parsed(text: str) -> dict[str, Any]:
    """Return a JSON object on stdin; raises Invalid for what is none."""
    from mycrm_cli.kinds import BadValue
    from mycrm_cli.kinds.structures import parse_json

    try:
        record = parse_json(text)
    except BadValue as error:
        raise Invalid(f"a line of stdin {error.message}") from None
    if not isinstance(record, dict):
        raise Invalid("a line of stdin is no JSON object")
    return record


def json_records(file: str) -> list[Any]:
    """Read JSON from a file or stdin: an object, an array of objects, or an object a line."""
    from mycrm_cli.kinds import BadValue
    from mycrm_cli.kinds.structures import parse_json

    text = _read(file)
    try:
        parsed = parse_json(text)
    except BadValue as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise Invalid(f"{file}: {error.message}") from None
        try:
            return [parse_json(line) for line in lines]
        except BadValue:
            raise Invalid(f"{file}: {error.message}") from None
    return parsed if isinstance(parsed, list) else [parsed]


def _read(file: str) -> str:
    """Return the text of a file or of stdin; raises Invalid for what is not text."""
    try:
        if file == "-":
            return sys.stdin.read()
        with open(file, encoding="utf-8-sig") as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}: byte {error.start + 1} is not text in UTF-8", hint="JSON is UTF-8") from None


@contextmanager
def placed(place: str) -> Iterator[None]:
    """Name the line in the errors that come from it."""
    try:
        yield
    except CrmError as error:
        if place and not error.message.startswith(place):
            error.message = f"{place}: {error.message}"
        raise
