"""Adding and changing tasks, with what concerns whole series: ``--following`` and ``--until``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds, services
from mycrm_cli.cli import bulk, writing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import Invalid, UsageError

if TYPE_CHECKING:
    from datetime import date

    import typer

    from mycrm_cli.cli.state import State

TASK = catalog.entity("task")
UNTIL = sig.option("--until", help="The last day of a task that comes again.", metavar="DATE")
ADD = (
    {"name": sig.argument("The title.", "[NAME]")}
    | sig.field_options(TASK)
    | writing.common_values(TASK)
    | {"until": UNTIL}
)
EDIT = (
    bulk.target_options(TASK)
    | sig.field_options(TASK)
    | writing.common_values(TASK)
    | {
        "clear": sig.options("--clear", help="Empty a field.", metavar="FIELD"),
        "version": sig.option("--version-is", help="Only if the record still has this version.", metavar="N"),
        "until": UNTIL,
        "following": sig.flag("--following", help="The series moves along with its new due date."),
    }
)
ADD_DOC = """Add a task.

mycrm task add "Call Jan" --due fri --contact C-1
mycrm task add "Team meeting" --due mon --recurrence "weekly;count=5"
mycrm task add "Report" --due eom --recurrence monthly --until 2027-12-31
mycrm task add --from-json tasks.json
"""
EDIT_DOC = """Change tasks.

A new due date of a task that comes again moves this occurrence alone; with --following, the series moves along.

mycrm task edit T-1 --due fri
mycrm task edit T-1 --due 2026-12-01T10:00 --following
mycrm task edit T-1 --until 2027-06-30
mycrm task edit T-1 --excluded-dates 2026-12-24,2026-12-31
mycrm task edit -w +OVERDUE --priority high --yes
"""


def last_day(state: State, text: str | None) -> date | None:
    """Return the day that ``--until`` names; raises Invalid for none."""
    if text is None:
        return None
    try:
        found: date = kinds.make("date").read(text, state.scope.locale)
    except kinds.BadValue as error:
        detail: dict[str, object] = {"field": "until", "code": error.code}
        raise Invalid(f"until: {error.message}", details=[detail]) from None
    return found


def add(state: State, **given: Any) -> None:
    """Add tasks; a series may end with a day."""
    day = last_day(state, given.pop("until"))
    rule = given["set_recurrence_rule"]
    if day is not None:
        if not rule:
            raise UsageError("--until ends a series: which --recurrence?", hint='--recurrence "weekly"')
        given["set_recurrence_rule"] = f"{services.recurrence.normal(rule)};UNTIL={day:%Y%m%d}"
    writing.add_given(state, TASK, given)


def edit(state: State, **given: Any) -> None:
    """Change tasks; a series may move along, or end with a day."""
    day, following = last_day(state, given["until"]), given["following"]
    more: dict[str, Any] = {}
    if day is not None:
        more[services.series.UNTIL] = day
    if following:
        more[services.series.FOLLOWING] = True
        if given["set_due_date"] is None and "-" not in (given["references"] or []):
            hint = "mycrm task edit T-1 --due fri --following"
            raise UsageError("--following moves a series: to which --due?", hint=hint)
    writing.edit_given(state, TASK, given, more or None)


def register(app: typer.Typer) -> None:
    """Add the commands to those of tasks."""
    app.command("add", cls=WriteVerb)(sig.with_signature(add, ADD, ADD_DOC))
    app.command("edit", cls=WriteVerb)(sig.with_signature(edit, EDIT, EDIT_DOC))
