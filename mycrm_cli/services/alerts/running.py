"""Telling alerts: one notice for each person a run, each case once for as long as it lasts.

A run may be killed at any moment and overlap with others: a case is claimed before it goes out.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import NamedTuple

from mycrm_cli.errors import Unavailable
from mycrm_cli.services import audience, deliveries, posting
from mycrm_cli.services.alerts import cases, wording
from mycrm_cli.services.deliveries import Wanted
from mycrm_cli.services.notices import InDoubt, NotSent
from mycrm_cli.services.reminding.claims import runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.query import Reader
    from mycrm_cli.services.alerts.cases import Case
    from mycrm_cli.services.audience import Person
    from mycrm_cli.services.deliveries import Known
    from mycrm_cli.services.notices import Channel
    from mycrm_cli.services.posting import Posting
    from mycrm_cli.services.work import Work

JOB = "alert run"


class Group(NamedTuple):
    """Who is to be told of which cases in one notice; ``run`` is the one before that left them in doubt."""

    person: Person
    cases: list[Case]
    run: str | None = None


class Due(NamedTuple):
    """Who is to be told what, and what was told and is no longer so."""

    groups: list[Group]
    ended: list[UUID]


class Asked(NamedTuple):
    """What is asked for: the channel, the moment that is now, and whose alerts, None for everybody's.

    ``again`` also tells what is in doubt, or has failed for good.
    """

    channel: str
    now: datetime
    only: UUID | None = None
    again: bool = False


class Outcome(NamedTuple):
    """Of how many cases people were told, what earlier runs left in doubt, and what went wrong."""

    cases: int
    lost: int
    problems: list[str]


def due(reader: Reader, asked: Asked) -> Due:
    """Return what is to be told through a channel now; nothing to those who have their quiet hours."""
    found, people = cases.find(reader, asked.now), audience.people(reader.connection, reader.scope)
    told = deliveries.known(reader.connection, reader.scope, cases.KINDS, asked.channel)
    there: dict[tuple[str, str, UUID], Known] = {(one.kind, one.key, one.user_id): one for one in told}
    groups: dict[tuple[UUID, str | None], list[Case]] = {}
    for case in found:
        for person in audience.told(people, case.owner):
            before, want = there.get((case.kind, case.id.hex, person.id)), wanted(case)
            if before is None or not before.settles(want, again=asked.again):
                run = before.sent_by if before is not None and before.since == want.since else None
                groups.setdefault((person.id, run), []).append(case)
    lasting = {(case.kind, case.id.hex) for case in found}
    ended = [one.id for one in told if (one.kind, one.key) not in lasting and one.state != "claimed"]
    wakeful = [one for one in people.values() if asked.only in (None, one.id) and not one.is_quiet(asked.now)]
    return Due([Group(one, some, run) for one in wakeful for (id, run), some in groups.items() if id == one.id], ended)


def wanted(case: Case) -> Wanted:
    """Return what is claimed of a case."""
    return Wanted(case.kind, case.id.hex, case.began)


def run(begin: Callable[[], Work], channel: Channel, asked: Asked) -> Outcome:
    """Tell what is to be told; raises Unavailable (exit 75) while another run goes on, or where nothing can go out."""
    name, count, problems = runner(), 0, list[str]()
    with posting.alone(begin, JOB) as mine, ExitStack() as held:
        with mine.turn() as work:
            lost = deliveries.find_lost(work, cases.KINDS, channel.name)
            found = due(work.reader, asked)
            deliveries.forget(work, found.ended)
        if found.groups:
            held.enter_context(channel)
        for group in found.groups:
            try:
                told, problem = _tell(mine, group.run or name, group, channel, again=asked.again)
            except NotSent as error:
                if not count:
                    raise Unavailable(error.message, hint="nothing went out; the next run tries again") from None
                problems.append(error.message)
                break
            except InDoubt as error:
                problems.append(f"in doubt: {error.message}")
                break
            problems += [f"{group.person.email}: {problem}"] if problem else []
            count += 0 if problem else told
    return Outcome(count, lost, problems)


def _tell(mine: Posting, run: str, group: Group, channel: Channel, *, again: bool) -> tuple[int, str | None]:
    """Tell a person of cases that nobody else tells; return of how many, and what went wrong."""
    person, some = group.person, group.cases
    with mine.turn() as work:
        wants = [wanted(case) for case in some]
        got = deliveries.claim(work, run, channel.name, person.id, wants, again=again)
    claimed = [case for case in some if case.id.hex in got]
    if not claimed:
        return 0, None
    message = wording.notice(person, claimed, f"alert-{run.rpartition(' ')[2]}-{person.id.hex}")
    return len(claimed), deliveries.deliver(mine, run, person, message, channel)
