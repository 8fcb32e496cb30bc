"""Writes what scoring found: the lead's score, the state of its signals, and the history where something moved.

None of it is journaled, and the leads' ``updated_at`` stays: it follows from what is there, at any time again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog, clock
from mycrm_cli.ids import uuid7s
from mycrm_cli.kinds.times import stamp
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.services import copying, many, rows
from mycrm_cli.services.scoring.rules import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.scoring.batch import Counts, Found
    from mycrm_cli.services.work import Work

CHUNK = 5000
"""Rows of one statement on PostgreSQL."""
KEYS = ("lead_id", "marks", "is_dirty")
"""What is not simply overwritten of signals that are there."""
MOMENTS = ("landmark_at", "last_inbound_at", "bounced_at", "expires_at")


class Scored(NamedTuple):
    """What is to be written of a lead; ``breakdown`` are its components in the order of ``COMPONENTS``."""

    id: bytes
    score: int
    grade: str
    breakdown: tuple[int, ...]


class Entry(NamedTuple):
    """A row of the history; ``factors`` is JSON, ``confidence`` a decimal's text, ``expires_at`` seconds since 1970."""

    id: bytes
    score: int
    grade: str
    breakdown: tuple[int, ...]
    factors: str
    recommendation: str
    confidence: str
    expires_at: float


class State(NamedTuple):
    """What is kept of a lead's signals; the moments are seconds since 1970."""

    lead_id: bytes
    landmark_at: float | None
    sums: dict[str, float]
    latest: dict[str, float]
    event_count: int
    last_inbound_at: float | None
    bounced_at: float | None
    is_dirty: bool
    marks: int
    recorded_score: int | None
    expires_at: float | None


def write(work: Work, found: Found, version: str, as_of: datetime) -> Counts:
    """Write what was found of some leads, and return how much it was.

    What became of leads since they were read counts: those that are gone get nothing, those that keep their score now
    keep it. The next run looks at them again.
    """
    found = still(work, found)
    leads(work, found.scored)
    history(work, found.entries, version, as_of)
    states(work, found.states, as_of)
    expiries(work, found.expiries, as_of)
    return found.counts


def still(work: Work, found: Found) -> Found:
    """Return what is to be written of leads that are there and open, and hold them until the end of the transaction."""
    parts = (found.scored, found.entries, found.states, found.expiries)
    ids = sorted({row[0] for part in parts for row in part})
    own, sqlite = work.scope.organization_id, work.connection.dialect == "sqlite"
    is_open: dict[bytes, bool] = {}
    size = rows.CHUNK if sqlite else CHUNK
    for start in range(0, len(ids), size):
        some = ids[start : start + size]
        among = f"IN ({', '.join('?' * len(some))})" if sqlite else "= ANY(CAST(? AS uuid[]))"
        answer = work.connection.execute(
            f"SELECT id, is_deleted, score_locked, status FROM leads WHERE organization_id = ? AND id {among}"
            + ("" if sqlite else " ORDER BY id FOR NO KEY UPDATE"),
            [own.bytes, *some] if sqlite else [own, many.array([UUID(bytes=id) for id in some])],
        )
        is_open |= {
            id if sqlite else id.bytes: not (deleted or locked or status in CLOSED_LEAD)
            for id, deleted, locked, status in answer
        }
    scored, entries, expiries = ([row for row in part if is_open.get(row[0])] for part in (*parts[:2], parts[3]))
    states = [row for row in found.states if is_open.get(row[0]) or (row[0] in is_open and row[-1] is None)]
    return found._replace(scored=scored, entries=entries, states=states, expiries=expiries)


@lru_cache(maxsize=20_000)
def broken_down(breakdown: tuple[int, ...]) -> str:
    """Return components as JSON."""
    return "{" + ",".join(f'"{name}":{points}' for name, points in zip(COMPONENTS, breakdown, strict=True)) + "}"


