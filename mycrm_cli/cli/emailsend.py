"""``email send``: to one person or many, now or later, each exactly once."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, query
from mycrm_cli.cli import bulk, lines, mailtold
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import Invalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.mail.composing import Letter
    from mycrm_cli.services.mail.outbox import Message, Queued
    from mycrm_cli.services.work import Work

DOC = """Send a message to contacts, leads, or the contacts of deals.

Each gets a message of their own. Nobody who refused mail, is suppressed or was erased gets one, nor anybody twice with
the same --key. -n shows what would be sent. What the mail server puts off waits in the outbox.

mycrm email send C-12 --subject Quote --body "Here it is." --attach a.pdf
mycrm email send --reply E-7 --body answer.txt
mycrm email send -w +vip --subject Prices --body p.txt --key prices -n
mycrm lead list -o ids | mycrm email send - --template intro --rate 60/min -y
"""
RATE = re.compile(r"(\d{1,6})(?:/(s|sec|min|m|h|hour))?")
UNITS = {"s": 60.0, "sec": 60.0, "h": 1 / 60, "hour": 1 / 60}
PATH = re.compile(r"\S+\.(txt|md|html?|eml)|\S*[/\\]\S*")
LONGEST_KEY = 100
OPTIONS = {
    "to": sig.option("--to", help="What -w and stdin name: contact or lead.", metavar="contact|lead"),
    "template": sig.option("--template", help="A template; see email template list.", metavar="NAME"),
    "subject": sig.option("--subject", help="Its subject."),
    "body": sig.option("--body", help="Its text: words, a file, or - for stdin.", metavar="TEXT|FILE|-"),
    "html": sig.option("--html", help="The same as HTML, beside the text.", metavar="FILE"),
    "attach": sig.options("--attach", help="A file that goes with it.", metavar="FILE"),
    "reply": sig.option("--reply", help="Answer this message, in its conversation.", metavar="E-12"),
    "key": sig.option("--key", help="The mailing's name: nobody gets it twice.", metavar="NAME"),
    "rate": sig.option("--rate", help="At most so many: 60/min, 5/s, 500/h.", metavar="RATE"),
    "later": sig.flag("--later", help="Put it into the outbox alone; email outbox run sends it."),
}


def per_minute(text: str | None) -> float | None:
    """Return how many messages go out in a minute; raises UsageError."""
    if text is None:
        return None
    found = RATE.fullmatch(text.strip().lower())
    if found is None or not int(found[1]):
        raise UsageError(f"--rate is 60/min, 5/s or 500/h, not {text!r}")
    return int(found[1]) * UNITS.get(found[2], 1.0)


def content(option: str, text: str) -> str:
    """Return what an option says: words as they are, a file's text, or stdin; raises UsageError or Invalid."""
    if text == "-":
        try:
            return sys.stdin.read()
        except UnicodeDecodeError:
            raise Invalid(f"{option}: stdin is not text in UTF-8") from None
    if not os.path.isfile(text):
        if "\n" not in text and PATH.fullmatch(text):
            raise UsageError(f"{option}: there is no file {text!r}", hint="words that are no file have a blank in them")
        return text
    try:
        with open(text, encoding="utf-8-sig") as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        raise Invalid(f"{text}: byte {error.start + 1} is not text in UTF-8") from None
    except OSError as error:
        raise Invalid(f"{text}: {error.strerror or error}") from None


def whom(state: State, given: dict[str, Any]) -> tuple[list[tuple[str, UUID]], bool]:
    """Return the records that a line names as (noun, id), and whether they are many, after asking."""
    if given["to"] not in (None, "contact", "lead"):
        raise UsageError(f"--to is contact or lead, not {given['to']!r}")
    references, chosen = given["references"] or [], given["where"] or given["all"]
    if given["reply"]:
        if references or chosen:
            raise UsageError("--reply says whom already")
        return [], False
    if chosen:
        entity = catalog.entity(given["to"] or "contact")
        return [(entity.name, id) for id in bulk.targets(state, entity, given, "send mail to")], True
    if not references:
        raise UsageError("to whom?", hint="mycrm email send REF, or -w FILTER --to contact, or --reply E-12")
    found = named(state, references, given["to"])
    if "-" in references and len(found) >= bulk.FROM_PIPE:
        bulk.check_protected(state, given["confirm"])
        place = f"{state.scope.slug}, profile {state.profile.name}"
        state.confirm(f"send mail to {len(found):,} people in {place}?")
    return found, len(found) > 1


def named(state: State, references: Sequence[str], noun: str | None) -> list[tuple[str, UUID]]:
    """Return the records of references; raises NotFound or Ambiguous for the first that has none."""
    from mycrm_cli.query.whichever import find_all
    from mycrm_cli.services.mail.composing import NOUNS

    if references.count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")
    words: list[str] = []
    for reference in references:
        words += [line.reference for line in lines.read()] if reference == "-" else [reference]
    records = find_all(state.reader, words, (noun,) if noun else NOUNS)
    return list(dict.fromkeys((records[word].entity.name, records[word].id) for word in words))


