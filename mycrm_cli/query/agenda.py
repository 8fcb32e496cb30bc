"""What is to be done, by when: open tasks in sections."""

from __future__ import annotations

from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.kinds.times import zone
from mycrm_cli.query.nodes import Compare, Value, all_of, equals
from mycrm_cli.query.select import Select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.query.select import Column

SECTIONS = ("overdue", "today", "soon", "later", "someday")
OPEN = ("pending", "in_progress")
FIELDS = ("id", "number", "title", "due_date", "priority", "task_type", "contact", "company", "lead", "deal")


class Agenda:
    """The open tasks of a user (a reference, ``me``) or of all; ``soon`` are those of the next days behind today."""

    def __init__(self, reader: Reader, user: str | None, days: int) -> None:
        self.reader = reader
        nodes = [equals("status", *OPEN)]
        if user is not None:
            nodes.append(Compare("assigned_to", "=", [Value(user)]))
        fields = [*FIELDS, "assigned_to"] if user is None else list(FIELDS)
        self.rows = reader.rows(Select(catalog.entity("task"), fields, where=all_of(nodes), sort="due,number"))
        self.now = clock.now()
        self.zone = zone(reader.scope.locale.timezone)
        self.today = self.now.astimezone(self.zone).date()
        self.last = self.today + timedelta(days)

    @property
    def columns(self) -> list[Column]:
        """The columns of the rows."""
        return self.rows.columns

    def __iter__(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield (section, row), the earliest first, tasks without a date last."""
        place = FIELDS.index("due_date")
        for row in self.rows:
            yield self.section(row[place]), row

    def section(self, due: datetime | None) -> str:
        """Return the section of a due date; a day alone lasts until its end."""
        if due is None:
            return "someday"
        if due < self.now:
            return "overdue"
        day = due.astimezone(self.zone).date()
        return "today" if day == self.today else "soon" if day <= self.last else "later"
