"""Records as they were at a moment: what the journal says was changed since, and the way of deals through stages.

Two sources are needed. The journal knows every field, by the time a change was made. The history of stages, and
the moments that records carry themselves (when a lead was converted, when a task was done), also know what was
imported or back-dated; what they say wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.query import sheets
from mycrm_cli.query.payloads import payloads
from mycrm_cli.query.reports.derived import DERIVED, as_stored
from mycrm_cli.query.since import one_of
from mycrm_cli.query.sql import Sql, all_hold, column, compose, value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.kinds import Kind
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reader import Reader

    Images = dict[UUID, dict[str, Any]]

ITEMS = """SELECT i.change_id, i.position, i.action, i.record_id, i.members FROM changes AS c
JOIN change_items AS i ON i.change_id = c.id AND {} WHERE {} ORDER BY c.position, i.position"""
BLOB = "mycrm_blob"
"""Our function for SQLite that reads hexadecimal digits; its own came with 3.41."""


class AsOf:
    """The records of an organization as they were at a moment; what the journal says is read once for each noun."""

    def __init__(self, reader: Reader, at: datetime) -> None:
        self.reader = reader
        self.at = at
        self._rows: dict[str, tuple[list[str], list[list[Any]]]] = {}
        if reader.connection.dialect == "sqlite":
            reader.connection.raw.create_function(BLOB, 1, from_digits)

    def keys(self, entity: Entity) -> list[str]:
        """Return the ids, 32 digits each, of the records that were changed since the moment."""
        return self._known(entity)[0]

    def table(self, frame: Frame, entity: Entity, only: str = "") -> Sql:
        """Return the SELECT that stands for an entity's table, or for the records that ``only`` selects the ids of."""
        keys, rows = self._known(entity)
        save = kinds.make("timestamp").saver(frame.dialect)
        at, inner, outer = save(self.at) if save else self.at, frame.alias(), frame.alias()
        names = list(entity.fields)
        fits = [frame.within(entity, inner)]
        if only:
            fits.append(Sql(f"{inner}.id IN ({only})"))
        if keys:
            fits.append(compose("NOT ({})", one_of(frame.dialect, f"{inner}.id", keys)))
        chosen = ", ".join(column(inner, name) for name in names)
        untouched = compose(f"SELECT {chosen} FROM {entity.table} AS {inner} WHERE {{}}", all_hold(fits))
        both = compose("{} UNION ALL {}", untouched, listed(frame, entity, names, rows)) if rows else untouched
        expressions, joins = DERIVED.get(entity.name, as_stored)(frame, outer, at)
        named = [compose(f'{{}} AS "{name}"', expressions.get(name, column(outer, name))) for name in names]
        whole = compose(", ".join("{}" for _ in named), *named)
        return compose(
            f"SELECT {{}} FROM ({{}}) AS {outer} {{}} WHERE {outer}.created_at <= {{}}", whole, both, joins, value(at)
        )

    def _known(self, entity: Entity) -> tuple[list[str], list[list[Any]]]:
        """Return what the journal knows of an entity's records; it is read once."""
        if entity.name not in self._rows:
            self._rows[entity.name] = self._was(entity)
        return self._rows[entity.name]

    def _was(self, entity: Entity) -> tuple[list[str], list[list[Any]]]:
        """Return the ids of records that were changed since, and their rows as they were, as they are stored."""
        images = self._images(entity)
        now = self._now(entity, [id.hex for id in images])
        dialect, rows = self.reader.connection.dialect, []
        for id, image in images.items():
            row = now.get(id)
            if row is None and "created_at" not in image:
                continue
            gone = dict.fromkeys(entity.fields) | {"organization_id": self.reader.frame().organization}
            was = gone if row is None else dict(row)
            for name, held in image.items():
                if (field := entity.fields.get(name)) is not None:
                    was[name] = None if held is None else stored(field.kind, field.kind.undump(held), dialect)
            rows.append([was[name] for name in entity.fields])
        return [id.hex for id in images], rows

    def _images(self, entity: Entity) -> Images:
        """Return the first value before each field's next change; records that came later have none."""
        found: Images = {}
        by_change: dict[UUID, list[tuple[int, UUID]]] = {}
        for change, position, action, ids in self._items(entity):
            if action != "create":
                by_change.setdefault(change, []).extend((position + place, id) for place, id in enumerate(ids))
        for change, places in by_change.items():
            images = payloads(self.reader, change, [position for position, _ in places])
            for position, id in places:
                known = found.setdefault(id, {})
                for name, held in images.get(position, {}).items():
                    known.setdefault(name, held)
        return found

    def _items(self, entity: Entity) -> Iterator[tuple[UUID, int, str, list[UUID]]]:
        """Yield (change, position, action, records) of what was done since, in its order."""
        frame = self.reader.frame()
        save = kinds.make("timestamp").saver(frame.dialect)
        fits = [frame.within(catalog.entity("changes"), "c")]
        fits.append(compose("c.finished_at > {}", value(save(self.at) if save else self.at)))
        mine = [frame.within(catalog.entity("change_items"), "i"), compose("i.entity = {}", value(entity.name))]
        load = catalog.entity("changes").fields["id"].kind.loader(frame.dialect) or (lambda key: key)
        for change, position, action, record, members in self.reader.run(
            compose(ITEMS, all_hold(mine), all_hold(fits))
        ).fetchall():
            yield load(change), position, action, [load(record)] if members is None else sheets.ids_of(members)

    def _now(self, entity: Entity, ids: list[str]) -> dict[UUID, dict[str, Any]]:
        """Return the rows of records as they are, as the database holds them."""
        if not ids:
            return {}
        frame, names = self.reader.frame(), list(entity.fields)
        fits = all_hold([frame.within(entity, "t"), one_of(frame.dialect, "t.id", ids)])
        chosen = ", ".join(column("t", name) for name in names)
        load = entity.fields["id"].kind.loader(frame.dialect) or (lambda key: key)
        found = self.reader.run(compose(f"SELECT {chosen} FROM {entity.table} AS t WHERE {{}}", fits))
        rows = (dict(zip(names, row, strict=True)) for row in found)
        return {load(row["id"]): row for row in rows}


def from_digits(digits: str | None) -> bytes | None:
    """Return the bytes that hexadecimal digits stand for."""
    return None if digits is None else bytes.fromhex(digits)


def stored(kind: Kind, loaded: Any, dialect: str) -> Any:
    """Return a value as SQLite stores it; PostgreSQL reads it from JSON by itself."""
    save = kind.saver(dialect) if dialect == "sqlite" else None
    return save(loaded) if save else loaded


def listed(frame: Frame, entity: Entity, names: list[str], rows: list[list[Any]]) -> Sql:
    """Return the SELECT of rows that are given, in one parameter however many they are."""
    import json

    if frame.dialect == "postgresql":
        records = json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str)
        chosen = ", ".join(column("was", name) for name in names)
        return compose(
            f"SELECT {chosen} FROM json_populate_recordset(NULL::{entity.table}, CAST({{}} AS json)) AS was",
            value(records),
        )
    cells = []
    for place, name in enumerate(names):
        held = f"json_extract(value, '$[{place}]')"
        cells.append(f"{BLOB}({held})" if entity.fields[name].kind_name == "reference" else held)
    records = json.dumps(rows, default=bytes.hex)
    return compose(f"SELECT {', '.join(cells)} FROM json_each({{}})", value(records))
