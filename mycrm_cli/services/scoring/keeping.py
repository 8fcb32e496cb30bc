"""Whether the stored signals of leads are what their events come to, and how they are made so."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog, clock
from mycrm_cli.services import bound, rows
from mycrm_cli.services.scoring import marks, signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.scoring.signals import Sums
    from mycrm_cli.services.work import Work

BATCH = 5000
"""Leads that are compared at a time."""
STORED = ("lead_id", "updated_at", "landmark_at", "sums", "event_count", "last_inbound_at", "bounced_at", "is_dirty")


class Difference(NamedTuple):
    """A field of a lead's signals that is stored otherwise than its events say."""

    lead_id: UUID
    field: str
    stored: Any
    expected: Any


class Standing(NamedTuple):
    """How many leads have signals, and how many of them changed since; ``waiting`` are notes not gathered yet."""

    leads: int
    dirty: int
    waiting: int


def standing(reader: Reader | Work) -> Standing:
    """Return how many leads have signals, and how many wait for a run."""
    yes = "= 1" if reader.connection.dialect == "sqlite" else ""
    statement = "SELECT count(*) FROM lead_signals WHERE organization_id = ?"
    leads, dirty = (
        int(reader.connection.execute(statement + condition, [bound.organization(reader)]).fetchone()[0])
        for condition in ("", f" AND is_dirty {yes}")
    )
    return Standing(leads, dirty, marks.waiting(reader))


def check(reader: Reader | Work, half_lives: Mapping[str, float]) -> Iterator[Difference]:
    """Yield what is stored otherwise than the events of a lead say, of all leads that are not marked as changed.

    Leads that a note means which no run has gathered count as marked: on a database that is at rest, gather first.
    """
    for stored in _stored(reader):
        clean = [row for row in stored if not row["is_dirty"]]
        fresh = signals.rebuilt_each(reader, {row["lead_id"]: row["updated_at"] for row in clean}, half_lives)
        for row in clean:
            yield from _differences(row, fresh[row["lead_id"]])


def rebuild(work: Work, half_lives: Mapping[str, float], tell: Callable[[int], None] | None = None) -> int:
    """Count the events of all leads that have been scored anew, and mark those that come out otherwise.

    Return how many did. What they score follows with the next run.
    """
    marks.gather(work)
    moment, done, wrong = clock.now(), 0, 0
    for stored in _stored(work):
        fresh = signals.rebuilt(work, [row["lead_id"] for row in stored], half_lives, moment)
        other = [row["lead_id"] for row in stored if any(_differences(row, fresh[row["lead_id"]]))]
        store(work, {id: fresh[id] for id in other}, moment)
        marks.mark(work, other)
        done, wrong = done + len(stored), wrong + len(other)
        if tell:
            tell(done)
    return wrong


def _stored(source: Reader | Work) -> Iterator[list[dict[str, Any]]]:
    """Yield what is stored, some leads at a time, in the order of their ids."""
    entity, sqlite = catalog.entity("lead_signals"), source.connection.dialect == "sqlite"
    loaders = [entity.fields[name].kind.loader(source.connection.dialect) for name in STORED]
    statement = (
        f"SELECT {', '.join(STORED)} FROM lead_signals WHERE organization_id = ? AND lead_id > ?"
        " ORDER BY lead_id LIMIT ?"
    )
    last = UUID(int=0)
    while True:
        after = last.bytes if sqlite else last
        found = source.connection.execute(statement, [bound.organization(source), after, BATCH]).fetchall()
        if found:
            stored = [dict(zip(STORED, row, strict=True)) for row in rows.loaded(found, loaders)]
            last = stored[-1]["lead_id"]
            yield stored
        if len(found) < BATCH:
            return


def _differences(stored: Mapping[str, Any], fresh: Sums) -> Iterator[Difference]:
    for name in ("landmark_at", "sums", "event_count", "last_inbound_at", "bounced_at"):
        expected = getattr(fresh, name)
        if stored[name] != expected:
            yield Difference(stored["lead_id"], name, stored[name], expected)


def store(work: Work, found: Mapping[UUID, Sums], moment: datetime) -> None:
    """Store the sums of leads that have been scored, as they were at a moment."""
    names = ("landmark_at", "sums", "latest", "event_count", "last_inbound_at", "bounced_at")
    values = {id: {name: _value(getattr(new, name)) for name in names} for id, new in found.items()}
    entity = catalog.entity("lead_signals")
    columns = [*names, "updated_at", "organization_id", "lead_id"]
    functions = rows.savers(entity, columns, work.connection.dialect)
    sets = ", ".join(f"{name} = {_mark(work, entity.fields[name].kind_name)}" for name in (*names, "updated_at"))
    given: Sequence[list[Any]] = [
        [*value.values(), moment, work.scope.organization_id, id] for id, value in values.items()
    ]
    work.connection.executemany(
        f"UPDATE lead_signals SET {sets} WHERE organization_id = ? AND lead_id = ?",
        [rows.converted(row, functions) for row in given],
    )


def _mark(work: Work, kind: str) -> str:
    return "CAST(? AS jsonb)" if kind == "json" and work.connection.dialect == "postgresql" else "?"


def _value(value: Any) -> Any:
    """Return a field as it is stored: when signals were seen last in seconds since 1970."""
    if hasattr(value, "items"):
        return {name: part.timestamp() if hasattr(part, "timestamp") else part for name, part in value.items()}
    return value
