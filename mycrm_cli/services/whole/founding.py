"""Puts a whole organization into a database: one transaction, which a damaged file never comes to the end of."""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli.db import directory
from mycrm_cli.db.connect import translated
from mycrm_cli.errors import CrmError, Duplicate
from mycrm_cli.services import derived, loading
from mycrm_cli.services.fresh import default_of
from mycrm_cli.services.rows import PARAMETERS, quoted
from mycrm_cli.services.whole import values
from mycrm_cli.services.whole.references import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.services.whole.incoming import Dump, Table
    from mycrm_cli.services.work import Work

COMMON = (ValueError, TypeError, ArithmeticError, AttributeError, KeyError)
"""What values raise that no export has written."""

CACHE = 24 * 1024
"""KiB of pages kept in memory, and as much for each index that is built."""


class Founded:
    """What came into the database: the rows of each table, and who may sign in to it."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.administrators: list[tuple[str, str]] = []
        self.invitation: Secret | None = None

    @property
    def user(self) -> str | None:
        """The address of a user who may do everything, or of an administrator."""
        by_rank = sorted(self.administrators, key=lambda user: user[0] != "super_admin")
        return by_rank[0][1] if by_rank else None


def set_apart(connection: Connection) -> None:
    """Let rows come before what they point to, before the transaction begins; ``check`` makes sure in the end.

    PostgreSQL looks at references when it commits. SQLite would do so too, but search for each row
    meanwhile who was waiting for it.
    """
    if connection.dialect == "sqlite":
        connection.execute("PRAGMA foreign_keys = OFF")


def found(work: Work, dump: Dump, slug: str | None, progress: Callable[[int], None]) -> Founded:
    """Write everything that the file holds; raises Duplicate where the organization is there already.

    ``slug`` is a new short name for it.
    """
    connection, made = work.connection, Founded()
    refuse_known(work, dump, slug)
    for table in dump.tables():
        # PostgreSQL would have to check references first, and some are to tables that come later.
        indexes = None if connection.dialect == "sqlite" else False
        with loading.bulk(work, table.entity, table.expected, indexes=indexes, checks=True):
            put = _insert if connection.dialect == "sqlite" else _copy
            if connection.dialect == "sqlite":
                connection.execute(f"PRAGMA cache_size = -{CACHE}")
            try:
                put(work, table, _rows(work, table, slug, made, progress))
            except Duplicate as error:
                raise Duplicate(
                    f"{table.entity.plural} cannot be written: one of their keys is taken in this database",
                    hint="an address of a user belongs to one organization only",
                ) from error
        made.rows[table.entity.table] = table.count
    if "organizations" not in made.rows or made.rows["organizations"] != 1:
        raise dump.refuse("the file holds no organization")
    if connection.dialect == "sqlite":
        check(work, made.rows)
    return made


def refuse_known(work: Work, dump: Dump, slug: str | None) -> None:
    """Refuse an organization that is there already, by its id or its short name; raises Duplicate."""
    connection = work.connection
    id, own, name = dump.organization()
    if id in directory.organization_ids(connection):
        raise Duplicate(f"the organization {name} is in this database already", hint="import it into another database")
    if directory.find_organization(connection, slug or own):
        raise Duplicate(
            f"the database has another organization {slug or own}", hint="--slug NEW gives this one another short name"
        )


def _rows(
    work: Work, table: Table, slug: str | None, made: Founded, progress: Callable[[int], None]
) -> Iterator[list[list[Any]]]:
    """Yield the rows of a table as parameters: the organization, the file's columns, then what it does not have."""
    entity, dialect = table.entity, work.connection.dialect
    readers = values.readers([entity.fields[name] for name in table.columns], dialect)
    more = _added(work, table)
    own = work.scope.organization_id
    first = [own.bytes if dialect == "sqlite" else own] if entity.tenant else []
    rowid = derived.next_rowid(work.connection, entity)
    for batch in table.batches():
        _look(table, batch, slug, made)
        try:
            for row in batch:
                for place, read in readers:
                    if row[place] is not None:
                        row[place] = read(row[place])
        except COMMON:
            raise table.dump.refuse(f"a value of {table.columns[place]} is none that an export writes") from None
        if rowid is None:
            yield [first + row + more for row in batch]
        else:
            yield [[*first, *row, *more, rowid + place] for place, row in enumerate(batch)]
            rowid += len(batch)
        progress(table.dump.rows)


