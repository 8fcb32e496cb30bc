"""What is said of tasks that are due: their columns as they are now, with the names of what they are about."""

from __future__ import annotations

from functools import cache

from mycrm_cli import catalog
from mycrm_cli.query import timeline
from mycrm_cli.query.nodes import Among
from mycrm_cli.query.select import Select
from mycrm_cli.services import rows
from mycrm_cli.services.reminding.due import OPEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.query.select import Column
    from mycrm_cli.services.reminding.due import Due

    Names = dict[str, dict[Any, str | None]]

FIELDS = (
    "id", "number", "title", "due_date", "reminder_at", "priority", "contact", "company", "lead", "deal", "assigned_to",
)  # fmt: skip
STORED = ("id", "number", "title", "due_date", "reminder_at", "priority", "status", "created_by_id")
ABOUT = ("contact", "company", "lead", "deal")
"""Nouns that a task may be about."""
LINKS = {noun: timeline.LINKS[noun] for noun in ABOUT} | {"user": "assigned_to_id"}
"""The nouns of the last fields, and the columns that point to them."""


def columns(reader: Reader) -> list[Column]:
    """Return the columns of what ``read`` gives."""
    return reader.rows(Select(catalog.entity("task"), FIELDS, limit=1)).columns


def read(reader: Reader, part: Sequence[Due], names: Names) -> dict[Any, tuple[Any, ...]]:
    """Return, by id, the tasks that are open still, due when they were and the same user's; ``names`` keeps names.

    The id is as the database has it; the reminder is the moment that this one is for.
    """
    task, known = catalog.entity("task"), {one.task_id: one for one in part}
    load = cache(task.fields["due_date"].kind.loader(reader.connection.dialect) or _same)
    wanted = [*STORED, *LINKS.values()]
    found = list(rows.stored(reader.connection, reader.scope, task, "id", known, wanted, as_stored=True))
    places = range(len(STORED), len(wanted))
    for place, noun in zip(places, LINKS, strict=True):
        _learn(reader, noun, {row[place] for row in found}, names.setdefault(noun, {}))
    named = [names[noun] for noun in LINKS]
    kept = {}
    for id, number, title, due, reminder, priority, status, creator, *links in found:
        one, user = known[id], links[-1] if links[-1] is not None else creator
        if status in OPEN and (reminder, due, user) == (one.reminder_at, one.due_date, one.user):
            about = [own.get(link) for own, link in zip(named, links, strict=True)]
            kept[id] = (id, number, title, None if due is None else load(due), one.moment, priority, *about)
    return kept


def _learn(reader: Reader, noun: str, ids: Iterable[Any], known: dict[Any, str | None]) -> None:
    """Read the names of records that are not known yet."""
    missing = [id for id in ids if id is not None and id not in known]
    if not missing:
        return
    keys = [id.hex() if isinstance(id, bytes) else id.hex for id in missing]
    found = reader.rows(Select(catalog.entity(noun), ["id", "name"], where=Among(keys), deleted=None))
    for chunk in found.chunks(rows.CHUNK):
        known.update(chunk)


def _same(value: Any) -> Any:
    return value
