"""Sending what is in the outbox: each message is claimed and committed before it goes out, so that none goes twice.

A run that is killed leaves ``sending`` behind; when its lease is over that is ``uncertain``: it may have gone out, and
is sent again only on request, under the same Message-ID. What surely did not go out waits and is tried again.
"""

from __future__ import annotations

import time
from contextlib import closing
from datetime import timedelta
from email.headerregistry import Address
from typing import Any, NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.services import bound, rows
from mycrm_cli.services.mail import attaching, suppressing
from mycrm_cli.services.mail.settling import LOST, put_off, saved, settle
from mycrm_cli.services.notices.notice import InDoubt, NotSent
from mycrm_cli.services.posting import Posting
from mycrm_cli.services.reminding.claims import runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from email.message import EmailMessage
    from uuid import UUID

    from mycrm_cli.services.mail.transport import Mailer
    from mycrm_cli.services.work import Work

LEASE = timedelta(minutes=10)
"""How long a message may be on its way; a server is given up much earlier."""
PAUSED = (
    "EXISTS (SELECT 1 FROM email_sequence_enrollments e JOIN email_sequences s ON s.organization_id = ?"
    " AND s.id = e.sequence_id WHERE e.organization_id = ? AND e.id = outbox.enrollment_id"
    " AND (e.status = 'paused' OR NOT s.is_active))"
)
"""Messages of a sequence that is paused, for somebody or as a whole: they wait until it goes on."""
COLUMNS = (
    "id", "email_id", "message_id", "from_email", "to_email", "subject", "body_text", "body_html", "headers",
    "attachments", "attempts", "contact_id", "lead_id",
)  # fmt: skip


class Sent(NamedTuple):
    """What came of a run; ``uncertain`` are those that runs before it have left open as well."""

    sent: int
    failed: int
    uncertain: int
    suppressed: int
    waiting: int


class Told(NamedTuple):
    """What became of one message: its state, and what went wrong."""

    to_email: str
    state: str
    error: str | None = None


class Claimed(NamedTuple):
    """A message that this run, and no other, sends; its files are read."""

    row: dict[str, Any]
    files: Sequence[attaching.Attached]


def drain(
    begin: Callable[[], Work],
    mailer: Mailer,
    *,
    limit: int | None = None,
    per_minute: float | None = None,
    ids: Sequence[UUID] | None = None,
    tell: Callable[[Told], None] | None = None,
    user: UUID | None = None,
) -> Sent:
    """Send what is due: all, at most ``limit``, the messages with ``ids``, or those of a user."""
    run = _Run(Posting(begin()), mailer, ids, user, tell)
    with closing(run.mine.work.connection), closing(mailer):
        run.find_lost()
        run.go(limit, 60 / per_minute if per_minute else 0.0)
    return Sent(*(run.counts[name] for name in Sent._fields))


