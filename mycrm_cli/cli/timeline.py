"""The ``history`` command: one timeline of changes, stages, activities, notes, mail and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import kinds
from mycrm_cli.cli import signatures as sig
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State

COLUMNS = {"at": "timestamp", "what": "text", "who": "text", "text": "text", "change": "text", "id": "reference"}
"""The keys that programs may rely on, with their kinds."""
OBJECTS = COLUMNS | {"reference": "text", "fields": "json"}
"""The keys of an object in JSON."""


class Key:
    """A column of the timeline."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.label = name
        self.kind = kinds.make(kind)
        self.load = None
        self.prefix = None


def history_command(entity: Entity) -> Callable[..., None]:
    """Make the ``history`` command."""
    reference = f"{entity.prefix}-1" if entity.prefix else "REF"
    doc = f"""
    mycrm {entity.noun} history {reference}
    mycrm {entity.noun} history {reference} --only {_examples(entity)} --since som
    """
    parameters = {
        "reference": sig.argument("Number, name, e-mail, id … of the record.", "REF"),
        "only": sig.options("--only", help=f"Only {', '.join(groups_of(entity))}.", metavar="KINDS"),
        "since": sig.option("--since", help="Only what happened since this date.", metavar="DATE"),
        "limit": sig.option("-L", "--limit", help="At most so many; 0 is all.", metavar="N"),
    }
    if entity.soft_delete:
        parameters["deleted"] = sig.flag("--deleted", help="Look in the trash.")
    return sig.with_signature(lambda state, **given: _history(state, entity, given), parameters, doc)


def groups_of(entity: Entity) -> tuple[str, ...]:
    """Return the kinds of entries that a noun's records can have."""
    from mycrm_cli.query.timeline import GROUPS, LINKS

    if entity.name == "task":
        return ("changes", "activities", "stages")
    if entity.name == "company":
        return tuple(group for group in GROUPS if group != "mail")
    return GROUPS if entity.name in LINKS else ("changes", "stages")


def _examples(entity: Entity) -> str:
    return "notes,mail" if "mail" in groups_of(entity) else "changes"


def _history(state: State, entity: Entity, given: dict[str, Any]) -> None:
    from mycrm_cli.cli.reading import limit_for
    from mycrm_cli.cli.viewing import numbered
    from mycrm_cli.query.timeline import entries

    if not given["reference"]:
        raise UsageError(f"which {entity.noun}?", hint=f"mycrm {entity.noun} list")
    groups = wanted(entity, given["only"])
    limit = limit_for(state, given["limit"])
    reader = state.reader
    since = moment(state, given["since"])
    found = reader.find(entity, given["reference"], deleted=given.get("deleted", False))
    shown = entries(reader, entity, found.id, groups, since, None if limit is None else limit + 1)
    cut = limit is not None and len(shown) > limit
    show(state, f"{numbered(found)}  {found.title or ''}".strip(), shown[:limit])
    if not shown:
        state.out.say(f"nothing happened with this {entity.noun}" + (" since then" if since else ""))
    if cut and state.out.format in ("table", "plain") and given["limit"] is None:
        state.out.say("more happened before; -L 0 shows all")


def wanted(entity: Entity, only: list[str] | None) -> list[str]:
    """Return the kinds of entries that were asked for; raises UsageError for an unknown one."""
    known = groups_of(entity)
    words = [word.strip().lower() for text in only or [] for word in text.split(",") if word.strip()]
    for word in words:
        if word not in known:
            raise UsageError(f"a {entity.noun}'s history has no {word!r}", candidates=list(known))
    return words


def moment(state: State, text: str | None) -> datetime | None:
    """Return the moment from which on a history is wanted; raises UsageError for what is no date."""
    if text is None:
        return None
    from mycrm_cli.query.moments import span

    try:
        return span(text, state.scope.locale)[0]
    except kinds.BadValue as error:
        raise UsageError(f"--since: {error.message}") from None


def show(state: State, title: str, shown: list[dict[str, Any]]) -> None:
    """Write the entries in the format of the run."""
    if state.out.format == "table":
        from mycrm_cli.output import screens, table
        from mycrm_cli.output.emit import Paged

        with Paged(state.out) as stream:
            screens.draw_timeline(table.console(state.out.color, stream), title, shown, state.scope.locale)
        return
    keys = OBJECTS if state.out.format in ("json", "jsonl") else COLUMNS
    if state.out.format == "ids":
        keys = {"id": "reference"}
    columns: Any = [Key(name, kind) for name, kind in keys.items()]
    state.out.rows(columns, ([entry[name] for name in keys] for entry in shown), state.scope.locale)
