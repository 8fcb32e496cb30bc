"""``mycrm score train`` and ``mycrm score model``: what was learned from outcomes, and which model scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, clock
from mycrm_cli.cli import reading
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import Invalid, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.scoring.learned.adopting import Ready

model_app = typer.Typer()
MODELS = catalog.entity("scoring_models")
OBJECTS = ("json", "jsonl")
GROUP_HELP = "The models that leads are scored with."

TRAIN = """Learn a model from leads that were converted or disqualified.

Each is looked at as it was before its outcome. The model is tried on the newest outcomes, and scores from then on
only if it is better there than the rules; else it is not kept. Needs pip install 'mycrm[scoring]'.

mycrm score train
mycrm score train --no-use
mycrm score train --json
"""
VIEW = """Show a model: how well it did, and what moves its scores.

mycrm score model view
mycrm score model view rules-1
mycrm score model view learned-4f1c0a9be27d --json
"""
USE = """Score with a stored model from now on.

The next run scores all leads with it. Undo brings the model before back.

mycrm score model use rules-3
"""
LIST = """List the models: versions of the rules, and those that were learned.

mycrm score model list
mycrm score model list -o json
"""


def train(state: State, **given: Any) -> None:
    """Learn a model, show how it does, and score with it if it may."""
    from mycrm_cli.services.scoring import models
    from mycrm_cli.services.scoring.learned import adopting, arrays

    arrays.numpy()
    now = clock.now()
    if adopting.needs_rules(state.reader):
        with state.work() as work:
            adopting.begin(work, now)
    ready = adopting.train(state.reader, now)
    active = models.active(state.reader)
    is_used = active is not None and active.version == ready.trained.version
    use, change = ready.trained.verdict.may_switch and (is_used or not given["no_use"]), None
    if ready.trained.verdict.may_switch:
        with state.work() as work:
            adopting.store(work, ready, now, use=use)
        change = work.journal.reference
    tell(state, ready.trained, use, change)


def look_after(state: State) -> None:
    """Look after a learned model once a night: fall back to the rules, learn anew, or recalibrate; and say so."""
    from mycrm_cli.services.scoring import models
    from mycrm_cli.services.scoring.learned import adopting, upkeep

    now, model = clock.now(), models.active(state.reader)
    if model is None or not upkeep.wanted(model, now):
        return
    found = upkeep.standing(state.reader, model, now)
    if found.has_failed:
        with state.work() as work, work.on_behalf():
            back = upkeep.fall_back(work, model)
        state.out.warn(
            f"{model.version} has lost its worth: its top tenth has lift {found.lift:.2f}; {back.version} scores again"
        )
        return
    by = None if found.is_old else upkeep.recalibrated(state.reader, model, now)
    ready = learned_anew(state, now) if found.is_old else None
    with state.work() as work, work.on_behalf():
        upkeep.mark(work, model, now, by)
        if ready is not None and ready.trained.verdict.may_switch:
            adopting.store(work, ready, now, use=True)
            state.out.say(f"{ready.trained.version} was learned from newer outcomes and scores from now on")


def learned_anew(state: State, now: datetime) -> Ready | None:
    """Return a model of all outcomes so far, None where there are too few by now."""
    from mycrm_cli.services.scoring.learned import adopting

    try:
        return adopting.train(state.reader, now)
    except Invalid as error:
        state.out.warn(error.message)
        return None


def tell(state: State, trained: Any, used: bool, change: str | None) -> None:
    """Tell what was learned: an object for programs, pictures for people."""
    verdict, out = trained.verdict, state.out
    told = {"version": trained.version, **verdict._asdict(), "used": used, "change": change, "dry_run": state.dry_run}
    if out.format in OBJECTS:
        out.object(told | {"metrics": trained.metrics})
    elif out.format != "table":
        out.line(trained.version)
    else:
        draw(state, trained.metrics, None)
    for name, power in trained.leaking.items():
        out.warn(f"{name} alone tells the outcome with AUC {power:.2f}: is it filled in only afterwards?")
    for name in trained.late:
        out.warn(f"{name} was left out: most of its values came after the moment at which leads are looked at")
    for reason in verdict.reasons:
        out.say(f"not used: {reason}")
    if verdict.may_switch:
        would = "would score" if state.dry_run else "scores"
        kind = " (provisional: it learned from few outcomes)" if verdict.is_provisional else ""
        out.say(
            f"{trained.version} {would} from now on{kind}; mycrm score run scores all leads with it"
            if used
            else f"{trained.version} is stored{kind}; mycrm score model use {trained.version} scores with it"
        )


def draw(state: State, metrics: dict[str, Any], inputs: list[dict[str, Any]] | None) -> None:
    """Draw figures of a model, and what its inputs tell."""
    from mycrm_cli.output import table, trained
    from mycrm_cli.output.emit import Paged

    with Paged(state.out) as stream:
        target = table.console(state.out.color, stream)
        if metrics:
            trained.draw(target, metrics)
        if inputs:
            target.print()
            trained.draw_inputs(target, inputs)


def listed(state: State, **given: Any) -> None:
    """List the models."""
    reading.listed(state, MODELS, given)


def view(state: State, **given: Any) -> None:
    """Show one model."""
    from mycrm_cli.services.scoring import models
    from mycrm_cli.services.scoring.learned import adopting

    name, out = given["version"], state.out
    model = models.named(state.reader, name) if name else models.active(state.reader)
    if model is None:
        out.say("no leads were ever scored; mycrm score run begins with the rules")
        return
    inputs = adopting.inputs(model) if model.type == "learned" else []
    kept = {name: value for name, value in model.metrics.items() if name != "sweep"}
    if out.format in OBJECTS:
        names = ("version", "type", "is_active", "is_provisional", "cutoffs", "body")
        out.object({name: getattr(model, name) for name in names} | {"metrics": kept, "inputs": inputs})
        return
    if out.format != "table":
        out.line(model.version)
        return
    state_of = "scores leads now" if model.is_active else "is not used"
    out.line(f"{model.version} {state_of}{', provisional' if model.is_provisional else ''}")
    if inputs:
        draw(state, kept, inputs)
    else:
        out.say(f"mycrm score rules view {model.version} shows the rules")


def use(state: State, **given: Any) -> None:
    """Score with a stored model."""
    from mycrm_cli.services.scoring import models

    if not given["version"]:
        raise UsageError("which model?", hint="mycrm score model list")
    with state.work() as work:
        model = models.use(work, given["version"])
    change = work.journal.reference
    out = state.out
    if out.format in OBJECTS:
        out.object({"version": model.version, "change": change, "dry_run": state.dry_run})
    elif out.format != "table":
        out.line(model.version)
    else:
        would = "would score" if state.dry_run else "scores"
        out.say(f"{model.version} {would} from now on; mycrm score run scores all leads with it")


def add_to(app: typer.Typer) -> None:
    """Add training and the group of models to the verbs of scores."""
    no_use = sig.flag("--no-use", help="Store the model, and go on scoring as before.")
    version = sig.argument("A version; the one in force unless told.", "[VERSION]")
    which = sig.argument("The version to score with.", "VERSION")
    app.command("train", cls=WriteVerb)(sig.with_signature(train, {"no_use": no_use}, TRAIN))
    model_app.command("list", cls=Verb)(sig.with_signature(listed, reading.list_options(MODELS), LIST))
    model_app.command("view", cls=Verb)(sig.with_signature(view, {"version": version}, VIEW))
    model_app.command("use", cls=WriteVerb)(sig.with_signature(use, {"version": which}, USE))
    app.add_typer(model_app, name="model", help=GROUP_HELP)
