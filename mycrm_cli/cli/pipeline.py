"""Verbs of pipelines: added with stages, made the default one, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, verbs, writing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.cli.verbs import Run
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

app = typer.Typer()

PIPELINE = catalog.entity("pipeline")


def add(state: State, **given: Any) -> None:
    """Add a pipeline with its stages."""
    listed, like = given.pop("stages"), given.pop("like")
    if listed is not None and like is not None:
        raise UsageError("stages come from --stages or from --like, not from both")
    if given.pop("default"):
        given["set_is_default"] = "yes"

    def create(work: Work, new: list[Row]) -> list[Row]:
        template = work.reader.find(PIPELINE, like).id if like is not None else None
        return services.pipelines.add(work, new, listed, template)

    writing.add_given(state, PIPELINE, given, create)


def make_default(run: Run, ids: Sequence[UUID]) -> list[UUID]:
    """Make a pipeline the default one."""
    if len(ids) != 1:
        raise UsageError("one pipeline is the default one", hint="mycrm pipeline default NAME")
    return services.pipelines.make_default(run.work, ids[0])


def delete(state: State, **given: Any) -> None:
    """Delete pipelines with their stages."""
    targets = bulk.targets(state, PIPELINE, given, "delete")
    with state.work() as work:
        titles = bulk.short_names(work.reader, PIPELINE, targets)
        services.pipelines.delete(work, targets)
        report = bulk.Report(state, work, PIPELINE, "deleted", targets, titles=titles)
    report.tell()


ADD = (
    {"name": sig.argument("The name.", "[NAME]")}
    | {name: option for name, option in sig.field_options(PIPELINE).items() if name != "set_is_default"}
    | writing.common_values(PIPELINE)
    | {
        "stages": sig.option("--stages", help="Its stages with their probability.", metavar="'NAME:PERCENT,…'"),
        "like": sig.option("--like", help="With the stages of this pipeline.", metavar="PIPELINE"),
        "default": sig.flag("--default", help="New deals go through it."),
    }
)
ADD_DOC = """Add a pipeline; stages for won and lost deals are always among its stages.

mycrm pipeline add Renewals --stages 'Due:40,Offer sent:70'
mycrm pipeline add Partners --stages 'Intro:10,Signed:won,No:lost'
mycrm pipeline add Europe --like Sales --default
"""
DEFAULT_DOC = """Make a pipeline the one that new deals go through.

mycrm pipeline default Renewals
"""
DELETE_DOC = """Delete pipelines with their stages, where no deals have come through them.

mycrm pipeline delete Renewals
"""

app.command("add", cls=WriteVerb)(sig.with_signature(add, ADD, ADD_DOC))
verbs.add(app, "pipeline", "default", "made the default pipeline:", make_default, {}, DEFAULT_DOC)
app.command("delete", cls=WriteVerb)(sig.with_signature(delete, bulk.target_options(PIPELINE), DELETE_DOC))
