"""Reminders, alerts and digests of the last days that failed, or of which nobody knows whether they went out."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.query import Select
from mycrm_cli.query.nodes import Among, Compare, Value, all_of, equals
from mycrm_cli.services import bound
from mycrm_cli.services.claims import saved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.work import Work

REMINDERS, NOTICES = "reminder_deliveries", "notice_deliveries"
UNCERTAIN, FAILED = "uncertain", "failed"
REACH = timedelta(days=7)
"""How long somebody is asked to see to it."""
TODAY = timedelta(days=1)
"""How long a digest is news, and what failed is tried again."""
NOUNS = {"unanswered": "lead", "stalled": "deal", "overdue": "task"}
"""What alerts are about."""
AGAIN = {
    "reminder": "mycrm task remind --all --again --channel {}",
    "alert": "mycrm alert run --again --channel {}",
    "digest": "mycrm digest run --again --channel {}",
    "dashboard": "mycrm report dashboard --send --again",
}
"""Which command sends it once more through a channel."""


class Doubt(NamedTuple):
    """What may not have gone out: its kind, the record or the day, whose it is, and what went wrong."""

    kind: str
    reference: str
    user: str | None
    channel: str
    state: str
    claimed_at: datetime
    error: str | None


def find(reader: Reader) -> list[Doubt]:
    """Return what is in doubt or has failed, as long as it matters: of tasks still open, digests of the last day."""
    return [*_reminders(reader), *_notices(reader)]


def _since(span: timedelta) -> list[Node]:
    since = Value((clock.now() - span).isoformat(), quoted=True)
    return [equals("state", UNCERTAIN, FAILED), Compare("claimed_at", ">=", [since])]


def _reminders(reader: Reader) -> Iterator[Doubt]:
    where = all_of([*_since(REACH), equals("task.status", "pending", "in_progress")])
    names = ("task.number", "user.email", "channel", "state", "claimed_at", "error")
    table = catalog.entity(REMINDERS)
    for number, *rest in reader.rows(Select(table, names, where=where, sort="task.number,claimed_at")):
        yield Doubt("reminder", f"T-{number}", *rest)


def _notices(reader: Reader) -> Iterator[Doubt]:
    names = ("kind", "key", "user.email", "channel", "state", "claimed_at", "error")
    table = catalog.entity(NOTICES)
    found = [Doubt(*row) for row in reader.rows(Select(table, names, where=all_of(_since(REACH)), sort="claimed_at"))]
    now = clock.now()
    recent = [one for one in found if one.kind in NOUNS or now - one.claimed_at < TODAY]
    for kind, noun in NOUNS.items():
        called = _called(reader, noun, [one.reference for one in recent if one.kind == kind])
        # A record that has gone calls for nothing any more.
        yield from (one._replace(reference=called[one.reference]) for one in recent
                    if one.kind == kind and one.reference in called)  # fmt: skip
    yield from (one for one in recent if one.kind not in NOUNS)


def _called(reader: Reader, noun: str, keys: Sequence[str]) -> dict[str, str]:
    """Return the short references of records by their ids."""
    if not keys:
        return {}
    entity = catalog.entity(noun)
    found = reader.rows(Select(entity, ["id", "number"], where=Among(list(keys))))
    return {id.hex: f"{entity.prefix}-{number}" for id, number in found}


def sentences(found: Sequence[Doubt]) -> Iterator[str]:
    """Yield what is to be said of it, with the command that sends it again."""
    counts = Counter((_word(one.kind), one.channel, one.state) for one in found)
    for (word, channel, state), count in sorted(counts.items()):
        verb = "failed" if state == FAILED else "is in doubt" if count == 1 else "are in doubt"
        yield f"{count:,} {word}{'s' * (count != 1)} by {channel} {verb}: {AGAIN[word].format(channel)}"


def of_mail(reader: Reader) -> Iterator[str]:
    """Yield what is to be said of messages of the outbox that are in doubt."""
    count = reader.count(catalog.entity("outbox"), equals("state", UNCERTAIN))
    if count:
        verb = "message is" if count == 1 else "messages are"
        yield f"{count:,} {verb} in doubt: mycrm email outbox list --state uncertain"


def _word(kind: str) -> str:
    return "alert" if kind in NOUNS else kind


def settle(work: Work) -> None:
    """Let what is in doubt, or was given up, count as told; what the next run tries again stays."""
    now = clock.now()
    for table in (REMINDERS, NOTICES):
        given_up = saved(work, table, "created_at", now - TODAY)
        work.connection.execute(
            f"UPDATE {table} SET state = 'sent', updated_at = ? WHERE organization_id = ? AND (state = 'uncertain'"
            " OR (state = 'failed' AND (claimed_by IS NOT NULL OR created_at <= ?)))",
            [saved(work, table, "updated_at", now), bound.organization(work), given_up],
        )
