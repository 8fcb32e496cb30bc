"""Verbs of sequences: their steps, who receives them, sending what is due, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog
from mycrm_cli.cli import bulk, emailsend, mailtold, narrowing, reading, remind, sequencestep
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import Invalid, Partial, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from mycrm_cli.cli.state import State

app = typer.Typer()
PEOPLE = catalog.entity("email_sequence_enrollments")
ENROLL_DOC = """Let contacts, leads or the contacts of deals receive a sequence.

Nobody gets it twice at a time; who refused mail or lacks a field that a step names does not get it at all.

mycrm sequence enroll Welcome C-12 L-7
mycrm sequence enroll Welcome -w 'status=new' --to lead --yes
mycrm lead list +hot -o ids | mycrm sequence enroll Welcome - --yes
"""
UNENROLL_DOC = """End a sequence for people; what waits in the outbox is not sent.

mycrm sequence unenroll Welcome C-12
mycrm sequence unenroll Welcome --all --yes
"""
PAUSE_DOC = """Pause a sequence for people, or the whole sequence.

mycrm sequence pause Welcome C-12
mycrm sequence pause Welcome
"""
RESUME_DOC = """Go on with a sequence that was paused, for people or as a whole.

mycrm sequence resume Welcome C-12
mycrm sequence resume Welcome
"""
RUN_DOC = """Send the steps that are due. It prints nothing when nothing is due, and may be killed at any moment.

You send your own; a service user sends everybody's, and so does an administrator with --all.

mycrm sequence run
mycrm sequence run --all --rate 60/min
"""
STATS_DOC = """Show what came of a sequence: its people, and each step's messages.

mycrm sequence stats Welcome
mycrm sequence stats Welcome --json
"""
LIST_DOC = """List who receives sequences, and what is next for them.

