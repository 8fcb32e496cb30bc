"""Reads JSON as a stream: an array of objects, or an object a line; nested objects become dotted columns."""

from __future__ import annotations

import codecs
import json

from mycrm_cli.errors import Invalid
from mycrm_cli.services.transfer.lines import LONGEST, Lines, ways
from mycrm_cli.services.transfer.model import ABSENT, Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.services.transfer.model import Remark, Settled
    from mycrm_cli.services.transfer.sources import Source

CHUNK = 1 << 16
DEEPEST = 10
SPACE = " \t\r\n"
PARTIAL = 16
"""Characters at the end of the buffer in which an error may only mean that the rest is not read yet."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise Problem("not_json", "a key is repeated")
    return record


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise Problem("not_json", f"{digits[:25]} is too large")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Problem("not_json", f"{digits[:25]} is too large")
    return number


def _constant(name: str) -> Any:
    raise Problem("not_json", f"{name} is not JSON")


STRICT = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)


def flat(record: dict[str, Any], whole: frozenset[str], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Return nested objects as dotted keys; those named in ``whole`` stay objects."""
    cells: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name not in whole and value:
            if depth >= DEEPEST:
                raise Problem("not_json", f"is nested more than {DEEPEST} objects deep")
            cells |= flat(value, whole, f"{name}.", depth + 1)
        else:
            cells[name] = value
    return cells


def check_texts(value: Any) -> None:
    """Refuse characters that no database takes, wherever they are."""
    if isinstance(value, str):
        if "\0" in value:
            raise Problem("nul", "contains a NUL character")
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise Problem("encoding", "contains half of a surrogate pair")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_texts(key)
            check_texts(item)
    elif isinstance(value, list):
        for item in value:
            check_texts(item)