def leads(work: Work, scored: Sequence[tuple[Any, ...]]) -> None:
    """Write scores, grades and components of leads (``Scored``); a score that was set by hand meanwhile stays."""
    own, connection = work.scope.organization_id, work.connection
    values = [(score, grade, broken_down(breakdown), id) for id, score, grade, breakdown in scored]
    if connection.dialect == "sqlite":
        connection.executemany(
            "UPDATE leads SET score = ?, grade = ?, score_breakdown = ?"
            " WHERE organization_id = ? AND id = ? AND score_locked = 0",
            [(*rest, own.bytes, id) for *rest, id in values],
        )
        return
    for start in range(0, len(values), CHUNK):
        columns = zip(*values[start : start + CHUNK], strict=True)
        connection.execute(
            "UPDATE leads AS l SET score = v.score, grade = v.grade, score_breakdown = CAST(v.parts AS jsonb)"
            " FROM unnest(CAST(? AS integer[]), CAST(? AS text[]), CAST(? AS text[]), CAST(? AS uuid[]))"
            " AS v(score, grade, parts, id) WHERE l.organization_id = ? AND l.id = v.id AND NOT l.score_locked",
            [*map(many.array, columns), own],
        )


def history(work: Work, entries: Sequence[tuple[Any, ...]], version: str, as_of: datetime) -> None:
    """Write rows of the history (``Entry``)."""
    if not entries:
        return
    told = dict(zip(Entry._fields, zip(*entries, strict=True), strict=True))
    count = len(entries)
    columns: dict[str, Sequence[Any]] = {
        **told,
        "id": uuid7s(count),
        "organization_id": [work.scope.organization_id] * count,
        "lead_id": [UUID(bytes=id) for id in told["id"]],
        "breakdown": list(map(broken_down, told["breakdown"])),
        "confidence": list(map(Decimal, told["confidence"])),
        "model_version": [version] * count,
        "scored_at": [as_of] * count,
        "expires_at": [datetime.fromtimestamp(moment, UTC) for moment in told["expires_at"]],
    }
    entity = catalog.entity("score")
    if copying.possible(work.connection, entity, count):
        copying.insert_stored(work.connection, entity, columns)
        return
    _insert(work, entity, columns)


def _insert(work: Work, entity: Entity, columns: dict[str, Sequence[Any]]) -> None:
    """Insert rows given as columns, whose JSON is text."""
    savers = rows.savers(entity, list(columns), work.connection.dialect)
    values = [
        told if save is None or entity.fields[name].kind_name == "json" else [save(value) for value in told]
        for (name, told), save in zip(columns.items(), savers, strict=True)
    ]
    marks = ", ".join("CAST(? AS jsonb)" if name in ("breakdown", "factors") else "?" for name in columns)
    if work.connection.dialect == "sqlite":
        marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {entity.table} ({', '.join(columns)}) VALUES ({marks})"
    work.connection.executemany(statement, list(zip(*values, strict=True)))


def states(work: Work, found: Sequence[tuple[Any, ...]], as_of: datetime) -> None:
    """Write the state of leads' signals (``State``); what was marked meanwhile stays marked."""
    if not found:
        return
    entity, connection = catalog.entity("lead_signals"), work.connection
    told = dict(zip(State._fields, zip(*found, strict=True), strict=True))
    told["lead_id"] = tuple(UUID(bytes=id) for id in told["lead_id"])
    for name in MOMENTS:
        told[name] = tuple(None if moment is None else datetime.fromtimestamp(moment, UTC) for moment in told[name])
    own = {"organization_id": work.scope.organization_id, "scored_at": as_of, "updated_at": as_of}
    if copying.possible(connection, entity, len(found)):
        columns = {name: copying.texts(*_copied(entity, name, values)) for name, values in told.items()}
        staged = copying.stage(connection, entity.table, columns)
        names = ", ".join(columns)
        connection.execute(
            f"INSERT INTO lead_signals ({', '.join(own)}, {names}) SELECT ?, ?, ?, {names} FROM {staged} {_merged()}",
            list(own.values()),
        )
        connection.execute(f"TRUNCATE {staged}")
        return
    fixed = rows.converted(list(own.values()), rows.savers(entity, list(own), connection.dialect))
    savers = rows.savers(entity, list(told), connection.dialect)
    stored = [
        values if save is None else [None if value is None else save(value) for value in values]
        for values, save in zip(told.values(), savers, strict=True)
    ]
    marks = ", ".join("?" * (len(own) + len(told)))
    statement = f"INSERT INTO lead_signals ({', '.join([*own, *told])}) VALUES ({marks}) {_merged()}"
    connection.executemany(statement, [(*fixed, *row) for row in zip(*stored, strict=True)])


