"""Resolves references: exactly, step by step, never by guessing.

Steps: id, number, e-mail, external id, place, phone, domain, exact name. The first step that finds anything
decides; plain digits may be a number or a name, so all their steps count together.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Ambiguous, CrmError, NotFound
from mycrm_cli.query.keys import ID, NUMBER, foreign_prefix, keys
from mycrm_cli.query.lookups import lookups
from mycrm_cli.query.places import label
from mycrm_cli.query.places import places as entity_places
from mycrm_cli.query.sql import Sql, column, compose
from mycrm_cli.query.titles import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.keys import Key
    from mycrm_cli.query.reader import Reader

BATCH = 500
"""Keys of one statement."""
SHOWN = 5
"""Candidates that an error lists."""


class Found:
    """A record that a reference names; ``version`` guards an edit of it.

    ``place`` is how it is called together with what it belongs to, for records that need that.
    """

    __slots__ = ("email", "entity", "id", "number", "place", "title", "version")

    def __init__(
        self,
        entity: Entity,
        id: UUID,
        number: int | None = None,
        title: str | None = None,
        version: int | None = None,
        email: str | None = None,
        place: str | None = None,
    ) -> None:
        self.entity = entity
        self.id = id
        self.number = number
        self.title = title
        self.version = version
        self.email = email
        self.place = place

    @property
    def label(self) -> str:
        """How errors list it: ``C-88 jane@acme.com``."""
        if self.place:
            return self.place
        number = f"{self.entity.prefix}-{self.number}" if self.entity.prefix and self.number is not None else ""
        return " ".join(part for part in (number, self.email or self.title or str(self.id)) if part)


Hits = dict["Key", dict["UUID", Found]]


def columns(entity: Entity, alias: str, key: Sql) -> Sql:
    """Return what a lookup selects: the key, then what makes a ``Found``."""
    known = entity.fields
    own = [column(alias, name) if name in known else "NULL" for name in ("id", "number")]
    rest = [column(alias, name) if name in known else "NULL" for name in ("version", "email")]
    return compose("{}, {}, {}, {}, {}, {}", key, ", ".join(own), title(entity, alias), *rest, label(entity, alias))


def found(reader: Reader, entity: Entity, row: tuple[Any, ...]) -> Found:
    """Return the record of a lookup's row, without its key."""
    load = entity.fields["id"].kind.loader(reader.connection.dialect)
    return Found(entity, load(row[0]) if load else row[0], *row[1:])


def find(reader: Reader, entity: Entity, reference: str, deleted: bool) -> Found:
    """Return the one record; raises NotFound with near names, or Ambiguous with the candidates."""
    answer = find_many(reader, entity, [reference], deleted)[reference]
    if isinstance(answer, Found):
        return answer
    if isinstance(answer, NotFound):
        if entity.soft_delete and not deleted:
            trashed = find_many(reader, entity, [reference], True)[reference]
            if isinstance(trashed, Found):
                name = entity.noun
                answer.hint = f"it is in the trash: mycrm {name} restore {trashed.label.split()[0]}"
                raise answer
        from mycrm_cli.query.near import near

        answer.candidates = [record.label for record in near(reader, entity, reference, deleted)]
    raise answer


def find_many(reader: Reader, entity: Entity, references: Iterable[str], deleted: bool) -> dict[str, Found | CrmError]:
    """Return for each reference its record, or the error; a few statements for each step."""
    wanted = {text: _keys(reader, entity, text) for text in references}
    by_step: dict[str, dict[Any, None]] = {}
    for ways in wanted.values():
        for step, key in ways:
            by_step.setdefault(step, {})[key] = None
    hits: Hits = {}
    for step, values in by_step.items():
        _look_up(reader, entity, step, list(values), deleted, hits)
    return {text: _decide(reader, entity, text, ways, hits) for text, ways in wanted.items()}


def _keys(reader: Reader, entity: Entity, text: str) -> list[Key]:
    """Return the ways to read a reference; one that no database takes names nothing."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        return []
    return keys(entity, text, reader.scope)


def _look_up(reader: Reader, entity: Entity, step: str, values: list[Any], deleted: bool, hits: Hits) -> None:
    """Add the records that carry one of the keys to the hits."""
    load = entity.fields["id"].kind.loader(reader.connection.dialect) if step == "id" else None
    for start in range(0, len(values), BATCH):
        batch = values[start : start + BATCH]
        statements = lookups(
            reader.frame(), entity, step, batch, lambda alias, key: columns(entity, alias, key), deleted
        )
        for statement in statements:
            for row in reader.run(statement):
                record = found(reader, entity, row[1:])
                hits.setdefault((step, load(row[0]) if load else row[0]), {})[record.id] = record


def _decide(reader: Reader, entity: Entity, text: str, ways: list[Key], hits: Hits) -> Found | CrmError:
    steps = [hits.get(way, {}) for way in ways]
    if text.strip().isdigit():
        steps = [{identifier: record for step in steps for identifier, record in step.items()}]
    records = next((list(step.values()) for step in steps if step), [])
    if len(records) == 1:
        return records[0]
    return _ambiguous(entity, text, records) if records else not_found(reader, entity, text)


def shown(text: str) -> str:
    """Return a reference as messages quote it."""
    short = text if len(text) <= 80 else f"{text[:80]}…"
    return '"' + "".join(char if char.isprintable() else "\ufffd" for char in short) + '"'


def _ambiguous(entity: Entity, text: str, records: list[Found]) -> Ambiguous:
    records = sorted(records, key=lambda record: (record.number or 0, record.id))
    more = f", of which {SHOWN} are shown" if len(records) > SHOWN else ""
    return Ambiguous(
        f"{len(records)} {entity.plural} match {shown(text)}{more}",
        candidates=[record.label for record in records[:SHOWN]],
        hint=f"name one by its {'number' if entity.numbered else 'place, as here' if records[0].place else 'id'}",
    )


def not_found(reader: Reader, entity: Entity, text: str) -> NotFound:
    """Return the error for a reference that names nothing here; another organization's record is the same."""
    noun = entity.noun
    message = f"no {noun} matches {shown(text)} in {reader.scope.slug}"
    prefix = foreign_prefix(entity, text)
    other = catalog.by_prefix(prefix) if prefix else None
    if other is not None and other.command:
        number = text.strip().upper()
        return NotFound(message, hint=f"{number} is a {other.noun}: mycrm {other.noun} view {number}")
    return NotFound(message, hint=f"mycrm {noun} list{_filter(entity, text.strip())}")


def _filter(entity: Entity, text: str) -> str:
    """Return a filter that finds what looks like the reference, where it can be written without quotes."""
    if NUMBER.fullmatch(text) or ID.fullmatch(text):
        return ""
    name, _, domain = text.rpartition("@")
    if entity.table == "line_items" and (places := entity_places(entity, text)):
        return f" -w deal=D-{places[0].partition('.')[0]}"
    part = domain if name else text
    if not part.isascii() or not part.replace("-", "").replace(".", "").replace("_", "").isalnum() or ".." in part:
        return ""
    field = "email" if name and "email" in entity.fields else "name"
    return f" -w '{field}~{part}'" if field in entity.fields or entity.title else ""
