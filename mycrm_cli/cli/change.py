"""The journal: what was changed, by whom, and whether it is unbroken."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import catalog, query, services
from mycrm_cli.cli import reading, showing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.errors import CheckFailed, UsageError
from mycrm_cli.kinds.structures import Json
from mycrm_cli.query import journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mycrm_cli.cli.state import State

app = typer.Typer()
UNDONE_BY = "undone_by"
BATCH = 500
LABELS = {
    "finished_at": "when",
    "actor": "who",
    "created_count": "created",
    "updated_count": "updated",
    "deleted_count": "deleted",
}


class Words(Json):
    """The words of a command, as they are typed."""

    def text(self, value: Any) -> str:
        """Write them with spaces."""
        return journal.command(value)


class Heading:
    """A column of the query under a name that people understand."""

    def __init__(self, column: Any, *, words: bool) -> None:
        self.column = column
        self.name = column.name
        self.label = LABELS.get(column.name, column.label)
        self.kind = Words() if words and column.name == "command" else column.kind
        self.prefix = column.prefix


def _list(state: State, **given: Any) -> None:
    entity = catalog.entity("changes")
    if reading.asked_for_fields(state, entity, given):
        return
    limit = reading.limit_for(state, given["limit"])
    names = reading.columns_for(state, entity, (given["fields"] or "").replace(UNDONE_BY, "").strip(", ") or None)
    with_undo = state.out.format != "ids" and (not given["fields"] or UNDONE_BY in given["fields"])
    select = query.Select(
        entity,
        [*names, "id"],
        where=reading.wanted(entity, given),
        sort=given["sort"],
        limit=None if limit is None else limit + 1,
        after=reading.behind(state, entity, given),
    )
    found = state.reader.rows(select)
    shown = reading.Cut(found, limit)
    words = state.out.format not in ("json", "jsonl")
    columns: list[Any] = [Heading(column, words=words) for column in found.columns[:-1]]
    rows = with_undone(state, shown) if with_undo else (row[:-1] for row in shown)
    if with_undo:
        columns.append(showing.Told(UNDONE_BY))
    state.out.rows(
        columns,
        rows,
        state.scope.locale,
        prefix=entity.prefix,
        empty="no changes match" if select.where else "no changes yet",
    )
    if shown.more and state.out.format in ("table", "plain") and given["limit"] is None:
        state.out.say("more changes exist; -L 0 shows all, count tells how many")


def with_undone(state: State, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield rows with the number of the undo in the place of the id."""
    running = iter(rows)
    while batch := list(islice(running, BATCH)):
        undone = showing.undone(state.reader, [row[-1] for row in batch])
        yield from ((*row[:-1], undone.get(row[-1])) for row in batch)


_options = reading.filter_options(catalog.entity("changes")) | {
    "fields": sig.option("-F", "--fields", help="Columns, with commas between them.", metavar="NAMES"),
    "sort": sig.option("-s", "--sort", help="Order, such as -finished_at.", metavar="NAMES"),
    "limit": sig.option("-L", "--limit", help="At most so many; 0 is all.", metavar="N"),
    "after": sig.option("--after", help="Go on behind this change of the list.", metavar="REF"),
}
app.command("list")(
    sig.with_signature(
        _list,
        _options,
        """List changes, newest first.

        mycrm change list
        mycrm change list -w 'actor=me finished_at>=today'
        mycrm change list -w label=cleanup --json
        """,
    )
)


@app.command("view")
def view(
    ctx: typer.Context,
    references: Annotated[
        list[str] | None, typer.Argument(help="Numbers of changes, such as X-12.", metavar="CHANGE...")
    ] = None,
    limit: Annotated[str | None, typer.Option("--limit", "-L", help="Items to show; 0 is all.", metavar="N")] = None,
) -> None:
    """Show what a change did: each record, and each field before and after.

    mycrm change view X-12
    mycrm change view X-12 --json
    """
    state: State = ctx.obj
    if not references:
        raise UsageError("which change?", hint="mycrm change list")
    entity, reader = catalog.entity("changes"), state.reader
    found = [reader.find(entity, text).id for text in references]
    for id in found:
        showing.show(state, id, reading.limit_for(state, limit) if limit or state.out.format == "table" else None)


@app.command("verify")
def verify(
    ctx: typer.Context,
    head: Annotated[
        str | None, typer.Option(help="A head that was kept; it must still be in the chain.", metavar="HASH")
    ] = None,
) -> None:
    """Check the whole journal against its hashes, and print its head for safe keeping.

    mycrm change verify
    mycrm change verify --head 4f1c
    """
    state: State = ctx.obj
    verdict = services.chain.verify(state.reader, head.strip().lower() if head else None)
    state.exit = CheckFailed.exit if verdict.count else 0
    if state.out.format in ("json", "jsonl"):
        state.out.object(
            {
                "ok": not verdict.count,
                "changes": verdict.changes,
                "items": verdict.items,
                "head": verdict.head,
                "fault_count": verdict.count,
                "faults": verdict.faults,
            }
        )
        return
    state.out.line(f"{verdict.changes}\t{verdict.head}")
    for fault in verdict.faults:
        state.out.say(f"broken: {fault}")
    if verdict.count > len(verdict.faults):
        state.out.say(f"broken: … and {verdict.count - len(verdict.faults):,} more")
    said = f"{verdict.count:,} faults" if verdict.count else "the chain is whole"
    state.out.say(f"{verdict.changes:,} changes, {verdict.items:,} items: {said}")