def letter_of(given: dict[str, Any], many: bool) -> Letter:
    """Return what the message says; raises UsageError for what is missing or said twice."""
    from mycrm_cli.services.mail import attaching
    from mycrm_cli.services.mail.composing import Letter

    for name in ("subject", "body", "html"):
        if given["template"] and given[name] is not None:
            raise UsageError(f"the template says it already; leave --{name} out")
    if not given["template"] and (given["body"] is None or not (given["subject"] or given["reply"])):
        raise UsageError("a message needs --subject and --body, or --template", hint="mycrm email send --help")
    if given["body"] == "-" and "-" in (given["references"] or []):
        raise UsageError("- stands for stdin, which can be read only once")
    if given["key"] is not None and not 0 < len(given["key"].strip()) <= LONGEST_KEY:
        raise UsageError(f"--key is a name of at most {LONGEST_KEY} characters")
    text = content("--body", given["body"]) if given["body"] is not None else ""
    if not given["template"] and not text.strip():
        raise UsageError("the message is empty", hint="--body TEXT, a file, or - for stdin")
    html = content("--html", given["html"]) if given["html"] is not None else None
    if html is not None and not html.strip():
        raise UsageError("the HTML part is empty", hint="leave --html out, or name a file")
    files = attaching.read(given["attach"] or [])
    key = given["key"].strip() if given["key"] else None
    return Letter(given["subject"] or "", text, html, files, key, many or key is not None)


def send(state: State, **given: Any) -> None:
    """Queue the messages that a line asks for, and send them."""
    from mycrm_cli.services.mail import outbox, transport

    server, rate = transport.server_of(state.profile), per_minute(given["rate"])
    mailer = transport.Mailer(server)
    targets, many = whom(state, given)
    letter = letter_of(given, many)
    with state.work() as work:
        messages, left_out = compose(work, targets, given, letter, server.sender)
        queued = outbox.queue(work, messages, server.sender)
        mailtold.refuse_alone(messages, queued)
        if state.dry_run:
            mailtold.preview(state, mailer, messages, queued, work)
    mailtold.say_left_out(state, queued, left_out)
    if state.dry_run:
        return
    ids = [one.outbox_id for one in queued if one.outbox_id is not None]
    if not ids:
        state.out.say("nobody is left to send it to")
    sent = None
    if ids and not given["later"]:
        watch = mailtold.Watch(state, len(ids))
        with mailtold.cut_off(watch):
            sent = outbox.drain(state.work, mailer, per_minute=rate, ids=ids, tell=watch)
    tell(state, messages, queued, work.journal.reference)
    if sent is not None:
        mailtold.finish(state, sent, watch)


def compose(
    work: Work, targets: Sequence[tuple[str, UUID]], given: dict[str, Any], letter: Letter, sender: str
) -> tuple[list[Message], dict[str, int]]:
    """Return the messages, and how many records have no address or one that another one has."""
    from mycrm_cli.services.mail import composing

    if given["reply"]:
        email = work.reader.find(catalog.entity("email"), given["reply"]).id
        person, subject = composing.answer(work, email, sender)
        found, left_out = [person], {}
        letter = letter._replace(subject=letter.subject or subject)
    else:
        people = composing.people(work, targets)
        found, left_out = people.found, {"no_address": people.without, "same_address": people.repeated}
        if people.without and not found:
            raise Invalid("there is no e-mail address", details=[{"field": "email", "code": "required"}])
    if given["template"]:
        return composing.from_template(work, given["template"], found, letter, sender), left_out
    return composing.messages(found, letter), left_out


def tell(state: State, messages: Sequence[Message], queued: Sequence[Queued], change: str | None) -> None:
    """Print the ids of the messages' records in a pipe, the records with ``--json``, a sentence on a terminal."""
    from mycrm_cli.services.rows import chunks

    out, entity = state.out, catalog.entity("email")
    ids = [one.email_id for one in queued if one.email_id is not None]
    if out.format == "table":
        if ids:
            first = next(message.to_email for message, one in zip(messages, queued, strict=True) if one.email_id)
            what = first if len(ids) == 1 else f"{len(ids):,} people"
            out.say(f"wrote to {what} ({change})")
        return
    if out.format not in ("json", "jsonl"):
        for id in ids:
            out.line(str(id))
        return
    from mycrm_cli.output.formats import as_object

    found: list[dict[str, Any]] = []
    for chunk in chunks(ids):
        where = query.nodes.equals("id", *map(str, chunk))
        rows = state.reader.rows(query.Select(entity, query.full(entity), where=where, sort="id"))
        found += map(as_object(rows.columns, state.scope.locale.currency), rows)
    for record in found:
        record["change"] = change
    for value in found if len(found) == 1 or out.format == "jsonl" else [found]:
        out.object(value)


def add(app: typer.Typer) -> None:
    """Add the command to those of e-mails."""
    parameters = bulk.target_options(catalog.entity("contact")) | OPTIONS
    parameters["references"] = sig.arguments("Contacts, leads or deals; - reads them from stdin.", "[REF]...")
    app.command("send", cls=WriteVerb)(sig.with_signature(send, parameters, DOC))
