"""The account of large imports in the database: what a killed one needs to be taken up again.

A row of ``import_jobs`` says how far an import is. Where errors abort, all of it is written in one
transaction that also finishes the job; where bad rows are skipped, each transaction moves the job on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import socket
from contextlib import suppress
from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.errors import NotFound, Unavailable
from mycrm_cli.ids import uuid7
from mycrm_cli.services import counters, rows
from mycrm_cli.services.entries import canonical
from mycrm_cli.services.fresh import default_of
from mycrm_cli.services.transfer import mapping as maps
from mycrm_cli.services.transfer import queueing, reports, staging
from mycrm_cli.services.transfer.files import STANDARD_INPUT
from mycrm_cli.services.transfer.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.mapping import Mapping
    from mycrm_cli.services.transfer.reading import Reading
    from mycrm_cli.services.transfer.summary import Summary
    from mycrm_cli.services.work import Work

UNFINISHED = ("staging", "staged", "running")
"""States of jobs that may be taken up again."""
SILENT = timedelta(minutes=2)
"""After this time without a sign of life, a job on another machine counts as dead, unless PostgreSQL knows better."""
KEPT = timedelta(days=30)
"""How long the rows of an import that was cut off are kept."""
EXPIRED = f"its rows were kept for {KEPT.days} days"
COUNTS = ("created", "updated", "unchanged", "skipped", "rejected")


def table() -> Entity:
    """Return the entity of jobs."""
    return catalog.entity("import_jobs")


def begin(work: Work, reading: Reading, file_hash: str | None) -> Row:
    """Write down that a file is being read, and return the job."""
    now, entity = clock.now(), table()
    number = counters.take(work.connection, work.scope.organization_id, entity.name, 1)
    row: Row = {name: default_of(field) for name, field in entity.fields.items()}
    row |= {
        "id": uuid7(),
        "organization_id": work.scope.organization_id,
        "number": number,
        "entity": reading.entity.name,
        "state": "staging",
        "file_name": os.path.abspath(path) if (path := reading.rows.source.path) else reading.rows.name,
        "file_hash": file_hash,
        "mapping": mapping_document(reading.mapping),
        "options": options_document(reading.options) | reports_of(reading.options) | {"label": work.label},
        "user_id": work.scope.user_id,
        "staging_path": os.path.basename(reading.staging.path or ""),
        "rejects_path": reading.options.rejects,
        "process": process(),
        "started_at": now,
        "heartbeat_at": now,
    }
    row["mapping_hash"] = hashlib.sha256(canonical([row["mapping"], row["options"]]).encode()).hexdigest()
    _give_up(work, row, os.path.dirname(reading.staging.path or ""))
    rows.insert(work.connection, entity, [row])
    return row


def staged(row: Row, folder: str | None) -> str | None:
    """Return the path of a job's staged rows: they lie in one's own folder, whatever the database says."""
    return os.path.join(folder, os.path.basename(row["staging_path"] or "none")) if folder else None


def _give_up(work: Work, row: Row, folder: str) -> None:
    """Forget an earlier import of the same file in the same way that was cut off: this one does all of it."""
    for other in unfinished(work.reader):
        same = all(other[name] == row[name] for name in ("entity", "file_hash", "mapping_hash"))
        if same and row["file_hash"] and not is_alive(work, other, folder):
            move(work, other["id"], "interrupted")
            reports.discard_left(other["options"].get("results"), str(other["id"]))
            with suppress(OSError):
                os.unlink(staged(other, folder) or "")


def lying(folder: str | None) -> list[str]:
    """Return the names of files with staged rows that nobody works with."""
    if folder is None or not os.path.isdir(folder):
        return []
    names = [name for name in os.listdir(folder) if name.endswith(".rows")]
    return [name for name in names if not staging.is_held(os.path.join(folder, name))]


def sweep(work: Work, folder: str, names: Iterable[str]) -> None:
    """Remove staged rows of imports that ended, were they killed before they could do so, and of those long cut off.

    Old rows go whatever database they belong to.
    """
    old = {name for name in names if _is_old(os.path.join(folder, name))}
    columns = ["staging_path", "id", "state", "options"]
    known = list(rows.fetch(work.connection, work.scope, table(), "staging_path", list(names), columns))
    for name, job, state, options in known:
        if state == "finished":
            with suppress(OSError):
                reports.publish_left(options.get("results"), str(job))
        elif state not in UNFINISHED or name in old:
            reports.discard_left(options.get("results"), str(job))
        if state in UNFINISHED and name in old:
            move(work, job, "interrupted", error=EXPIRED)
    for name in old | {name for name, _, state, _ in known if state not in UNFINISHED}:
        with suppress(OSError):
            os.unlink(os.path.join(folder, name))


def _is_old(path: str) -> bool:
    try:
        return clock.now().timestamp() - os.path.getmtime(path) > KEPT.total_seconds()
    except OSError:
        return False


def move(work: Work, job: UUID, state: str, **values: Any) -> None:
    """Set the state of a job, with a sign of life."""
    entity, now = table(), clock.now()
    ended = {"finished_at": now} if state in ("finished", "failed") else {}
    rows.update(work.connection, work.scope, entity, [(job, {"state": state, "heartbeat_at": now, **ended, **values})])


def account(work: Work, job: UUID, state: str, summary: Summary) -> None:
    """Write down how many rows are settled, in the transaction that settles them."""
    counted = {f"{name}_count": getattr(summary, name) for name in COUNTS}
    move(
        work, job, state, rows_done=summary.settled, warning_count=summary.warnings.total, process=process(), **counted
    )


def claim(work: Work, row: Row, folder: str | None) -> Row:
    """Take a job over and return it as it is now; raises Unavailable while somebody else works on it.

    PostgreSQL may have been about to commit a part when its program was killed.
    """
    names = list(table().fields)
    found = list(rows.fetch(work.connection, work.scope, table(), "id", [row["id"]], names, lock=True))
    there = dict(zip(names, found[0], strict=True)) if found else None
    if there is None or there["state"] not in UNFINISHED:
        raise NotFound(f"{described(row)}: it was finished meanwhile")
    if is_alive(work, there, folder):
        raise Unavailable(f"{described(there)}: {there['process']} works on it", hint="wait until it is through")
    move(work, row["id"], there["state"], process=process())
    return there


def find(reader: Reader, entity: Entity, text: str) -> Row:
    """Return an import of an entity that can be taken up again, by its number or ``last``; raises NotFound."""
    waiting = [row for row in unfinished(reader) if row["entity"] == entity.name]
    wanted = text.strip().upper()
    for row in waiting:
        if _is(row, wanted):
            return row
    if wanted == "LAST" and waiting:
        return waiting[0]
    if gone := _expired(reader, entity, wanted):
        hint = "import the file again: what was written of it is found unchanged"
        raise NotFound(f"{described(gone)}, has expired: {EXPIRED}", hint=hint)
    raise NotFound(
        f"no unfinished import of {entity.plural} is called {text!r}",
        candidates=[described(row) for row in waiting[:5]],
        hint="an import that is finished or failed starts anew: without --resume",
    )


def _is(row: Row, wanted: str) -> bool:
    """Return whether a job is called so."""
    return wanted in (f"J-{row['number']}", str(row["number"]), str(row["id"]).upper())


def _expired(reader: Reader, entity: Entity, wanted: str) -> Row | None:
    """Return the import of an entity that was meant, or the last one, among those whose rows are gone."""
    gone = [row for row in _in_states(reader, ("interrupted",)) if row["error"] == EXPIRED]
    return next((r for r in gone if r["entity"] == entity.name and (wanted == "LAST" or _is(r, wanted))), None)


def unfinished(reader: Reader) -> list[Row]:
    """Return the organization's imports that can be taken up again, newest first."""
    return _in_states(reader, UNFINISHED)


