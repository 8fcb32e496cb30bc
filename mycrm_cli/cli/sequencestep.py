"""``mycrm sequence step``: what a sequence sends, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog
from mycrm_cli.cli import bulk
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.rows import Row

app = typer.Typer()
SEQUENCE, TABLE = catalog.entity("sequence"), catalog.entity("email_sequence_steps")
HELP = "What a sequence sends, and when."
DAY = 24 * 60

ADD_DOC = """Add a step to a sequence, at its end or at --position.

It follows the step before after --delay: 2d, 3h, 30m, 1w. Delays count working days, Monday to Friday, unless
--any-day is given; --window is a time of the recipient's own day. --reply continues the conversation.

mycrm sequence step add Welcome --template intro
mycrm sequence step add Welcome --template nudge --delay 3d --reply
mycrm sequence step add Welcome --template last --window 09:00-17:00
"""
EDIT_DOC = """Change a step; it counts for who has not reached it.

mycrm sequence step edit Welcome 2 --delay 5d
mycrm sequence step edit Welcome 2 --template other --window none
"""
LIST_DOC = """List the steps of a sequence.

mycrm sequence step list Welcome
"""
DELETE_DOC = """Delete a step; who waits for it waits for the next one.

mycrm sequence step delete Welcome 2
"""
MOVE_DOC = """Move a step to another place.

