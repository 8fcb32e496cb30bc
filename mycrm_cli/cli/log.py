"""``mycrm log``: writes down what happened with a record."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, kinds, services
from mycrm_cli.cli import bulk, lines
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.cli.lines import Line
from mycrm_cli.errors import Invalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.cli.state import State
    from mycrm_cli.scope import Locale
    from mycrm_cli.services.logs import Entry, Logged
    from mycrm_cli.services.work import Work

app = typer.Typer()

DIRECTIONS = {"in": "inbound", "out": "outbound", "inbound": "inbound", "outbound": "outbound", "none": "none"}
PEOPLE = "number, name, e-mail, phone … of a contact, lead, deal or company"
EXAMPLES = {
    "call": 'C-12 "Price" --duration 15m --next "Send quote" --due fri',
    "meeting": 'D-4 "Demo" --at 2026-11-05T10:30 --duration 1h30m',
    "email": 'jan@example.com "Your quote" --direction in',
    "note": 'CO-7 "Is moving to Berlin in spring"',
}
ARTICLES = {"email": "an e-mail"}
MEMBERS = ("text", "subject", "body", "at", "duration", "direction", "outcome", "next", "due")
"""What a line of JSON on stdin may say beside ``ref``."""


def options(kind: str) -> dict[str, Any]:
    """Return the options of a kind of entry; a note has neither length nor direction nor outcome."""
    own = {
        "at": sig.option("--at", help="When it was; now, unless told.", metavar="TIME"),
        "duration": sig.option("--duration", help="How long it took, such as 15m or 1h30m.", metavar="DURATION"),
        "direction": sig.option("--direction", help="Who began it.", metavar="in|out|none"),
        "outcome": sig.option("--outcome", help="What came of it.", metavar="TEXT"),
        "next": sig.option("--next", help="Add a task for yourself on the same records.", metavar="TITLE"),
        "due": sig.option("--due", help="When the next task is due.", metavar="TIME"),
        "confirm": bulk.confirm_option(),
    }
    left_out = {"note": ("duration", "direction", "outcome"), "email": ("duration",)}.get(kind, ())
    return {name: option for name, option in own.items() if name not in left_out}


def add_verb(kind: str) -> None:
    """Add ``log KIND`` to the commands."""
    members = ", ".join(["ref", "text", *(name for name in options(kind) if name in MEMBERS)])
    doc = f"""Write down {thing(kind)}, and what comes next.

    The first line of the text is the subject. - as text reads it from stdin; - as record reads references
    or lines of JSON with these members: {members}.

    mycrm log {kind} {EXAMPLES[kind]}
    mycrm contact list -w +vip -o ids | mycrm log {kind} - "New prices" -y
    """
    parameters = {
        "reference": sig.argument(f"The {PEOPLE}.", "RECORD"),
        "words": sig.arguments("What it was about; - reads it from stdin.", "TEXT..."),
    } | options(kind)
    function = sig.with_signature(lambda state, **given: log(state, kind, given), parameters, doc)
    app.command(kind, cls=WriteVerb)(function)


def thing(kind: str) -> str:
    """Return a kind with its article."""
    return ARTICLES.get(kind, f"a {kind}")


def log(state: State, kind: str, given: dict[str, Any]) -> None:
    """Write entries of a kind down and tell what was made."""
    several = said(kind, given)
    if given["reference"] == "-" and len(several) >= bulk.FROM_PIPE:
        bulk.check_protected(state, given["confirm"])
        many = f"{len(several):,} {catalog.entity('email').plural if kind == 'email' else kind + 's'}"
        state.confirm(f"log {many} in {state.scope.slug}, profile {state.profile.name}?")
    with state.work() as work:
        entries = read(work, several)
        logged = services.logs.write(work, kind, entries)
        report = bulk.Report(state, work, catalog.entity(logged.noun), "logged", logged.ids)
        report.titles = [f"{thing(kind)} {'on' if kind == 'note' else 'with'} {named(entry)}" for entry in entries[:1]]
        remarks = upcoming(work, logged)
    report.tell()
    for remark in remarks:
        state.out.say(remark)


def named(entry: Entry) -> str:
    """Return how a sentence names the record of an entry."""
    return entry.record.entity.called(entry.record.number, entry.record.title)


def said(kind: str, given: dict[str, Any]) -> list[Line]:
    """Return what each entry says by ``MEMBERS``; lines of stdin may be whole records, which say more."""
    if not given["reference"]:
        raise UsageError(f"on which record is the {kind} logged?", hint=f"mycrm log {kind} {EXAMPLES[kind]}")
    words = " ".join(given["words"] or [])
    common = {name: given[name] for name in MEMBERS if given.get(name) is not None}
    if given["reference"] == "-":
        if words == "-":
            raise UsageError("- stands for stdin, which can be read only once")
        common |= {"text": words} if words else {}
        known = {*options(kind), "text", "subject", "body"} & {*MEMBERS}
        several = [
            Line(place, reference, common | {name: str(members[name]) for name in known if members.get(name)})
            for place, reference, members in lines.read()
        ]
    else:
        text = sys.stdin.read() if words == "-" else words
        several = [Line("", given["reference"], common | {"text": text})]
    for line in several:
        if line.members.get("due") and not line.members.get("next"):
            raise UsageError("--due is about the next task", hint='--next "Send quote" --due fri')
    return several


def read(work: Work, several: list[Line]) -> list[Entry]:
    """Return the entries that lines stand for; raises what reading a value or finding a record raises."""
    from mycrm_cli.query.whichever import find_all

    records = find_all(work.reader, [line.reference for line in several])
    locale = work.scope.locale
    task = catalog.entity("task").fields
    readers: dict[str, Callable[[str], Any]] = {
        "at": kinds.make("timestamp").reader(locale),
        "duration": duration,
        "direction": direction,
        "outcome": catalog.entity("activity").fields["outcome"].kind.reader(locale),
        "next": task["title"].kind.reader(locale),
        "due": task["due_date"].kind.reader(locale),
    }
    entries = []
    for line in several:
        with lines.placed(line.place):
            entries.append(entry_of(records[line.reference], line.members, readers, locale))
    return entries


def entry_of(record: Any, line: dict[str, Any], readers: dict[str, Callable[[str], Any]], locale: Locale) -> Entry:
    """Return one entry; raises Invalid naming what cannot be read."""
    values: dict[str, Any] = {}
    name = "text"
    try:
        text = line.get("text") or "\n".join(filter(None, (line.get("subject"), line.get("body"))))
        text = kinds.make("text", lines=True).read(text, locale)
        for name in line.keys() & readers.keys():
            values[name] = readers[name](line[name])
    except kinds.BadValue as error:
        raise Invalid(f"{name}: {error.message}", details=[{"field": name, "code": error.code}]) from None
    if not text:
        detail: dict[str, object] = {"field": "text", "code": "required"}
        raise Invalid("text: say what it was about", details=[detail], hint='mycrm log call C-12 "Talked about …"')
    values["minutes"] = values.pop("duration", None)
    return services.logs.Entry(record, text, **values)


def duration(text: str) -> int:
    """Return a duration in minutes; raises BadValue."""
    minutes = services.logs.minutes_in(text)
    if minutes is None:
        raise kinds.BadValue("not_a_duration", f"{text!r} is no duration such as 15m, 1h or 1h30m")
    return minutes


def direction(text: str) -> str:
    """Return the direction that a word names; raises BadValue."""
    if text.strip().lower() not in DIRECTIONS:
        raise kinds.BadValue("not_a_choice", f"{text!r} is not one of in, out, none")
    return DIRECTIONS[text.strip().lower()]


def upcoming(work: Work, logged: Logged) -> list[str]:
    """Return a sentence for the task that comes next, or one for many."""
    if len(logged.tasks) > 1:
        return [f"next: {len(logged.tasks):,} tasks"]
    zone = work.scope.locale.timezone
    return [
        f"next: T-{task['number']} {task['title']}"
        + (f", due {services.tasks.told(task['due_date'], zone)}" if task["due_date"] else "")
        for task in logged.tasks
    ]


for each in EXAMPLES:
    add_verb(each)
