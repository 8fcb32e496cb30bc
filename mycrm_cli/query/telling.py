"""Says what happened in words: fields with their values before and after, relations by name."""

from __future__ import annotations

from mycrm_cli.kinds.base import EMPTY, BadValue
from mycrm_cli.query import deeds, recorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.scope import Locale

    Entry = dict[str, Any]
    Names = dict[str, str]

NOTHING = "–"
LONGEST = 120
"""Characters of a text in a timeline."""
SHOWN = frozenset(("boolean", "date", "money", "number", "percent", "timestamp"))
"""Kinds whose values people see otherwise than JSON carries them."""
BATCH = 500


def tell(reader: Reader, entity: Entity, found: Iterable[Entry]) -> None:
    """Give each entry its text, its lines and its fields."""
    entries = list(found)
    names = names_of(reader, entity, entries)
    for entry in entries:
        fields = [_field(entity, each, names, reader.scope.locale) for each in entry["fields"]]
        # A company's name and the link to it change together; people read it once, as they do
        # the moment of a conversion, which is that of the entry.
        twins = {f"{each['field']}_id" for each in fields}
        twins |= {"converted_at"} if entry["what"] == "converted" else set()
        entry["lines"] = [_line(each) for each in fields if each["field"] not in twins]
        first = _first(reader, entity, entry)
        if first:
            entry["lines"].insert(0, first)
        entry["text"] = "; ".join(entry["lines"])
        entry["fields"] = [
            {key: each[key] for key in each if key not in ("before", "after", "label")} for each in fields
        ]


def names_of(reader: Reader, entity: Entity, entries: Iterable[Entry]) -> Names:
    """Return how the records are called that references in changed fields pointed to, one statement a table."""
    from uuid import UUID

    wanted: dict[str, dict[UUID, None]] = {}
    for entry in entries:
        for name, old, new in entry["fields"]:
            table = entity.fields[name].table if name in entity.fields else None
            for id in (old, new):
                if table and isinstance(id, str):
                    wanted.setdefault(table, {})[UUID(id)] = None
    names: Names = {}
    for table, ids in wanted.items():
        listed = list(ids)
        for start in range(0, len(listed), BATCH):
            names |= recorded.titles(reader, table, listed[start : start + BATCH])
    return names


def _field(entity: Entity, each: tuple[str, Any, Any], names: Names, locale: Locale) -> dict[str, Any]:
    """Return a changed field: its name, old and new as JSON holds them, and as people read them."""
    name, old, new = each
    if deeds.is_deed(name):
        named = new if old is None else old
        return {"field": name, "old": old, "new": new, "label": deeds.words(name), "before": "", "after": named}
    field = entity.fields.get(name)
    label = (field.label if field else name.removeprefix("cf.")).removesuffix(" at")
    if old is ... or new is ...:
        return {"field": name, "old": None, "new": None, "label": label, "before": None, "after": None}
    if name == "tags":
        gone = [f"-{tag}" for tag in old or () if tag not in (new or ())]
        come = [f"+{tag}" for tag in new or () if tag not in (old or ())]
        texts = {"before": "", "after": " ".join([*come, *gone])}
    else:
        texts = {"before": _value(field, old, names, locale), "after": _value(field, new, names, locale)}
    told = {"field": name, "old": old, "new": new, "label": label, **texts}
    if field is not None and field.table:
        told |= {"old_name": names.get(str(old)), "new_name": names.get(str(new))}
    return told


def _value(field: Any, value: Any, names: Names, locale: Locale) -> str:
    """Return a value of the journal as people read it, in one short line."""
    if value in EMPTY:
        return NOTHING
    if field is not None and field.table:
        return short(names.get(str(value), "(gone)"))
    if field is not None and field.kind_name in SHOWN:
        try:
            return str(field.kind.show(field.kind.accept(value, locale), locale))
        except BadValue:
            return short(str(value))
    if isinstance(value, (list, dict)):
        from mycrm_cli.kinds.structures import write_json

        return short(", ".join(value) if all(isinstance(part, str) for part in value) else write_json(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return short(str(value))


def _line(field: dict[str, Any]) -> str:
    if field["before"] is None:
        return f"{field['label']} changed"
    if field["after"] is None:
        return str(field["label"])
    if not field["before"]:
        return f"{field['label']}: {field['after']}"
    return f"{field['label']}: {field['before']} → {field['after']}"


def line(entity: Entity, each: tuple[str, Any, Any], names: Names, locale: Locale) -> str:
    """Return one changed field, given as (field, old, new), as people read it."""
    return _line(_field(entity, each, names, locale))


def _first(reader: Reader, entity: Entity, entry: Entry) -> str:
    """Return what stands before the fields of an entry, or is all of its text."""
    row = entry.get("row")
    if row is not None:
        return _row(entry, row, reader.scope.locale)
    if entry["what"] in ("undo", "redo"):
        return f"takes back {entry['undone']}" if entry["undone"] else ""
    if entry["what"] == "merged":
        ids: list[UUID] = recorded.merged_away(reader, entity, entry["id"])
        others = recorded.titles(reader, entity.table, ids).values() if ids else ()
        return f"with {', '.join(map(short, others))}" if others else ""
    return entry["command"] if entry["what"] in ("created", "deleted", "restored", "purged", "erase") else ""


def _row(entry: Entry, row: dict[str, Any], locale: Locale) -> str:
    """Return the text of an activity, a note, a mail, a task or a step."""
    match entry["group"]:
        case "activities":
            parts = [row["subject"] or short(row["body"] or ""), row["outcome"]]
            minutes = f"{row['duration_minutes']} min" if row["duration_minutes"] else None
            remarks = [row["direction"] if row["direction"] != "none" else None, minutes]
        case "notes":
            parts, remarks = [row["body"]], []
        case "mail":
            parts = [row["subject"] or row["to_email"]]
            remarks = [row["status"], "answered" if row["replied_at"] else None]
        case "tasks":
            parts = [row["title"], row.get("outcome")]
            due = row.get("due_date")
            remarks = [f"due {_moment(due, locale)}" if due else None]
        case _:
            parts, remarks = [f"{row['from_stage']} → {row['to_stage']}"], []
    text = " – ".join(short(part) for part in parts if part)
    said = ", ".join(remark for remark in remarks if remark)
    return f"{text} ({said})" if said and text else text or said


def _moment(value: Any, locale: Locale) -> str:
    from mycrm_cli.kinds.times import zone

    return f"{value.astimezone(zone(locale.timezone)):%Y-%m-%d}"


def short(text: str) -> str:
    """Return a text in one line that is not too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