class _Run:
    """One run over the outbox."""

    def __init__(
        self,
        mine: Posting,
        mailer: Mailer,
        ids: Sequence[UUID] | None,
        user: UUID | None,
        tell: Callable[[Told], None] | None,
    ) -> None:
        self.mine, self.mailer, self.user, self.tell = mine, mailer, user, tell
        self.name = runner()
        self.left: Iterator[UUID] | None = None if ids is None else iter(ids)
        self.ids = ids
        self.counts = dict.fromkeys(Sent._fields, 0)
        self.open: Claimed | None = None
        self.outcome: dict[str, Any] | None = None
        self.files: dict[str, bytes] = {}
        self.is_over = False

    def find_lost(self) -> None:
        """Mark what runs that are over have left open as uncertain."""
        with self.mine.turn() as work:
            done = work.connection.execute(
                "UPDATE outbox SET state = 'uncertain', error = ?, lease_until = NULL, updated_at = ?"
                " WHERE organization_id = ? AND state = 'sending' AND lease_until < ?",
                [LOST, saved(work, clock.now()), bound.organization(work), saved(work, clock.real())],
            )
            self.counts["uncertain"] += int(done.rowcount)

    def go(self, limit: int | None, pause: float) -> None:
        """Send one message after the other, with a pause between them, and settle whatever happens."""
        count = 0
        try:
            while not self.is_over and (limit is None or count < limit):
                if pause and self.outcome is not None:
                    self._settle_now()
                    time.sleep(pause)
                with self.mine.turn() as work:
                    self._settle(work)
                    claimed = self._claim(work)
                self._settled()
                if claimed is None:
                    break
                self.open = claimed
                self._send(claimed)
                count += 1
        except BaseException:
            if self.open is not None and self.outcome is None:
                self.outcome = {"state": "uncertain", "error": LOST}
            self._settle_now()
            raise
        self._settle_now()
        with self.mine.turn() as work:
            self.counts["waiting"] = self._waiting(work)
            attaching.sweep(work)

    def _claim(self, work: Work) -> Claimed | None:
        """Claim the next message that may be sent; those of people who refused mail meanwhile are cancelled."""
        while (row := self._next(work)) is not None:
            reason = suppressing.held(work, [row["to_email"]]).get(row["to_email"])
            if reason is not None:
                self._cancel(work, row, f"not sent: {reason.replace('_', ' ')}")
                self.counts["suppressed"] += 1
                continue
            try:
                return Claimed(row, attaching.load(work, row["attachments"], self.files))
            except Invalid as error:
                self._cancel(work, row, error.message, "failed")
                self.counts["failed"] += 1
        return None

    def _next(self, work: Work) -> dict[str, Any] | None:
        """Claim one message and return it, None where there is none."""
        if self.left is None:
            return self._take(work, "", [])
        save = catalog.entity("outbox").fields["id"].kind.saver(work.connection.dialect)
        for id in self.left:
            if row := self._take(work, " AND id = ?", [save(id) if save else id]):
                return row
        return None

    def _take(self, work: Work, more: str, params: list[Any]) -> dict[str, Any] | None:
        own, now, until = bound.organization(work), clock.now(), clock.real() + LEASE
        if self.user is not None:
            save = catalog.entity("outbox").fields["id"].kind.saver(work.connection.dialect)
            more, params = f"{more} AND user_id = ?", [*params, save(self.user) if save else self.user]
        lock = " FOR UPDATE SKIP LOCKED" if work.connection.dialect == "postgresql" else ""
        found = work.connection.execute(
            "UPDATE outbox SET state = 'sending', attempts = attempts + 1, lease_holder = ?, lease_until = ?,"
            " updated_at = ?, error = NULL WHERE organization_id = ? AND state = 'queued' AND id = ("
            f"SELECT id FROM outbox WHERE organization_id = ? AND state = 'queued' AND due_at <= ? AND NOT {PAUSED}"
            f"{more} ORDER BY due_at, id LIMIT 1{lock}) RETURNING {', '.join(COLUMNS)}",
            [self.name, saved(work, until), saved(work, now), own, own, saved(work, now), own, own, *params],
        ).fetchone()
        if found is None:
            return None
        entity = catalog.entity("outbox")
        loaders = [entity.fields[name].kind.loader(work.connection.dialect) for name in COLUMNS]
        return dict(zip(COLUMNS, rows.converted(found, loaders), strict=True))

    def _send(self, claimed: Claimed) -> None:
        """Send a message and remember what is to be written down of it."""
        row = claimed.row
        try:
            self.mailer.send(written(self.mailer, claimed))
            self.outcome = {"state": "sent", "error": None, "sent_at": clock.now()}
        except InDoubt as error:
            self.outcome = {"state": "uncertain", "error": error.message}
            self.is_over = error.is_channel
        except NotSent as error:
            self.outcome = put_off(row["attempts"], error)
            self.is_over = error.is_channel
        except (ValueError, LookupError) as error:
            self.outcome = {"state": "failed", "error": f"it cannot be written: {error}"[:500]}

    def _settle_now(self) -> None:
        if self.outcome is not None:
            with self.mine.turn() as work:
                self._settle(work)
            self._settled()

    def _settle(self, work: Work) -> None:
        """Write down what became of the message that was sent last."""
        if self.open is not None and self.outcome is not None:
            settle(work, self.name, self.open.row, self.outcome)

    def _settled(self) -> None:
        """Count it, once it is committed."""
        if self.open is None or self.outcome is None:
            return
        state, error = self.outcome["state"], self.outcome["error"]
        if state in self.counts:
            self.counts[state] += 1
        if self.tell is not None:
            self.tell(Told(self.open.row["to_email"], state, error))
        self.open = self.outcome = None

    def _cancel(self, work: Work, row: dict[str, Any], error: str, state: str = "cancelled") -> None:
        settle(work, self.name, row, {"state": state, "error": error})
        if self.tell is not None:
            self.tell(Told(row["to_email"], state, error))

    def _waiting(self, work: Work) -> int:
        """Return how many messages wait: of those that were asked for, or of all."""
        if self.ids is not None:
            table, ids = catalog.entity("outbox"), self.ids
            found = rows.fetch(work.connection, work.scope, table, "id", ids, ["id"], within={"state": "queued"})
            return sum(1 for _ in found)
        own = bound.organization(work)
        counted = "SELECT count(*) FROM outbox WHERE organization_id = ? AND state = 'queued'"
        return int(work.connection.execute(counted, [own]).fetchone()[0])


def count_due(work: Work, user: UUID | None) -> int:
    """Return how many messages a run would send: everybody's, or a user's."""
    own, more, params = bound.organization(work), "", []
    if user is not None:
        [save] = rows.savers(catalog.entity("outbox"), ["user_id"], work.connection.dialect)
        more, params = " AND user_id = ?", [save(user) if save else user]
    counted = f"SELECT count(*) FROM outbox WHERE organization_id = ? AND state = 'queued' AND due_at <= ?{more}"
    params = [own, saved(work, clock.now()), *params, own, own]
    return int(work.connection.execute(f"{counted} AND NOT {PAUSED}", params).fetchone()[0])


def written(mailer: Mailer, claimed: Claimed) -> EmailMessage:
    """Return a message as it goes out; raises NotSent or ValueError for one that cannot be written."""
    row, told = claimed.row, claimed.row["headers"] or {}
    local, _, domain = row["from_email"].rpartition("@")
    return mailer.message(
        row["to_email"],
        told.get("to_name"),
        row["subject"],
        row["body_text"] or "",
        row["message_id"],
        html=row["body_html"],
        sender=Address(told.get("from_name", ""), local, domain),
        headers=told.get("headers"),
        files=claimed.files,
    )
