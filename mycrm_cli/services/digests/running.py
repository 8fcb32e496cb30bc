"""Sending digests: one a day for each user and channel, once their own clock has passed an hour.

A run may be killed at any moment and overlap with others: a day is claimed before its digest goes out. A day on which
there was nothing to say is settled as well.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from mycrm_cli import clock
from mycrm_cli.errors import Unavailable
from mycrm_cli.kinds.times import zone
from mycrm_cli.services import audience, deliveries, posting
from mycrm_cli.services.deliveries import Wanted
from mycrm_cli.services.digests import content, wording
from mycrm_cli.services.notices import InDoubt, NotSent
from mycrm_cli.services.reminding.claims import runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from mycrm_cli.query import Reader
    from mycrm_cli.services.audience import Person
    from mycrm_cli.services.digests.content import Part
    from mycrm_cli.services.notices import Channel, Notice
    from mycrm_cli.services.posting import Posting
    from mycrm_cli.services.work import Work

JOB, KIND = "digest run", "digest"
USUAL, LONGEST = timedelta(days=1), timedelta(days=7)
"""How far back a first digest looks, and one after a long time without any."""
KEPT = timedelta(days=30)
"""For how long it is kept which digests went out."""


class Asked(NamedTuple):
    """What is asked for: the channel, the hour from which on digests go out, and whose, None for everybody's.

    One for a single user does not wait for the hour. ``again`` also sends what is in doubt, or has failed for good.
    """

    channel: str
    now: datetime
    hour: time
    only: UUID | None = None
    again: bool = False


class Day(NamedTuple):
    """A person who is to get a digest, of which day, and since when it tells; ``run`` left it in doubt before."""

    person: Person
    day: date
    since: datetime
    run: str | None = None


class Outcome(NamedTuple):
    """How many digests went out, what earlier runs left in doubt, and what went wrong."""

    sent: int
    lost: int
    problems: list[str]


def due(reader: Reader, asked: Asked) -> list[Day]:
    """Return who is to get a digest now: their hour has come, it is not quiet, and today's has not been sent."""
    told = deliveries.known(reader.connection, reader.scope, [KIND], asked.channel)
    by_user: dict[UUID, list[deliveries.Known]] = {}
    for one in told:
        by_user.setdefault(one.user_id, []).append(one)
    found = []
    for person in audience.people(reader.connection, reader.scope).values():
        if asked.only not in (None, person.id):
            continue
        local, days = asked.now.astimezone(zone(person.zone)), by_user.get(person.id, [])
        if asked.only is None and (local.time() < asked.hour or person.is_quiet(asked.now)):
            continue
        today = local.date().isoformat()
        known = [one for one in days if one.key == today]
        if not any(one.settles(Wanted(KIND, today), again=asked.again) for one in known):
            before = [one.claimed_at for one in days if one.key != today]
            run = next((one.sent_by for one in known), None)
            found.append(Day(person, local.date(), since(asked.now, before), run))
    return found


def since(now: datetime, before: list[datetime]) -> datetime:
    """Return since when a digest tells: since the last one, a week at most."""
    last = max((at for at in before if at < now), default=now - USUAL)
    return max(last, now - LONGEST)


def parts(reader: Reader, day: Day, now: datetime) -> list[Part]:
    """Return what a digest has to say."""
    return content.read(content.reader_of(reader, day.person), day.since, now)


def told(reader: Reader, day: Day, now: datetime) -> Notice | None:
    """Return a digest, or None where there is nothing to say."""
    found = parts(reader, day, now)
    return wording.notice(day.person, day.day, found, name_of(day)) if found else None


def name_of(day: Day) -> str:
    """Return the name by which the same digest is known again."""
    return f"digest-{day.day.isoformat()}-{day.person.id.hex}"


def run(begin: Callable[[], Work], look: Callable[[], Reader], channel: Channel, asked: Asked) -> Outcome:
    """Send the digests that are due; raises Unavailable (exit 75) while another run goes on."""
    name, sent, problems = runner(), 0, list[str]()
    with posting.alone(begin, JOB) as mine, ExitStack() as held:
        with mine.turn() as work:
            lost = deliveries.find_lost(work, [KIND], channel.name)
            days = due(work.reader, asked)
            _forget_old(work, asked)
        reader = look() if days else None
        if days:
            held.enter_context(channel)
        for day in days:
            assert reader is not None
            try:
                went_out, problem = _send(mine, reader, name, day, channel, again=asked.again)
            except NotSent as error:
                if not sent:
                    raise Unavailable(error.message, hint="nothing went out; the next run tries again") from None
                problems.append(error.message)
                break
            except InDoubt as error:
                problems.append(f"in doubt: {error.message}")
                break
            sent += went_out
            problems += [f"{day.person.email}: {problem}"] if problem else []
    return Outcome(sent, lost, problems)


def _forget_old(work: Work, asked: Asked) -> None:
    """Forget the days that are long over, so that there are never many."""
    last = (asked.now - KEPT).date().isoformat()
    told = deliveries.known(work.connection, work.scope, [KIND], asked.channel)
    deliveries.forget(work, [one.id for one in told if one.key < last and one.state in ("sent", "empty")])


def _send(
    mine: Posting, reader: Reader, run: str, day: Day, channel: Channel, *, again: bool
) -> tuple[bool, str | None]:
    """Send one digest; return whether it went out, and what went wrong."""
    reader.connection.rollback()
    reader.connection.begin()  # what was written meanwhile is seen
    message = told(reader, day, clock.now())
    reader.connection.rollback()
    key, run = day.day.isoformat(), day.run or run
    state = "claimed" if message else "empty"
    with mine.turn() as work:
        got = deliveries.claim(work, run, channel.name, day.person.id, [Wanted(KIND, key)], state, again=again)
    if not got or message is None:
        return False, None
    problem = deliveries.deliver(mine, run, day.person, message, channel)
    return problem is None, problem
