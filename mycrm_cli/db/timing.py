"""What ``--debug`` tells of the database: each statement without its values, its milliseconds and rows, and the sum."""

from __future__ import annotations

from time import perf_counter

from mycrm_cli.db import connect
from mycrm_cli.db.connect import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any


class Statement:
    """One statement on its way: the time that was spent on it so far, and the rows that came."""

    __slots__ = ("is_told", "ledger", "rows", "seconds", "sql")

    def __init__(self, ledger: Ledger, sql: str) -> None:
        self.ledger = ledger
        self.sql = sql
        self.seconds = 0.0
        self.rows: int | None = None
        self.is_told = False

    def timed(self, act: Callable[..., Any], *given: Any) -> Any:
        """Return what a call returns, and add its time; one that fails is told at once."""
        start = perf_counter()
        try:
            return act(*given)
        except StopIteration:
            raise
        except BaseException:
            self.add(start)
            self.tell("failed")
            raise
        finally:
            if not self.is_told:
                self.add(start)

    def add(self, start: float) -> None:
        """Add the time since a moment."""
        spent = perf_counter() - start
        self.seconds += spent
        self.ledger.seconds += spent

    def tell(self, how: str = "") -> None:
        """Write the statement and what it took, once."""
        if not self.is_told:
            self.is_told = True
            counted = "" if self.rows is None else f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
            self.ledger.write(
                f"{' '.join(self.sql.split())}  [{', '.join(filter(None, (told(self.seconds), counted, how)))}]"
            )


class Ledger:
    """All statements of one run."""

    def __init__(self, begun: float, write: Callable[[str], None]) -> None:
        self.begun = begun
        self.write = write
        self.statements = 0
        self.seconds = 0.0
        self.waiting: list[Statement] = []
        """Those whose rows are still to come."""

    def begin(self, sql: str) -> Statement:
        """Return a new statement; those before it are told, so that they stand in their order."""
        self.settle()
        self.statements += 1
        self.waiting.append(Statement(self, sql))
        return self.waiting[-1]

    def settle(self) -> None:
        """Tell what has not been told."""
        for statement in self.waiting:
            statement.tell()
        self.waiting.clear()

    def close(self) -> None:
        """Tell the sum; nothing is watched any more."""
        connect.timers.pop()
        self.settle()
        whole = perf_counter() - self.begun
        many = f"{self.statements:,} statement{'' if self.statements == 1 else 's'}"
        self.write(f"{many}, {told(self.seconds)} in the database, {told(whole)} in all")


def told(seconds: float) -> str:
    """Return a time in milliseconds."""
    return f"{seconds * 1000:,.1f} ms"


def watch(begun: float, write: Callable[[str], None]) -> Ledger:
    """Tell each statement of the connections that are opened from now on, in a run that began at a moment."""
    ledger = Ledger(begun, write)
    connect.timers.append(lambda connection: Timed(connection, ledger))
    return ledger


class Timed(Connection):
    """A connection whose statements are told."""

    __slots__ = ("ledger",)

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        super().__init__(connection.raw, connection.dialect, connection.write, connection.organization_id)
        self.ledger = ledger

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """Run a statement; its rows are counted as they are fetched."""
        statement = self.ledger.begin(sql)
        return Counted(statement.timed(super().execute, sql, params), statement)

    def executemany(self, sql: str, params: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each set of parameters, which are counted."""
        statement = self.ledger.begin(sql)
        statement.rows = 0
        statement.timed(super().executemany, sql, counted(statement, params))
        statement.tell()

    def copy(self, sql: str, blocks: Iterable[str]) -> None:
        """Send blocks of lines."""
        statement = self.ledger.begin(sql)
        statement.timed(super().copy, sql, blocks)
        statement.tell()

    def stream(self, name: str, sql: str, params: Sequence[Any], batch: int) -> Iterator[Any]:
        """Yield the rows of an answer that PostgreSQL keeps; the time it takes to fetch them counts."""
        statement = self.ledger.begin(sql)
        statement.rows = 0
        return iter(Counted(super().stream(name, sql, params, batch), statement))

    def commit(self) -> None:
        """Make the transaction's writes last, which takes its time as well."""
        statement = self.ledger.begin("COMMIT")
        statement.timed(super().commit)
        statement.tell()

    def close(self) -> None:
        """Close the connection; what was not fetched is not waited for."""
        self.ledger.settle()
        super().close()


def counted(statement: Statement, params: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield sets of parameters, and count them."""
    for each in params:
        statement.rows = (statement.rows or 0) + 1
        yield each


class Counted:
    """A cursor, or an iterator of rows, that counts what is fetched from it and the time that takes."""

    __slots__ = ("cursor", "statement")

    def __init__(self, cursor: Any, statement: Statement) -> None:
        self.cursor = cursor
        self.statement = statement
        described = getattr(cursor, "description", statement.rows)
        if described is None:
            changed = getattr(cursor, "rowcount", -1)
            statement.rows = changed if changed >= 0 else None
            statement.tell()
        else:
            statement.rows = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            row = self.statement.timed(next, self.cursor)
        except StopIteration:
            self.statement.tell()
            raise
        self.statement.rows = (self.statement.rows or 0) + 1
        return row

    def fetchone(self) -> Any:
        """Return the next row, None at the end."""
        row = self.statement.timed(self.cursor.fetchone)
        self.came(0 if row is None else 1, row is None)
        return row

    def fetchmany(self, *size: int) -> Any:
        """Return some rows."""
        rows = self.statement.timed(self.cursor.fetchmany, *size)
        self.came(len(rows), not rows)
        return rows

    def fetchall(self) -> Any:
        """Return the rows that are left."""
        rows = self.statement.timed(self.cursor.fetchall)
        self.came(len(rows), True)
        return rows

    def came(self, rows: int, is_last: bool) -> None:
        """Count rows; after the last the statement is told."""
        self.statement.rows = (self.statement.rows or 0) + rows
        if is_last:
            self.statement.tell()
