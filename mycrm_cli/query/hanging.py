"""Reads what hangs on a record, section by section: one statement each, a second where there is more."""

from __future__ import annotations

from mycrm_cli import catalog, clock, kinds
from mycrm_cli.query.joins import Joins
from mycrm_cli.query.paths import resolve
from mycrm_cli.query.sections import Hanging, Made, Section, Tally, conditions, within
from mycrm_cli.query.select import column_of, order_of
from mycrm_cli.query.sql import Sql, column, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reader import Reader

COUNTED = 1000
"""Rows that are counted exactly; behind them a section says ``or more``."""
TITLE = 300
"""Characters of a title, which may be the text of a note."""


def read(reader: Reader, section: Section | Tally, id: UUID, *, whole: bool = False) -> Hanging:
    """Read the first rows of a section of a record, or the whole of it."""
    if isinstance(section, Tally):
        return tallied(reader, section, id)
    limit = None if whole else section.first
    statement, columns = compiled(reader, section, id, None if limit is None else limit + 1)
    rows = loaded(columns, reader.run(statement))
    found = Hanging(section, columns, rows[:limit])
    if (limit is not None and len(rows) > limit) or (section.total and rows):
        measure(reader, found, id)
    if section.spans:
        lasted(found)
    if section.tally and rows:
        attach(reader, found, section.tally, id)
    return found


def compiled(reader: Reader, section: Section, id: UUID, limit: int | None) -> tuple[Sql, list[Any]]:
    """Return the statement of a section, and its columns: id, number, title, fields, extras."""
    frame, entity = reader.frame(), catalog.entity(section.noun)
    alias = frame.alias()
    joins = Joins(frame, alias)
    names = ["id", *(["number"] if entity.numbered else []), section.title, *section.fields]
    columns: list[Any] = [column_of(frame, joins, resolve(entity, name)) for name in names]
    place = names.index(section.title)
    columns[place].expression = compose(f"substr({{}}, 1, {TITLE})", columns[place].expression)
    columns += [_extra(frame, alias, name, extra, id) for name, extra in section.extras.items()]
    order = order_of(frame, entity, alias, joins, section.sort)
    statement = compose(
        "SELECT {} FROM {}{} WHERE {} ORDER BY {}{}",
        compose(", ".join("{}" for _ in columns), *(c.expression for c in columns)),
        f"{entity.table} AS {alias}",
        compose("".join(" {}" for _ in joins.parts), *joins.parts),
        conditions(frame, section, alias, id),
        order,
        "" if limit is None else compose(" LIMIT {}", value(limit)),
    )
    return statement, columns


def _extra(frame: Frame, alias: str, name: str, extra: tuple[str, str, str, str, str], id: UUID) -> Made:
    """Return the column that a table between has about a row."""
    table, own, ours, theirs, how = extra
    between = catalog.by_table(table)
    inner = frame.alias()
    expression = compose(
        "(SELECT {}({}) FROM {} AS {} WHERE {} AND {} = {} AND {} = {})",
        how,
        column(inner, own),
        table,
        inner,
        within(frame, between, inner, ours),
        column(inner, ours),
        value(frame.id(id)),
        column(inner, theirs),
        f"{alias}.id",
    )
    return Made(name, between.fields[own].kind, frame.dialect, expression)


def loaded(columns: Sequence[Any], rows: Any) -> list[list[Any]]:
    """Return rows with their values as Python has them."""
    loads = [column.load or (lambda stored: stored) for column in columns]
    return [
        [None if cell is None else load(cell) for load, cell in zip(loads, row, strict=True)] for row in rows.fetchall()
    ]


def measure(reader: Reader, found: Hanging, id: UUID) -> None:
    """Find out how many rows a section has in all, up to a bound, and what they come to."""
    section: Any = found.section
    frame, entity = reader.frame(), catalog.entity(section.noun)
    alias = frame.alias()
    wanted = f"SELECT {column(alias, section.total) if section.total else '1'} AS one FROM {entity.table} AS {alias}"
    rows = compose("{} WHERE {}", wanted, conditions(frame, section, alias, id))
    bound = "" if section.total else f" LIMIT {COUNTED}"
    count, total = reader.run(
        compose("SELECT count(*), {} FROM ({}{}) AS counted", "sum(one)" if section.total else "0", rows, bound)
    ).fetchone()
    found.more, found.at_least = count - len(found.rows), not section.total and count == COUNTED
    if section.total and total is not None:
        load = entity.fields[section.total].kind.loader(frame.dialect)
        found.total = load(total) if load else total


def lasted(found: Hanging) -> None:
    """Add to each row, newest first, the days until the row before it, or until now."""
    section: Any = found.section
    place = [column.name for column in found.columns].index(section.spans)
    end = clock.now()
    for row in found.rows:
        row.append((end - row[place]).days)
        end = row[place]
    found.columns.append(Made("days", kinds.make("integer")))


def tallied(reader: Reader, tally: Tally, id: UUID) -> Hanging:
    """Read how many records there are by a field, in the order of its choices."""
    entity = catalog.entity(tally.noun)
    groups = counted(reader, tally, id)
    choices = entity.fields[tally.by].options.get("choices") or sorted(groups, key=str)
    columns = [Made(tally.by, kinds.make("text")), Made("count", kinds.make("integer"))]
    columns += [Made("values", kinds.make("json"))] if tally.money else []
    rows = [[name, *groups[name]] for name in choices if name in groups]
    return Hanging(tally, columns, [row[: len(columns)] for row in rows])


def counted(reader: Reader, tally: Tally, id: UUID) -> dict[Any, tuple[int, dict[str, Any]]]:
    """Return for each value of a tally's field how many there are, and their sums by currency."""
    frame, entity = reader.frame(), catalog.entity(tally.noun)
    alias = frame.alias()
    by = column(alias, tally.by)
    sums = f", {alias}.currency, sum({column(alias, tally.money)})" if tally.money else ""
    statement = compose(
        "SELECT {}, count(*){} FROM {} AS {} WHERE {} GROUP BY {}",
        by,
        sums,
        entity.table,
        alias,
        conditions(frame, tally, alias, id),
        by + (f", {alias}.currency" if tally.money else ""),
    )
    load = entity.fields[tally.by].kind.loader(frame.dialect) or (lambda stored: stored)
    money = kinds.make("money").loader(frame.dialect) or (lambda stored: stored)
    groups: dict[Any, tuple[int, dict[str, Any]]] = {}
    for group, count, *rest in reader.run(statement).fetchall():
        name = None if group is None else load(group)
        before, values = groups.get(name, (0, {}))
        if rest and rest[1] is not None:
            values[rest[0]] = str(money(rest[1]))
        groups[name] = (before + count, values)
    return groups


def attach(reader: Reader, found: Hanging, tally: Tally, id: UUID) -> None:
    """Add to each row of a section what a tally by their ids says of it."""
    groups = counted(reader, tally, id)
    found.columns += [Made(tally.key, kinds.make("integer")), Made("values", kinds.make("json"))]
    for row in found.rows:
        row.extend(groups.get(row[0], (0, {})))
