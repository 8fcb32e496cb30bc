"""How an agenda is shown: sections on a terminal, one line for each task elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.query.agenda import SECTIONS, Agenda

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State

HEADINGS = {"overdue": "Overdue", "today": "Today", "later": "Later", "someday": "Someday"}
FEW = 50
"""Tasks of a section that a terminal shows."""


class Section:
    """The column that says in which section a task is."""

    def __init__(self) -> None:
        self.name = self.label = "section"
        self.kind = kinds.make("text")
        self.load = None
        self.prefix: str | None = None


def show(state: State, user: str | None, days: int) -> None:
    """Show the open tasks of a user, or everybody's."""
    if user is not None:
        user = str(state.reader.find(catalog.entity("user"), user).id)
    agenda = Agenda(state.reader, user, days)
    if state.out.format == "table":
        draw(state, agenda, days)
        return
    columns: list[Any] = list(agenda.columns)
    if state.out.format == "ids":
        rows = (row for _, row in agenda)
    elif state.out.format in ("json", "jsonl"):
        columns = [Section(), *columns]
        rows = ((section, *row) for section, row in agenda)
    else:
        columns = [Section(), *columns[1:]]
        rows = ((section, *row[1:]) for section, row in agenda)
    state.out.rows(columns, rows, state.scope.locale)


def draw(state: State, agenda: Agenda, days: int) -> None:
    """Draw a table for each section that has tasks."""
    from mycrm_cli.output import table
    from mycrm_cli.output.emit import Paged

    sections: dict[str, list[Any]] = {name: [] for name in SECTIONS}
    for section, row in agenda:
        sections[section].append(row[1:])
    if not any(sections.values()):
        state.out.say("nothing to do")
        return
    headings = HEADINGS | {"soon": f"Next {days} days"}
    with Paged(state.out) as stream:
        console = table.console(state.out.color, stream)
        for section, rows in sections.items():
            if rows:
                more = f" ({len(rows):,}, of which {FEW} are shown)" if len(rows) > FEW else ""
                console.print(headings[section] + more, style="bold red" if section == "overdue" else "bold")
                table.draw_rows(console, agenda.columns[1:], rows[:FEW], state.scope.locale, "T")
