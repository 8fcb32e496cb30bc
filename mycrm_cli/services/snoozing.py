"""How far a task is put off: ``+2d``, ``2h``, ``fri``, ``2026-12-01``."""

from __future__ import annotations

from datetime import datetime, time

from mycrm_cli import clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import OFFSET, parse, shifted
from mycrm_cli.services import recurrence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.scope import Locale
    from mycrm_cli.services.rows import Row

DAY_END = time(23, 59, 59)


class Delay:
    """How far tasks are put off; raises Invalid for a text that is neither a distance nor a date.

    A distance counts from the due date, or from now where that lies back. Days keep the clock time of the due
    date, hours and minutes are exact; a date without a clock time keeps the task's.
    """

    def __init__(self, text: str, locale: Locale) -> None:
        self.text = text.strip().lower()
        self.zone = locale.timezone
        self.now = clock.now()
        self.exact = self.text[-1:] in ("h", "m") or self.text[-3:] == "min"
        self.text = self.text.removesuffix("in") if self.text.endswith("min") else self.text
        self.relative = OFFSET.fullmatch(self.text) is not None and not self.text.startswith("-")
        try:
            self.target = None if self.relative else parse(text, locale)
        except BadValue as error:
            raise self._bad(error.message, error.code) from None

    def _bad(self, message: str, code: str) -> Invalid:
        hint = "say how far, such as +2d or 2h, or until when, such as fri or 2026-12-01"
        return Invalid(f"to: {message}", details=[{"field": "due_date", "code": code}], hint=hint)

    def moved(self, due: datetime | None, reminder: datetime | None) -> Row:
        """Return the new due date and reminder; a task without a due date is put off by its reminder."""
        start = due or reminder
        if start is None:
            return {"due_date": self.later(None)}
        target = self.later(start)
        ahead = self._local(target) - self._local(start)
        if due is None or reminder is None:
            return {"due_date" if reminder is None else "reminder_at": target}
        return {"due_date": target, "reminder_at": recurrence.moment(self._local(reminder) + ahead, self.zone)}

    def later(self, start: datetime | None) -> datetime:
        """Return until when something is put off that was due at ``start``."""
        if self.relative:
            return self._shifted(start)
        if isinstance(self.target, datetime):
            return self.target
        assert self.target is not None
        clock_time = DAY_END if start is None else self._local(start).time()
        return recurrence.moment(datetime.combine(self.target, clock_time), self.zone)

    def _shifted(self, start: datetime | None) -> datetime:
        base = self.now if start is None else max(self.now, start)
        if self.exact:
            return (shifted(self.text, base) or base).replace(microsecond=0)
        clock_time = DAY_END if start is None else self._local(start).time()
        day = datetime.combine(self._local(base).date(), clock_time)
        try:
            return recurrence.moment(shifted(self.text, day) or day, self.zone)
        except (BadValue, OverflowError):
            raise self._bad(f"{self.text!r} is too far away", "out_of_range") from None

    def _local(self, moment: datetime) -> datetime:
        return recurrence.local_time(moment, self.zone)
