"""Verbs of e-mails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli.cli import emailevents, emailsend, emailsync, log, outbox, suppress, template
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State

app = typer.Typer()


def write_down(state: State, **given: Any) -> None:
    """Write a message down as ``mycrm log email`` does, with its body in an option of its own."""
    words, body = given["words"] or [], given.pop("body")
    if body is not None and words != ["-"]:
        words = [" ".join(words) + "\n" + body]
    log.log(state, "email", given | {"words": words})


app.command("log", cls=WriteVerb)(
    sig.with_signature(
        write_down,
        {
            "reference": sig.argument(f"The {log.PEOPLE}.", "RECORD"),
            "words": sig.arguments("Its subject.", "SUBJECT..."),
            "body": sig.option("--body", help="What it said.", metavar="TEXT"),
        }
        | log.options("email"),
        """Write down an e-mail that was sent or received elsewhere.

        mycrm email log C-12 "Your quote" --body "Dear Jan, here it is"
        mycrm email log C-12 "Re: Your quote" --direction in
        """,
    )
)
emailsend.add(app)
emailsync.add(app)
app.add_typer(outbox.app, name="outbox", help=outbox.HELP)
app.add_typer(emailevents.app, name="events", help="What mail providers report about messages.")
app.add_typer(suppress.app, name="suppress", help="The addresses that get no mail.")
app.add_typer(template.app, name="template", help=template.HELP)
