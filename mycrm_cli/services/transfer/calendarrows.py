"""Rows of a calendar file: one for each event and to-do, under the headings that the preset ``icalendar`` knows."""

from __future__ import annotations

import warnings

from mycrm_cli.output.calendars import library
from mycrm_cli.services.transfer.calendarcells import Cells
from mycrm_cli.services.transfer.calendarlines import ENTRIES, Entry, entries
from mycrm_cli.services.transfer.calendarzones import Zones
from mycrm_cli.services.transfer.formed import Formed
from mycrm_cli.services.transfer.model import Problem, Record
from mycrm_cli.services.transfer.presets.icalendar import HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.services.transfer.sources import Source

READ = frozenset(
    "UID SUMMARY DESCRIPTION LOCATION URL COMMENT CATEGORIES STATUS PRIORITY COMPLETED PERCENT-COMPLETE DTSTART DTEND"
    " DUE DURATION RRULE EXDATE RECURRENCE-ID RELATED-TO".split()
)
SILENT = frozenset("DTSTAMP CREATED LAST-MODIFIED SEQUENCE TRANSP CLASS COLOR".split())
"""Properties that say nothing about the task; so do those whose names begin with X-."""
UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError)
"""What the library raises for components that are none."""


class CalendarRows(Formed):
    """The entries of a calendar as rows."""

    headings = HEADER

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.library = library("reading")
        # As of events, the errors of to-dos are wanted with their properties; usually the first one ends the reading.
        self.library.Todo.ignore_exceptions = True
        self.zones = Zones()
        self.moved: dict[str, list[Any]] | None = None

    def __iter__(self) -> Iterator[Record]:
        """Yield a row for each entry; a broken one has a problem, and the next ones are read on."""
        left_out: dict[str, list[int]] = {}
        self._look_ahead()
        for entry in entries(self.source):
            if entry.problem is None and entry.name not in ENTRIES:
                if entry.name not in ("VTIMEZONE", "STANDARD", "DAYLIGHT"):
                    left_out.setdefault(entry.name, []).append(entry.line)
                continue
            try:
                record = self._record(entry, left_out)
            except Problem as problem:
                if entry.name not in problem.message:
                    problem.message = f"{entry.name}: {problem.message}"
                record = self.broken(entry.line, entry.raw.decode("utf-8", "replace"), problem)
            if record is not None:
                yield record
        for name, lines in left_out.items():
            plural = "s" if len(lines) != 1 else ""
            self.remarks.append((lines[0], "", f"{name} is left out: {len(lines):,} value{plural}", "left_out"))

    def _look_ahead(self) -> None:
        """Read what entries need to know of others: time zones, and the occurrences that were moved."""
        self.moved = {}
        with_rest = self.source.again()
        try:
            for entry in entries(with_rest):
                is_zone = entry.name == "VTIMEZONE"
                if entry.problem is not None or not (is_zone or b"RECURRENCE-ID" in entry.raw.upper()):
                    continue
                try:
                    component = self._component(entry)
                except Problem:
                    continue  # it is told when its row is read
                if is_zone:
                    self.zones.define(component)
                elif hasattr(component.get("RECURRENCE-ID"), "dt") and "X-MYCRM-MOVED" not in component:
                    self.moved.setdefault(str(component.get("UID")).strip(), []).append(component["RECURRENCE-ID"])
        finally:
            with_rest.close()

    def _component(self, entry: Entry) -> Any:
        """Return what the library makes of an entry; raises Problem where that is nothing."""
        if entry.problem is not None:
            raise entry.problem
        try:
            text = entry.raw.decode(self.source.encoding if _is_bytewise(self.source.encoding) else "utf-8")
        except UnicodeDecodeError as error:
            message = f"the {entry.name} is not {self.source.encoding.upper()}: byte {entry.raw[error.start]:#04x}"
            raise Problem("encoding", message) from None
        if "\0" in text:
            raise Problem("nul", f"the {entry.name} contains a NUL character")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the library guesses of names of zones, we settle ourselves
                return _without_broken(self.library.Component.from_ical(text + "\r\n"))
        except UNREADABLE as error:
            raise Problem("not_calendar", f"the {entry.name} cannot be read: {error}"[:200]) from None

    def _record(self, entry: Entry, left_out: dict[str, list[int]]) -> Record | None:
        """Return the row of an entry; None for an occurrence that is only taken out of its series."""
        component = self._component(entry)
        occurrence = component.get("RECURRENCE-ID")
        if occurrence is not None and ("X-MYCRM-MOVED" in component or _is_cancelled(component)):
            return None
        try:
            moved = (self.moved or {}).get(str(component.get("UID")).strip(), ()) if occurrence is None else ()
            cells = Cells(component, self.zones, moved).row()
        except UNREADABLE as error:
            raise Problem("not_calendar", f"the {entry.name} cannot be read: {error}"[:200]) from None
        for name in component:
            if name not in READ | SILENT and not name.startswith("X-"):
                left_out.setdefault(name, []).append(entry.line)
        for name in {str(name).upper() for name, _ in component.errors}:
            left_out.setdefault(f"unreadable {name}", []).append(entry.line)
        alarms = sum(part.name == "VALARM" for part in component.subcomponents)
        if alarms > 1:
            left_out.setdefault("further VALARM", []).extend([entry.line] * (alarms - 1))
        return Record(entry.line, list(cells))


def _without_broken(component: Any) -> Any:
    """Return a component without the properties that could not be read; its errors tell them."""
    for part in component.walk():
        for name in {str(name).upper() for name, _ in part.errors if name}:
            part.pop(name, None)
    return component


def _is_cancelled(component: Any) -> bool:
    return str(component.get("STATUS") or "").upper() == "CANCELLED"


def _is_bytewise(encoding: str) -> bool:
    from mycrm_cli.services.transfer.lines import BYTEWISE

    return encoding.startswith(BYTEWISE)
