"""Custom fields that every record must have.

A new record must have a value, and no edit may take one away; a record that was there before the field
may be changed otherwise and stay without.
"""

from __future__ import annotations

from mycrm_cli.errors import Invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def customs(work: Work, entity: Entity) -> bool:
    """Return whether the organization's records of an entity must have any of its own fields."""
    return "custom_fields" in entity.fields and any(
        custom.required for custom in work.reader.custom_fields(entity).values()
    )


def check_custom(work: Work, entity: Entity, before: Row | None, after: Row) -> None:
    """Refuse a record without a custom field that it must have; raises Invalid naming the field."""
    if "custom_fields" not in entity.fields:
        return
    there, had = after["custom_fields"] or {}, (before or {}).get("custom_fields") or {}
    for key, custom in work.reader.custom_fields(entity).items():
        if not custom.required or _is_filled(there.get(key)) or (before is not None and not _is_filled(had.get(key))):
            continue
        choices = f": {', '.join(getattr(custom.kind, 'choices', ()))}" if custom.kind.name == "choice" else ""
        raise Invalid(
            f"a {entity.noun} needs a {custom.label}{choices}",
            details=[{"field": f"cf.{key}", "code": "required"}],
            hint=f"--set cf.{key}=VALUE",
        )


def _is_filled(value: object) -> bool:
    return value not in (None, "", [])