def _copied(entity: Entity, name: str, values: Sequence[Any]) -> tuple[Sequence[Any], Any]:
    """Return a column and the function by which COPY writes its values; JSON is written before."""
    kind = entity.fields[name].kind_name
    if write := copying.JSON.get(kind):
        return [write(value) for value in values], None
    return values, copying.WRITERS.get(kind)


def _merged() -> str:
    """Return what happens to signals that are there: a mark that came while they were scored stays."""
    kept = [name for name in ("scored_at", "updated_at", *State._fields) if name not in KEYS]
    sets = ", ".join(f"{name} = excluded.{name}" for name in kept)
    again = "excluded.is_dirty OR lead_signals.marks <> excluded.marks"
    return f"ON CONFLICT (organization_id, lead_id) DO UPDATE SET {sets}, is_dirty = ({again})"


def expiries(work: Work, found: Sequence[tuple[Any, ...]], as_of: datetime) -> None:
    """Write for leads whose signals are as they were (id, recorded score, end of the score in seconds since 1970)."""
    own, connection = work.scope.organization_id, work.connection
    ends = [datetime.fromtimestamp(moment, UTC) for _, _, moment in found]
    if connection.dialect == "sqlite":
        now = stamp(as_of)
        connection.executemany(
            "UPDATE lead_signals SET recorded_score = ?, expires_at = ?, scored_at = ?"
            " WHERE organization_id = ? AND lead_id = ?",
            [(score, stamp(end), now, own.bytes, id) for (id, score, _), end in zip(found, ends, strict=True)],
        )
        return
    for start in range(0, len(found), CHUNK):
        part = slice(start, start + CHUNK)
        columns = [[id for id, _, _ in found[part]], [score for _, score, _ in found[part]], ends[part]]
        connection.execute(
            "UPDATE lead_signals AS s SET recorded_score = v.score, expires_at = v.ends, scored_at = ?"
            " FROM unnest(CAST(? AS uuid[]), CAST(? AS integer[]), CAST(? AS timestamptz[])) AS v(id, score, ends)"
            " WHERE s.organization_id = ? AND s.lead_id = v.id",
            [as_of, *map(many.array, columns), own],
        )


def recorded(work: Work, scores: Sequence[tuple[UUID, int]]) -> None:
    """Note the newest score that the history has of leads, and that the next run looks at them."""
    own, sqlite = work.scope.organization_id, work.connection.dialect == "sqlite"
    now: Any = stamp(clock.now()) if sqlite else clock.now()
    work.connection.executemany(
        "INSERT INTO lead_signals (organization_id, lead_id, sums, latest, event_count, is_dirty, marks,"
        f" recorded_score, updated_at) VALUES (?, ?, '{{}}', '{{}}', 0, {'1' if sqlite else 'true'}, 1, ?, ?)"
        " ON CONFLICT (organization_id, lead_id) DO UPDATE SET recorded_score = excluded.recorded_score,"
        " is_dirty = excluded.is_dirty, marks = lead_signals.marks + 1",
        [(own.bytes, id.bytes, score, now) if sqlite else (own, id, score, now) for id, score in sorted(scores)],
    )
