"""Writes records to a file or to stdout, as they come from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import query
from mycrm_cli.cli.exportformats import chosen_format
from mycrm_cli.errors import UsageError
from mycrm_cli.output import files, formats
from mycrm_cli.query import travelling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.reader import Reader

CHUNK = 300
"""Rows of a table in text that are read and written together; few enough for the processor's cache."""


def export(state: State, entity: Entity, where: Node | None, given: dict[str, Any]) -> None:
    """Write the records that fit; all fields unless told otherwise, in a form that imports again."""
    format = chosen_format(state, entity, given)
    wanted = Wanted(state, entity, since(state, entity, where, given.get("since")), given)
    path = given.get("file")
    count = wanted.separated(path, format) if format in ("csv", "tsv") else wanted.written(path, format)
    if path:
        state.out.say(f"{count:,} {entity.plural if count != 1 else entity.noun} written to {path}")


def fields(reader: Reader, entity: Entity, asked: str | None, format: str) -> list[str]:
    """Return the columns to write: those asked for, or all, users by their e-mail address."""
    if format == "ids":
        return ["id"]
    if asked:
        return [name.strip() for name in asked.split(",") if name.strip()]
    names = []
    for name in query.full(entity):
        field = entity.fields.get(name)
        if field is None or (name == "organization_id" and entity.tenant):
            continue  # what is computed comes by itself
        names.append(f"{field.relation}.email" if field.relation and field.table == "users" else name)
    return [*names, *travelling.names(reader, entity)]


def since(state: State, entity: Entity, where: Node | None, said: str | None) -> Node | None:
    """Add to a filter that the record was changed since a date, or touched after a change (``X-12``)."""
    if said is None:
        return where
    from mycrm_cli.query.nodes import Among, Compare, Value, all_of

    if said.strip().upper().startswith("X-"):
        from mycrm_cli.query.since import touched

        return all_of([where, Among(touched(state.reader, entity, said.strip()))])
    return all_of([where, Compare("updated_at", ">=", [Value(said)])])


class Wanted:
    """The records and columns of one export."""

    def __init__(self, state: State, entity: Entity, where: Node | None, given: dict[str, Any]) -> None:
        self.state = state
        self.reader = state.reader
        self.entity = entity
        self.where = where
        self.given = given
        limit = given.get("limit")
        if limit is not None and not limit.isdigit():
            raise UsageError(f"--limit takes a number, not {limit!r}")
        self.limit = int(limit) or None if limit else None
        self.deleted = bool(given.get("deleted"))

    def select(self, names: Sequence[str]) -> query.Select:
        """Return the question for the records with these fields."""
        return query.Select(
            self.entity,
            names,
            where=self.where,
            sort=self.given.get("sort") or ("id" if "id" in self.entity.fields else None),
            limit=self.limit,
            deleted=self.deleted,
        )

    def count(self) -> int:
        """Return how many records there will be."""
        number = self.reader.count(self.entity, self.where, deleted=self.deleted)
        return number if self.limit is None else min(number, self.limit)

    def rows(self, names: Sequence[str]) -> tuple[list[Any], Iterable[Sequence[Any]]]:
        """Return the columns of these names, and the rows as values."""
        extras = [travelling.column(self.entity, name) for name in names]
        own = [name for name, extra in zip(names, extras, strict=True) if extra is None]
        if not any(extras):
            found = self.reader.rows(self.select(own))
            return list(found.columns), found
        found = self.reader.rows(self.select(["id", *own]))
        rest = iter(found.columns[1:])
        return [extra or next(rest) for extra in extras], travelling.joined(self.reader, found, extras)

    def written(self, path: str | None, format: str) -> int:
        """Write the records in a format that takes them one by one; return how many there were."""
        from mycrm_cli.cli import exportformats

        if format in formats.FILES:
            return exportformats.write(self, path, format)
        columns, rows = self.rows(fields(self.reader, self.entity, self.given.get("fields"), format))
        counted = Counted(rows)
        with files.text(path) as out:
            formats.write(format, out, columns, counted, self.state.scope.locale.currency)
        return counted.count

    def separated(self, path: str | None, format: str) -> int:
        """Write the records as CSV or TSV; return how many there were."""
        from mycrm_cli.output.separated import Separated

        names = fields(self.reader, self.entity, self.given.get("fields"), format)
        parts, chunks = self.chunks(names)
        excel = bool(self.given.get("excel"))
        table = Separated(
            parts, names, "\t" if format == "tsv" else ",", "\r\n" if excel else "\n", raw=bool(self.given.get("raw"))
        )
        with files.text(path, mark=excel) as out:
            return table.write(out, chunks)

    def chunks(self, names: Sequence[str]) -> tuple[list[Any], Iterator[Sequence[Sequence[Any]]]]:
        """Return the columns, packs and extras of these names, and for each chunk of rows their values in columns."""
        extras = [travelling.column(self.entity, name) for name in names]
        if not any(extras):
            found = self.reader.packed(self.select(names)) if len(names) > 1 else self.reader.rows(self.select(names))
            return found.columns, (list(zip(*chunk, strict=True)) for chunk in found.chunks(CHUNK))
        own = [name for name, extra in zip(names, extras, strict=True) if extra is None]
        first = 0 if own[:1] == ["id"] else 1
        select = self.select(own if first == 0 else ["id", *own])
        found = self.reader.packed(select, travelling.breaks(extras, first))
        parts = travelling.layout(found.columns[first:], extras)
        return parts, travelling.chunks(self.reader, found.chunks(CHUNK), parts, first)


class Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Yield the rows."""
        for row in self.rows:
            self.count += 1
            yield row
