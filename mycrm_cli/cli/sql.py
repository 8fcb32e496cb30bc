"""``mycrm sql``: a statement of one's own, read-only, within the organization and the role."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli.cli.reading import Cut, limit_for
from mycrm_cli.cli.state import State
from mycrm_cli.errors import UsageError
from mycrm_cli.kinds.base import Kind
from mycrm_cli.kinds.numbers import Number
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mycrm_cli.query.statements.faults import Deadline

app = typer.Typer()
SECONDS, MOST = 30.0, 600.0


class Text(Kind):
    """A value of an answer; what it is, the answer alone tells."""

    name = "text"


class Figure(Number):
    """A number of an answer, which needs no guard in a spreadsheet."""

    def dump(self, value: Any) -> Any:
        """Write a number as JSON has it."""
        return value

    def text(self, value: Any) -> str:
        """Write the digits."""
        return str(value)

    def show(self, value: Any, locale: Any = None) -> str:
        """Show the digits."""
        return str(value)


@app.command("sql")
def sql(
    ctx: typer.Context,
    statement: Annotated[
        str | None, typer.Argument(help="The statement; - reads it from stdin.", metavar="STATEMENT")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="Read the statement from this file.", metavar="FILE")
    ] = None,
    limit: Annotated[
        str | None, typer.Option("-L", "--limit", help="At most so many rows; 0 is all.", metavar="N")
    ] = None,
    limit_time: Annotated[
        float, typer.Option("--limit-time", help="End it after so many seconds, at most 600.", metavar="SECONDS")
    ] = SECONDS,
    tables: Annotated[bool, typer.Option("--tables", help="List the tables and columns that can be asked.")] = False,
) -> None:
    """Ask the database in SQL; nothing is ever changed.

    mycrm sql "SELECT status, count(*), sum(value) FROM opportunities GROUP BY 1"
    mycrm sql --file report.sql -o csv
    mycrm sql --tables
    """
    state: State = ctx.obj
    if tables:
        list_tables(state)
        return
    if not 0 < limit_time <= MOST:
        raise UsageError(f"--limit-time is between 0 and {MOST:g} seconds, not {limit_time:g}")
    most = limit_for(state, limit)
    answer(state, read(statement, file), most, limit_time, cut=limit is None)


def read(statement: str | None, file: str | None) -> str:
    """Return the statement from where it stands; raises UsageError where it stands nowhere, or twice."""
    if (statement is None) == (file is None):
        raise UsageError("write one statement, or name its file", hint='mycrm sql "SELECT count(*) FROM contacts"')
    try:
        if file is None:
            return sys.stdin.read() if statement == "-" else str(statement)
        with open(file, encoding="utf-8-sig") as stream:
            return stream.read()
    except UnicodeDecodeError:
        raise UsageError(f"{file or 'stdin'} is not text in UTF-8") from None


def list_tables(state: State) -> None:
    """List the columns of the tables that the user may read."""
    from mycrm_cli.query.statements import tables

    scope = state.scope
    rows = [
        (table, field.name, tables.type_of(field), field.table if field.table and field.name != "id" else None,
         field.description)
        for table, entity in tables.offered(scope.role).items()
        for field in tables.columns(entity)
    ]  # fmt: skip
    shown: list[Any] = [Shown(name) for name in ("table", "column", "type", "refers_to", "description")]
    state.out.rows(shown, rows, scope.locale)


def answer(state: State, statement: str, limit: int | None, seconds: float, *, cut: bool) -> None:
    """Run a statement and write its rows."""
    from mycrm_cli.query import Reader
    from mycrm_cli.query.statements import lexing
    from mycrm_cli.query.statements.apart import Apart
    from mycrm_cli.query.statements.faults import Deadline

    scope, out = state.scope, state.out
    found = lexing.tokens(statement)
    # A process must not inherit an open database.
    state.close()

    def ask(deadline: Deadline) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        is_server = not str(state.profile.database).startswith("sqlite:")
        connection = state.open(write=is_server)
        connection.begin()
        frame = Reader(connection, scope).frame()
        if is_server:
            from mycrm_cli.query.statements import postgresql

            return postgresql.run(connection, frame, statement, found, deadline)
        from mycrm_cli.query.statements import sqlite

        return sqlite.run(connection, frame, statement, lexing.names(found), deadline)

    with Apart(ask, Deadline(seconds)) as under_way:
        first, rows = peeked(under_way)
        shown = Cut(rows, limit)
        out.rows(columns(under_way.columns, first), shown, scope.locale, empty="no rows")
    if shown.more and cut:
        out.say("more rows exist; -L 0 shows all")


def peeked(rows: Iterable[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], Iterator[tuple[Any, ...]]]:
    """Return the first rows, and all of them."""
    from itertools import chain, islice

    iterator = iter(rows)
    first = list(islice(iterator, 1))
    return first, chain(first, iterator)


def columns(names: Sequence[str], first: list[tuple[Any, ...]]) -> list[Any]:
    """Return the columns, each with a name of its own; those whose first value is a number are numbers."""
    made: list[Any] = []
    taken: set[str] = set()
    for place, name in enumerate(names):
        free = name
        for count in range(2, len(names) + 2):
            if free not in taken:
                break
            free = f"{name}_{count}"
        taken.add(free)
        column = Shown(free)
        is_number = bool(first) and isinstance(first[0][place], (int, float))
        column.kind = Figure() if is_number else Text()
        made.append(column)
    return made
