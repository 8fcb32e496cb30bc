"""What mail servers and providers report: written down once, and what follows from it for messages and people.

The same report again changes nothing, and the order of reports does not matter. A report that names a message which
this organization did not send is not about it: nothing of it is kept. Reports are not journaled and move neither
versions nor ``updated_at``: nobody who edits a record at the time meets a conflict.
"""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.ids import uuid7s
from mycrm_cli.services import rows
from mycrm_cli.services.mail import eventeffects, eventmatching
from mycrm_cli.services.mail.happening import Event, Found
from mycrm_cli.services.people import tombstones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from mycrm_cli.services.work import Work

__all__ = ["Applied", "Event", "apply"]

COLUMNS = (
    "id", "organization_id", "created_at", "email_id", "provider", "event_id", "type", "occurred_at", "message_id",
    "provider_key", "address", "url", "data",
)  # fmt: skip


class Applied(NamedTuple):
    """How many reports were new, known before, and about no message of ours, and how many addresses get no more mail.

    ``unmatched`` includes those that only put an address on the list.
    """

    new: int = 0
    known: int = 0
    unmatched: int = 0
    suppressed: int = 0


def apply(work: Work, events: Iterable[Event], *, foreign: bool = False) -> Applied:
    """Write down what is new among reports, and move messages, people, the list and sequences along.

    ``foreign`` also takes the addresses of reports on messages that were not sent from here, such as those that
    another program sends through the same account.
    """
    several = list({(event.provider, event.event_id): normal(event) for event in events}.values())
    several = _of_living(work, several)
    fresh = _unknown(work, several)
    found = eventmatching.match(work, fresh)
    kept = [each for each in found if each.is_kept or foreign]
    done = written(work, kept)
    waited = eventmatching.adopt(work, done)
    named = {(each.event.provider, each.event.event_id) for each in waited}
    settled = [each for each in done if (each.event.provider, each.event.event_id) not in named]
    suppressed = eventeffects.follow(work, [*settled, *waited])
    unmatched = sum(each.email_id is None for each in settled) + len(found) - len(kept)
    known = len(several) - len(fresh) + len(kept) - len(done)
    return Applied(len(done), known, unmatched, suppressed)


def normal(event: Event) -> Event:
    """Return a report with its address and its Message-ID as they are compared."""
    address = event.address.strip().lower() if event.address else None
    named = event.message_id.strip() if event.message_id else None
    return event._replace(address=address or None, message_id=named or None)


def _of_living(work: Work, events: list[Event]) -> list[Event]:
    """Leave out what is about people who were erased: nothing brings them back."""
    addresses = {event.address for event in events if event.address}
    if not addresses or not tombstones.salts_of(work, "email_events"):
        return events
    erased = {value for _, value in tombstones.among(work, [("email", address) for address in addresses])}
    return [event for event in events if event.address not in erased]


def _unknown(work: Work, events: Sequence[Event]) -> list[Event]:
    """Return the reports that are not written down yet."""
    entity, known = catalog.entity("email_events"), set[tuple[str, str]]()
    for provider in {event.provider for event in events}:
        ids = [event.event_id for event in events if event.provider == provider]
        within: rows.Row = {"provider": provider}
        found = rows.fetch(work.connection, work.scope, entity, "event_id", ids, ["event_id"], within=within)
        known |= {(provider, row[0]) for row in found}
    return [event for event in events if (event.provider, event.event_id) not in known]


def written(work: Work, found: Sequence[Found]) -> list[Found]:
    """Write reports down and return those that nobody else has written in the meantime.

    They go in one order, so that two who write the same wait for each other only one way.
    """
    convert = rows.converter(rows.savers(catalog.entity("email_events"), COLUMNS, work.connection.dialect))
    now, done = clock.now(), list[Found]()
    for chunk in rows.chunks(sorted(found, key=lambda each: (each.event.provider, each.event.event_id))):
        params: list[Any] = []
        own: dict[tuple[str, str], Found] = {}
        for id, each in zip(uuid7s(len(chunk)), chunk, strict=True):
            own[each.event.provider, each.event.event_id] = each
            params += convert([id, work.scope.organization_id, now, *_values(each)])
        marks = f"({', '.join('?' * len(COLUMNS))})"
        stored = work.connection.execute(
            f"INSERT INTO email_events ({', '.join(COLUMNS)}) VALUES {', '.join([marks] * len(chunk))}"
            " ON CONFLICT (organization_id, provider, event_id) DO NOTHING RETURNING provider, event_id",
            params,
        ).fetchall()
        done += [own[provider, event_id] for provider, event_id in stored]
    return done


def _values(each: Found) -> list[Any]:
    """Return the columns of a report behind the common ones."""
    event, email_id = each.event, each.email_id
    more = {"bounce_type": event.bounce_type, "detail": event.detail}
    data = dict(event.data) | {name: value for name, value in more.items() if value is not None}
    row = [email_id, event.provider, event.event_id, event.type, event.occurred_at, event.message_id]
    return [*row, event.provider_key, event.address, event.url, data]
