"""Whom and what messages name that this organization knows: its own messages, its people, its users."""

from __future__ import annotations

import re
from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.services import bound, correspondents, rows
from mycrm_cli.services.mail import gone
from mycrm_cli.services.people import tombstones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

COLUMNS = (
    "id", "message_id", "thread_id", "from_email", "to_email", "sent_at", "contact_id", "lead_id", "opportunity_id",
    "user_id",
)  # fmt: skip
TOKEN = re.compile(r"[A-Za-z0-9._+=-]{16,128}")
RECENT = timedelta(days=30)
"""How long somebody may take to answer without naming the message."""


class Known:
    """What is known of the messages and addresses that a batch names, looked up at once, in this organization only."""

    def __init__(
        self,
        work: Work,
        named: Collection[str],
        writers: Collection[str],
        receivers: Collection[str],
        own: Collection[str],
    ) -> None:
        self.work = work
        wanted = sorted({*writers, *receivers})
        self.messages = _messages(work, sorted(set(named)))
        self.gone = gone.among(work, set(named) - self.messages.keys())
        self.users = _users(work, [*wanted, *(row["from_email"] for row in self.messages.values())])
        self.own = {*own, *self.users}
        self.erased = _erased(work, wanted)
        self.people: dict[str, tuple[str, UUID]] = {}
        strangers = [address for address in wanted if address not in self.own and address not in self.erased]
        for column, noun in (("lead_id", "lead"), ("contact_id", "contact")):
            held = correspondents.holders(work, noun, strangers)
            self.people |= {address: (column, id) for address, id in held.items()}
        self.sent = _went_out(work, self.messages)
        # Addresses of ours that nobody told us of receive too much to look at it each time.
        self.written = _written_to(work, set(strangers) & set(writers))

    def ours(self, named: Iterable[str], sender: str | None = None) -> Row | None:
        """Return the first message among those named that we sent; nobody answers their own."""
        for message_id in named:
            row = self.messages.get(message_id)
            if row is not None and self.is_ours(row) and row["from_email"] != sender:
                return row
        return None

    def is_ours(self, row: Row) -> bool:
        """Return whether a message went out from here."""
        return row["message_id"] in self.sent or row["from_email"] in self.own

    def thread(self, named: Iterable[str]) -> str | None:
        """Return the conversation of the first message among those named that is known."""
        row = next((self.messages[id] for id in named if id in self.messages), None)
        return None if row is None else row["thread_id"] or row["message_id"]

    def by_token(self, token: str) -> Row | None:
        """Return the message whose Message-ID has a token as its local part."""
        if not TOKEN.fullmatch(token):
            return None
        found = self.work.connection.execute(
            "SELECT message_id FROM emails WHERE organization_id = ? AND message_id >= ? AND message_id < ? LIMIT 1",
            [bound.organization(self.work), f"<{token}@", f"<{token}A"],
        ).fetchone()
        rows_of = _messages(self.work, [found[0]]) if found else {}
        self.sent |= _went_out(self.work, rows_of)
        return next((row for row in rows_of.values() if self.is_ours(row)), None)


def _messages(work: Work, named: list[str]) -> dict[str, Row]:
    """Return messages by their Message-IDs; of several with one id the oldest."""
    found: dict[str, Row] = {}
    for values in rows.fetch(work.connection, work.scope, catalog.entity("email"), "message_id", named, COLUMNS):
        row = dict(zip(COLUMNS, values, strict=True))
        known = found.setdefault(row["message_id"], row)
        if row["id"] < known["id"]:
            found[row["message_id"]] = row
    return found


def _users(work: Work, addresses: Iterable[str | None]) -> dict[str, UUID]:
    wanted = sorted({address for address in addresses if address})
    return dict(rows.fetch(work.connection, work.scope, catalog.entity("user"), "email", wanted, ["email", "id"]))


def _erased(work: Work, addresses: Iterable[str]) -> set[str]:
    if not tombstones.salts_of(work):
        return set()
    return {value for _, value in tombstones.among(work, [("email", address) for address in addresses])}


def _went_out(work: Work, messages: Iterable[str]) -> set[str]:
    """Return those of the messages that were sent by this program."""
    columns = ["message_id"]
    found = rows.fetch(work.connection, work.scope, catalog.entity("outbox"), "message_id", sorted(messages), columns)
    return {row[0] for row in found}


def _written_to(work: Work, addresses: Iterable[str]) -> set[str]:
    """Return those of the addresses to which something was sent of late.

    All are asked for at once: where most messages went to one address of ours, PostgreSQL would read the whole
    table for each of them.
    """
    save = catalog.entity("email").fields["sent_at"].kind.saver(work.connection.dialect)
    after: object = clock.now() - RECENT
    after, found = save(after) if save else after, set[str]()
    for chunk in rows.chunks(sorted(addresses)):
        several = work.connection.execute(
            "SELECT DISTINCT to_email FROM emails WHERE organization_id = ?"
            f" AND to_email IN ({', '.join('?' * len(chunk))}) AND sent_at > ? AND status <> 'queued'",
            [bound.organization(work), *chunk, after],
        ).fetchall()
        found |= {row[0] for row in several}
    return found