mycrm sequence step move Welcome 3 1
"""
NAME = sig.argument("The sequence.", "SEQUENCE")
PLACE = sig.argument("The step's place, from 1.", "STEP")
VALUES = {
    "template": sig.option("--template", help="What is sent.", metavar="NAME"),
    "delay": sig.option("--delay", help="How long after the step before: 2d, 3h, 30m.", metavar="SPAN"),
    "window": sig.option("--window", help="Only between these times; none is any time.", metavar="HH:MM-HH:MM"),
    "any_day": sig.flag("--any-day", help="Weekends count too."),
    "business_days": sig.flag("--business-days", help="Only Monday to Friday count, as usual."),
    "reply": sig.flag("--reply", help="It answers the message of the step before."),
    "new_thread": sig.flag("--new-thread", help="It begins a conversation, as usual."),
}


def sequence(state: State, name: str | None) -> UUID:
    """Return the sequence that a line names; raises UsageError for none, NotFound."""
    if not name:
        raise UsageError("which sequence?", hint="mycrm sequence list")
    return state.reader.find(SEQUENCE, name).id


def place(text: str | None, word: str = "step") -> int:
    """Return the place that a line names; raises UsageError."""
    if text is None or not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) <= 999:
        raise UsageError(f"which {word}? Give its place, from 1", hint="mycrm sequence step list SEQUENCE")
    return int(text)


def values_of(state: State, given: dict[str, Any]) -> Row:
    """Return what the options of a line say."""
    from mycrm_cli.services.mail import templating
    from mycrm_cli.services.reminding import setting

    values: Row = {}
    if given["template"]:
        values["template_id"] = templating.named(state.reader, given["template"]).id
    if given["delay"] is not None:
        span, _ = setting.span("delay", given["delay"])
        values["delay_minutes"] = int(span.total_seconds() // 60)
    if given["window"] is not None:
        first, dash, last = given["window"].replace(" ", "").partition("-")
        is_none = given["window"].strip().lower() == "none"
        if not dash and not is_none:
            raise UsageError(f"--window is such as 09:00-17:00, or none, not {given['window']!r}")
        values |= {"window_start": None if is_none else first, "window_end": None if is_none else last}
    for yes, no, name in (("business_days", "any_day", "business_days"), ("reply", "new_thread", "is_reply")):
        if given[yes] and given[no]:
            raise UsageError(f"--{yes.replace('_', '-')} and --{no.replace('_', '-')} exclude each other")
        if given[yes] or given[no]:
            values[name] = given[yes]
    return values


def add(state: State, **given: Any) -> None:
    """Add a step."""
    from mycrm_cli.services.sequences import steps

    id, values = sequence(state, given["name"]), values_of(state, given)
    if "template_id" not in values:
        raise UsageError("what does it send?", hint="--template NAME; mycrm email template list")
    at = place(given["position"], "position") if given["position"] else None
    with state.work() as work:
        report = bulk.Report(state, work, TABLE, "added", [steps.add(work, id, values, at)], titles=["a step"])
    report.tell()


def edit(state: State, **given: Any) -> None:
    """Change a step."""
    from mycrm_cli.services.sequences import steps

    id, values = sequence(state, given["name"]), values_of(state, given)
    if not values:
        raise UsageError("nothing to change: no option was given", hint="mycrm sequence step edit --help")
    with state.work() as work:
        step = steps.at(work, id, place(given["place"]))
        is_changed = steps.edit(work, step, values)
        done = [step["id"]] if is_changed else []
        report = bulk.Report(state, work, TABLE, "changed", [step["id"]], changed=done, titles=[called(step)])
    report.tell()


def delete(state: State, **given: Any) -> None:
    """Delete a step."""
    from mycrm_cli.services.sequences import steps

    id = sequence(state, given["name"])
    with state.work() as work:
        step = steps.at(work, id, place(given["place"]))
        steps.remove(work, step)
        report = bulk.Report(state, work, TABLE, "deleted", [step["id"]], titles=[called(step)])
        report.records = []
    report.tell()


def move(state: State, **given: Any) -> None:
    """Move a step."""
    from mycrm_cli.services.sequences import steps

    id = sequence(state, given["name"])
    with state.work() as work:
        step = steps.at(work, id, place(given["place"]))
        is_moved = steps.move(work, step, place(given["to"], "place"))
        done = [step["id"]] if is_moved else []
        report = bulk.Report(state, work, TABLE, "moved", [step["id"]], changed=done, titles=[called(step)])
    report.tell()


def called(step: Row) -> str:
    """Return how people call a step."""
    return f"step {step['position']}"


def show(state: State, **given: Any) -> None:
    """List the steps of a sequence."""
    from mycrm_cli.cli.timeline import Key
    from mycrm_cli.query import sequences

    found = sequences.steps(state.reader, sequence(state, given["name"]))
    if state.out.format in ("json", "jsonl"):
        plain = [{name: value for name, value in step.items() if name not in sequences.FIGURES} for step in found]
        for value in plain if state.out.format == "jsonl" else [plain]:
            state.out.object(value)
        return
    kinds = {"position": "integer", "template": "text", "delay": "text", "window": "text", "reply": "boolean"}
    columns: Any = [Key(name, kind) for name, kind in kinds.items()]
    rows = [(one["position"], one["template"], delay(one), window(one), one["is_reply"]) for one in found]
    state.out.rows(columns, rows, state.scope.locale, empty="no steps yet: mycrm sequence step add")


def delay(step: Row) -> str:
    """Return a delay as people write it."""
    days, minutes = divmod(step["delay_minutes"], DAY)
    parts = [f"{days}d" if days else "", f"{minutes // 60}h" if minutes >= 60 else ""]
    parts.append(f"{minutes % 60}m" if minutes % 60 else "")
    return ("".join(parts) or "at once") + (", working days" if step["business_days"] else "")


def window(step: Row) -> str:
    """Return a window as people write it."""
    if not (step["window_start"] or step["window_end"]):
        return ""
    return f"{step['window_start'] or '00:00'}-{step['window_end'] or '23:59'}"


def add_all() -> None:
    """Declare the commands."""
    position = {"position": sig.option("--position", help="Its place, from 1.", metavar="N")}
    one = {"name": NAME, "place": PLACE}
    for verb, run, parameters, doc, cls in (
        ("add", add, {"name": NAME} | VALUES | position, ADD_DOC, WriteVerb),
        ("edit", edit, one | VALUES, EDIT_DOC, WriteVerb),
        ("list", show, {"name": NAME}, LIST_DOC, Verb),
        ("delete", delete, one, DELETE_DOC, WriteVerb),
        ("move", move, one | {"to": sig.argument("Its new place.", "PLACE")}, MOVE_DOC, WriteVerb),
    ):
        app.command(verb, cls=cls)(sig.with_signature(run, parameters, doc))


add_all()
