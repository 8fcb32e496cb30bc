"""``mycrm email events``: what mail providers report about messages, taken in from their files and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog
from mycrm_cli.cli import narrowing, reading
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import Invalid, Partial, UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.mail.events import Applied
    from mycrm_cli.services.mail.providers.files import Report

app = typer.Typer()
EVENTS = catalog.entity("email_events")
LISTED = 20
"""Entries that could not be read and are told one by one."""
IMPORT_DOC = """Take in what a mail provider reports: delivered, opened, clicked, bounced, complained, unsubscribed.

The file holds what the provider's webhook delivers, as it came: JSON objects or arrays, one after the other. The
generic form is JSON or CSV with type, at, message_id or address, and maybe id, url, bounce_type and detail. The same
report twice counts once. Hard bounces, complaints and unsubscribes put their addresses on the list of those that
get no mail. Reports on messages that were not sent from here are left alone, unless --foreign also takes their
addresses.

mycrm email events import events.json --provider sendgrid
cat spool/*.json | mycrm email events import - --provider ses
mycrm email events import events.csv --provider generic --dry-run
"""
LIST_DOC = """List what was reported about messages, the newest first.

mycrm email events list
mycrm email events list --type bounce -L 20
mycrm email events list -w 'email.to_email=jan@acme.com'
"""
PARAMETERS = {
    "file": sig.argument("The file; - is stdin.", "FILE|-"),
    "provider": sig.option("--provider", help="sendgrid, mailgun, ses, postmark or generic.", metavar="NAME"),
    "foreign": sig.flag("--foreign", help="Also take the addresses of messages that were not sent from here."),
}


def take_in(state: State, **given: Any) -> None:
    """Take in a file of reports."""
    from mycrm_cli.services.calm import collecting_less
    from mycrm_cli.services.mail import events
    from mycrm_cli.services.mail.providers import PROVIDERS, files

    if not given["file"]:
        raise UsageError("which file?", hint="mycrm email events import FILE --provider sendgrid")
    if given["provider"] not in PROVIDERS:
        said = "whose reports are these?" if given["provider"] is None else f"no provider {given['provider']!r}"
        raise UsageError(said, candidates=list(PROVIDERS), hint=f"--provider {'|'.join(PROVIDERS)}")
    with collecting_less():
        report = files.read(given["file"], given["provider"])
        if report.problems and not report.events:
            raise Invalid(
                f"none of {report.entries:,} reports can be read: line {report.problems[0].line}: "
                f"{report.problems[0].message}",
                details=[problem.detail() for problem in report.problems[:LISTED]],
                hint="nothing was imported; is it the right --provider?",
            )
        with state.work() as work:
            done = events.apply(work, report.events, foreign=given["foreign"])
    tell(state, report, done)


def tell(state: State, report: Report, done: Applied) -> None:
    """Tell what became of a file; raises Partial where something in it could not be read."""
    rejected = len(report.problems)
    counts = {"reports": report.entries, "events": len(report.events), **done._asdict()}
    counts |= {"ignored": report.ignored, "rejected": rejected}
    if rejected:
        for problem in report.problems[:LISTED]:
            state.out.warn(f"line {problem.line}: {problem.message}")
        raise Partial(
            f"{rejected:,} of {report.entries:,} reports cannot be read; of the others {done.new:,} are new",
            details=[problem.detail() for problem in report.problems[:LISTED]],
            hint="put them right and import the file again: what is known already counts once",
        )
    if state.out.format in ("json", "jsonl"):
        state.out.object(counts)
        return
    said = [f"{counts[name]:,} {name}" for name in ("new", "known", "unmatched", "ignored", "suppressed")]
    would = "nothing was written: " if state.dry_run else ""
    state.out.say(f"{would}{report.entries:,} reports: {', '.join(said)}")
    if done.unmatched:
        state.out.say(
            "unmatched ones are about no message sent from here; --foreign puts their addresses on the list as well"
        )


def show(state: State, **given: Any) -> None:
    """List reports."""
    narrowing.listed(state, EVENTS, given, "nothing was reported")


app.command("import", cls=WriteVerb)(sig.with_signature(take_in, PARAMETERS, IMPORT_DOC))
app.command("list", cls=Verb)(sig.with_signature(show, reading.list_options(EVENTS), LIST_DOC))
