"""The ``view`` command: a record with what hangs on it, on one screen or in one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, query
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.reading import columns_for, one
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.query import Reader
    from mycrm_cli.query.references import Found
    from mycrm_cli.query.sections import Hanging

JSON = ("json", "jsonl")


def view_command(entity: Entity) -> Callable[..., None]:
    """Make the ``view`` command."""
    reference = f"{entity.prefix}-1" if entity.prefix else "REF"
    doc = f"""
    mycrm {entity.noun} view {reference}
    mycrm {entity.noun} view {reference} --json
    """
    parameters = {
        "references": sig.arguments("Number, name, e-mail, id … of the record.", "REF..."),
        "fields": sig.option("-F", "--fields", help="Only these fields.", metavar="NAMES"),
        "all": sig.flag("--all", help="All that hangs on it, not only the first of each kind."),
        "deleted": sig.flag("--deleted", help="Look in the trash."),
    }
    return sig.with_signature(lambda state, **given: _view(state, entity, given), parameters, doc)


def _view(state: State, entity: Entity, given: dict[str, Any]) -> None:
    references = given["references"]
    if not references:
        raise UsageError(f"which {entity.noun}?", hint=f"mycrm {entity.noun} list")
    deleted = given["deleted"] and entity.soft_delete
    found = [state.reader.find(entity, reference, deleted=deleted) for reference in references]
    if given["fields"] or state.out.format not in (*JSON, "table"):
        show_fields(state, entity, found, given["fields"])
    elif state.out.format == "table":
        from mycrm_cli.cli.pages import show_page

        for place, light in enumerate(found):
            if place:
                state.out.line("")
            show_page(state, entity, light, given["all"])
    else:
        objects = [described(state, entity, light, given["all"]) for light in found]
        for value in objects if state.out.format == "jsonl" else [objects if len(objects) > 1 else objects[0]]:
            state.out.object(value)


def show_fields(state: State, entity: Entity, found: list[Found], fields: str | None) -> None:
    """Show chosen fields of records, or all of them as a line each."""
    names = columns_for(state, entity, fields)
    if not fields and state.out.format != "ids":
        names = query.full(entity)
    shown = [one(state.reader, entity, light.id, names) for light in found]
    if state.out.format != "table" and len(found) > 1:
        state.out.rows(shown[0][0], [row for _, row in shown], state.scope.locale)
        return
    for light, (columns, row) in zip(found, shown, strict=True):
        title = f"{numbered(light)}  {light.title or ''}".strip()
        state.out.record(title, list(zip(columns, row, strict=True)), state.scope.locale)


def numbered(light: Found) -> str:
    """Return the number by which people refer to a record, or nothing."""
    return light.entity.called(light.number, None)


def described(state: State, entity: Entity, light: Found, whole: bool) -> dict[str, Any]:
    """Return a record as JSON carries it, with ``related``, and how many rows of it were left out."""
    from mycrm_cli.output.formats import as_object

    columns, row = one(state.reader, entity, light.id, query.full(entity))
    record = as_object(columns, state.scope.locale.currency)(row)
    sections = hanging(state.reader, entity, light, whole)
    if sections:
        record["related"] = {each.section.key: related(each, light, state.scope.locale.currency) for each in sections}
        record["related_more"] = {each.section.key: each.more for each in sections if each.more}
    return record


def hanging(reader: Reader, entity: Entity, light: Found, whole: bool) -> list[Hanging]:
    """Return the sections of a record."""
    from mycrm_cli.query.hanging import read
    from mycrm_cli.query.related import sections

    return [read(reader, section, light.id, whole=whole) for section in sections(entity.name)]


def related(found: Hanging, light: Found, currency: str) -> list[dict[str, Any]]:
    """Return the rows of a section as JSON carries them: id, reference, title, a few fields."""
    from mycrm_cli.output.formats import as_object
    from mycrm_cli.query.sections import Tally

    convert = as_object(found.columns, currency)
    rows = [convert(row) for row in found.rows]
    if isinstance(found.section, Tally):
        return rows
    names = [column.name for column in found.columns]
    prefix, title = catalog.entity(found.section.noun).prefix, names[2 if "number" in names else 1]
    objects = []
    for row in rows:
        number = f"{prefix}-{row['number']}" if row.get("number") else None
        if found.section.noun == "item":
            number = f"{numbered(light)}.{row['position']}"
        rest = {name: value for name, value in row.items() if name not in ("id", "number", title)}
        objects.append({"id": row["id"], "reference": number, "title": row[title], **rest})
    return objects
