"""Verbs of stages: inside a pipeline they are added, ordered, edited and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, writing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import UsageError
from mycrm_cli.query.keys import ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

app = typer.Typer()

STAGE = catalog.entity("stage")
PIPELINE = sig.option("--pipeline", help="The pipeline; the default one unless told.", metavar="PIPELINE")
INSIDE = sig.option("--pipeline", help="The pipeline in which the names are meant.", metavar="PIPELINE")


def register(verb: str, command: Callable[..., None], parameters: dict[str, Any], doc: str) -> None:
    """Add a command of stages."""
    app.command(verb, cls=WriteVerb)(sig.with_signature(command, parameters, doc))


def flags(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a line with ``--won`` and ``--lost`` as the fields they set."""
    for word in ("won", "lost"):
        if given.pop(word):
            given[f"set_is_{word}"] = "yes"
    return given


def add(state: State, **given: Any) -> None:
    """Add a stage at its place."""
    after, before = given.pop("after"), given.pop("before")
    if after is not None and before is not None:
        raise UsageError("a stage goes --after one or --before one, not both")

    def create(work: Work, new: list[Row]) -> list[Row]:
        return [services.steps.add(work, row, after, before) for row in new]

    writing.add_given(state, STAGE, flags(given), create)


def inside(state: State, given: dict[str, Any]) -> dict[str, Any]:
    """Put the pipeline that is named before the names of stages, as in Sales/Proposal; ids stay as they are."""
    reference = given.pop("pipeline")
    if reference is None or not given["references"]:
        return given
    pipeline = state.reader.find(catalog.entity("pipeline"), reference).title
    words = [word if word == "-" or ID.fullmatch(word) else f"{pipeline}/{word}" for word in given["references"]]
    return given | {"references": words}


def edit(state: State, **given: Any) -> None:
    """Change stages; the deals that stand there keep their probability unless told."""
    update = given.pop("update_deals")
    given = inside(state, flags(given))
    writing.edit_given(state, STAGE, given, {services.steps.UPDATE_DEALS: True} if update else None)
    if given.get("set_probability") is not None and not update:
        state.out.say("open deals keep their probability; --update-deals gives them the new one")


def delete(state: State, **given: Any) -> None:
    """Delete stages, and move their deals to another one."""
    to = given.pop("move_to")
    targets = bulk.targets(state, STAGE, inside(state, given), "delete")
    with state.work() as work:
        titles = bulk.short_names(work.reader, STAGE, targets)
        services.steps.delete(work, targets, to)
        report = bulk.Report(state, work, STAGE, "deleted", targets, titles=titles)
    report.tell()


def order(state: State, stages: list[str] | None, pipeline: str | None) -> None:
    """Put stages in order."""
    if not stages:
        raise UsageError("which stages, in which order?", hint="mycrm stage order --pipeline NAME FIRST SECOND …")
    with state.work() as work:
        known = services.stages.known(work)
        found = work.reader.find(catalog.entity("pipeline"), pipeline).id if pipeline else known.default.id
        changed = services.steps.arrange(work, known.pipeline(found), stages)
        ids = [stage.id for stage in services.stages.known(work).pipeline(found).stages]
        report = bulk.Report(state, work, STAGE, "ordered", ids, changed=changed)
    report.tell()


ENDS = {
    "won": sig.flag("--won", help="Deals that come here are won."),
    "lost": sig.flag("--lost", help="Deals that come here are lost."),
}


FIELDS = {name: option for name, option in sig.field_options(STAGE).items() if name != "set_pipeline_id"}
FIELDS["set_required_fields"] = sig.option(
    "--required-fields", help="Fields that a deal must have to come here, such as value,close.", metavar="NAMES"
)
ADD = (
    {"name": sig.argument("The name.", "[NAME]"), "set_pipeline_id": PIPELINE}
    | FIELDS
    | writing.common_values(STAGE)
    | ENDS
    | {
        "after": sig.option("--after", help="Behind this stage.", metavar="STAGE"),
        "before": sig.option("--before", help="Before this stage.", metavar="STAGE"),
    }
)
EDIT = (
    bulk.target_options(STAGE)
    | {"pipeline": INSIDE}
    | FIELDS
    | writing.common_values(STAGE)
    | ENDS
    | {
        "clear": sig.options("--clear", help="Empty a field.", metavar="FIELD"),
        "version": sig.option("--version-is", help="Only if the record still has this version.", metavar="N"),
        "update_deals": sig.flag("--update-deals", help="Open deals get the new probability, too."),
    }
)
DELETE = bulk.target_options(STAGE) | {
    "pipeline": INSIDE,
    "move_to": sig.option("--move-to", help="Where its deals go.", metavar="STAGE"),
}
ORDER = {"stages": sig.arguments("Stages in their order; the rest keep theirs.", "STAGE..."), "pipeline": PIPELINE}

ADD_DOC = """Add a stage to a pipeline.

mycrm stage add Demo --probability 40 --after Qualification
mycrm stage add Signed --pipeline Renewals --won
mycrm stage add Legal --before Negotiation --stale-after-days 14
"""
EDIT_DOC = """Change stages.

mycrm stage edit Proposal --required-fields value,close,contact
mycrm stage edit Proposal --pipeline Renewals --probability 60 --update-deals
"""
DELETE_DOC = """Delete stages; deals that stand there move to another one.

mycrm stage delete Demo --pipeline Sales --move-to Proposal
"""
ORDER_DOC = """Put the stages of a pipeline in order.

mycrm stage order --pipeline Sales Qualification Demo Proposal
"""

register("add", add, ADD, ADD_DOC)
register("edit", edit, EDIT, EDIT_DOC)
register("delete", delete, DELETE, DELETE_DOC)
register("order", order, ORDER, ORDER_DOC)
