"""``mycrm score rules``: the organization's rules, looked at, changed, and tried before they count."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, clock
from mycrm_cli.cli import scoretried
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.edited import Edited, kept
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import Cancelled, Invalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.scoring.comparing import Comparison
    from mycrm_cli.services.scoring.models import Model

LEAD = catalog.entity("lead")
OBJECTS = ("json", "jsonl")
LARGEST = 1_000_000
"""Bytes of a file with rules."""
SHOWN = 20
"""Leads that would move that a table shows."""
GROUP_HELP = "The rules by which leads are scored."

VIEW = """Print the rules in force, or those of a version.

mycrm score rules view
mycrm score rules view rules-1
mycrm score rules view > rules.toml
"""
EDIT = """Score by other rules from now on.

They come from a file, stdin or your editor. It shows which leads would get another grade, and asks. The rules
become the next version; the next run scores all
leads with it. Undo brings the version before back.

mycrm score rules edit rules.toml
mycrm score rules edit
mycrm score rules view rules-1 | mycrm score rules edit - --yes
"""
TEST = """Show what one lead would get by the rules in a file.

mycrm score rules test L-12 --file rules.toml
"""
DIFF = """Show which leads other rules would move.

The rules are those in a file, or of a version. Of many leads 20,000 are looked at, evenly chosen, unless --all
is given.

mycrm score rules diff rules.toml
mycrm score rules diff rules-1 --all -o csv
"""
BACKTEST = """Try rules on leads whose outcome is known.

How well would they have told the converted from the disqualified? Every lead is looked at as it was before its
outcome. AUC is how often a converted lead stands above a
disqualified one: 0.5 is chance.

