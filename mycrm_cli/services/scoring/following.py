"""The scores of contacts: they follow their leads, and what they themselves did.

A contact's leads are those that became it and those with its address. It is rated by the same model as leads, by its
own position and company, what its leads tell of source and value, and all that it and its leads did; an open lead
that stands higher counts instead. A contact without leads and events keeps what somebody typed.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.services import rows
from mycrm_cli.services.scoring import events, models, signals
from mycrm_cli.services.scoring.facts import Leads
from mycrm_cli.services.scoring.inputs import DAY, SIGNALS, Facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.services.scoring.events import Events
    from mycrm_cli.services.scoring.models import Model
    from mycrm_cli.services.work import Work

BATCH = 5_000
"""Contacts of one transaction."""
ROUND = 7
"""Days in which every contact is looked at: time alone moves scores, and no contact remembers when."""
MARK = "followed"
"""Among the figures of a model: the moment as of which contacts were looked at last."""
CONTACT = (
    *("id", "number", "first_name", "last_name", "created_at", "source", "job_title", "email", "company", "score"),
    *("do_not_call", "do_not_email"),
)
LEAD = (
    *("id", "email", "converted_contact_id", "created_at", "source", "job_title", "company", "estimated_value"),
    *("status", "score", "is_deleted", "custom_fields"),
)


class Person(NamedTuple):
    """A contact, in the order of ``CONTACT``."""

    id: UUID
    number: int
    first_name: str | None
    last_name: str | None
    created_at: datetime
    source: str | None
    job_title: str | None
    email: str | None
    company: str | None
    score: int | None
    do_not_call: bool
    do_not_email: bool


class Own(NamedTuple):
    """A lead of a contact, in the order of ``LEAD``."""

    id: UUID
    email: str | None
    converted_contact_id: UUID | None
    created_at: datetime
    source: str | None
    job_title: str | None
    company: str | None
    estimated_value: Any
    status: str
    score: int | None
    is_deleted: bool
    custom_fields: dict[str, Any]


def follow(begin: Callable[[], Work], model: Model, leads: Sequence[UUID] | None, as_of: datetime) -> int:
    """Score the contacts of leads that were scored and those that something happened with; None: all contacts.

    Return how many have another score now.
    """
    with begin() as work:
        if not rows.exist(work.connection, work.scope, catalog.entity("contact")):
            return 0
        last = model.metrics.get(MARK)
        ids = None if leads is None or last is None else due(work, leads, datetime.fromisoformat(last), as_of)
    changed, after = 0, UUID(int=0)
    while True:
        with begin() as work:
            part = page(work, after) if ids is None else ids[:BATCH]
            changed += score(work, models.engine(model), part, as_of)
            if len(part) < BATCH:
                # Where nobody was looked at, nothing is written, and the next run looks at the same time and more.
                if part or changed or ids is None:
                    mark(work, as_of)
                return changed
            after = part[-1]
            ids = None if ids is None else ids[BATCH:]


def mark(work: Work, as_of: datetime) -> None:
    """Note until when contacts were looked at."""
    model = models.active(work)
    if model is not None:
        values = {"metrics": model.metrics | {MARK: as_of.isoformat()}}
        rows.update(work.connection, work.scope, catalog.entity("scoring_models"), [(model.id, values)])


def page(work: Work, after: UUID) -> list[UUID]:
    """Return the next contacts in the order of their ids."""
    return _ids(work, "id > ? ORDER BY id LIMIT ?", ["id"], [after], [BATCH])


def due(work: Work, leads: Sequence[UUID], last: datetime, as_of: datetime) -> list[UUID]:
    """Return the contacts that changed since the last run, those of leads, and those whose day it is."""
    found = set(_ids(work, "(updated_at >= ? OR last_activity_at >= ?)", ["updated_at"] * 2, [last, last]))
    if as_of.date() != last.date():
        found.update(_ids(work, "number % ? = ?", [], [], [ROUND, as_of.date().toordinal() % ROUND]))
    lead, contact = catalog.entity("lead"), catalog.entity("contact")
    told = list(rows.fetch(work.connection, work.scope, lead, "id", leads, ["email", "converted_contact_id"]))
    addresses = {email for email, _ in told if email}
    found.update(id for _, id in told if id)
    found.update(id for (id,) in rows.fetch(work.connection, work.scope, contact, "email", sorted(addresses), ["id"]))
    return sorted(found)


def _ids(work: Work, where: str, names: Sequence[str], values: Sequence[Any], rest: Sequence[Any] = ()) -> list[UUID]:
    """Return the ids of contacts that are not in the trash and fit; ``values`` are those of columns."""
    sqlite, entity = work.connection.dialect == "sqlite", catalog.entity("contact")
    own = work.scope.organization_id
    params = [own.bytes if sqlite else own]
    params += rows.converted(values, rows.savers(entity, names, work.connection.dialect))
    live = "is_deleted = 0" if sqlite else "NOT is_deleted"
    # A plus sign keeps SQLite from the organization's indexes: contacts come in the order of their ids.
    mine = f"{'+' if sqlite and 'LIMIT' in where else ''}organization_id = ?"
    found = work.connection.execute(f"SELECT id FROM contacts WHERE {mine} AND {live} AND {where}", [*params, *rest])
    return [UUID(bytes=id) if sqlite else id for (id,) in found]


def score(work: Work, engine: Any, ids: Sequence[UUID], as_of: datetime) -> int:
    """Score contacts and write what is different; return how many have another score."""
    changes = []
    for part in rows.chunks(list(ids)):
        people = [Person(*row) for row in _fetch(work, "contact", "id", part, CONTACT)]
        owned = leads_of(work, people)
        done = events_of(work, people, owned)
        known = [person for person in people if owned[person.id] or done[person.id].happened]
        facts = facts_of(work, engine, known, owned, done, as_of)
        for person, rating in zip(known, engine.rate(facts, as_of.timestamp()), strict=True):
            best = [
                lead.score for lead in owned[person.id] if lead.status not in CLOSED_LEAD and lead.score is not None
            ]
            new = max(rating.score, *best, 0)
            if new != person.score:
                changes.append((person.id, {"score": new}))
    rows.update(work.connection, work.scope, catalog.entity("contact"), changes)
    return len(changes)


def _fetch(work: Work, noun: str, column: str, keys: Sequence[Any], names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return rows.fetch(work.connection, work.scope, catalog.entity(noun), column, keys, names)


def leads_of(work: Work, people: Sequence[Person]) -> dict[UUID, list[Own]]:
    """Return the leads of contacts, each once, in the order of their ids."""
    addresses: dict[str, list[UUID]] = {}
    for person in people:
        if person.email:
            addresses.setdefault(person.email, []).append(person.id)
    found: dict[UUID, dict[UUID, Own]] = {person.id: {} for person in people}
    for row in _fetch(work, "lead", "converted_contact_id", list(found), LEAD):
        lead = Own(*row)
        if lead.converted_contact_id in found and not lead.is_deleted:
            found[lead.converted_contact_id][lead.id] = lead
    for row in _fetch(work, "lead", "email", sorted(addresses), LEAD):
        lead = Own(*row)
        for id in addresses.get(lead.email or "", ()):
            # A lead that became somebody else is that contact's.
            if not lead.is_deleted and lead.converted_contact_id in (None, id):
                found[id][lead.id] = lead
    return {id: [leads[key] for key in sorted(leads)] for id, leads in found.items()}


def events_of(work: Work, people: Sequence[Person], owned: dict[UUID, list[Own]]) -> dict[UUID, Events]:
    """Return what contacts and their leads did, each event once."""
    stored, _ = events.converters(work.connection.dialect)
    leads = sorted({lead.id for each in owned.values() for lead in each})
    theirs = events.of(work, leads) if leads else {}
    beside = {stored(id): {stored(lead.id) for lead in each} for id, each in owned.items()}
    own = events.of(work, [person.id for person in people], beside=beside)
    found = {}
    for person in people:
        done = found[person.id] = own[stored(person.id)]
        for lead in owned[person.id]:
            done.happened += theirs[stored(lead.id)].happened
            done.bounces += theirs[stored(lead.id)].bounces
    return found


def facts_of(
    work: Work,
    engine: Any,
    people: Sequence[Person],
    owned: dict[UUID, list[Own]],
    done: dict[UUID, Events],
    as_of: datetime,
) -> list[Facts]:
    """Return the facts of contacts."""
    _, loaded = events.converters(work.connection.dialect)
    until = events.stored_moment(work.connection.dialect, as_of)
    rates = {signal: 1 / (DAY * days) for signal, days in engine.half_lives.items() if signal in SIGNALS}
    firms = Leads(work).firms([(person.email, company_of(person, owned[person.id])) for person in people])
    addresses = sorted({person.email for person in people if person.email})
    refused = dict(_fetch(work, "suppressions", "email", addresses, ["email", "reason"]))
    return [
        models.with_sums(
            fact_of(person, owned[person.id], firm, refused), signals.summed(done[person.id], until, rates, loaded)
        )
        for person, firm in zip(people, firms, strict=True)
    ]


def company_of(person: Person, leads: Sequence[Own]) -> str | None:
    """Return the company that a contact or else its newest lead names."""
    return person.company or next((lead.company for lead in reversed(leads) if lead.company), None)


def fact_of(person: Person, leads: Sequence[Own], firm: Any, refused: dict[Any, Any]) -> Facts:
    """Return the facts of a contact without its signals; what it does not say its newest leads may."""
    values = [float(lead.estimated_value) for lead in leads if lead.estimated_value is not None]
    sources = [one.source for one in (person, *reversed(leads)) if one.source not in (None, "other")]
    titles = [one.job_title for one in (person, *reversed(leads)) if one.job_title]
    return Facts(
        id=person.id,
        number=person.number,
        name=" ".join(filter(None, (person.first_name, person.last_name))),
        status="contact",
        created_at=min([person.created_at, *(lead.created_at for lead in leads)]).timestamp(),
        source=sources[0] if sources else None,
        job_title=titles[0] if titles else None,
        email=person.email,
        estimated_value=max(values, default=None),
        employees=firm.employees,
        revenue=firm.revenue,
        industry=firm.industry,
        landmark_at=None,
        sums=None,
        latest={},
        last_inbound_at=None,
        bounced_at=None,
        no_mail=refused.get(person.email) or ("unsubscribe" if person.do_not_email else None),
        do_not_call=person.do_not_call,
        custom=leads[-1].custom_fields if leads else {},
    )
