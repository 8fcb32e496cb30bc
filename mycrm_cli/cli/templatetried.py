"""``email template preview`` and ``test``: what a template says to somebody, on the screen or in one's own mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.cli import emailsend
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb
from mycrm_cli.errors import Invalid, Unavailable, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.mail.composing import Recipient
    from mycrm_cli.services.mail.templating import Lack, Rendered, Template

PREVIEW_DOC = """Show what a template says to contacts, leads or the contacts of deals; nothing is sent.

Of many it tells who lacks a field that the template names, and shows the first.

mycrm email template preview intro C-12
mycrm email template preview intro D-3 --html
mycrm email template preview intro -w '+customer' --to contact
"""
TEST_DOC = """Send to yourself what a template says to somebody.

mycrm email template test intro C-12
mycrm email template test intro L-7 --address me@acme.com
"""
SAMPLE = "https://acme.example/unsubscribe/SAMPLE"


def preview(state: State, **given: Any) -> None:
    """Show what a template says."""
    template, recipients, made = tried(state, given)
    from mycrm_cli.services.mail.templating import Rendered

    lacks = [one for one in made if not isinstance(one, Rendered)]
    first = next((place for place, one in enumerate(made) if isinstance(one, Rendered)), None)
    if len(made) > 1:
        state.out.say(f"{len(made) - len(lacks):,} of {len(made):,} would get it")
    if lacks:
        refuse(template, lacks)
    if first is not None:
        draw(state, recipients[first], made[first], html=given["html"])


def tried(state: State, given: dict[str, Any]) -> tuple[Template, list[Recipient], list[Rendered | Lack]]:
    """Return a template, those who are meant, and what it says to each."""
    from mycrm_cli.services.mail import templating

    if not given["name"]:
        raise UsageError("which template?", hint="mycrm email template list")
    template = templating.named(state.reader, given["name"])
    recipients = people(state, given)
    about = templating.subjects(state.reader, recipients, state.scope.user_id)
    called = templating.labels(state.reader, recipients)
    addressees = [templating.Addressee(one, label, SAMPLE) for one, label in zip(about, called, strict=True)]
    return template, recipients, templating.rendered(state.reader, template, addressees)


def people(state: State, given: dict[str, Any]) -> list[Recipient]:
    """Return those whom a line names; raises UsageError for none, Invalid where nobody has an address."""
    from mycrm_cli.cli.bulk import matching
    from mycrm_cli.services.mail import composing

    if given.get("where"):
        if given["to"] not in (None, "contact", "lead"):
            raise UsageError(f"--to is contact or lead, not {given['to']!r}")
        entity = catalog.entity(given["to"] or "contact")
        targets = [(entity.name, id) for id in matching(state, entity, given["where"], False)]
    elif given["references"]:
        targets = emailsend.named(state, given["references"], given.get("to"))
    else:
        raise UsageError("for whom?", hint="mycrm email template preview NAME C-12")
    found = composing.people(state.reader, targets).found
    if not found:
        raise Invalid("there is no e-mail address", details=[{"field": "email", "code": "required"}])
    return found


def refuse(template: Template, lacks: Sequence[Any]) -> None:
    """Tell who lacks a field; raises Invalid."""
    from mycrm_cli.services.mail import templating

    raise templating.lacking(template, lacks)


def draw(state: State, one: Recipient, said: Any, *, html: bool) -> None:
    """Show a message."""
    if state.out.format in ("json", "jsonl"):
        state.out.object({"to": one.to_email, "subject": said.subject, "body_text": said.text, "body_html": said.html})
        return
    state.out.line(f"To: {one.to_email}\nSubject: {said.subject}\n")
    state.out.line(said.html or said.text if html else said.text)


def test(state: State, **given: Any) -> None:
    """Send what a template says to oneself."""
    from mycrm_cli.cli.suppress import address
    from mycrm_cli.services.mail import templating, transport
    from mycrm_cli.services.notices.notice import InDoubt, NotSent

    server = transport.server_of(state.profile)
    template, _, made = tried(state, given)
    if lacks := [one for one in made if isinstance(one, templating.Lack)]:
        refuse(template, lacks)
    [said, *_] = [one for one in made if isinstance(one, templating.Rendered)]
    to = address(given["address"] or state.scope.email)
    state.close()
    mailer = transport.Mailer(server)
    try:
        mailer.send(mailer.message(to, None, f"[test] {said.subject}", said.text, html=said.html))
    except (NotSent, InDoubt) as error:
        raise Unavailable(error.message, hint="mycrm profile view shows the mail server") from None
    finally:
        mailer.close()
    state.out.say(f"sent to {to}")


def add(app: typer.Typer, name: Any) -> None:
    """Add the commands to those of templates."""
    whom = {
        "name": name,
        "references": sig.arguments("Contacts, leads or deals; - reads them from stdin.", "[REF]..."),
    }
    many = {
        "where": sig.options("-w", "--where", help="All that match a filter.", metavar="FILTER"),
        "to": emailsend.OPTIONS["to"],
        "html": sig.flag("--html", help="The HTML part."),
    }
    to = {"address": sig.option("--address", help="Another address than your own.", metavar="EMAIL")}
    app.command("preview", cls=Verb)(sig.with_signature(preview, whom | many, PREVIEW_DOC))
    app.command("test", cls=Verb)(sig.with_signature(test, whom | to, TEST_DOC))
