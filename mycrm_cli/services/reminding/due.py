"""Which reminders are due: one for each task at most, with the moment that it is for.

A task is reminded of at its reminder; one without a reminder some time before it is due (``within``), and, where that
is asked for, once it is overdue and again every so often. What lies further back than the last one counts no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.kinds import BadValue
from mycrm_cli.services import recurrence, rows
from mycrm_cli.services.audience import zone_of
from mycrm_cli.services.reminding import quiet
from mycrm_cli.services.reminding.claims import HANDLED, in_doubt, may_be_tried_again

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope

OPEN = ("pending", "in_progress")


class Asked(NamedTuple):
    """What is asked for: the channel, the moment that is now, and what else is a reason to remind.

    ``user`` is whose reminders they are, None for everybody's; ``days`` or ``exact`` is after how long to repeat.
    ``loud`` leaves quiet hours out of account; ``again`` finds what is in doubt, or failed for good, as well.
    """

    channel: str
    now: datetime
    user: UUID | None
    within: timedelta | None = None
    overdue: bool = False
    days: int = 0
    exact: timedelta | None = None
    loud: bool = False
    again: bool = False


class Person(NamedTuple):
    """Somebody who is reminded."""

    id: UUID
    email: str
    name: str
    zone: str
    hours: str | None
    is_active: bool


class Due(NamedTuple):
    """A reminder that is due: the task's id and what it said, as the database has them, and the moment it is for."""

    task_id: Any
    moment: datetime
    person: Person | None
    reminder_at: Any
    due_date: Any
    user: Any
    message: str | None = None
    """The one in which it may have gone out: it is sent again in the same one."""


def people(connection: Connection, scope: Scope) -> dict[UUID, Person]:
    """Return the users of the organization by id; one without a time zone is where the organization is."""
    columns = ["id", "email", "first_name", "last_name", "timezone", "quiet_hours", "is_active"]
    found = rows.fetch(connection, scope, catalog.entity("user"), "organization_id", [scope.organization_id], columns)
    home = _home(connection, scope)
    return {
        id: Person(id, email, f"{first or ''} {last or ''}".strip(), zone_of(zone, home), hours, active)
        for id, email, first, last, zone, hours, active in found
    }


def _home(connection: Connection, scope: Scope) -> str:
    """Return the organization's time zone."""
    org = catalog.entity("org")
    [(settings,)] = rows.fetch(connection, scope, org, "id", [scope.organization_id], ["settings"])
    return str((settings or {}).get("timezone") or "UTC")


def find(connection: Connection, scope: Scope, asked: Asked) -> list[Due]:
    """Return what is due, person by person, the earliest first; nothing of users who have their quiet hours."""
    known = people(connection, scope)
    silent = {
        id for id, one in known.items()
        if not one.is_active or (not asked.loud and quiet.holds(one.hours, one.zone, asked.now))
    }  # fmt: skip
    load = catalog.entity("task").fields["due_date"].kind.loader(connection.dialect) or (lambda value: value)
    load_id = catalog.entity("task").fields["assigned_to_id"].kind.loader(connection.dialect) or (lambda value: value)

    @cache
    def person_of(user: Any) -> Person | None:
        return known.get(load_id(user)) if user is not None else None

    # Many tasks are due at the same minutes.
    @cache
    def moment(reminder: Any, due: Any, user: Any) -> datetime | None:
        at, until = (None if value is None else load(value) for value in (reminder, due))
        return moment_of(asked, at, until, person_of(user))

    @cache
    def loaded_last(last: Any) -> datetime:
        return load(last)  # type: ignore[no-any-return]

    doubts = in_doubt(connection, scope, asked.channel) if asked.again else {}
    found = []
    for task_id, reminder, due, user, last in _open(connection, scope, asked):
        person, latest = person_of(user), moment(reminder, due, user)
        if latest is None or (person is not None and person.id in silent):
            continue
        if last is None or loaded_last(last) < latest:
            message = doubts.get((task_id, latest)) if doubts else None
            found.append(Due(task_id, latest, person, reminder, due, user, message))
    found.sort(key=lambda one: (one.person.email if one.person else "", one.message or "", one.moment, one.task_id))
    return found


