"""What leads did: the events of activities and e-mails that scores look at."""

from __future__ import annotations

import re

from mycrm_cli import catalog
from mycrm_cli.services import activities, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.work import Work

INBOUND = frozenset(("reply", "click", "call", "meeting", "visit"))
"""Signals that a lead gives on purpose; a mail program may open a message by itself."""
ALWAYS = {"meeting": "meeting", "form": "visit", "web_visit": "visit"}
"""Activities that are a signal whoever began them."""
CONNECTED = re.compile(r"\b(connected|answered|reached|talked|spoke)\b", re.IGNORECASE)
MISSED = re.compile(r"\b(not?|never|nobody|none|without|voice ?mail|busy|missed)\b|n't\b", re.IGNORECASE)

ACTIVITY = ("lead_id", "created_at", "activity_type", "occurred_at", "direction", "duration_minutes", "outcome")
EMAIL = (
    "lead_id",
    "created_at",
    "opened_at",
    "clicked_at",
    "replied_at",
    "bounced_at",
    "bounce_type",
    "from_email",
    "to_email",
    "sent_at",
    "status",
)


class Events:
    """The events of one lead, at moments as the database has them: text on SQLite, which sorts as time does."""

    __slots__ = ("bounces", "happened")

    def __init__(self) -> None:
        self.happened: list[tuple[str, Any]] = []
        self.bounces: list[Any] = []

    @property
    def is_known(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.happened or self.bounces)


def of(
    source: Reader | Work,
    ids: Sequence[UUID],
    known_at: datetime | None = None,
    *,
    beside: Mapping[Any, Collection[Any]] | None = None,
) -> dict[Any, Events]:
    """Return the events of leads by id as the database has it, with ``known_at`` only of rows written by then.

    With ``beside`` the ids are those of contacts, each with the leads whose events are told already.
    """
    stored_id, _ = converters(source.connection.dialect)
    found: dict[Any, Events] = {stored_id(id): Events() for id in ids}
    limit = None if known_at is None else stored_moment(source.connection.dialect, known_at)
    _activities(source, ids, found, limit, beside)
    _emails(source, ids, found, limit, beside)
    return found


def converters(dialect: str) -> tuple[Any, Any]:
    """Return the functions to the stored form of an id, and to a moment from its stored form."""
    from datetime import UTC, datetime

    if dialect == "sqlite":
        return (lambda key: key.bytes), datetime.fromisoformat
    return (lambda key: key), (lambda moment: moment.astimezone(UTC))


def stored_moment(dialect: str, moment: datetime) -> Any:
    """Return a moment in its stored form."""
    from mycrm_cli.kinds.times import stamp

    return stamp(moment) if dialect == "sqlite" else moment


def _rows(
    source: Reader | Work, name: str, ids: Sequence[UUID], columns: Sequence[str], beside: Mapping[Any, Any] | None
) -> Iterator[Sequence[Any]]:
    """Yield rows of leads, or of contacts without those of their leads."""
    entity, connection = catalog.entity(name), source.connection
    if beside is None:
        yield from rows.stored(connection, source.scope, entity, "lead_id", ids, columns)
        return
    for contact, lead, *row in rows.stored(
        connection, source.scope, entity, "contact_id", ids, ("contact_id", *columns)
    ):
        if lead not in beside.get(contact, ()):
            yield contact, *row


def _activities(
    source: Reader | Work, ids: Sequence[UUID], found: dict[Any, Events], limit: Any, beside: Mapping[Any, Any] | None
) -> None:
    for row in _rows(source, "activity", ids, ACTIVITY, beside):
        lead, created, kind, moment, direction, minutes, outcome = row
        if limit is not None and created > limit:
            continue
        signal = ALWAYS.get(kind)
        if signal is None and kind == "call":
            signal = "call" if direction == "inbound" or connected(minutes, outcome) else None
        elif signal is None and kind == "email" and direction == "inbound":
            signal = "reply"
        if signal is not None:
            found[lead].happened.append((signal, moment))


def connected(minutes: int | None, outcome: str | None) -> bool:
    """Return whether somebody spoke in a call of ours: what came of it counts before how long it took."""
    if outcome and MISSED.search(outcome):
        return False
    return bool(minutes) or bool(outcome and CONNECTED.search(outcome))


def _emails(
    source: Reader | Work, ids: Sequence[UUID], found: dict[Any, Events], limit: Any, beside: Mapping[Any, Any] | None
) -> None:
    own: dict[Any, Any] | None = None
    for row in _rows(source, "email", ids, EMAIL, beside):
        lead, created, opened, clicked, replied, bounced, bounce, sender, receiver, sent, status = row
        if limit is not None and created > limit:
            continue
        events = found[lead]
        if opened is not None:
            events.happened.append(("open", opened))
        if clicked is not None:
            events.happened.append(("click", clicked))
        if replied is not None:
            events.happened.append(("reply", replied))
        if bounced is not None and bounce != "soft":
            events.bounces.append(bounced)
        if sender is not None and sender != receiver and sent is not None and status not in activities.UNSENT:
            if own is None:
                people = catalog.entity("lead" if beside is None else "contact")
                addresses = rows.stored(source.connection, source.scope, people, "id", ids, ("id", "email"))
                own = {id: email for id, email in addresses}  # noqa: C416 - rows are sequences, not pairs
            if own.get(lead) == sender:
                events.happened.append(("reply", sent))
