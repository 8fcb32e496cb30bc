"""``mycrm deal board``: a pipeline as columns on a terminal, as rows in a pipe."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from mycrm_cli import catalog, query
from mycrm_cli.cli.reading import limit_for
from mycrm_cli.cli.state import State
from mycrm_cli.errors import NotFound
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import all_of, equals

if TYPE_CHECKING:
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.references import Found

FIELDS = "stage number name value currency probability owner days_in_stage expected_close_date".split()
SORT = "-value"

Pipeline = Annotated[str | None, Option("--pipeline", help="Another than the default one.", metavar="PIPELINE")]
Filters = Annotated[list[str] | None, Option("-w", "--where", help="Only deals that fit.", metavar="FILTER")]
Owner = Annotated[str | None, Option("--owner", help="Only with this owner.", metavar="USER")]
Closed = Annotated[bool, Option("--closed", help="The won and the lost ones as well.", show_default=False)]
Sort = Annotated[str, Option("-s", "--sort", help="Order inside a stage.", metavar="NAMES")]
Limit = Annotated[str | None, Option("-L", "--limit", help="So many deals of each stage; 0 is all.", metavar="N")]


def command(
    ctx: typer.Context,
    pipeline: Pipeline = None,
    where: Filters = None,
    owner: Owner = None,
    closed: Closed = False,
    sort: Sort = SORT,
    limit: Limit = None,
) -> None:
    """Show a pipeline as a board: a column for each stage.

    mycrm deal board
    mycrm deal board --pipeline Renewals --owner me
    mycrm deal board -w '+STALE' -s -days_in_stage
    """
    state: State = ctx.obj
    chosen = chosen_pipeline(state, pipeline)
    wanted = all_of([parse(where or []), equals("owner", owner) if owner else None])
    if state.out.format != "table":
        rows(state, chosen, wanted, closed, sort, limit)
        return
    from mycrm_cli.output import board as drawing
    from mycrm_cli.query import board

    lanes = board.lanes(state.reader, chosen.id, wanted)
    shown = [lane for lane in lanes if closed or lane.status == "open"]
    most = limit_for(state, limit) if limit is not None else drawing.room_for_cards(shutil.get_terminal_size().lines)
    for lane in shown:
        if lane.count:
            lane.cards = board.deal_cards(state.reader, lane, wanted, sort, lane.count if most is None else most)
    drawing.draw(state.out, chosen.title or "", lanes, shown, state.scope.locale.currency)


def chosen_pipeline(state: State, reference: str | None) -> Found:
    """Return the pipeline that is named, or the default one; raises NotFound where there is none."""
    entity = catalog.entity("pipeline")
    if reference is not None:
        return state.reader.find(entity, reference)
    default = query.Select(entity, ["id"], where=equals("is_default", "yes"), limit=1)
    for row in state.reader.rows(default):
        return state.reader.find(entity, str(row[0]))
    raise NotFound("no pipeline is the default one", hint="mycrm pipeline default NAME")


def rows(state: State, pipeline: Found, where: Node | None, closed: bool, sort: str, limit: str | None) -> None:
    """Write the deals of a board as rows, stage by stage."""
    deal = catalog.entity("deal")
    fields = ["id", *FIELDS] if state.out.format in ("json", "jsonl", "ids") else FIELDS
    only = [equals("pipeline_id", str(pipeline.id)), where, None if closed else equals("status", "open")]
    select = query.Select(deal, fields, where=all_of(only), sort=f"stage.order,{sort}")
    if limit is not None:
        select.limit = limit_for(state, limit)
    found = state.reader.rows(select)
    state.out.rows(found.columns, found, state.scope.locale)
