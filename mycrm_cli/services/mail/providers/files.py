"""Reads files of reports: JSON arrays, objects one after the other or one a line, and CSV for the generic form.

An entry that cannot be read is told with its line, and the others are taken. An array that is broken off is refused
as a whole: nobody knows what it would have said.
"""

from __future__ import annotations

import csv
import io
import json
import sys

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.services.mail.providers import module
from mycrm_cli.services.transfer.jsons import STRICT, check_texts
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.services.mail.happening import Event

LARGEST = 200_000_000
"""Bytes of a file; 10,000 reports are some five million."""
SPACE = " \t\r\n\ufeff\x1e"
LONGEST_CELL = 10_000


class Report:
    """What was read: the events, the entries that are about no message, and what could not be read."""

    def __init__(self) -> None:
        self.entries = 0
        self.ignored = 0
        self.events: list[Event] = []
        self.problems: list[Problem] = []


def read(path: str, provider: str) -> Report:
    """Read a file (``-`` is stdin); raises UsageError for what is no file, Invalid for what is no such file."""
    name = "stdin" if path == "-" else path
    text, source = text_of(path), module(provider)
    is_csv = provider == "generic" and text.lstrip(SPACE)[:1] not in ("{", "[", "")
    report = Report()
    for line, value in rows(text, name) if is_csv else values(text, name):
        entries = [value] if isinstance(value, Problem) else _unpacked(source, value)
        for entry in entries:
            report.entries += 1
            _take(report, source, line, entry)
    return report


def _unpacked(source: Any, value: Any) -> list[Any]:
    several: list[Any] = []
    for each in value if isinstance(value, list) else [value]:
        several += source.unpack(each)
    return several


def _take(report: Report, source: Any, line: int, entry: Any) -> None:
    """Take the events of one entry, or what is wrong with it."""
    try:
        if isinstance(entry, Problem):
            raise entry
        if not isinstance(entry, dict):
            raise Problem("not_json", "a report is a JSON object")
        found = list(source.events(entry))
    except Problem as problem:
        report.problems.append(Problem(problem.code, problem.message, line=line))
        return
    report.events += found
    report.ignored += not found


def text_of(path: str) -> str:
    """Return the text of a file (``-`` is stdin); raises UsageError for what is no file, Invalid for no text."""
    return _decoded(_bytes(path), "stdin" if path == "-" else path)


def _bytes(path: str) -> bytes:
    try:
        if path == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise Invalid(f"{path} is larger than {LARGEST // 1_000_000} MB", hint="split it, and import the parts")
    return data


def _decoded(data: bytes, name: str) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refused(name, line, f"is not {encoding.upper().removesuffix('-SIG')}", "encoding") from None


def refused(name: str, line: int, message: str, code: str = "not_json") -> Invalid:
    """Return the error for a file of which nothing is taken."""
    detail: dict[str, object] = {"line": line, "code": code, "message": message}
    return Invalid(f"{name}, line {line}: {message}", details=[detail], hint="nothing was imported")


class _Place:
    """Where a text is being read."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.at = 0
        self.line = 1

    def go(self, to: int) -> None:
        """Go on to a place and count the lines on the way."""
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def skip(self) -> str:
        """Go on to the next character that is no white space and return it; nothing at the end."""
        to = self.at
        while to < len(self.text) and self.text[to] in SPACE:
            to += 1
        self.go(to)
        return self.text[to : to + 1]


def values(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Yield the JSON values of a text, each with its line: those of arrays, one after the other, or a line each."""
    place, in_array, wants_comma = _Place(text, name), False, False
    while mark := place.skip():
        if not in_array and mark == "[":
            in_array, wants_comma = True, False
            place.go(place.at + 1)
        elif in_array and mark == "]":
            in_array = False
            place.go(place.at + 1)
        elif mark == "," and (wants_comma or not in_array):
            wants_comma = False
            place.go(place.at + 1)
        elif in_array and wants_comma:
            raise refused(name, place.line, "a comma is missing between two reports")
        else:
            line = place.line
            yield line, _value(place, in_array)
            wants_comma = in_array
    if in_array:
        raise refused(name, place.line, "the array is not closed")


def _value(place: _Place, in_array: bool) -> Any:
    """Take one value, or what is wrong with it; outside an array the next line is a new beginning."""
    start = place.at
    try:
        value, end = STRICT.raw_decode(place.text, start)
        if "\\u" in place.text[start:end]:
            check_texts(value)
        place.go(end)
        return value
    except Problem as problem:
        return _passed(place, start, problem)
    except RecursionError:
        raise refused(place.name, place.line, "is nested too deeply") from None
    except ValueError as error:
        told = f"is not valid JSON: {getattr(error, 'msg', error)}"
        if in_array:
            raise refused(place.name, place.line, told) from None
        end = place.text.find("\n", start)
        place.go(end if end >= 0 else len(place.text))
        return Problem("not_json", told)


def _passed(place: _Place, start: int, problem: Problem) -> Problem:
    """Go on behind a value that is JSON and breaks a rule."""
    try:
        _, end = json.JSONDecoder().raw_decode(place.text, start)
    except (ValueError, RecursionError):
        raise refused(place.name, place.line, problem.message, problem.code) from None
    place.go(end)
    return problem


def rows(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a CSV file as objects, each with its line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_delimiter(text))
    try:
        header = next(reader, [])
        if len({cell.strip().lower() for cell in header}) < len(header):
            raise refused(name, 1, "a heading is there twice", "duplicate_column")
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                yield reader.line_num, Problem("ragged", f"has {len(cells)} cells where the heading has {len(header)}")
            elif any(len(cell) > LONGEST_CELL or "\0" in cell for cell in cells):
                yield reader.line_num, Problem("too_long", "has a cell that no report has")
            else:
                yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise refused(name, reader.line_num, f"is not valid CSV: {error}", "not_csv") from None


def _delimiter(text: str) -> str:
    head = text[:2000].lstrip(SPACE).split("\n", 1)[0]
    return max(",;\t", key=head.count)