mycrm sequence enrollment list
mycrm sequence enrollment list -w 'sequence.name=Welcome status=active'
"""
WORDS = {
    **mailtold.WHY,
    "enrolled": "in the sequence already",
    "before": "in the sequence before",
    "over": "lead is over",
}
SHOWN = 5


def targets(state: State, given: dict[str, Any], verb: str) -> list[tuple[str, UUID]] | None:
    """Return the people that a line names as (noun, id), after asking; None for nobody in particular."""
    if given["to"] not in (None, "contact", "lead"):
        raise UsageError(f"--to is contact or lead, not {given['to']!r}")
    references = given["references"] or []
    if given["where"]:
        entity = catalog.entity(given["to"] or "contact")
        return [(entity.name, id) for id in bulk.targets(state, entity, given, verb)]
    if not references:
        return None
    found = emailsend.named(state, references, given["to"])
    if "-" in references and len(found) >= bulk.FROM_PIPE:
        ask(state, f"{verb} {len(found):,} people", given)
    return found


def ask(state: State, what: str, given: dict[str, Any]) -> None:
    """Ask before a bulk write."""
    bulk.check_protected(state, given["confirm"])
    state.confirm(f"{what} in {state.scope.slug}, profile {state.profile.name}?")


def enroll(state: State, **given: Any) -> None:
    """Let people receive a sequence."""
    from mycrm_cli.services.sequences import enrolling

    id = sequencestep.sequence(state, given["name"])
    if given["all"]:
        entity = catalog.entity(given["to"] or "contact")
        found: Any = [(entity.name, one) for one in bulk.targets(state, entity, given | {"references": []}, "enroll")]
    else:
        found = targets(state, given, "enroll")
    if found is None:
        raise UsageError("whom?", hint="mycrm sequence enroll SEQUENCE REF, or -w FILTER --to contact")
    user = state.reader.find(catalog.entity("user"), given["user"]).id if given["user"] else None
    with state.work() as work:
        done = enrolling.enroll(work, id, found, user=user, start=start(work, given["start"]), again=given["again"])
        titles = bulk.short_names(work.reader, PEOPLE, done.ids[:3])
        report = bulk.Report(state, work, PEOPLE, "enrolled", done.ids, titles=titles)
    for reason, count in done.left_out.items():
        if count:
            state.out.warn(f"left out: {count:,} ({WORDS[reason]})")
    if done.ids:
        report.tell()
    else:
        state.out.say("nobody is left to enroll")


def start(work: Any, text: str | None) -> Any:
    """Return from when on the first step counts; raises Invalid."""
    if text is None:
        return None
    from mycrm_cli import kinds

    try:
        return kinds.make("timestamp").read(text, work.scope.locale)
    except kinds.BadValue as error:
        raise Invalid(f"start: {error.message}", details=[{"field": "start", "code": error.code}]) from None


def change(verb: str, done: str) -> Callable[..., None]:
    """Make a command that stops, pauses or takes up what people receive."""

    def command(state: State, **given: Any) -> None:
        from mycrm_cli.services.sequences import enrolling, members

        id = sequencestep.sequence(state, given["name"])
        people = targets(state, given, verb)
        if people is None and not given["all"]:
            if verb == "unenroll":
                raise UsageError("whom?", hint="mycrm sequence unenroll SEQUENCE REF, or --all")
            switch(state, id, verb, done)
            return
        if people is None:
            ask(state, f"{verb} everybody", given)
        with state.work() as work:
            ids = members.going(work, id, people)
            if not ids:
                raise Invalid(
                    "nobody of these is in the sequence", details=[{"field": "person", "code": "not_enrolled"}]
                )
            titles = bulk.short_names(work.reader, PEOPLE, ids[:3])
            changed = enrolling.change(work, ids, verb)
            report = bulk.Report(state, work, PEOPLE, done, ids, changed=changed, titles=titles)
        report.tell()

    return command


def switch(state: State, id: UUID, verb: str, done: str) -> None:
    """Pause a whole sequence, or go on with it."""
    from mycrm_cli import services

    entity = catalog.entity("sequence")
    with state.work() as work:
        changed = services.records.edit(work, entity, [(id, {"is_active": verb == "resume"})])
        report = bulk.Report(state, work, entity, done, [id], changed=changed)
    report.tell()


def run(state: State, **given: Any) -> None:
    """Send the steps that are due."""
    from mycrm_cli.services.mail import transport
    from mycrm_cli.services.sequences import running

    mailer, rate = transport.Mailer(transport.server_of(state.profile)), emailsend.per_minute(given["rate"])
    user = remind.whose(state, everybody=given["all"], what="messages")
    if state.dry_run:
        with state.work() as work:
            count = running.count_due(work, user)
        state.out.say(f"{count:,} people are due")
        return
    state.close()
    watch = mailtold.Watch(state, 0)
    done = running.run(state.work, mailer, user=user, per_minute=rate, tell=watch)
    for line in done.problems[:SHOWN]:
        state.out.warn(line)
    if watch.problems:
        mailtold.finish(state, done.sent, watch)
    if done.problems:
        people = "1 person was" if len(done.problems) == 1 else f"{len(done.problems):,} people were"
        raise Partial(
            f"{people} paused: what they get cannot be made",
            hint="mycrm sequence enrollment list -w status=paused; mycrm sequence resume goes on",
        )
    if state.out.terminal and (done.sent.sent or done.finished or done.stopped):
        state.out.say(f"sent {done.sent.sent:,}, finished {done.finished:,}, stopped {done.stopped:,}")


def stats(state: State, **given: Any) -> None:
    """Show what came of a sequence."""
    from mycrm_cli.cli.timeline import Key
    from mycrm_cli.query import sequences

    found = sequences.figures(state.reader, sequencestep.sequence(state, given["name"]))
    if state.out.format in ("json", "jsonl"):
        state.out.object(found)
        return
    names = ("waiting", "queued", "sent", "opened", "clicked", "replied", "bounced", "failed", "stopped")
    kinds = {"position": "integer", "template": "text", **dict.fromkeys(names, "integer")}
    columns: Any = [Key(name, kind) for name, kind in kinds.items()]
    rows = [[step[name] for name in kinds] for step in found["steps"]]
    state.out.rows(columns, rows, state.scope.locale, empty="no steps yet: mycrm sequence step add")
    totals = ", ".join(f"{found[name]:,} {name}" for name in ("enrolled", "active", "paused", "finished", "stopped"))
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in found["stop_reasons"].items())
    state.out.say(totals + (f" ({reasons})" if reasons else ""))


def show(state: State, **given: Any) -> None:
    """List who receives sequences."""
    narrowing.listed(state, PEOPLE, given, "nobody receives a sequence: mycrm sequence enroll")


def add_all() -> None:
    """Declare the commands."""
    people = bulk.target_options(catalog.entity("contact")) | {"to": emailsend.OPTIONS["to"]}
    people["references"] = sig.arguments("Contacts, leads or deals; - reads them from stdin.", "[REF]...")
    people = {"name": sequencestep.NAME} | people
    more = {
        "user": sig.option("--user", help="In whose name it is sent; yours unless told."),
        "start": sig.option("--start", help="The first step counts from then on.", metavar="TIME"),
        "again": sig.flag("--again", help="Also who was in it before."),
    }
    sending = {"all": sig.flag("--all", help="Everybody's sequences."), "rate": emailsend.OPTIONS["rate"]}
    for verb, act, parameters, doc, cls in (
        ("enroll", enroll, people | more, ENROLL_DOC, WriteVerb),
        ("unenroll", change("unenroll", "unenrolled"), people, UNENROLL_DOC, WriteVerb),
        ("pause", change("pause", "paused"), people, PAUSE_DOC, WriteVerb),
        ("resume", change("resume", "resumed"), people, RESUME_DOC, WriteVerb),
        ("run", run, sending, RUN_DOC, WriteVerb),
        ("stats", stats, {"name": sequencestep.NAME}, STATS_DOC, Verb),
    ):
        app.command(verb, cls=cls)(sig.with_signature(act, parameters, doc))
    inner = typer.Typer()
    inner.command("list", cls=Verb)(sig.with_signature(show, reading.list_options(PEOPLE), LIST_DOC))
    app.add_typer(inner, name="enrollment", help="Who receives sequences.")
    app.add_typer(sequencestep.app, name="step", help=sequencestep.HELP)


add_all()
