"""Puts a converted cell where its target says: one function for each kind of target."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.query import attached
from mycrm_cli.services.transfer.cells import REFERENCES, WHOLE, addresses, parts, replacer, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.services.transfer.cells import ReadCell
    from mycrm_cli.services.transfer.convert import Converter
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.plan import Column
    from mycrm_cli.services.transfer.targets import Target

    Apply = Callable[[Record, Any], None]

LONGEST_KEY = 255
"""Characters of a record's key in another system."""
LONGEST_ROLE = 100
"""Characters of a record's part in another one."""


def splitter(column: Column, between: re.Pattern[str]) -> Callable[[Any], list[str]]:
    """Return the function from a cell to its several values, each replaced by its entry in the values table."""
    separator = column.spec.several
    replace = replacer(column.spec) if separator else None

    def split(cell: Any) -> list[str]:
        found = parts(cell, separator, between)
        return [text for text in map(replace, found) if text] if replace else found

    return split


def setter(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    """Return the function that puts a cell into a row."""
    makers = {
        "field": _field,
        "reference": _reference,
        "links": _reference,
        "twin": _twin,
        "external": _external,
        "emails": _emails,
        "note": _note,
        "name": _name,
        "custom": _custom,
        "tags": _tags,
    }
    return makers[target.what](converter, column, target, read)


def _field(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    name, spec = target.name, column.spec
    if name == "custom_fields":
        return _all_custom(converter, column, read)
    more = attached.further(converter.plan.entity.name)
    if more is not None and more.field.name == name:
        return _addresses(read)
    if spec.several and target.field and target.field.kind_name not in ("tags", "json"):
        return _first_of(converter, column, name, read)
    if spec.append or spec.fallback:
        return _later(converter, column, name, read)
    if target.field and target.field.kind_name == "email":
        return _first_address(converter, column, name, read)

    def apply(record: Record, cell: Any) -> None:
        record.values[name] = read(cell)

    return apply


def _all_custom(converter: Converter, column: Column, read: ReadCell) -> Apply:
    """Return the function for a JSON object of custom fields, each checked by its definition.

    A file of ours may have fields that are not defined here: they are kept, with a warning each.
    """
    known, told = converter.plan.custom, set[str]()

    def apply(record: Record, cell: Any) -> None:
        given = read(cell)
        if not isinstance(given, dict):
            raise BadValue("wrong_type", "expected a JSON object of custom fields")
        for key, value in given.items():
            if key in known:
                given[key] = None if value is None else known[key].kind.dump(known[key].kind.accept(value))
            elif not converter.plan.own:
                raise BadValue(
                    "unknown_field", f"there is no custom field {key!r}; --unknown custom adds columns as fields"
                )
            elif key not in told:
                told.add(key)
                message = f"custom field {key!r} is not defined here; its values are kept"
                converter.warnings.add(record.line, column.name, message, "undefined_field")
        record.values["custom_fields"] = given

    return apply


def _later(converter: Converter, column: Column, name: str, read: ReadCell) -> Apply:
    """Return the function for a column that adds to a field, or gives way to what fills it already."""
    append = column.spec.append

    def apply(record: Record, cell: Any) -> None:
        value, there = read(cell), record.values.get(name)
        if there is None:
            record.values[name] = value
        elif append:
            record.values[name] = read(f"{there} {value}")
        elif there != value:
            converter.warnings.add(record.line, column.name, f"{value} is left out: {name} is {there}", "left_out")

    return apply


def _first_of(converter: Converter, column: Column, name: str, read: ReadCell) -> Apply:
    """Return the function for a field that holds one value where the cell may have several."""
    split = splitter(column, REFERENCES)

    def apply(record: Record, cell: Any) -> None:
        several = split(cell)
        if several:
            record.values[name] = read(several[0])
        if len(several) > 1:
            _not_kept(converter, column, record, several[1:])

    return apply


def _not_kept(converter: Converter, column: Column, record: Record, rest: list[str]) -> None:
    """Tell which values of a cell are left out."""
    message = f"only the first value has a place; not kept: {', '.join(rest)}"
    converter.warnings.add(record.line, column.name, message, "left_out")


def _first_address(converter: Converter, column: Column, name: str, read: ReadCell) -> Apply:
    """Return the function for the only address of a record, where the cell may have several."""

    def apply(record: Record, cell: Any) -> None:
        several = list(dict.fromkeys(map(read, addresses(text_of(cell)))))
        record.values[name] = several[0] if several else None
        if len(several) > 1:
            _not_kept(converter, column, record, several[1:])

    return apply


def _addresses(read: ReadCell) -> Apply:
    """Return the function for a contact's address; further ones in the cell are kept as such."""

    def apply(record: Record, cell: Any) -> None:
        if isinstance(cell, str) and not any(mark in cell.strip() for mark in ",; \n<"):
            record.values["email"] = read(cell)
            return
        several = list(dict.fromkeys(map(read, addresses(text_of(cell)))))
        record.values["email"] = several[0] if several else None
        if several[1:]:
            record.values.setdefault("emails", []).extend(several[1:])

    return apply


def _emails(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    split = splitter(column, WHOLE)

    def apply(record: Record, cell: Any) -> None:
        further = [read(address) for part in split(cell) for address in addresses(part)]
        record.values.setdefault("emails", []).extend(further)

    return apply


def _reference(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    place = converter.plan.columns.index(column)
    has_roles = target.name in attached.links(converter.plan.entity.name) or target.what == "links"
    split = splitter(column, REFERENCES)

    def apply(record: Record, cell: Any) -> None:
        texts = split(cell)
        if texts and not (column.spec.fallback and place_taken(converter, record, target)):
            record.refer(place, [without_role(record, place, text) for text in texts] if has_roles else texts)

    return apply


def without_role(record: Record, place: int, text: str) -> str:
    """Return a reference without the part that its record has, which is remembered: ``7431=Champion``."""
    reference, mark, role = text.partition("=")
    if not (mark and reference.strip() and role.strip()):
        return text
    if len(role.strip()) > LONGEST_ROLE:
        raise BadValue("too_long", f"the role is {len(role.strip())} characters long, at most {LONGEST_ROLE} fit")
    record.roles = {**record.roles, (place, reference.strip()): role.strip()}
    return reference.strip()


def place_taken(converter: Converter, record: Record, target: Target) -> bool:
    """Whether another column has filled the reference already."""
    columns = converter.plan.columns
    return any(columns[place].target.name == target.name for place in record.references)


def _twin(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    """Return the function for a name that is a link as well: ``company`` of a contact."""
    place = converter.plan.columns.index(column)

    def apply(record: Record, cell: Any) -> None:
        if column.spec.fallback and record.values.get(target.name) is not None:
            return
        text = read(cell)
        record.values[target.name] = text
        record.refer(place, [text])

    return apply


def _external(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    source = target.name.removeprefix("ext:")

    split = splitter(column, REFERENCES)

    def apply(record: Record, cell: Any) -> None:
        for key in split(cell):
            if len(key) > LONGEST_KEY:
                raise BadValue("too_long", f"the key is {len(key)} characters long, at most {LONGEST_KEY} fit")
            record.externals = [*record.externals, (source, key)]

    return apply


def _note(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    body = catalog.entity("note").fields["body"].kind

    def apply(record: Record, cell: Any) -> None:
        record.notes = [*record.notes, body.read(read(cell))]

    return apply


def _name(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    """Return the function that splits a full name; names that are given apart go before it."""
    entity = converter.plan.entity

    def apply(record: Record, cell: Any) -> None:
        if column.spec.fallback and (record.values.get("first_name") or record.values.get("last_name")):
            return
        first, _, last = read(cell).strip().rpartition(" ")
        for name, text in (("first_name", first or last), ("last_name", last if first else "")):
            if text:
                record.values[name] = entity.fields[name].kind.read(text, converter.locale)

    return apply


def _custom(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    custom = target.custom
    if custom is None:
        raise Invalid(f"there is no custom field {target.name}", hint="--unknown custom adds fields")

    def apply(record: Record, cell: Any) -> None:
        record.values[target.name] = custom.kind.dump(read(cell))

    return apply


def _tags(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    split = splitter(column, REFERENCES)

    def apply(record: Record, cell: Any) -> None:
        words = read(split(cell) if column.spec.several else cell)
        record.values.setdefault("+tags", []).extend(words)

    return apply