def _look(table: Table, batch: list[list[Any]], slug: str | None, made: Founded) -> None:
    """Take note of who may sign in, and give the organization another short name where one is wanted."""
    places = {name: place for place, name in enumerate(table.columns)}
    if table.entity.name == "org":
        if any(row[places["id"]] != str(table.dump.organization()[0]) for row in batch):
            raise table.dump.refuse("the organization is not the one that the first line tells")
        if slug:
            for row in batch:
                row[places["slug"]] = slug
    if table.entity.name == "user":
        made.administrators += [
            (row[places["role"]], str(row[places["email"]]))
            for row in batch
            if row[places["role"]] in ("super_admin", "admin") and row[places["is_active"]]
        ]


def _missing(table: Table) -> list[str]:
    """Return the columns that the file does not have and that need a value."""
    entity = table.entity
    return [
        f.name
        for f in entity.fields.values()
        if f.name not in table.columns and not f.generated and f.name not in ("organization_id", "search_rowid")
    ]


def _added(work: Work, table: Table) -> list[Any]:
    """Return what the columns get that the file does not have: secrets are empty, others have their default."""
    fields = [table.entity.fields[name] for name in _missing(table)]
    savers = [field.kind.saver(work.connection.dialect) for field in fields]
    plain = [default_of(field) for field in fields]
    return [v if v is None or save is None else save(v) for v, save in zip(plain, savers, strict=True)]


def _columns(table: Table, dialect: str) -> list[str]:
    """Return the names of the columns of ``_rows``."""
    entity = table.entity
    first = ["organization_id"] if entity.tenant else []
    last = ["search_rowid"] if entity.searchable and dialect == "sqlite" else []
    return [*first, *table.columns, *_missing(table), *last]


def _insert(work: Work, table: Table, batches: Iterator[list[list[Any]]]) -> None:
    """Insert rows into SQLite, many with each statement."""
    columns = _columns(table, "sqlite")
    names, marks = ", ".join(map(quoted, columns)), f"({', '.join('?' * len(columns))})"
    size = max(PARAMETERS // len(columns), 1)
    statement = f"INSERT INTO {table.entity.table} ({names}) VALUES "
    for batch in batches:
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            with _readable(table):
                work.connection.execute(statement + ", ".join([marks] * len(part)), [v for row in part for v in row])


def _copy(work: Work, table: Table, batches: Iterator[list[list[Any]]]) -> None:
    """Copy rows into a table of PostgreSQL's that lasts as long as the transaction, and from there to their place.

    Row security allows no COPY into the table itself.
    """
    connection, name = work.connection, f"arriving_{table.entity.table}"
    columns = _columns(table, "postgresql")
    names = ", ".join(map(quoted, columns))
    connection.execute(f"CREATE TEMP TABLE {name} (LIKE {table.entity.table} INCLUDING DEFAULTS)")
    with (
        _readable(table),
        connection.raw.cursor() as cursor,
        cursor.copy(f"COPY {name} ({names}) FROM STDIN") as copy,
    ):
        for batch in batches:
            for row in batch:
                copy.write_row(row)
    connection.execute(f"INSERT INTO {table.entity.table} ({names}) SELECT {names} FROM {name}")
    connection.execute(f"DROP TABLE {name}")


@contextmanager
def _readable(table: Table) -> Iterator[None]:
    """Make errors of the driver ours, and those of values that it cannot take."""
    try:
        yield
    except CrmError:
        raise
    except (ValueError, TypeError, OverflowError):
        raise table.dump.refuse(f"a value of {table.entity.plural} is none that an export writes") from None
    except Exception as error:
        raise translated(error) from error
