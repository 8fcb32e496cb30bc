"""What a target of a mapping means for an entity: a field, a relation by one of its keys, or one of a few words."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import UsageError
from mycrm_cli.kinds import BadValue
from mycrm_cli.query import attached, computed
from mycrm_cli.services import nouns
from mycrm_cli.services.transfer.specs import LEAVE_OUT, header_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.custom import Custom

STEPS = ("id", "number", "email", "phone", "domain", "name")
"""Keys by which a relation may be given: ``company.domain``; what an import matches records by is one, too."""

NEVER = ("organization_id", "version", "deleted_at")
"""Columns of other systems' files that no new record takes from them."""


class Target:
    """Where a column's cells go.

    ``what`` is one of ``field reference links twin external emails note name custom tags skip``: ``twin`` is
    a name that is also a link, ``links`` are further records of a kind. What is ``given`` is taken by new
    records only: times, authors, numbers.
    """

    __slots__ = ("custom", "entity", "field", "given", "name", "step", "what")

    def __init__(
        self,
        what: str,
        name: str,
        field: Field | None = None,
        entity: Entity | None = None,
        step: str = "",
        *,
        given: bool = False,
    ) -> None:
        self.what = what
        self.name = name
        self.field = field
        self.entity = entity
        self.step = step
        self.given = given
        self.custom: Custom | None = None

    @property
    def several(self) -> bool:
        """Whether more than one column may go here."""
        return self.what in ("emails", "note", "tags", "skip", "external", "links")


def parse(entity: Entity, text: str, *, own: bool = False) -> Target | None:
    """Return what a target's text means, or None where it means nothing; ``own`` allows every column."""
    name = text.strip()
    plain = name.lower().replace("-", "_").replace(" ", "_") if name != LEAVE_OUT else name
    if (special := _special(entity, name, plain)) is not None:
        return special
    if "." in plain:
        return _relation(entity, name, plain, own)
    field = next((f for f in entity.fields.values() if plain in (f.name, f.relation, f.short)), None)
    field = field or _by_noun(entity, plain)
    if field is not None and not field.internal and not field.secret:
        return _field(entity, field, plain, own)
    if plain == "name" and "first_name" in entity.fields:
        return Target("name", "name")
    return None


def _special(entity: Entity, name: str, plain: str) -> Target | None:
    """Return the target of a word that is no field."""
    if plain == LEAVE_OUT or plain in computed.of(entity):
        return Target("skip", LEAVE_OUT)
    if plain.startswith("ext:") and len(plain) > 4:
        return Target("external", plain)
    if plain.startswith("cf.") and "custom_fields" in entity.fields:
        return Target("custom", plain)
    if plain == "+tags" and "tags" in entity.fields:
        return Target("tags", "+tags", entity.fields["tags"])
    if plain in ("note", "notes") and attached.note_link(entity.name) and plain not in entity.fields:
        return Target("note", "note")
    if plain in (own := nouns.words(entity)):
        return Target("field", plain, entity.fields[own[plain]])
    if (more := attached.further(entity.name)) is not None and plain == more.name:
        return Target("emails", more.name, more.field)
    return _links(entity, name, plain)


def _links(entity: Entity, name: str, plain: str) -> Target | None:
    """Return the target of further records of a kind: ``contacts``, ``companies.domain``."""
    word, dot, step = plain.partition(".")
    for link in attached.links(entity.name).values():
        if link.name == word:
            key = _step(link.other, name, step) if dot else ""
            return None if key is None else Target("links", link.name, entity.fields[link.main], link.other, key)
    return None


def brought_along(field: Field) -> bool:
    """Whether new records take a column from another system's file that people cannot set."""
    if field.name in NEVER or field.generated:
        return False
    return field.name == "id" or field.kind_name in ("timestamp", "reference", "integer")


def _field(entity: Entity, field: Field, plain: str, own: bool) -> Target | None:
    """Return the target of a column of the entity."""
    if field.name == "organization_id" or not (field.writable or own or brought_along(field)):
        return None
    given = not field.writable
    if field.relation:
        step = "id" if plain == field.name else ""
        return Target("reference", field.name, field, catalog.by_table(str(field.table)), step, given=given)
    twin = entity.fields.get(f"{field.name}_id")
    if twin is not None and twin.relation:
        return Target("twin", field.name, field, catalog.by_table(str(twin.table)), "name")
    return Target("field", field.name, field, given=given)


def _relation(entity: Entity, name: str, plain: str, own: bool) -> Target | None:
    """Return the target ``RELATION.key``: ``company.domain``, ``parent.ext:hubspot``."""
    relation, _, step = plain.partition(".")
    field = next((f for f in entity.relations.values() if relation in (f.relation, f.short)), None)
    field = field or _by_noun(entity, relation)
    if field is None or not field.table or not (field.writable or own or brought_along(field)):
        return None
    other = catalog.by_table(field.table)
    key = _step(other, name, step)
    if key is None or field.name == "organization_id":
        return None
    return Target("reference", field.name, field, other, key, given=not field.writable)


def _by_noun(entity: Entity, word: str) -> Field | None:
    """Return the one reference to records that people call so: ``deal`` for ``opportunity_id``."""
    tables = [other.table for other in catalog.entities().values() if other.command == word]
    found = [field for field in entity.relations.values() if field.table in tables]
    return found[0] if len(found) == 1 else None


def _step(other: Entity, name: str, step: str) -> str | None:
    """Return the key by which a related record is given, or None for one that it has not."""
    if step.startswith("ext:") and len(step) > 4:
        return "ext:" + name.partition(".")[2][4:].strip().lower()
    if step == "name" and other.title:
        return step
    return step if step in other.fields and (step in STEPS or step in other.match) else None


def required(entity: Entity, text: str, *, own: bool = False) -> Target:
    """Return what a target means; raises UsageError with the near names."""
    found = parse(entity, text, own=own)
    if found is None:
        raise UsageError(
            f"{entity.noun} has no field {text!r} that an import can fill",
            candidates=near(entity, text),
            hint=f"- leaves a column out; mycrm {entity.noun} list -w '?' lists the fields",
        )
    if (word := found.name if found.what == "external" else found.step).startswith("ext:"):
        check_source(word)
    return found


def check_source(word: str) -> None:
    """Refuse ``ext:SOURCE`` with a name that has no place beside a record's key there; raises UsageError."""
    try:
        catalog.entity("external_ids").fields["source"].kind.read(word.removeprefix("ext:"))
    except BadValue as error:
        raise UsageError(f"{word[:60]}: the name of the other system {error.message}") from None


def names(entity: Entity) -> list[str]:
    """Return the targets that an entity has."""
    found = ["name"] if "first_name" in entity.fields and "name" not in entity.fields else []
    for field in entity.fields.values():
        if field.writable and not field.internal and not field.secret:
            found.append(field.name)
            if field.relation and field.relation not in entity.fields:
                found.append(field.relation)
    return found


def near(entity: Entity, text: str) -> list[str]:
    """Return the targets whose names look like a text."""
    from difflib import get_close_matches

    keys = {header_key(name): name for name in names(entity)}
    return [keys[key] for key in get_close_matches(header_key(text), keys, n=3, cutoff=0.6)]