def _in_states(reader: Reader, states: tuple[str, ...]) -> list[Row]:
    names = list(table().fields)
    found = rows.fetch(reader.connection, reader.scope, table(), "state", states, names)
    return sorted((dict(zip(names, row, strict=True)) for row in found), key=lambda row: -row["number"])


def described(row: Row) -> str:
    """Return a job in a few words."""
    name = os.path.basename(row["file_name"] or "") or STANDARD_INPUT
    return f"J-{row['number']} {name}, {row['rows_done']:,} rows done, begun {row['started_at']:%Y-%m-%d %H:%M} UTC"


def is_alive(work: Work, row: Row, folder: str | None) -> bool:
    """Return whether somebody works on a job: on this machine the staged rows are locked, on others it gives signs.

    PostgreSQL knows of each job whether it is being written, however long that takes.
    """
    machine = str(row["process"] or "").rpartition(":")[0]
    if machine == socket.gethostname()[:80]:
        return staging.is_held(staged(row, folder))
    is_new = bool(row["heartbeat_at"] and clock.now() - row["heartbeat_at"] < SILENT)
    return is_new or not hold(work, row["id"])


def hold(work: Work, job: UUID) -> bool:
    """Let PostgreSQL know until the transaction ends that a job is being written; return False where it is already."""
    if work.connection.dialect == "sqlite":
        return True
    key = queueing.key("job", job)
    return bool(work.connection.execute("SELECT pg_try_advisory_xact_lock(?)", (key,)).fetchone()[0])


def process() -> str:
    """Return the machine and process that this is."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def mapping_document(mapping: Mapping) -> dict[str, Any]:
    """Return a mapping as JSON holds it."""
    columns = {name: spec.document() for name, spec in mapping.columns.items()}
    return {"columns": columns, "set": dict(mapping.set), "default": dict(mapping.default)}


def mapping_of(row: Row) -> Mapping:
    """Return the mapping of a job."""
    return maps.parse("the import", row["mapping"], Options())[0]


def options_document(options: Options) -> dict[str, Any]:
    """Return options as JSON holds them."""
    return {
        name: sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(options).items()
    }


def reports_of(options: Options) -> dict[str, str]:
    """Return where the reports of an import go, whatever folder it is taken up in."""
    asked = {"rejects": options.rejects, "results": options.results}
    return {name: os.path.abspath(path) for name, path in asked.items() if path}


def options_of(row: Row) -> Options:
    """Return the options of a job."""
    known = {field.name for field in dataclasses.fields(Options)}
    given = {name: value for name, value in row["options"].items() if name in known}
    given["match"] = tuple(given.get("match") or ())
    given["create_missing"] = frozenset(given.get("create_missing") or ())
    return Options(**given)
