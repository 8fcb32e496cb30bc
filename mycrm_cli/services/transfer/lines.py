"""Physical lines of a file, decoded one by one, with their numbers and a bound on their length."""

from __future__ import annotations

import io
from collections import deque

from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, Self

    from mycrm_cli.services.transfer.sources import Source

LONGEST = 10_000_000
"""Bytes of a line, and characters of a row, that are read; more is an error with bounded memory."""

BLOCK = 1 << 18
"""Bytes that are read at once where lines need no closer look."""

BYTEWISE = ("utf-8", "ascii", "cp12", "cp4", "cp8", "iso8859", "mac", "koi8")
"""Encodings whose line ends are the byte 0A, so that lines can be told apart before they are decoded."""


class Lines:
    """Iterates over lines. A bad line raises Problem, after which iteration goes on with the next one.

    ``number`` is that of the last line given; ``taken`` are the lines since ``mark``, which
    ``give_back`` makes the next ones again.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self.encoding = encoding
        self.number = 0
        self.taken: list[str | Problem] = []
        self.size = 0
        self.ended = False
        self.pushed: deque[str | Problem] = deque()
        self.stream: BinaryIO = stream
        self.text: io.TextIOWrapper | None = None
        if not encoding.startswith(BYTEWISE):
            self.text = io.TextIOWrapper(stream, encoding=encoding, newline="")

    def mark(self) -> None:
        """Begin a row: what is taken from here on can be given back."""
        self.taken = []
        self.size = 0

    def give_back(self) -> str:
        """Keep the first line since the mark and give the others back; return the kept one."""
        first, rest = self.taken[:1], self.taken[1:]
        self.pushed.extendleft(reversed(rest))
        self.number -= len(rest)
        self.mark()
        return first[0] if first and isinstance(first[0], str) else ""

    def __iter__(self) -> Self:
        """Iterate over what is left."""
        return self

    def __next__(self) -> str:
        """Return the next line with its end; raises Problem for one that cannot be read."""
        line = self.pushed.popleft() if self.pushed else self._read()
        self.number += 1
        self.taken.append(line)
        if isinstance(line, Problem):
            line.line = self.number
            raise line
        self.size += len(line)
        if self.size > LONGEST:
            raise Problem(
                "quotes", f"the row is longer than {LONGEST:,} characters: a quote is not closed", line=self.number
            )
        return line

    def block(self) -> str | None:
        """Return many whole lines at once, or None where the next ones are to be taken one by one.

        Who takes them counts them. Lines with something wrong, and those of encodings with several bytes
        for a line end, come singly.
        """
        if self.text is not None or self.pushed:
            return None
        raw = self.stream.read(BLOCK)
        if raw and not raw.endswith(b"\n"):
            raw += self.stream.readline(LONGEST)
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError:
            text = "\0"
        if raw and "\0" not in text and len(raw) < LONGEST:
            return text
        self.push(raw)
        return None

    def push(self, block: bytes | str) -> None:
        """Make the lines of a block the next ones that are taken singly."""
        raw = block.encode(self.encoding) if isinstance(block, str) else block
        lines = raw.split(b"\n")
        ended = [line + b"\n" for line in lines[:-1]]
        if len(lines[-1]) >= LONGEST:
            self.pushed.extend(map(self._decoded, ended))
            self.pushed.append(self._skip_rest())
            return
        self.pushed.extend(map(self._decoded, [*ended, *filter(None, lines[-1:])]))

    def _read(self) -> str | Problem:
        """Read a line; Problem for a bad one."""
        if self.text is not None:
            return self._read_text(self.text)
        raw = self.stream.readline(LONGEST)
        if not raw:
            raise StopIteration
        if len(raw) == LONGEST and not raw.endswith(b"\n"):
            return self._skip_rest()
        return self._decoded(raw)

    def _decoded(self, raw: bytes) -> str | Problem:
        """Return a line as text; Problem for a bad one."""
        try:
            line = raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            return Problem("encoding", undecodable(self.encoding, raw, error))
        return Problem("nul", "contains a NUL character") if "\0" in line else line

    def _read_text(self, text: io.TextIOWrapper) -> str | Problem:
        """Read a line of an encoding with several bytes for a line end."""
        try:
            line = text.readline(LONGEST)
        except UnicodeError:
            self.text = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
            return Problem("encoding", f"is not {self.encoding.upper()} from here on; the rest of the file is not read")
        if not line:
            raise StopIteration
        if len(line) == LONGEST and not line.endswith(("\n", "\r")):
            while line and not line.endswith(("\n", "\r")):
                line = text.readline(LONGEST)
            return too_long()
        return Problem("nul", "contains a NUL character") if "\0" in line else line

    def _skip_rest(self) -> Problem:
        """Read on to the end of a line that is too long, and forget it."""
        while True:
            raw = self.stream.readline(LONGEST)
            if not raw or raw.endswith(b"\n"):
                return too_long()


def too_long() -> Problem:
    """Return the problem of a line that is longer than anything sensible."""
    return Problem("long_line", f"the line is longer than {LONGEST:,} bytes")


def undecodable(encoding: str, raw: bytes, error: UnicodeDecodeError) -> str:
    """Return what is wrong with a line, and which encodings would read it."""
    place = error.start
    return f"is not {encoding.upper()}: byte {raw[place]:#04x} at {place + 1}{ways(raw, place)}"


def ways(raw: bytes, place: int) -> str:
    """Return which encodings would read the bytes around a place, for the end of a sentence."""
    begin = max(place - 10, 0)
    guesses = []
    for name in ("cp1252", "cp1250", "mac_roman", "cp437"):
        try:
            seen = raw[begin : place + 10].decode(name).strip()
        except UnicodeDecodeError:
            continue
        if seen.isprintable():
            guesses.append(f"--encoding {name} reads {seen!r}")
    return f"; {', '.join(guesses[:3])}" if guesses else "; --encoding names another encoding"


def undecoded(source: Source) -> Iterator[bytes]:
    """Yield the lines of a file without their ends, as UTF-8 where they are no single bytes.

    Formats that fold lines may part a character in two, and say the character set in the line itself.
    """
    if source.encoding.startswith(BYTEWISE):
        while raw := source.stream.readline(LONGEST):
            yield raw.rstrip(b"\r\n")
        return
    for line in io.TextIOWrapper(source.stream, source.encoding, errors="replace"):
        yield line.lstrip("\ufeff").rstrip("\r\n").encode()