class JsonRows:
    """The records of a JSON file; ``header`` grows as new keys come up."""

    delimiter = None
    skipped = 0

    def __init__(self, source: Source, whole: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.name = source.name
        self.whole = whole
        self.header: list[str] = []
        self.remarks: list[Remark] = []
        self.settled: Settled = None
        self.places: dict[str, int] = {}

    def again(self) -> JsonRows:
        """Return the same records, to be read from the first one."""
        return JsonRows(self.source.again(), self.whole)

    def close(self) -> None:
        """Close the file."""
        self.source.close()

    def __iter__(self) -> Iterator[Record]:
        """Yield the records with the lines at which they begin."""
        return self._of_lines() if self.source.format == "jsonl" else self._of_array()

    def record(self, line: int, text: str, value: Any) -> Record:
        """Return a row for a parsed object; cells it has not are ABSENT."""
        try:
            if not isinstance(value, dict):
                raise Problem("not_json", "a record is a JSON object")
            if "\\u" in text:
                check_texts(value)
            cells = flat(value, self.whole)
        except Problem as problem:
            problem.line = line
            return Record(line, [], problem, text)
        for name in cells:
            if name not in self.places:
                self.places[name] = len(self.header)
                self.header.append(name)
        return Record(line, [cells.get(name, ABSENT) for name in self.header], None, text)

    def _of_lines(self) -> Iterator[Record]:
        lines = Lines(self.source.stream, self.source.encoding)
        while True:
            lines.mark()
            try:
                text = next(lines).strip().lstrip("\ufeff")
            except StopIteration:
                return
            except Problem as problem:
                yield Record(lines.number, [], problem)
                continue
            if text:
                yield self._parsed(lines.number, text)

    def _parsed(self, line: int, text: str) -> Record:
        """Parse one line."""
        try:
            value, end = STRICT.raw_decode(text)
            if text[end:].strip():
                raise Problem("not_json", "something follows the object on its line")
        except Problem as problem:
            return Record(line, [], Problem(problem.code, problem.message, line=line), text)
        except (ValueError, RecursionError) as error:
            return Record(line, [], Problem("not_json", _reason(error), line=line), text)
        return self.record(line, text, value)

    def _of_array(self) -> Iterator[Record]:
        text = _Text(self.source)
        if text.next_char() != "[":
            text.fail("a JSON file holds an array of objects; for an object a line use --format jsonl")
        text.take(1)
        if text.next_char() == "]":
            text.take(1)
            text.finish()
            return
        while True:
            line, raw, value = text.value()
            yield self.record(line, raw, value) if not isinstance(value, Problem) else Record(line, [], value, raw)
            mark = text.next_char()
            if mark not in (",", "]"):
                text.fail("a comma is missing between two records" if mark else "the array is not closed")
            text.take(1)
            if mark == "]":
                text.finish()
                return


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    place = f" at character {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
    return f"is not valid JSON: {getattr(error, 'msg', error)}{place}"


class _Text:
    """Decoded text of a stream, of which only what is being parsed is kept."""

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.stream = source.stream
        self.decoder = codecs.getincrementaldecoder(source.encoding)()
        self.buffer = ""
        self.place = 0
        self.line = 1
        self.ended = False
        self.encoding = source.encoding

    def more(self, size: int = CHUNK) -> bool:
        """Read on; return whether there was something."""
        if self.ended:
            return False
        data = self.stream.read(size)
        self.ended = not data
        self.buffer = self.buffer[self.place :]
        self.place = 0
        try:
            self.buffer += self.decoder.decode(data, final=self.ended)
        except UnicodeDecodeError as error:
            self.line += self.buffer.count("\n") + data[: error.start].count(b"\n")
            other = ways(error.object, error.start)
            self.fail(f"is not {self.encoding.upper()}: byte {error.object[error.start]:#04x}{other}", "encoding")
        return True

    def next_char(self) -> str:
        """Return the next character that is no white space, without taking it; nothing at the end."""
        while True:
            while self.place < len(self.buffer):
                if self.buffer[self.place] not in SPACE + "\ufeff":
                    return self.buffer[self.place]
                self.take(1)
            if not self.more():
                return ""

    def take(self, count: int) -> str:
        """Take characters and count their lines."""
        taken = self.buffer[self.place : self.place + count]
        self.line += taken.count("\n")
        self.place += count
        return taken

    def value(self) -> tuple[int, str, Any]:
        """Take one JSON value: its line, its text, and what it is, or the Problem with it."""
        if not self.next_char():
            self.fail("the array is not closed")
        size = CHUNK
        while True:
            try:
                value, end = json.JSONDecoder().raw_decode(self.buffer, self.place)
                break
            except json.JSONDecodeError as error:
                self._read_on_or_fail(error, size)
                size *= 2
            except RecursionError:
                self.fail("a record is nested too deeply")
        line, raw = self.line, self.take(end - self.place)
        try:
            value, _ = STRICT.raw_decode(raw)
        except Problem as problem:
            value = Problem(problem.code, problem.message, line=line)
        return line, raw, value

    def _read_on_or_fail(self, error: json.JSONDecodeError, size: int) -> None:
        """Read more where the value may only be cut off; a value that is wrong, or too long, ends the file."""
        cut = error.msg.startswith("Unterminated string") or error.pos >= len(self.buffer) - PARTIAL
        if len(self.buffer) - self.place > LONGEST:
            self.fail(f"a record is longer than {LONGEST:,} characters", "long_line")
        if not cut or not self.more(size):
            self.line += self.buffer.count("\n", self.place, error.pos)
            self.fail(_reason(error).rpartition(" at ")[0])

    def finish(self) -> None:
        """Check that nothing follows the array."""
        if self.next_char():
            self.fail("something follows the end of the array")

    def fail(self, message: str, code: str = "not_json") -> Any:
        """Refuse the file."""
        detail: dict[str, object] = {"line": self.line, "code": code, "message": message}
        raise Invalid(f"{self.name}, line {self.line}: {message}", details=[detail])
