"""From what people type to what records hold: fields by name, kinds, references, custom fields."""

from __future__ import annotations

from mycrm_cli import catalog, kinds
from mycrm_cli.errors import Invalid, NotFound, UsageError
from mycrm_cli.query.keys import keys
from mycrm_cli.services import nouns
from mycrm_cli.services.fresh import default_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row


def field_named(entity: Entity, name: str) -> Field:
    """Return the writable field with a name as people write it; raises UsageError with the near ones."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    for field in entity.fields.values():
        if plain in (field.name, field.relation, field.short) and field.writable:
            return field
    from difflib import get_close_matches

    names = [field.relation or field.name for field in entity.fields.values() if field.writable]
    raise UsageError(f"{entity.noun} has no field {name!r} that can be set", candidates=get_close_matches(plain, names))


def invalid(field: Field, error: kinds.BadValue) -> Invalid:
    """Return the error that names the field whose value is wrong."""
    name = field.relation or field.name
    return Invalid(f"{name.replace('_', ' ')}: {error.message}", details=[{"field": field.name, "code": error.code}])


def read(reader: Reader, entity: Entity, field: Field, text: str) -> Any:
    """Read one typed value; a reference is looked up. Raises Invalid, NotFound or Ambiguous."""
    if (taken := nouns.read(reader, entity, field, text)) is not None:
        return taken
    if field.relation:
        return reader.find(catalog.by_table(str(field.table)), text).id
    try:
        return field.kind.read(text, reader.scope.locale)
    except kinds.BadValue as error:
        raise invalid(field, error) from None


def accept(reader: Reader, entity: Entity, field: Field, value: Any) -> Any:
    """Take one value as JSON carries it."""
    if value is None:
        return None
    if isinstance(value, str) and (taken := nouns.read(reader, entity, field, value)) is not None:
        return taken
    if field.relation:
        return read(reader, entity, field, str(value))
    try:
        return field.kind.accept(value, reader.scope.locale)
    except kinds.BadValue as error:
        raise invalid(field, error) from None


def typed(reader: Reader, entity: Entity, texts: Mapping[str, str], say: Callable[[str], None]) -> Row:
    """Return the values of options that were given; an empty text empties the field.

    ``--company`` of a contact links the company and copies its name; where none matches, the text
    stands alone and ``say`` is told.
    """
    values: Row = {}
    for name, text in texts.items():
        field = field_named(entity, name)
        if f"{field.name}_id" in entity.fields:
            values |= linked(reader, entity, field, text, say)
        elif text == "" and not field.required:
            values[field.name] = emptied(field)
        else:
            values[field.name] = read(reader, entity, field, text)
    return values


def emptied(field: Field) -> Any:
    """Return what an emptied field holds; raises Invalid for one that must have a value."""
    if field.kind_name in ("tags", "json"):
        return default_of(field)
    if not field.nullable:
        raise Invalid(f"{field.label} must have a value", details=[{"field": field.name, "code": "required"}])
    return None


def linked(reader: Reader, entity: Entity, field: Field, text: str, say: Callable[[str], None]) -> Row:
    """Return the name and the link for a field that exists as text and as reference."""
    link = entity.fields[f"{field.name}_id"]
    if text == "":
        return {field.name: None, link.name: None}
    target = catalog.by_table(str(link.table))
    try:
        found = reader.find(target, text)
    except NotFound:
        if names_exactly(target, text, reader):
            raise
        say(f"no {target.noun} matches {text!r}; only the name is set")
        return {field.name: read(reader, entity, field, text), link.name: None}
    return {field.name: found.title, link.name: found.id}


def names_exactly(entity: Entity, text: str, reader: Reader) -> bool:
    """Whether a text can only be a record's id, number or key, and is no name."""
    return [step for step, _ in keys(entity, text, reader.scope)] in (["id"], ["number"], ["ext"])


def name_parts(entity: Entity, text: str) -> dict[str, str]:
    """Return the fields that the argument of ``add`` fills: the key, or first and last name."""
    if entity.key in entity.fields:
        return {entity.key: text}
    first, _, last = text.strip().rpartition(" ")
    return {"first_name": first or last, "last_name": last if first else ""}


def from_object(reader: Reader, entity: Entity, record: Any) -> Row:
    """Return the values of a JSON object; raises UsageError for unknown keys."""
    if not isinstance(record, dict):
        raise Invalid("expected a JSON object for each record")
    values: Row = {}
    for name, value in record.items():
        if name == "custom_fields" and isinstance(value, dict):
            values |= {f"cf.{key}": item for key, item in value.items()}
            continue
        field = field_named(entity, name)
        values[field.name] = emptied(field) if value is None else accept(reader, entity, field, value)
    return values


def assignments(option: str, pairs: Iterable[str]) -> dict[str, str]:
    """Split the ``FIELD=VALUE`` words of an option; raises UsageError for one without ``=``."""
    result = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not name.strip():
            raise UsageError(f"{option} takes FIELD=VALUE, not {pair!r}")
        result[name.strip()] = value
    return result


def checked(name: str, values: Mapping[str, Any]) -> Row:
    """Return the values of a record that is made before there is a database to ask; raises Invalid.

    Empty texts are left out.
    """
    fields = catalog.entity(name).fields
    result: Row = {}
    for key, value in values.items():
        if value in (None, ""):
            continue
        try:
            result[key] = value if fields[key].secret else fields[key].kind.accept(value)
        except kinds.BadValue as error:
            raise invalid(fields[key], error) from None
    return result
