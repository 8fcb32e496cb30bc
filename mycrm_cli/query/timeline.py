"""One timeline of a record: changes, stages, activities, notes, mail and tasks, newest first."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query import mailevents, recorded
from mycrm_cli.query.joins import Joins
from mycrm_cli.query.paths import resolve
from mycrm_cli.query.sections import within
from mycrm_cli.query.select import column_of
from mycrm_cli.query.sql import Sql, column, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader

    Entry = dict[str, Any]

GROUPS = ("changes", "activities", "notes", "mail", "tasks", "stages")
LINKS = {
    "contact": "contact_id",
    "company": "company_id",
    "lead": "lead_id",
    "deal": "opportunity_id",
    "task": "task_id",
}
"""The column by which activities, notes, mail and tasks point to a record."""
MOVES = ("stage_change", "status_change")
TWINS = {"note": "note", "email": "mail", "task": "task done"}
"""Kinds of activity that tell again what a note, a message or a task tells at the same moment."""
STEPS = ("stage", "status")
NEAR = 3
"""Seconds between a step and the activity that tells the same."""


class Source:
    """A table whose rows are entries: the moment, who, and the fields that make the text."""

    __slots__ = ("at", "fields", "group", "noun", "who")

    def __init__(self, group: str, noun: str, at: str, who: str, fields: str) -> None:
        self.group = group
        self.noun = noun
        self.at = at
        self.who = who
        self.fields = fields.split()


ACTIVITY = "activity_type direction subject body"
SOURCES = (
    Source("activities", "activity", "occurred_at", "user", f"{ACTIVITY} duration_minutes outcome"),
    Source("notes", "note", "created_at", "author", "body"),
    Source("mail", "email", "sent_at", "user", "subject status to_email open_count replied_at"),
    Source("tasks", "task", "created_at", "created_by", "title due_date status"),
    Source("tasks", "task", "completed_at", "assigned_to", "title outcome status"),
)
HISTORY = Source("stages", "stage_history", "changed_at", "user", "from_stage to_stage")


def entries(
    reader: Reader, entity: Entity, id: UUID, groups: Sequence[str], since: datetime | None, limit: int | None
) -> list[Entry]:
    """Return what happened with a record, newest first; ``limit`` None is all of it."""
    wanted = set(groups or GROUPS)
    found: list[Entry] = []
    if wanted & {"changes", "stages"} or entity.name in LINKS:
        found += steps(reader, entity, id)
    told = [entry["at"].timestamp() for entry in found if entry["what"] in (*STEPS, "converted")]
    found = [entry for entry in found if entry["group"] in wanted or ("stages" in wanted and entry["what"] in STEPS)]
    if link := LINKS.get(entity.name):
        for source in SOURCES:
            if source.group in wanted and link in catalog.entity(source.noun).fields:
                found += rows(reader, source, link, id, since, limit)
        if "mail" in wanted and link in catalog.entity("email").fields:
            found += mailevents.entries(reader, link, id, since, limit)
    found = [entry for entry in found if not (since and entry["at"] < since) and not repeats(entry, told)]
    found = once(found)
    # The order within a moment is that of the sources; the newest of a change's steps stays on top.
    found.sort(key=lambda entry: entry["at"], reverse=True)
    return complete(reader, entity, found[:limit])


def repeats(entry: Entry, told: Iterable[float]) -> bool:
    """Whether an activity only tells a step that the timeline has already."""
    if entry["what"] not in MOVES:
        return False
    moment = entry["at"].timestamp()
    return any(abs(moment - at) <= NEAR for at in told)


def once(found: list[Entry]) -> list[Entry]:
    """Leave out the activities that tell again what something else on the timeline tells."""
    told = {(entry["what"], entry["at"]) for entry in found if entry.get("noun") != "activity"}
    return [
        entry
        for entry in found
        if entry.get("noun") != "activity" or (TWINS.get(entry["what"]), entry["at"]) not in told
    ]


def steps(reader: Reader, entity: Entity, id: UUID) -> list[Entry]:
    """Return the journal's entries and, for a deal, those of its stages; a step told by both is told once."""
    changes = list(recorded.entries(reader, entity, id))
    if entity.name != "deal":
        return changes
    moves = [move for move in rows(reader, HISTORY, "opportunity_id", id, None, None) if move["row"]["from_stage"]]
    made = recorded.creating(reader, catalog.entity("stage_history"), [move["id"] for move in moves])
    for move in moves:
        move["change"] = made.get(move["id"], (None, None))[0]
    by_change = {move["change"]: move for move in moves if move["change"]}
    kept = []
    for entry in changes:
        step = by_change.get(entry["change"])
        if step is not None:
            step["fields"] += [each for each in entry["fields"] if each[0] not in ("stage_id", "pipeline_id")]
            step["id"], step["reference"] = entry["id"], entry["reference"]
        else:
            kept.append(entry)
    return moves + kept


