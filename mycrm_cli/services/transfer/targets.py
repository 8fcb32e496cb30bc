"""What a target of a mapping means for an entity: a field, a relation by one of its keys, or one of a few words."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import UsageError
from mycrm_cli.services.transfer.specs import LEAVE_OUT, header_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.custom import Custom

STEPS = ("id", "number", "email", "phone", "domain", "name")
"""Keys by which a relation may be given: ``company.domain``."""

BROUGHT_ALONG = ("created_at", "updated_at", "last_activity_at", "converted_at", "qualified_at", "first_responded_at")
"""Times that a new record may bring along from another system."""

NOTE_LINKS = {"contact": "contact_id", "company": "company_id", "lead": "lead_id", "deal": "opportunity_id"}


class Target:
    """Where a column's cells go.

    ``what`` is one of ``field given reference twin external emails note name custom tags skip``:
    ``given`` are columns that only a new record takes, ``twin`` is a name that is also a link.
    """

    __slots__ = ("custom", "entity", "field", "name", "step", "what")

    def __init__(
        self, what: str, name: str, field: Field | None = None, entity: Entity | None = None, step: str = ""
    ) -> None:
        self.what = what
        self.name = name
        self.field = field
        self.entity = entity
        self.step = step
        self.custom: Custom | None = None

    @property
    def several(self) -> bool:
        """Whether more than one column may go here."""
        return self.what in ("emails", "note", "tags", "skip", "external")


def parse(entity: Entity, text: str, *, own: bool = False) -> Target | None:
    """Return what a target's text means, or None where it means nothing; ``own`` allows every column."""
    name = text.strip()
    plain = name.lower().replace("-", "_").replace(" ", "_") if name != LEAVE_OUT else name
    if (special := _special(entity, name, plain)) is not None:
        return special
    if "." in plain:
        return _relation(entity, name, plain)
    for field in entity.fields.values():
        if plain not in (field.name, field.relation, field.short) or field.internal or field.secret:
            continue
        return _field(entity, field, plain, own)
    if plain == "name" and "first_name" in entity.fields:
        return Target("name", "name")
    return None


def _special(entity: Entity, name: str, plain: str) -> Target | None:
    """Return the target of a word that is no field."""
    if plain == LEAVE_OUT:
        return Target("skip", LEAVE_OUT)
    if plain.startswith("ext:") and len(plain) > 4:
        return Target("external", plain)
    if plain.startswith("cf.") and "custom_fields" in entity.fields:
        return Target("custom", plain)
    if plain == "emails" and entity.name == "contact":
        return Target("emails", "emails", entity.fields["email"])
    if plain == "+tags" and "tags" in entity.fields:
        return Target("tags", "+tags", entity.fields["tags"])
    if plain in ("note", "notes") and entity.name in NOTE_LINKS and plain not in entity.fields:
        return Target("note", "note")
    return None


def _field(entity: Entity, field: Field, plain: str, own: bool) -> Target | None:
    """Return the target of a column of the entity."""
    if not field.writable:
        allowed = own or field.name in BROUGHT_ALONG or field.name in ("id", "number")
        return Target("given", field.name, field) if allowed and field.name != "organization_id" else None
    if field.relation:
        step = "id" if plain == field.name else ""
        return Target("reference", field.name, field, catalog.by_table(str(field.table)), step)
    twin = entity.fields.get(f"{field.name}_id")
    if twin is not None and twin.relation:
        return Target("twin", field.name, field, catalog.by_table(str(twin.table)), "name")
    return Target("field", field.name, field)


def _relation(entity: Entity, name: str, plain: str) -> Target | None:
    """Return the target ``RELATION.key``: ``company.domain``, ``parent.ext:hubspot``."""
    relation, _, step = plain.partition(".")
    field = entity.relations.get(relation)
    if field is None or not field.writable or not field.table:
        return None
    other = catalog.by_table(field.table)
    if step.startswith("ext:") and len(step) > 4:
        step = "ext:" + name.partition(".")[2][4:].strip().lower()
    elif step not in STEPS or (step not in other.fields and not (step == "name" and other.title)):
        return None
    return Target("reference", field.name, field, other, step)


def required(entity: Entity, text: str, *, own: bool = False) -> Target:
    """Return what a target means; raises UsageError with the near names."""
    found = parse(entity, text, own=own)
    if found is None:
        raise UsageError(
            f"{entity.name} has no field {text!r} that an import can fill",
            candidates=near(entity, text),
            hint=f"- leaves a column out; mycrm {entity.command or entity.name} list -w '?' lists the fields",
        )
    return found


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
