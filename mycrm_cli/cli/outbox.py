"""``email outbox``: what is to be sent, what went wrong, and what is done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, query
from mycrm_cli.cli import bulk, emailsend, mailtold, reading, remind
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import NotFound, UsageError
from mycrm_cli.query.nodes import equals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.work import Work

app = typer.Typer()
TABLE = catalog.entity("outbox")
EMAIL = catalog.entity("email")
HELP = "What is to be sent: list it, try it again, give it up, send it."

LIST_DOC = """List messages of the outbox, the newest first.

A message in doubt (uncertain) may have gone out: nobody sends it again unless told.

mycrm email outbox list
mycrm email outbox list --state uncertain
mycrm email outbox list -w 'to_email~acme.com' -o jsonl
"""
VIEW_DOC = """Show a message of the outbox, by its record or its id.

mycrm email outbox view E-12
"""
RETRY_DOC = """Queue messages that failed or are in doubt once more, under the same Message-ID.

mycrm email outbox retry E-12
mycrm email outbox retry -w state=failed -y
"""
CANCEL_DOC = """Give messages up that have not gone out; one in doubt is settled by this.

mycrm email outbox cancel E-12
mycrm email outbox cancel -w 'send_key=prices-2026 state=queued' -y
"""
RUN_DOC = """Send what is due. It prints nothing when nothing is due, and may be killed at any moment.

You send your own; a service user sends everybody's, and so does an administrator with --all.

mycrm email outbox run
mycrm email outbox run --rate 60/min --limit 500
"""


def show(state: State, **given: Any) -> None:
    """List messages."""
    reading.listed(state, TABLE, given | {"after": None})


def matching(state: State, filters: list[str]) -> list[UUID]:
    """Return the ids of messages that filters choose."""
    found = query.Select(TABLE, ["id"], where=query.language.parse(filters))
    return [row[0] for row in state.reader.rows(found)]


def found(state: State, references: Sequence[str]) -> list[UUID]:
    """Return the messages that references name, by their records (E-12) or their own ids; raises NotFound."""
    from mycrm_cli.cli import lines

    words: list[str] = []
    for reference in references:
        words += [line.reference for line in lines.read()] if reference == "-" else [reference]
    ids = []
    for word in dict.fromkeys(words):
        own = matching(state, [f"id={word}"]) if word.count("-") == 4 else []
        ids += own or _of_record(state, word)
    return list(dict.fromkeys(ids))


def _of_record(state: State, reference: str) -> list[UUID]:
    """Return the message whose record is named; raises NotFound for one that was never in the outbox."""
    email = state.reader.find(EMAIL, reference)
    select = query.Select(TABLE, ["id"], where=equals("email_id", str(email.id)))
    if ids := [row[0] for row in state.reader.rows(select)]:
        return ids
    raise NotFound(f"{EMAIL.called(email.number, email.title)} is not in the outbox", hint="mycrm email outbox list")


def view(state: State, **given: Any) -> None:
    """Show one message whole."""
    if not given["reference"]:
        raise UsageError("which message?", hint="mycrm email outbox list")
    [id, *_] = found(state, [given["reference"]])
    machine = state.out.format in ("json", "jsonl")
    names = [name for name in query.full(TABLE) if machine or name not in ("id", "organization_id", "lease_holder")]
    columns, row = reading.one(state.reader, TABLE, id, names)
    pairs = list(zip(columns, row, strict=True))
    cells = dict(zip(names, row, strict=True))
    state.out.record(f"{cells['subject']} · {cells['to_email']}", pairs, state.scope.locale)


def change(verb: str, done: str, act: Callable[[Work, Sequence[UUID]], list[UUID]]) -> Callable[..., None]:
    """Make a command that does something to messages of the outbox."""

    def command(state: State, **given: Any) -> None:
        references, filters = given["references"] or [], given["where"] or []
        if bool(references) == bool(filters or given["all"]):
            raise UsageError("which messages?", hint=f"mycrm email outbox {verb} E-12, or -w state=failed")
        ids = found(state, references) if references else matching(state, filters)
        if not references or ("-" in references and len(ids) >= bulk.FROM_PIPE):
            bulk.check_protected(state, given["confirm"])
            place = f"{state.scope.slug}, profile {state.profile.name}"
            state.confirm(f"{verb} {len(ids):,} {TABLE.plural} in {place}?")
        with state.work() as work:
            changed = act(work, ids)
        for id in changed if state.out.format != "table" else ():
            state.out.line(str(id))
        would = "would have " if state.dry_run else ""
        state.out.say(f"{would}{done} {len(changed):,} {'message' if len(changed) == 1 else TABLE.plural}")

    return command


def retry(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Queue messages once more."""
    from mycrm_cli.services.mail import recalling

    return recalling.retry(work, ids)


def cancel(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Give messages up."""
    from mycrm_cli.services.mail import recalling

    return recalling.cancel(work, ids)


def run(state: State, **given: Any) -> None:
    """Send what is due."""
    from mycrm_cli.services import posting
    from mycrm_cli.services.mail import outbox, sending, transport

    mailer, rate = transport.Mailer(transport.server_of(state.profile)), emailsend.per_minute(given["rate"])
    limit = reading.limit_for(state, given["limit"]) if given["limit"] else None
    user = remind.whose(state, everybody=given["all"], what="messages")
    if state.dry_run:
        with state.work() as work:
            count = sending.count_due(work, user)
        state.out.say(f"{count:,} {'message is' if count == 1 else 'messages are'} due")
        return
    state.close()
    with posting.alone(state.work, "email outbox"):
        watch = mailtold.Watch(state, 0)
        sent = outbox.drain(state.work, mailer, limit=limit, per_minute=rate, tell=watch, user=user)
    if sent.uncertain > sum(": in doubt: " in line for line in watch.problems):
        state.out.warn(f"{sent.uncertain:,} messages are in doubt: mycrm email outbox list --state uncertain")
    if watch.problems:
        mailtold.finish(state, sent, watch)
    elif sent.sent and state.out.terminal:
        state.out.say(f"sent {sent.sent:,} {'message' if sent.sent == 1 else TABLE.plural}")


def add_all() -> None:
    """Declare the commands."""
    options = reading.list_options(TABLE)
    del options["after"]
    app.command("list", cls=Verb)(sig.with_signature(show, options, LIST_DOC))
    one = {"reference": sig.argument("E-12, or the message's own id.", "MESSAGE")}
    app.command("view", cls=Verb)(sig.with_signature(view, one, VIEW_DOC))
    for verb, done, act, doc in (
        ("retry", "queued", retry, RETRY_DOC),
        ("cancel", "cancelled", cancel, CANCEL_DOC),
    ):
        command = sig.with_signature(change(verb, done, act), bulk.target_options(TABLE), doc)
        app.command(verb, cls=WriteVerb)(command)
    sending = {
        "all": sig.flag("--all", help="Everybody's messages."),
        "rate": emailsend.OPTIONS["rate"],
        "limit": sig.option("-L", "--limit", help="At most so many.", metavar="N"),
    }
    app.command("run", cls=WriteVerb)(sig.with_signature(run, sending, RUN_DOC))


add_all()