def rows(
    reader: Reader, source: Source, link: str, id: UUID, since: datetime | None, limit: int | None
) -> Iterator[Entry]:
    """Yield the entries of one table, newest first."""
    statement, columns = compiled(reader, source, link, id, since, limit)
    names = [each.name for each in columns]
    for answer in reader.run(statement).fetchall():
        loaded = [None if cell is None or not c.load else c.load(cell) for c, cell in zip(columns, answer, strict=True)]
        plain = [cell if c.load is None else held for c, cell, held in zip(columns, answer, loaded, strict=True)]
        row = dict(zip(names, plain, strict=True))
        prefix = catalog.entity(source.noun).prefix
        number = f"{prefix}-{row['number']}" if row.get("number") else None
        yield {
            "at": row[source.at],
            "what": what(source, row),
            "who": row[source.who],
            "text": "",
            "change": None,
            "id": row["id"],
            "reference": number,
            "row": row,
            "fields": [],
            "noun": source.noun,
            "group": source.group,
        }


def what(source: Source, row: dict[str, Any]) -> str:
    """Return the word for a row: the kind of activity, note, mail, task, done."""
    if source.noun == "activity":
        return str(row["activity_type"])
    if source.at == "completed_at":
        return "task done"
    return {"notes": "note", "mail": "mail", "tasks": "task", "stages": "stage"}[source.group]


def compiled(
    reader: Reader, source: Source, link: str, id: UUID, since: datetime | None, limit: int | None
) -> tuple[Sql, list[Any]]:
    """Return the statement for the newest entries of one table, and its columns."""
    frame, entity = reader.frame(), catalog.entity(source.noun)
    alias = frame.alias()
    joins = Joins(frame, alias)
    names = ["id", *(["number"] if entity.numbered else []), source.at, source.who, *source.fields]
    columns = [column_of(frame, joins, resolve(entity, name)) for name in dict.fromkeys(names)]
    at = column(alias, source.at)
    parts = [within(frame, entity, alias, link), compose("{} = {}", column(alias, link), value(frame.id(id)))]
    save = entity.fields[source.at].kind.saver(frame.dialect) or (lambda moment: moment)
    parts.append(compose("{} >= {}", at, value(save(since))) if since else Sql(f"{at} IS NOT NULL"))
    statement = compose(
        "SELECT {} FROM {}{} WHERE {} ORDER BY {}{}",
        compose(", ".join("{}" for _ in columns), *(c.expression for c in columns)),
        f"{entity.table} AS {alias}",
        compose("".join(" {}" for _ in joins.parts), *joins.parts),
        compose(" AND ".join("{}" for _ in parts), *parts),
        f"{at} DESC, {alias}.id DESC",
        "" if limit is None else compose(" LIMIT {}", value(limit)),
    )
    return statement, columns


def complete(reader: Reader, entity: Entity, found: list[Entry]) -> list[Entry]:
    """Fill in what takes a statement for all entries together: texts with names, and the changes that made rows."""
    from mycrm_cli.query.telling import tell

    for noun in ("activity", "note", "email", "task"):
        shown = [entry for entry in found if entry.get("noun") == noun and entry["what"] != "task done"]
        made = recorded.creating(reader, catalog.entity(noun), [entry["id"] for entry in shown])
        for entry in shown:
            entry["change"], author = made.get(entry["id"], (None, None))
            entry["who"] = entry["who"] or author
    tell(reader, entity, found)
    return found
