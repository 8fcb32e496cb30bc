"""Columns whose text the database can write itself go into one JSON array a row, so that few cells are read.

Reading a cell costs as much as everything else that a large export does with it.
"""

from __future__ import annotations

from itertools import groupby

from mycrm_cli.query.sql import Sql, compose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mycrm_cli.query.select import Column

PLAIN = frozenset(("choice", "country", "currency", "domain", "email", "text", "url"))
"""Kinds whose values are stored as the text that machines read."""
MARK = "\x7f"
"""Stands before a phone number, whose ``+`` would look like the beginning of a formula."""
READ_BY_DRIVER = frozenset(("json", "reference", "tags"))
FEWEST, MOST = 2, 60
"""Columns that are worth a pack, and that a function of the database surely takes."""
MOMENT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


class Pack:
    """Columns that come as one array in JSON; its cells are texts, empty where there is nothing.

    ``marked`` cells begin with MARK.
    """

    __slots__ = ("columns", "expression", "marked")

    def __init__(self, columns: Sequence[Column], dialect: str) -> None:
        self.columns = columns
        self.marked = [column.kind.name == "phone" for column in columns]
        cells = [cell(column, text) for column in columns if (text := written(column, dialect))]
        template = ", ".join("{}" for _ in cells)
        # PostgreSQL's json_build_array takes twice the time.
        whole = "json_array({})" if dialect == "sqlite" else "CAST(to_json(ARRAY[{}]) AS TEXT)"
        self.expression = compose(whole.format(template), *cells)


def cell(column: Column, text: Sql) -> Sql:
    """Return the expression for a cell, which is never NULL."""
    field = column.path.field
    if column.path.steps or field is None or field.nullable:
        text = compose("COALESCE({}, '')", text)
    return compose(f"'{MARK}' || {{}}", text) if column.kind.name == "phone" else text


def written(column: Column, dialect: str) -> Sql | None:
    """Return the expression for a column's text, or None where the text takes more than the database knows."""
    name, own = column.kind.name, column.expression
    if column.path.what == "custom":
        return None
    if name in PLAIN or name == "phone":
        return own
    if name == "integer" or (name == "reference" and dialect != "sqlite"):
        return compose("CAST({} AS TEXT)", own)
    if name == "date":
        return own if dialect == "sqlite" else compose("to_char({}, 'YYYY-MM-DD')", own)
    if name == "boolean":
        return compose("CASE WHEN {} THEN 'true' WHEN NOT {} THEN 'false' END", own, own)
    if name == "timestamp":
        moment = own if dialect == "sqlite" else compose(MOMENT, own)
        return compose("replace({}, '.000000Z', 'Z')", moment)
    return None


def packed(columns: Sequence[Column], dialect: str) -> Iterator[Column | Pack]:
    """Yield columns in their order, neighbours that the database can write as packs.

    Of the others PostgreSQL sends ids and JSON as texts, as SQLite does: the driver would take its time to read them.
    """
    for writable, group in groupby(columns, lambda column: written(column, dialect) is not None):
        rest = list(group)
        while writable and len(rest) >= FEWEST:
            yield Pack(rest[:MOST], dialect)
            rest = rest[MOST:]
        for column in rest:
            if dialect != "sqlite" and column.kind.name in READ_BY_DRIVER and column.path.what != "custom":
                column.expression = compose("CAST({} AS TEXT)", column.expression)
            yield column