def moment_of(asked: Asked, reminder: datetime | None, due: datetime | None, person: Person | None) -> datetime | None:
    """Return the latest moment at which a task was to be reminded of, or None."""
    now, reasons = asked.now, []
    if reminder is not None and reminder <= now:
        reasons.append(reminder)
    if reminder is None and due is not None and asked.within is not None and abs(due - now) <= asked.within:
        reasons.append(due - asked.within)
    if asked.overdue and due is not None and due < now:
        reasons.append(due)
    return _repeated(asked, max(reasons), person.zone if person else "UTC") if reasons else None


def _repeated(asked: Asked, first: datetime, zone: str) -> datetime:
    """Return the last repetition of a moment; days keep the clock time where the user is."""
    if asked.exact:
        return first + (asked.now - first) // asked.exact * asked.exact
    if not asked.days:
        return first
    try:
        local = recurrence.local_time(first, zone)
        count = (recurrence.local_time(asked.now, zone).date() - local.date()).days // asked.days
        moment = recurrence.moment(local + timedelta(count * asked.days), zone)
        return moment if moment <= asked.now else recurrence.moment(local + timedelta((count - 1) * asked.days), zone)
    except BadValue:
        return first


def _open(connection: Connection, scope: Scope, asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Yield (id, reminder, due date, user, last reminder) of open tasks that come into question, as they are stored.

    A task that is deleted is gone for good; those that are done or cancelled are not open.
    """
    task, dialect = catalog.entity("task"), connection.dialect
    [save_id, save] = rows.savers(task, ["organization_id", "reminder_at"], dialect)
    save, save_id = save or (lambda value: value), save_id or (lambda value: value)
    own = save_id(scope.organization_id)
    again, again_params = may_be_tried_again(asked.now, save, again=asked.again)
    reasons, params = _reasons(asked, save)
    whose = ""
    if asked.user is not None:
        whose = " AND COALESCE(t.assigned_to_id, t.created_by_id) = ?"
        params.append(save_id(asked.user))
    select = (
        "SELECT t.id, t.reminder_at, t.due_date, COALESCE(t.assigned_to_id, t.created_by_id) AS person,"
        " (SELECT MAX(d.reminder_at) FROM reminder_deliveries AS d WHERE d.organization_id = ? AND d.task_id = t.id"
        f" AND d.channel IN (?, '{HANDLED}') AND NOT {again}) AS last"
        f" FROM tasks AS t WHERE t.organization_id = ? AND t.status IN ({', '.join('?' * len(OPEN))})"
        f" AND ({reasons}){whose}"
    )
    found: Iterator[tuple[Any, ...]] = connection.execute(
        f"SELECT l.id, l.reminder_at, l.due_date, l.person, l.last FROM ({select}) AS l{_news(asked)}",
        [own, asked.channel, *again_params, own, *OPEN, *params],
    )
    return found


def _reasons(asked: Asked, save: Callable[[datetime], Any]) -> tuple[str, list[Any]]:
    """Return the condition for tasks that there may be a reason to remind of, with its parameters."""
    reasons, params = ["t.reminder_at <= ?"], [save(asked.now)]
    if asked.within is not None:
        reasons.append("(t.reminder_at IS NULL AND t.due_date BETWEEN ? AND ?)")
        params += [save(asked.now - asked.within), save(asked.now + asked.within)]
    if asked.overdue:
        reasons.append("t.due_date < ?")
        params.append(save(asked.now))
    return " OR ".join(reasons), params


def _news(asked: Asked) -> str:
    """Return the condition for what was not reminded of yet, so that a run with nothing to do reads little."""
    if asked.days or asked.exact:
        return ""
    found = ["l.last IS NULL", "l.last < l.reminder_at"]
    if asked.within is not None or asked.overdue:
        found.append("l.last < l.due_date")
    return f" WHERE {' OR '.join(found)}"
