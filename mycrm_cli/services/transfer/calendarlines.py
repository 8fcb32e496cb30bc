"""Tells the entries of a calendar file apart: events and to-dos with their lines, and the time zones it defines."""

from __future__ import annotations

from mycrm_cli.services.transfer.lines import LONGEST, undecoded
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.services.transfer.sources import Source

ENTRIES = ("VEVENT", "VTODO")
OTHERS = (b"BEGIN:VEVENT", b"BEGIN:VTODO", b"BEGIN:VCALENDAR", b"END:VCALENDAR")
"""What cannot stand within an entry: it has no end of its own."""
DEEPEST = 10
"""Parts within parts of an entry."""


class Entry:
    """The lines of one component as they were read; ``problem`` says why it is none."""

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self.lines: list[bytes] = []
        self.size = 0
        self.problem: Problem | None = None

    def take(self, line: bytes) -> None:
        """Add a line; what is too long is not kept."""
        self.size += len(line)
        if self.size > LONGEST:
            self.refuse("long_line", f"the {self.name} is longer than {LONGEST:,} bytes")
            self.lines.clear()
        else:
            self.lines.append(line)

    def refuse(self, code: str, message: str) -> None:
        """Say what is wrong; the first reason counts."""
        self.problem = self.problem or Problem(code, message, line=self.line)

    @property
    def raw(self) -> bytes:
        """The component as it stands in the file."""
        return b"\r\n".join(self.lines)


def entries(source: Source) -> Iterator[Entry]:
    """Yield the components inside the calendars of a file; what stands outside of any is a broken one."""
    reader = _Reader()
    for number, line in enumerate(undecoded(source), 1):
        yield from reader.take(number, line)
    if reader.entry is not None:
        reader.entry.refuse("not_calendar", f"the {reader.entry.name} has no END:{reader.entry.name}: it is cut off")
        yield reader.entry


class _Reader:
    """Takes lines one by one: ``entry`` is the component they are in, ``depth`` the parts of it that are open."""

    def __init__(self) -> None:
        self.entry: Entry | None = None
        self.depth: list[bytes] = []
        self.within = False

    def take(self, number: int, line: bytes) -> Iterator[Entry]:
        """Take a line and yield the entries that it ends."""
        # A line that begins with a space goes on with the one before: what stands in a text begins nothing.
        word = b"" if line[:1] in (b" ", b"\t") else line.rstrip().upper()
        if self.entry is not None and word.startswith(OTHERS):
            self.entry.refuse("not_calendar", f"the {self.entry.name} has no END:{self.entry.name}")
            yield self.entry
            self.entry = None
        if self.entry is not None:
            self.entry.take(line)
            self._step(self.entry, word)
            if not self.depth:
                yield self.entry
                self.entry = None
        elif word in (b"BEGIN:VCALENDAR", b"END:VCALENDAR"):
            self.within = word.startswith(b"BEGIN")
        elif word.startswith(b"BEGIN:"):
            self.entry, self.depth = Entry(word[6:].decode("ascii", "replace"), number), [word[6:]]
            self.entry.take(line)
        elif line.strip() and not self.within:
            lost = Entry("line", number)
            lost.take(line)
            lost.refuse("not_calendar", "a line outside of a calendar: BEGIN:VCALENDAR is missing")
            yield lost

    def _step(self, entry: Entry, word: bytes) -> None:
        """Go into a part of an entry, or out of it."""
        if word.startswith(b"BEGIN:"):
            self.depth.append(word[6:])
            if len(self.depth) > DEEPEST:
                entry.refuse("not_calendar", f"the {entry.name} has too many parts within each other")
        elif word.startswith(b"END:"):
            if self.depth[-1] == word[4:]:
                self.depth.pop()
            else:
                entry.refuse("not_calendar", f"{_shown(word)} without its BEGIN")
                self.depth = self.depth if word[4:] != entry.name.encode() else []


def _shown(word: bytes) -> str:
    return repr(word[:40].decode("utf-8", "replace"))
