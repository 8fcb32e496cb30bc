"""Mailing the dashboard: once to each who is to have it, a day and a page.

A run may be killed and overlap with others: what goes to somebody is claimed first. The page was made with the eyes of
whoever runs it, so it goes only to users of the same organization who may read what it shows.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import NamedTuple

from mycrm_cli import clock, roles
from mycrm_cli.errors import Denied, NotFound
from mycrm_cli.kinds.times import zone
from mycrm_cli.services import audience, deliveries, posting
from mycrm_cli.services.deliveries import Wanted
from mycrm_cli.services.notices import InDoubt, Notice, NotSent
from mycrm_cli.services.reminding.claims import runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.audience import Person
    from mycrm_cli.services.mail.attaching import Attached
    from mycrm_cli.services.notices import Channel
    from mycrm_cli.services.posting import Posting
    from mycrm_cli.services.work import Work

JOB, KIND = "report dashboard", "dashboard"
KEPT = timedelta(days=60)
"""For how long it is kept which dashboards went out."""


class Letter(NamedTuple):
    """What goes out: a subject, a short text, the page, and what tells it from other pages: whose and of what."""

    subject: str
    text: str
    file: Attached
    about: Sequence[str]


class Outcome(NamedTuple):
    """Who got it, who had it already, how much earlier runs left in doubt, and what went wrong."""

    sent: list[str]
    had: list[str]
    lost: int
    problems: list[str]


def recipients(reader: Reader, named: Sequence[UUID], shows: Sequence[str]) -> list[Person]:
    """Return who is to get it: those who are named, oneself, or the administrators where a service user asks.

    Raises Denied for others where one may not tell people things, and for those who may not read what it shows;
    NotFound for users who have left or are none.
    """
    scope, people = reader.scope, audience.people(reader.connection, reader.scope)
    if named:
        others = [id for id in named if id != scope.user_id]
        if others and roles.allowed(scope.role, "notice_deliveries", roles.EDIT) is None:
            raise Denied(f"{scope.email} is {scope.role} and may mail it only to themselves", hint="leave out --to")
        if any(id not in people for id in named):
            raise NotFound("a dashboard goes only to people who work here", hint="mycrm user list is_active=yes")
        found = [people[id] for id in dict.fromkeys(named)]
    else:
        found = audience.told(people, scope.user_id)
    for one in found:
        if any(roles.allowed(one.role, entity, roles.READ) is None for entity in shows):
            raise Denied(f"{one.email} is {one.role} and may not read what the dashboard shows")
    return found


def key(person: Person, about: Sequence[str]) -> str:
    """Return what a delivery is known by: the day on the person's own clock, and what the page is about."""
    day = clock.now().astimezone(zone(person.zone)).date()
    return f"{day} {hashlib.sha256(repr(list(about)).encode()).hexdigest()[:24]}"


def run(
    begin: Callable[[], Work], channel: Channel, people: Sequence[Person], letter: Letter, *, again: bool
) -> Outcome:
    """Send the page to each who has not had it today; raises Unavailable while another run goes on."""
    name, done = runner(), Outcome([], [], 0, [])
    with posting.alone(begin, JOB) as mine:
        with mine.turn() as work:
            done = done._replace(lost=deliveries.find_lost(work, [KIND], channel.name))
            _forget_old(work, channel.name)
        with channel:
            for person in people:
                try:
                    _send(mine, name, person, letter, channel, done, again=again)
                except (NotSent, InDoubt) as error:
                    done.problems.append(f"{person.email}: {error.message}")
                    break
    return done


def _send(
    mine: Posting, run: str, person: Person, letter: Letter, channel: Channel, done: Outcome, *, again: bool
) -> None:
    """Claim one and send it."""
    wanted = Wanted(KIND, key(person, letter.about))
    with mine.turn() as work:
        known = [one for one in deliveries.known(work.connection, work.scope, [KIND], channel.name)
                 if (one.user_id, one.key) == (person.id, wanted.key)]  # fmt: skip
        run = next((one.sent_by for one in known if again and one.sent_by), run)
        got = deliveries.claim(work, run, channel.name, person.id, [wanted], again=again)
    if not got:
        done.had.append(person.email)
        return
    id = f"dashboard-{wanted.key.replace(' ', '-')}-{person.id.hex}"
    name, files = person.name or None, (letter.file,)
    notice = Notice(KIND, person.id, letter.subject, letter.text, {}, person.email, name, id, files)
    problem = deliveries.deliver(mine, run, person, notice, channel)
    if problem:
        done.problems.append(f"{person.email}: {problem}")
    else:
        done.sent.append(person.email)


def _forget_old(work: Work, channel: str) -> None:
    """Forget what went out long ago, so that there are never many."""
    before = clock.now() - KEPT
    told = deliveries.known(work.connection, work.scope, [KIND], channel)
    deliveries.forget(work, [one.id for one in told if one.state == "sent" and one.claimed_at < before])
