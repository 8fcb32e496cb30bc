"""What a day brings for one user: tasks, new leads, deals that close this week, scores that moved."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.kinds.times import zone
from mycrm_cli.query import Reader, Select
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import Compare, Value, Virtual, all_of
from mycrm_cli.scope import Locale, Scope
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mycrm_cli.query.nodes import Node
    from mycrm_cli.services.audience import Person

SHOWN = 10
"""Records of one part; the rest is counted."""
MOVED = 5
"""Points by which a score has moved when it is worth a line."""
MOST_SCORED = 2_000
"""Leads whose scores are compared."""


class Entry(NamedTuple):
    """A record in a digest: how to call it, what it is, and what there is to say of it."""

    reference: str
    id: UUID
    title: str
    said: str


class Part(NamedTuple):
    """A part of a digest: its first records, how many there are, and the line that lists all."""

    key: str
    title: str
    entries: list[Entry]
    total: int
    more: str


def reader_of(reader: Reader, person: Person) -> Reader:
    """Return a reader that sees the organization as a person does, in their time zone."""
    scope, locale = reader.scope, reader.scope.locale
    own = Scope(
        scope.organization_id,
        person.id,
        person.role,
        organization=scope.organization,
        slug=scope.slug,
        email=person.email,
        locale=Locale(person.zone, locale.region, locale.currency),
    )
    return Reader(reader.connection, own)


def read(reader: Reader, since: datetime, now: datetime) -> list[Part]:
    """Return the parts that have something to say to the reader's user; ``since`` is when the last digest was."""
    new = Compare("created_at", ">", [Value(since.isoformat(), quoted=True)])
    found = [
        _tasks(reader, now),
        _leads(reader, all_of([Virtual("MINE"), new])),
        _deals(reader, now),
        _scores(reader, since),
    ]
    return [part for part in found if part.total]


def _tasks(reader: Reader, now: datetime) -> Part:
    where = parse(["assigned_to=me", "+TODO", "due<=today"])
    task, here = catalog.entity("task"), zone(reader.scope.locale.timezone)
    entries = []
    for id, number, title, due in _first(reader, "task", ["id", "number", "title", "due_date"], where, "due,number"):
        local = due.astimezone(here)
        said = f"overdue since {local:%Y-%m-%d %H:%M}" if due < now else f"due {local:%H:%M}"
        entries.append(Entry(f"T-{number}", id, title, said))
    more = "mycrm task list assigned_to=me +TODO 'due<=today'"
    return Part("tasks", "To do today", entries, reader.count(task, where), more)


def _leads(reader: Reader, where: Node | None) -> Part:
    names = ["id", "number", "name", "company", "source"]
    entries = [
        Entry(f"L-{number}", id, f"{name} ({company})" if company else name, source)
        for id, number, name, company, source in _first(reader, "lead", names, where, "-id")
    ]
    more = "mycrm lead list +MINE 'created>=-1d'"
    return Part("leads", "New leads", entries, reader.count(catalog.entity("lead"), where), more)


def _deals(reader: Reader, now: datetime) -> Part:
    where = parse(["status=open", "owner=me", "close<=eow"])
    today = now.astimezone(zone(reader.scope.locale.timezone)).date()
    names = ["id", "number", "name", "value", "currency", "expected_close_date"]
    entries = []
    for id, number, name, amount, currency, close in _first(reader, "deal", names, where, "close,number"):
        value = f"{amount:,.2f} {currency}, " if amount is not None else ""
        said = f"{value}{'was to close' if close < today else 'closes'} {close:%a %Y-%m-%d}"
        entries.append(Entry(f"D-{number}", id, name, said))
    more = "mycrm deal list status=open owner=me 'close<=eow'"
    return Part("deals", "Deals that close this week", entries, reader.count(catalog.entity("deal"), where), more)


def _scores(reader: Reader, since: datetime) -> Part:
    """Return the leads whose score moved since then, those that moved most first."""
    lead = catalog.entity("lead")
    where = all_of(
        [
            parse(["lead.owner=me or lead.assigned_to=me"]),
            Compare("scored_at", ">", [Value(since.isoformat(), quoted=True)]),
        ]
    )
    recent = reader.rows(Select(catalog.entity("score"), ["lead_id"], where=where, sort="id", limit=MOST_SCORED))
    ids = list(dict.fromkeys(id for (id,) in recent))
    before, after = _compared(reader, ids, since)
    moves = {id: after[id] - before[id] for id in ids if id in before and abs(after[id] - before[id]) >= MOVED}
    most = sorted(moves, key=lambda one: (-abs(moves[one]), one.int))
    found = rows.fetch(reader.connection, reader.scope, lead, "id", most[:SHOWN], ["id", "number", "name"])
    known = {id: (number, name) for id, number, name in found}
    entries = [
        Entry(f"L-{known[id][0]}", id, known[id][1], f"{before[id]} -> {after[id]} ({moves[id]:+d})")
        for id in most[:SHOWN]
        if id in known
    ]
    return Part("scores", "Scores that moved", entries, len(moves), "mycrm score list 'scored_at>=-1d'")


def _compared(reader: Reader, ids: list[UUID], since: datetime) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """Return the scores of leads as they were then, and as they are."""
    before: dict[UUID, int] = {}
    after: dict[UUID, int] = {}
    names = ["lead_id", "score", "scored_at", "id"]
    history = rows.fetch(reader.connection, reader.scope, catalog.entity("score"), "lead_id", ids, names)
    for id, score, at, _ in sorted(history, key=lambda row: (row[2], row[3].int)):
        after[id] = score
        if at <= since:
            before[id] = score
    return before, after


def _first(reader: Reader, noun: str, names: list[str], where: Node | None, sort: str) -> Iterable[tuple[Any, ...]]:
    return reader.rows(Select(catalog.entity(noun), names, where=where, sort=sort, limit=SHOWN))
