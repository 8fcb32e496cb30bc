"""Saved filters: ``-w @hot``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, narrowed
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.cli.state import State
from mycrm_cli.errors import UsageError

app = typer.Typer()
TABLE = catalog.entity("saved_filters")

app.command("list", cls=Verb)(narrowed.list_command(TABLE))


@app.command("save", cls=WriteVerb)
def save(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="What to call it.", metavar="NAME")] = None,
    noun: Annotated[str | None, typer.Argument(help="What it filters: lead, deal …", metavar="NOUN")] = None,
    filters: Annotated[list[str] | None, typer.Argument(help="Filters.", metavar="[FILTER]...")] = None,
    where: Annotated[list[str] | None, typer.Option("-w", "--where", help="A filter.", metavar="FILTER")] = None,
    sort: Annotated[str | None, typer.Option("-s", "--sort", help="Its order.", metavar="NAMES")] = None,
    fields: Annotated[str | None, typer.Option("-F", "--fields", help="Its columns.", metavar="NAMES")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Save over the one of this name.")] = False,
) -> None:
    """Save a filter, with its order and its columns, for -w @NAME.

    mycrm filter save hot lead -w 'score>=70 owner=none' -s -score
    mycrm lead list -w @hot
    mycrm lead count -w '@hot or +vip'
    """
    state: State = ctx.obj
    if not name or not noun:
        raise UsageError("a filter needs a name and a noun", hint="mycrm filter save hot lead -w 'score>=70'")
    entity = filtered(noun)
    given: dict[str, Any] = {
        "expression": services.filters.joined([*(filters or []), *(where or [])]),
        "sort": sort,
        "columns": [column.strip() for column in (fields or "").split(",") if column.strip()],
    }
    if not any(given.values()):
        raise UsageError("there is nothing to save", hint=f"mycrm filter save {name} {noun} -w FILTER -s FIELD")
    with state.work() as work:
        id, changed = services.filters.save(work, entity.name, name.removeprefix("@"), given, replace=replace)
        report = bulk.Report(state, work, TABLE, "saved", [id], changed=changed)
    report.tell()


def filtered(noun: str) -> catalog.Entity:
    """Return the entity of a noun that can be listed; raises UsageError with the near ones."""
    known = {name: entity for name, entity in catalog.nouns().items() if "list" in entity.commands}
    if noun not in known:
        from difflib import get_close_matches

        near = get_close_matches(noun, known, n=3)
        raise UsageError(f"there is no noun {noun!r} to filter", candidates=near, hint="mycrm --help lists the nouns")
    return known[noun]
