"""``mycrm score explain`` and ``history``: why a lead has its score, and how it came to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb
from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.output.scoretexts import differing, reason
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from datetime import datetime

    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.scoring.explaining import Explanation

LEAD = catalog.entity("lead")
OBJECTS = ("json", "jsonl")
EXPLAIN = """Explain the score of a lead.

Its components, what each input gave, what is unknown, and what to do next.

It is worked out anew from what the lead did. With --at it is what came out then: fields as the journal has
them, the events that were known, and the model of that time.

mycrm score explain L-12
mycrm score explain L-12 --at 2026-03-31
mycrm score explain L-12 --json
"""
HISTORY = """Show how the score of a lead moved.

There is a row where its grade moved, or the score by 5 points.

mycrm score history L-12
mycrm score history L-12 --json
"""
REFERENCE = sig.argument("Number, name, e-mail, id … of the lead.", "LEAD")
PARTS = {
    "component": "text",
    "code": "text",
    "label": "text",
    "value": "text",
    "points": "text",
    "difference": "text",
    "most": "text",
    "observed_at": "text",
    "is_unknown": "boolean",
}
ROWS = {
    "scored_at": "timestamp",
    "score": "integer",
    "grade": "text",
    "confidence": "number",
    "model_version": "text",
    "recommendation": "text",
    "reason": "text",
}


def lead_of(state: State, given: dict[str, Any], verb: str) -> Any:
    """Return the lead that a line names; raises UsageError where it names none."""
    if not given["reference"]:
        raise UsageError("which lead?", hint=f"mycrm score {verb} L-12")
    return state.reader.find(LEAD, given["reference"])


def explain(state: State, **given: Any) -> None:
    """Explain a score."""
    from mycrm_cli.services.scoring import explaining

    lead = lead_of(state, given, "explain")
    write(state, explaining.explain(state.reader, lead.id, at(state, given["at"])))


def write(state: State, found: Explanation) -> None:
    """Write an explanation: a picture for people, its factors or all of it for programs."""
    out = state.out
    if out.format in OBJECTS:
        out.object(as_object(found))
    elif out.format == "ids":
        out.line(str(found.id))
    elif out.format != "table":
        columns: Any = [Shown(name, kind) for name, kind in PARTS.items()]
        rows = [[shown(getattr(part, name)) for name in PARTS] for part in found.parts]
        out.rows(columns, rows, state.scope.locale)
        if other := differing(found):
            out.say(other)
    else:
        from mycrm_cli.output import scores, table
        from mycrm_cli.output.emit import Paged

        with Paged(out) as stream:
            scores.draw(table.console(out.color, stream), found, state.scope.locale)


def at(state: State, text: str | None) -> datetime | None:
    """Return the moment that is asked for: of a day without a time its end; raises Invalid."""
    if text is None:
        return None
    from datetime import timedelta

    from mycrm_cli import clock
    from mycrm_cli.query.moments import span

    try:
        start, end = span(text, state.scope.locale)
    except kinds.BadValue as error:
        raise Invalid(f"--at: {error.message}", details=[{"field": "at", "code": error.code}]) from None
    moment = start if end is None else end - timedelta(microseconds=1)
    return min(moment, clock.now()) if start <= clock.now() else moment


def shown(value: Any) -> Any:
    """Return a value as a cell."""
    return f"{value:g}" if isinstance(value, float) else value


def as_object(found: Explanation) -> dict[str, Any]:
    """Return an explanation for programs."""
    told = found._asdict() | {"parts": [part._asdict() for part in found.parts]}
    told |= {"reference": f"L-{found.number}", "id": str(found.id), "as_of": stamp(found.as_of)}
    told["confidence"] = float(found.confidence)
    told["unknown"] = [part.code for part in found.parts if part.is_unknown]
    told["stored"] = found.stored | {"recorded": recorded(found.stored.get("recorded"))}
    told["agrees"] = not found.reasons
    return told


def recorded(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a row of the history for programs."""
    if row is None:
        return None
    sure = row["confidence"]
    told = {"id": str(row["id"]), "scored_at": stamp(row["scored_at"]), "reason": reason(row)}
    return row | told | {"confidence": None if sure is None else float(sure)}


def stamp(moment: datetime) -> str:
    """Return a moment as JSON has it everywhere."""
    return str(LEAD.fields["created_at"].kind.dump(moment))


def history(state: State, **given: Any) -> None:
    """Show the rows of a lead's history."""
    from mycrm_cli.services.scoring import explaining

    lead, out = lead_of(state, given, "history"), state.out
    found = explaining.history(state.reader, lead.id)
    if out.format in OBJECTS:
        told = [recorded(row) for row in found]
        for value in told if out.format == "jsonl" else [told]:
            out.object(value)
        return
    if out.format == "table":
        from mycrm_cli.output import scores, table
        from mycrm_cli.output.emit import Paged

        with Paged(out) as stream:
            title = f"L-{lead.number}  {lead.title or ''}".rstrip()
            scores.draw_history(table.console(out.color, stream), title, found, state.scope.locale)
    else:
        names = ["id"] if out.format == "ids" else list(ROWS)
        columns: Any = [Shown(name, ROWS.get(name, "reference")) for name in names]
        rows = [row | {"reason": reason(row)} for row in found]
        out.rows(columns, ([row[name] for name in names] for row in rows), state.scope.locale)
    if not found:
        out.say("this lead has no score yet: mycrm score run")


def add_to(app: typer.Typer) -> None:
    """Add the commands to those of scores."""
    then = sig.option("--at", help="As it was then, instead of now.", metavar="TIME")
    parameters = {"reference": REFERENCE, "at": then}
    app.command("explain", cls=Verb)(sig.with_signature(explain, parameters, EXPLAIN))
    app.command("history", cls=Verb)(sig.with_signature(history, {"reference": REFERENCE}, HISTORY))
