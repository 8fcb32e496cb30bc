"""The only reader: every read of the program is compiled here for one scope and run."""

from __future__ import annotations

from itertools import islice, pairwise

from mycrm_cli.query.frame import Frame
from mycrm_cli.query.select import Column, Select, compile_count, compile_select, full

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.errors import CrmError
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.references import Found
    from mycrm_cli.query.saved import SavedFilter
    from mycrm_cli.query.sql import Sql
    from mycrm_cli.scope import Scope

BATCH = 2000
"""Rows that a cursor on PostgreSQL fetches at a time."""


class Rows:
    """The answer to a Select: ``columns``, and the rows as tuples of values, read as they are asked for."""

    __slots__ = ("_cursor", "columns")

    def __init__(self, columns: list[Any], cursor: Iterable[tuple[Any, ...]]) -> None:
        self.columns = columns
        self._cursor = cursor

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows; where no value needs converting the driver's own."""
        try:
            yield from self._loaded()
        except Exception as error:
            from mycrm_cli.db.connect import translated

            raise translated(error) from error

    def chunks(self, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield many rows at a time, with the values as the database holds them."""
        try:
            cursor = iter(self._cursor)
            while chunk := list(islice(cursor, size)):
                yield chunk
        except Exception as error:
            from mycrm_cli.db.connect import translated

            raise translated(error) from error

    def _loaded(self) -> Iterator[tuple[Any, ...]]:
        loads = [(place, column.load) for place, column in enumerate(self.columns) if column.load]
        if not loads:
            yield from self._cursor
            return
        for answer in self._cursor:
            row = list(answer)
            for place, load in loads:
                if row[place] is not None:
                    row[place] = load(row[place])
            yield tuple(row)


class Reader:
    """Reads the records of one organization over a connection."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self.connection = connection
        self.scope = scope
        self._custom: dict[str, dict[str, Custom]] = {}
        self._saved: dict[str, dict[str, SavedFilter]] = {}
        self._streams = 0

    def frame(self) -> Frame:
        """Return the context of one statement."""
        return Frame(self.scope, self.connection.dialect, self.custom_fields, self._ask, self.saved_filters)

    def _ask(self, statement: Sql) -> int:
        return int(self.run(statement).fetchone()[0])

    def run(self, statement: Sql) -> Any:
        """Run a compiled statement and return the cursor."""
        return self.connection.execute(statement.text, statement.params)

    def rows(self, select: Select) -> Rows:
        """Answer a Select; raises UsageError for fields and values that do not fit the entity."""
        statement, columns = compile_select(self.frame(), select)
        if select.limit is None and self.connection.dialect == "postgresql":
            return Rows(columns, self._stream(statement))
        return Rows(columns, self.run(statement))

    def packed(self, select: Select, apart: Collection[int] = ()) -> Rows:
        """Answer a Select for a large export: its columns are ``Column`` or ``Pack``, see query/packing.

        No pack reaches over the places in ``apart``.
        """
        from mycrm_cli.query.packing import packed

        def arrange(columns: list[Column]) -> list[Any]:
            edges = sorted({0, *apart, len(columns)})
            groups = [columns[start:end] for start, end in pairwise(edges)]
            return [part for group in groups for part in packed(group, self.connection.dialect)]

        statement, columns = compile_select(self.frame(), select, arrange)
        if self.connection.dialect == "postgresql":
            return Rows(columns, self._stream(statement))
        return Rows(columns, self.run(statement))

    def stream(self, statement: Sql, batch: int = BATCH) -> Iterable[tuple[Any, ...]]:
        """Run a compiled statement whose answer may be larger than the memory."""
        return self._stream(statement, batch) if self.connection.dialect == "postgresql" else self.run(statement)

    def _stream(self, statement: Sql, batch: int = BATCH) -> Iterator[tuple[Any, ...]]:
        """Yield an answer that may be larger than the memory: PostgreSQL keeps it in a cursor of its own."""
        self._streams += 1
        yield from self.connection.stream(f"mycrm_{self._streams}", statement.text, statement.params, batch)

    def count(self, entity: Entity, where: Node | None = None, *, deleted: bool | None = False) -> int:
        """Return how many records fit."""
        return self._ask(compile_count(self.frame(), entity, where, deleted))

    def record(self, entity: Entity, identifier: UUID) -> dict[str, Any]:
        """Return all fields of a record that people may see, in the trash or not; raises NotFound."""
        from mycrm_cli.errors import NotFound
        from mycrm_cli.query.nodes import equals

        only = Select(entity, full(entity), where=equals("id", str(identifier)), sort="id", limit=1, deleted=None)
        rows = self.rows(only)
        for row in rows:
            return dict(zip((column.name for column in rows.columns), row, strict=True))
        raise NotFound(f"no {entity.noun} has the id {identifier} in {self.scope.slug}")

    def find(self, entity: Entity, reference: str, *, deleted: bool = False) -> Found:
        """Return the record that a reference names exactly; raises NotFound or Ambiguous with candidates."""
        from mycrm_cli.query.references import find

        return find(self, entity, reference, deleted)

    def find_many(
        self, entity: Entity, references: Iterable[str], *, deleted: bool = False
    ) -> dict[str, Found | CrmError]:
        """Resolve many references with few statements; what ``find`` would raise is the value instead."""
        from mycrm_cli.query.references import find_many

        return find_many(self, entity, references, deleted)

    def search(
        self, text: str, entities: Iterable[Entity], *, limit: int = 20
    ) -> Iterator[tuple[Entity, UUID, int | None, str | None]]:
        """Yield (entity, id, number, title) of the newest records of each entity that have all the words."""
        from mycrm_cli.query.nodes import Search

        for entity in entities:
            names = ["id", "number"] if entity.numbered else ["id"]
            found = Select(entity, [*names, "name"], where=Search(text), sort="-id", limit=limit)
            for row in self.rows(found):
                yield entity, row[0], row[1] if entity.numbered else None, row[-1]

    def custom_fields(self, entity: Entity) -> dict[str, Custom]:
        """Return the organization's own fields of an entity by their key, read once."""
        if entity.name not in self._custom:
            from mycrm_cli import catalog
            from mycrm_cli.query import custom
            from mycrm_cli.query.nodes import Compare, Value

            own = Compare("entity", "=", [Value(entity.name, quoted=True)])
            fields = ["key", "label", "type", "choices", "required"]
            rows = self.rows(Select(catalog.by_table("custom_fields"), fields, where=own, sort="id", limit=1000))
            self._custom[entity.name] = {row[0]: custom.make(*row) for row in rows}
        return self._custom[entity.name]

    def saved_filters(self, entity: Entity) -> dict[str, SavedFilter]:
        """Return the organization's saved filters of an entity by their folded name, read once."""
        if entity.name not in self._saved:
            from mycrm_cli import catalog
            from mycrm_cli.query import saved
            from mycrm_cli.query.nodes import Compare, Value

            own = Compare("entity", "=", [Value(entity.name, quoted=True)])
            fields = ["name", "expression", "sort", "columns"]
            rows = self.rows(Select(catalog.by_table("saved_filters"), fields, where=own, sort="id", limit=1000))
            self._saved[entity.name] = saved.by_key([saved.SavedFilter(*row) for row in rows])
        return self._saved[entity.name]

    def forget(self) -> None:
        """Read custom fields and saved filters anew when they are asked for again."""
        self._custom.clear()
        self._saved.clear()
