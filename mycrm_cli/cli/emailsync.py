"""``email sync``: what came into a mailbox, and what it says about the messages that were sent."""

from __future__ import annotations

from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.mail.matching import Counts

DOC = """Read the profile's mailbox: answers, mail from people you know, messages that came back.

Only headers and beginnings are read, and nothing in the mailbox is marked or moved. The first time it is the last 30
days, later what is new. It prints nothing when nothing is new, and may be killed at any moment.

mycrm email sync
mycrm email sync --folder INBOX --folder Sent
mycrm email sync --since 2026-01-01
"""
OPTIONS = {
    "folder": sig.options("--folder", help="A folder; INBOX unless told.", metavar="NAME"),
    "since": sig.option("--since", help="Read again what came since then.", metavar="DAY"),
}
WORDS = ("matched", "ignored", "auto", "bounced", "unknown")


def sync(state: State, **given: Any) -> None:
    """Read what is new."""
    from mycrm_cli.cli.progress import Progress
    from mycrm_cli.services.mail import mailbox, syncing

    account = mailbox.account_of(state.profile)
    own = {address.lower() for address in (parseaddr(state.profile.smtp_from or "")[1], state.profile.user) if address}
    folders = tuple(dict.fromkeys(given["folder"] or ["INBOX"]))
    asked = syncing.Asked(folders, day(state, given["since"]), own)
    progress = Progress(state)
    state.close()
    try:
        counts = syncing.sync(state.work, account, asked, progress)
    finally:
        progress(-1)
    tell(state, counts)


def day(state: State, text: str | None) -> Any:
    """Return the day that is meant; raises UsageError."""
    from mycrm_cli import kinds

    try:
        return kinds.make("date").read(text, state.scope.locale) if text else None
    except kinds.BadValue as error:
        raise UsageError(f"--since: {error.message}") from None


def tell(state: State, counts: Counts) -> None:
    """Say what became of the messages; nothing where there were none."""
    if state.out.format in ("json", "jsonl"):
        state.out.object(counts._asdict())
    elif counts.read:
        parts = ", ".join(f"{getattr(counts, word):,} {word}" for word in WORDS)
        would = "would have " if state.dry_run else ""
        state.out.say(f"{would}read {counts.read:,} {'message' if counts.read == 1 else 'messages'}: {parts}")


def add(app: typer.Typer) -> None:
    """Declare the command."""
    app.command("sync", cls=WriteVerb)(sig.with_signature(sync, OPTIONS, DOC))
