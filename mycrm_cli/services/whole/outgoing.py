"""Writes a whole organization as lines of JSON, from one state of the database and in little memory."""

from __future__ import annotations

import hashlib

from mycrm_cli import __version__, catalog, clock
from mycrm_cli.db.revision import REVISION
from mycrm_cli.errors import Denied, Invalid
from mycrm_cli.kinds.structures import write_json
from mycrm_cli.query.sql import column, compose
from mycrm_cli.roles import ADMINISTRATORS
from mycrm_cli.services.whole import tables, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.query.reader import Reader

FORMAT, VERSION = "mycrm organization", 1
STEP, SIZE = 1000, 1 << 20
"""Rows, and about how many characters of them, that are written together."""
LONGEST = 1 << 26
"""Bytes of the longest line that can be read back."""
FEW = 50
"""Rows that PostgreSQL sends at a time of tables in which one row may hold what was changed in many."""


def hold_still(connection: Connection) -> None:
    """Let the coming transaction see one state of the database throughout; SQLite's always do."""
    if connection.dialect == "postgresql":
        from psycopg import IsolationLevel

        connection.raw.isolation_level = IsolationLevel.REPEATABLE_READ


def export(reader: Reader, out: BinaryIO, progress: Callable[[int], None]) -> dict[str, int]:
    """Write the reader's organization and return the number of rows of each table.

    Raises Denied, and Invalid for a row that could not be read back.
    """
    scope = reader.scope
    if scope.role not in ADMINISTRATORS:
        hint = "ask an administrator; each noun has an export of its own"
        raise Denied(f"{scope.email} is {scope.role} and may not export the whole organization", hint=hint)
    digest, count = hashlib.sha256(), 0
    chosen = tables.travelling()
    rows = {entity.table: counted(reader, entity) for entity in chosen}

    def write(text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(data)
        out.write(data)

    write(f"{write_json(head(reader, rows))}\n")
    for entity in chosen:
        if rows[entity.table]:
            write(f"{write_json({'table': entity.table, 'columns': tables.columns(entity)})}\n")
            for batch in lines(reader, entity):
                write("".join(batch))
                count += len(batch)
                progress(count)
    out.write(f"{write_json({'rows': count, 'sha256': digest.hexdigest()})}\n".encode())
    return rows


def head(reader: Reader, rows: dict[str, int]) -> dict[str, Any]:
    """Return what the first line says."""
    scope = reader.scope
    secrets = [f"{e.table}.{f.name}" for e in tables.travelling() for f in e.fields.values() if f.secret]
    behind = [entity.table for entity in catalog.entities().values() if entity.tenant and tables.stays(entity)]
    return {
        "format": FORMAT,
        "version": VERSION,
        "schema": REVISION,
        "program": __version__,
        "exported_at": catalog.entity("org").fields["created_at"].kind.dump(clock.now()),
        "organization": {"id": str(scope.organization_id), "slug": scope.slug, "name": scope.organization},
        "left_out": [*secrets, *behind],
        "tables": rows,
    }


def counted(reader: Reader, entity: Entity) -> int:
    """Return how many rows of a table belong to the organization."""
    statement = compose("SELECT count(*) FROM {} AS t WHERE {}", entity.table, reader.frame().within(entity, "t"))
    return int(reader.run(statement).fetchone()[0])


def lines(reader: Reader, entity: Entity) -> Iterator[list[str]]:
    """Yield the lines of a table's rows, some at a time, in the order of their keys."""
    names, frame = tables.columns(entity), reader.frame()
    converters = values.writers([entity.fields[name] for name in names], frame.dialect)
    converters += [(names.index(name), convert) for name, convert in tables.SETTLED.get(entity.name, {}).items()]
    # The plus keeps SQLite from the organization's index, after which it would have to sort everything.
    mine = compose("+{}" if frame.dialect == "sqlite" else "{}", frame.within(entity, "t"))
    order = ", ".join(column("t", name) for name in tables.key(entity))
    chosen = ", ".join(f't."{name}"' for name in names)
    statement = compose("SELECT {} FROM {} AS t WHERE {} ORDER BY {}", chosen, entity.table, mine, order)
    batch: list[str] = []
    size = 0
    for found in reader.stream(statement, FEW if entity.name in ("change_items", "change_payloads") else STEP):
        row = list(found)
        for place, convert in converters:
            if row[place] is not None:
                row[place] = convert(row[place])
        line = f"{write_json(row)}\n"
        if 4 * len(line) > LONGEST:
            _check_length(entity, names, row, line)
        batch.append(line)
        size += len(line)
        if len(batch) == STEP or size > SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _check_length(entity: Entity, names: list[str], row: list[Any], line: str) -> None:
    """Refuse a row that no import would take; raises Invalid."""
    length = len(line.encode("utf-8", "surrogatepass"))
    if length <= LONGEST:
        return
    which = ", ".join(str(row[names.index(name)]) for name in tables.key(entity))
    raise Invalid(
        f"a row of {entity.table} has {length:,} bytes, and no import takes more than {LONGEST:,} ({which})",
        hint="the tools of the database copy it: .backup of sqlite3, pg_dump",
    )