mycrm score rules backtest
mycrm score rules backtest rules.toml --json
"""


def rules_of(state: State, source: str | None) -> str:
    """Return rules as text: those of a file, of stdin (``-``), of a version, or those in force."""
    from mycrm_cli.services.scoring import models, rules

    if source is None:
        model = models.active(state.reader)
        return rules.default_text() if model is None else written(model)
    if source == "-":
        return decoded(sys.stdin.buffer.read(LARGEST + 1), "stdin")
    if source.startswith(models.PREFIX) and source.removeprefix(models.PREFIX).isdigit():
        return written(models.named(state.reader, source))
    try:
        with open(source, "rb") as file:
            return decoded(file.read(LARGEST + 1), source)
    except OSError as error:
        raise UsageError(f"{source}: {(error.strerror or 'it cannot be read').lower()}") from None


def decoded(data: bytes, source: str) -> str:
    """Return the text of a file; raises Invalid for what is none, or too large."""
    if len(data) > LARGEST:
        raise Invalid(f"{source} is larger than {LARGEST:,} bytes: these are no rules")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(f"{source} is not UTF-8 text: these are no rules") from None


def written(model: Model) -> str:
    """Return the rules of a version as they were written; a learned one stands on rules."""
    return model.source if model.source is not None else str(model.body["rules"]["text"])


def view(state: State, **given: Any) -> None:
    """Print rules."""
    from mycrm_cli.services.scoring import models, rules

    name, out = given["version"], state.out
    model = models.named(state.reader, name) if name else models.active(state.reader)
    text = rules.default_text() if model is None else written(model)
    if out.format in OBJECTS:
        told: dict[str, Any] = {"version": None, "is_active": False, "cutoffs": None, "trained_at": None}
        if model:
            told = {name: getattr(model, name) for name in told}
        out.object(told | {"source": text})
        return
    sys.stdout.write("".join(f"{line}\n" for line in map(harmless, text.splitlines())))
    if model is None:
        out.say("these are the rules that every organization begins with; mycrm score run scores by them")


def harmless(line: str) -> str:
    """Return a line of rules as a terminal shows it."""
    from mycrm_cli.output.safe import safe

    return safe(line, lines=True)


def edit(state: State, **given: Any) -> None:
    """Show what other rules would move, ask, and score by them."""
    from mycrm_cli.services.scoring import models

    edited = None if given["file"] else typed(state)
    text = edited.raw if edited else rules_of(state, given["file"])
    with kept(edited):
        model = models.active(state.reader)
        if model is not None and model.source == text:
            raise Cancelled(f"nothing was changed: {model.version} says the same")
        found = watched(state, text, whole=False)
        tell_moves(state, found)
        state.confirm(f"score {found.leads:,} leads by these rules from now on in {state.scope.slug}?")
        with state.work() as work:
            new = models.adopt(work, text, clock.now())
        told_change(state, new, work.journal.reference, found)


def typed(state: State) -> Edited:
    """Return the rules as the user leaves them in an editor; raises UsageError where there is no terminal."""
    if not (state.interactive and sys.stdin.isatty()):
        raise UsageError("which rules? give a file, or - for stdin", hint="mycrm score rules edit rules.toml")
    from mycrm_cli.cli import editing

    before, editor = rules_of(state, None), str(state.preference("editor"))
    state.close()
    text = editing.ask_editor(before, editor)
    if text == before:
        raise Cancelled("nothing was changed")
    return Edited(text, None)


def told_change(state: State, new: Model, change: str | None, found: Comparison) -> None:
    """Tell which version scores now."""
    out = state.out
    if out.format in OBJECTS:
        out.object({"version": new.version, "change": change, "dry_run": state.dry_run, **summary(found)})
    elif out.format != "table":
        out.line(new.version)
    else:
        would = "would score" if state.dry_run else "scores"
        back = f" ({change}; mycrm undo takes it back)" if change and not state.dry_run else ""
        out.say(f"{new.version} {would} from now on{back}; mycrm score run scores all leads with it")


def watched(state: State, text: str, *, whole: bool) -> Comparison:
    """Compare rules with those in force, with a count on a terminal."""
    from mycrm_cli.cli.progress import Progress
    from mycrm_cli.services.scoring import comparing

    progress = Progress(state)
    try:
        return comparing.compare(state.reader, text, clock.now(), whole=whole, tell=progress)
    finally:
        progress(-1)


def diff(state: State, **given: Any) -> None:
    """Show which leads other rules would move."""
    if not given["file"]:
        raise UsageError("which rules? give a file, - for stdin, or a version", hint="mycrm score rules diff FILE")
    found, out = watched(state, rules_of(state, given["file"]), whole=given["whole"]), state.out
    if out.format == "json":
        out.object(summary(found) | {"moved": [one._asdict() for one in found.moved]})
    elif out.format != "table":
        scoretried.write_moved(state, found.moved)
    else:
        tell_moves(state, found)
        scoretried.write_moved(state, found.moved[:SHOWN])
        if len(found.moved) > SHOWN:
            out.say(f"{len(found.moved):,} leads would get another grade; -o csv lists them all")


def summary(found: Comparison) -> dict[str, Any]:
    """Return the figures of a comparison for programs."""
    from mycrm_cli.services.scoring.grades import LETTERS

    counts = {letter: {"before": found.graded(letter, after=False), "after": found.graded(letter, after=True)}
              for letter in LETTERS}  # fmt: skip
    return {
        "leads": found.leads,
        "looked_at": found.looked_at,
        "rescored": found.rescored,
        "regraded": len(found.moved),
        "before": found.before,
        "grades": counts,
        "grid": [{"from": a, "to": b, "leads": number} for (a, b), number in found.grid.items() if number],
        "cutoffs": {"before": found.cutoffs_before, "after": found.cutoffs_after},
    }


def tell_moves(state: State, found: Comparison) -> None:
    """Draw how many leads would go from which grade to which, where people look."""
    if state.out.format != "table":
        return
    from mycrm_cli.output import scoretables, table
    from mycrm_cli.services.scoring.grades import LETTERS

    scoretables.draw_moves(table.console(state.out.color, sys.stdout), found, LETTERS)


def add(app: typer.Typer, name: str, run: Callable[..., None], parameters: dict[str, Any], doc: str, cls: Any) -> None:
    """Add one command."""
    app.command(name, cls=cls)(sig.with_signature(run, parameters, doc))


def add_to(app: typer.Typer) -> None:
    """Add the group to the verbs of scores."""
    inner = typer.Typer()
    file = sig.argument("A TOML file, - for stdin, or a version.", "[FILE]")
    version = sig.argument("A version; the one in force unless told.", "[VERSION]")
    one = {
        "reference": sig.argument("Number, name, e-mail, id … of the lead.", "LEAD"),
        "file": sig.option("--file", help="The rules to try; - is stdin.", metavar="FILE"),
    }
    whole = sig.flag("--all", help="Look at every lead, however many there are.")
    add(inner, "view", view, {"version": version}, VIEW, Verb)
    add(inner, "edit", edit, {"file": file}, EDIT, WriteVerb)
    add(inner, "test", scoretried.test, one, TEST, Verb)
    add(inner, "diff", diff, {"file": file, "whole": whole}, DIFF, Verb)
    add(inner, "backtest", scoretried.backtest, {"file": file}, BACKTEST, Verb)
    app.add_typer(inner, name="rules", help=GROUP_HELP)
