"""Where free text of others still speaks of a person: listed, never rewritten, since it belongs to other records."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.people import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader

KINDS = frozenset(("text", "lines", "json", "tags", "email", "url"))
"""Kinds of fields that may hold such text."""
LEFT_OUT = frozenset(("erasures", "change_items", "change_payloads", "counters", "score_marks", "mail_files"))
MOST = 200
"""Mentions that are listed of one table."""
SHORTEST = 5
"""Characters of a text that is looked for."""


class Mention(NamedTuple):
    """A field of a record that speaks of the person."""

    noun: str
    reference: str
    field: str

    @property
    def label(self) -> str:
        """How a line says it."""
        return f"{self.noun} {self.reference}: {self.field.replace('_', ' ')}"


def find(reader: Reader, texts: Iterable[str]) -> list[Mention]:
    """Return the fields of all records in which one of the texts stands."""
    wanted = sorted({text for text in texts if len(text) >= SHORTEST})
    return [mention for entity in searched() for mention in _of(reader, entity, wanted)] if wanted else []


def searched() -> Iterator[Entity]:
    """Yield the tables that are looked through."""
    for entity in catalog.entities().values():
        if entity.tenant and entity.name not in LEFT_OUT and fields(entity):
            yield entity


def fields(entity: Entity) -> list[str]:
    """Return the columns of an entity that may hold text of people."""
    return [f.name for f in entity.fields.values() if f.kind_name in KINDS and not (f.internal or f.generated)]


def _of(reader: Reader, entity: Entity, wanted: list[str]) -> Iterator[Mention]:
    names, dialect = fields(entity), reader.connection.dialect
    label = next((n for n in ("number", "name", "key", "id") if n in entity.fields), None)
    if label is None:
        return
    # All columns as one text: a million rows are looked through in seconds.
    if dialect == "sqlite":
        held = " || char(10) || ".join(f"coalesce({rows.quoted(name)}, '')" for name in names)
        found_in = f"instr(lower({held}), ?) > 0"
    else:
        found_in = f"strpos(lower(concat_ws(chr(10), {', '.join(map(rows.quoted, names))})), ?) > 0"
    params: list[Any] = [text.lower() for text in wanted]
    own = rows.converted([reader.scope.organization_id], rows.savers(entity, [rows.owner(entity)], dialect))
    statement = (
        f"SELECT {', '.join(map(rows.quoted, [label, *names]))} FROM {entity.table}"
        f" WHERE {rows.owner(entity)} = ? AND ({' OR '.join([found_in] * len(wanted))}) LIMIT {MOST}"
    )
    load = entity.fields[label].kind.loader(dialect) or (lambda stored: stored)
    for key, *values in reader.connection.execute(statement, [*own, *params]).fetchall():
        number = label == "number" and entity.prefix
        reference = f"{entity.prefix}-{key}" if number else str(load(key))
        for name, value in zip(names, values, strict=True):
            if _speaks(str(value or ""), wanted):
                yield Mention(entity.noun, reference, name)


def _speaks(text: str, wanted: list[str]) -> bool:
    """Return whether one of the texts stands in another; an address only as a whole."""
    lower = text.lower()
    return any(each.lower() in lower for each in wanted if "@" not in each) or exact.in_text(
        text, [each for each in wanted if "@" in each]
    )
