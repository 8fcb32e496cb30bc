"""Records as JSON, new or to be changed, each with values of its own: from stdin or from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import services
from mycrm_cli.cli import bulk
from mycrm_cli.cli.lines import json_records, placed
from mycrm_cli.errors import Conflict, Invalid, UsageError
from mycrm_cli.query import computed
from mycrm_cli.query.references import Found
from mycrm_cli.services.rows import chunks, images

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.lines import Line
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

SAID_WITH_RECORDS = ("change", "currency")
"""Members that ``--json`` adds to a record, where they are no fields of it."""


class KnownReader:
    """A reader that looks a reference up once, and many in a few statements."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.scope = reader.scope
        self._found: dict[tuple[str, str], Found] = {}

    def expect(self, entity: Entity, references: set[str]) -> None:
        """Look up references that will be asked for; what is not found is told when it is asked for."""
        answers = self.reader.find_many(entity, references) if len(references) > 1 else {}
        self._found |= {(entity.name, text): one for text, one in answers.items() if isinstance(one, Found)}

    def find(self, entity: Entity, reference: str, *, deleted: bool = False) -> Found:
        """Return the record that a reference names."""
        key = (entity.name, reference)
        if key not in self._found:
            self._found[key] = self.reader.find(entity, reference, deleted=deleted)
        return self._found[key]

    def custom_fields(self, entity: Entity) -> dict[str, Custom]:
        """Return the organization's own fields of an entity."""
        return self.reader.custom_fields(entity)


def new_records(state: State, entity: Entity, given: dict[str, Any]) -> list[Any] | None:
    """Return the objects that ``add`` is given, or None; many from stdin are a bulk write, which asks."""
    piped = given["name"] == "-"
    if piped and given["from_json"]:
        raise UsageError("- stands for stdin already; leave --from-json out")
    if not piped and not given["from_json"]:
        return None
    objects = json_records("-" if piped else given["from_json"])
    if piped or given["from_json"] == "-":
        bulk.ask_to_add(state, entity, len(objects), given["confirm"])
    return objects


def read(work: Work, entity: Entity, objects: Sequence[Any]) -> list[Row]:
    """Return the values of JSON objects; errors say which object is meant where there are several."""
    reader = known(work.reader, entity, [record for record in objects if isinstance(record, dict)])
    found = []
    for number, record in enumerate(objects, 1):
        with placed(f"record {number}" if len(objects) > 1 else ""):
            found.append(services.custom.from_object(reader, entity, said(entity, record)))
    return found


def said(entity: Entity, record: Any) -> Any:
    """Return a new record without the nulls of fields that have a value anyway: they say nothing."""
    if not isinstance(record, dict):
        return record
    filled = {name for name, field in entity.fields.items() if not field.nullable}
    return {name: value for name, value in record.items() if value is not None or name not in filled}


def known(reader: Reader, entity: Entity, records: Sequence[dict[str, Any]]) -> Any:
    """Return a reader that has looked up what the objects refer to."""
    from mycrm_cli import catalog

    looked_up = KnownReader(reader)
    for field in entity.fields.values():
        if field.relation and field.table and field.writable:
            texts = {
                str(record[name]) for record in records for name in (field.name, field.relation) if record.get(name)
            }
            looked_up.expect(catalog.by_table(field.table), texts)
    return looked_up


def edits(work: Work, entity: Entity, lines: Sequence[tuple[Line, UUID]], common: Row) -> list[tuple[UUID, Row]]:
    """Return the changes that lines of stdin ask for; the options of the command line count for all of them."""
    reader = known(work.reader, entity, [line.members for line, _ in lines])
    result = []
    for chunk in chunks(lines):
        stored = images(work.connection, work.scope, entity, [id for line, id in chunk if line.members])
        for line, id in chunk:
            with placed(line.place):
                members = settable(entity, line.members, stored.get(id, {}))
                result.append((id, services.custom.from_object(reader, entity, members) | common))
    return result


def settable(entity: Entity, members: dict[str, Any], image: Row) -> dict[str, Any]:
    """Return the members that set something.

    A record that was listed carries more, which may stand there as long as it says what is so: raises
    Conflict for another version, Invalid for another value of what cannot be set.
    """
    result = {}
    for name, value in members.items():
        field = entity.fields.get(name)
        if name in computed.of(entity) or (field is None and name in SAID_WITH_RECORDS):
            continue
        if field is None or field.writable:
            result[name] = value
            continue
        there = image.get(name)
        if value != (None if there is None else field.kind.dump(there)):
            if name == "version":
                raise Conflict(f"the {entity.noun} was changed by somebody else in between", hint="list it again")
            detail: dict[str, object] = {"field": name, "code": "fixed"}
            raise Invalid(f"{field.label} cannot be set", details=[detail], hint="leave it out of the line")
    return result
