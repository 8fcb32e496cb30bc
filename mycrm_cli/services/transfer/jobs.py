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
from mycrm_cli.services.transfer import reports, staging
from mycrm_cli.services.transfer.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
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
"""After this time without a sign of life, a job on another machine counts as dead."""
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
        "file_name": reading.rows.name if reading.rows.name == "stdin" else os.path.abspath(reading.rows.name),
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
        if same and row["file_hash"] and not is_alive(other, folder):
            move(work, other["id"], "interrupted")
            with suppress(OSError):
                os.unlink(staged(other, folder) or "")


def sweep(work: Work, folder: str) -> None:
    """Remove staged rows of imports that ended, which were killed right before they could do so themselves."""
    lying = [name for name in os.listdir(folder) if name.endswith(".rows")]
    lying = [name for name in lying if not staging.is_held(os.path.join(folder, name))]
    for name, state, options in rows.fetch(
        work.connection, work.scope, table(), "staging_path", lying, ["staging_path", "state", "options"]
    ):
        if state not in UNFINISHED:
            with suppress(OSError):
                if state == "finished":
                    reports.publish_left(options.get("results"))
                os.unlink(os.path.join(folder, name))


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


def claim(work: Work, row: Row, folder: str | None) -> None:
    """Take a job over; raises Unavailable while somebody else works on it."""
    names = list(table().fields)
    found = list(rows.fetch(work.connection, work.scope, table(), "id", [row["id"]], names, lock=True))
    there = dict(zip(names, found[0], strict=True)) if found else None
    if there is None or there["state"] not in UNFINISHED:
        raise NotFound(f"{described(row)}: it was finished meanwhile")
    if is_alive(there, folder):
        raise Unavailable(f"{described(there)}: {there['process']} works on it", hint="wait until it is through")
    move(work, row["id"], there["state"], process=process())


def find(reader: Reader, entity: Entity, text: str) -> Row:
    """Return an import of an entity that can be taken up again, by its number or ``last``; raises NotFound."""
    waiting = [row for row in unfinished(reader) if row["entity"] == entity.name]
    wanted = text.strip().upper()
    for row in waiting:
        if wanted in (f"J-{row['number']}", str(row["number"]), str(row["id"]).upper()):
            return row
    if wanted == "LAST" and waiting:
        return waiting[0]
    raise NotFound(
        f"no unfinished import of {entity.plural} is called {text!r}",
        candidates=[described(row) for row in waiting[:5]],
        hint="an import that is finished or failed starts anew: without --resume",
    )


def unfinished(reader: Reader) -> list[Row]:
    """Return the organization's imports that can be taken up again, newest first."""
    names = list(table().fields)
    found = rows.fetch(reader.connection, reader.scope, table(), "state", UNFINISHED, names)
    return sorted((dict(zip(names, row, strict=True)) for row in found), key=lambda row: -row["number"])


def described(row: Row) -> str:
    """Return a job in a few words."""
    name = os.path.basename(row["file_name"] or "") or "stdin"
    return f"J-{row['number']} {name}, {row['rows_done']:,} rows done, begun {row['started_at']:%Y-%m-%d %H:%M} UTC"


def is_alive(row: Row, folder: str | None) -> bool:
    """Return whether somebody works on a job: on this machine the staged rows are locked, on others it gives signs."""
    machine = str(row["process"] or "").rpartition(":")[0]
    if machine == socket.gethostname()[:80]:
        return staging.is_held(staged(row, folder))
    return bool(row["heartbeat_at"] and clock.now() - row["heartbeat_at"] < SILENT)


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
