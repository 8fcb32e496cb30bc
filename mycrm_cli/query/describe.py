"""What ``-w '?'`` shows: the fields of an entity, their types and what they mean."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query import computed
from mycrm_cli.query.paths import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.computed import Computed
    from mycrm_cli.query.custom import Custom

Line = tuple[str, str, str]


def describe(entity: Entity, custom: dict[str, Custom] | None = None) -> list[Line]:
    """Return (name, type, description) of all that a filter of the entity may name.

    ``custom`` are the organization's own fields (``Reader.custom_fields``).
    """
    from mycrm_cli.query.virtual import VIRTUAL

    lines: list[Line] = []
    if entity.title and "name" not in entity.fields:
        lines.append(("name", "text", "How the record is called in lists."))
    lines += [_line(field) for field in entity.fields.values() if visible(field)]
    lines += [_line(field) for field in computed.of(entity).values()]
    for key, definition in (custom or {}).items():
        lines.append((f"cf.{key}", definition.kind.name, definition.label))
    for name, virtual in VIRTUAL.items():
        if virtual.applies(entity):
            lines.append((f"+{name}", "tag", virtual.description))
    return lines


def _line(field: Field | Computed) -> Line:
    name = field.relation or field.name
    if field.short:
        name += f" ({field.short})"
    return name, _type(field), field.description


def _type(field: Field | Computed) -> str:
    """Return the type as people read it: the choices, what a reference points to, or the kind."""
    if choices := field.options.get("choices"):
        return " | ".join(choices)
    if field.table:
        target = catalog.by_table(field.table)
        return f"{target.command or target.name} reference"
    return "text" if field.kind_name == "url" else field.kind_name
