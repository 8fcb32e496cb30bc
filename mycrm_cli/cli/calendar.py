"""Tasks as a calendar: ``task calendar``, and what exports of tasks as .ics share with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, query
from mycrm_cli.cli import reading
from mycrm_cli.cli import signatures as sig
from mycrm_cli.output import files
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import all_of

if TYPE_CHECKING:
    import typer

    from mycrm_cli.cli.exporting import Wanted
    from mycrm_cli.cli.state import State

TASK = catalog.entity("task")
DOC = """Write tasks with a due date as a calendar (.ics).

Calls, meetings and demos with a time become events, everything else to-dos. Other programs read the file;
mycrm task import reads it back.

mycrm task calendar --assigned-to me -O tasks.ics
mycrm task calendar -w 'status in (pending,in_progress) due<eoq' > tasks.ics
"""
OPTIONS = reading.filter_options(TASK) | {
    "file": sig.option("-O", "--file", help="Write this file.", metavar="FILE"),
}


def calendar(state: State, **given: Any) -> None:
    """Write the tasks that a line chooses."""
    from mycrm_cli.cli.exporting import Wanted

    if reading.asked_for_fields(state, TASK, given):
        return
    where = all_of([reading.wanted(TASK, given), parse(["due=any"])])
    path = given["file"]
    count = write(Wanted(state, TASK, where, given), path)
    if path:
        state.out.say(f"{count:,} {TASK.plural if count != 1 else TASK.noun} written to {path}")


def write(wanted: Wanted, path: str | None) -> int:
    """Write the tasks as a calendar; return how many there were."""
    from mycrm_cli.output import calendars

    reader, own = wanted.reader, wanted.state.scope.locale.timezone
    select = query.Select(TASK, ["timezone"], where=wanted.where, deleted=wanted.deleted)
    zones = {zone or own for (zone,) in reader.rows(select)}
    parents = query.Select(TASK, ["parent_task_id"], where=parse(["parent_task=any"]))
    continued = {str(parent) for (parent,) in reader.rows(parents)}
    columns, rows = wanted.rows(list(dict.fromkeys([*calendars.FIELDS, *calendars.EXACT])))
    common = calendars.Written(own, zones, continued)
    with files.text(path) as out:
        return calendars.write(out, columns, rows, common)


def register(app: typer.Typer) -> None:
    """Add the command to those of tasks."""
    app.command("calendar")(sig.with_signature(calendar, OPTIONS, DOC))
