"""Telling alerts: one notice for each person a run, each case once for as long as it lasts.

A run may be killed at any moment and overlap with others: a case is claimed before it goes out.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import NamedTuple

from mycrm_cli import clock
from mycrm_cli.errors import CrmError
from mycrm_cli.services import audience, deliveries
from mycrm_cli.services.alerts import cases, wording
from mycrm_cli.services.deliveries import Wanted
from mycrm_cli.services.reminding.claims import runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.query import Reader
    from mycrm_cli.services.alerts.cases import Case
    from mycrm_cli.services.audience import Person
    from mycrm_cli.services.deliveries import Known
    from mycrm_cli.services.notices import Channel
    from mycrm_cli.services.work import Work

JOB = "alert run"


class Due(NamedTuple):
    """Who is to be told what, and what was told and is no longer so."""

    groups: list[tuple[Person, list[Case]]]
    ended: list[UUID]


class Outcome(NamedTuple):
    """How many people were told of how many cases, what earlier runs left in doubt, and what went wrong."""

    people: int
    cases: int
    lost: int
    problems: list[str]


def due(reader: Reader, channel: str, now: datetime, only: UUID | None = None) -> Due:
    """Return what is to be told through a channel now; nothing to those who have their quiet hours."""
    found, people = cases.find(reader, now), audience.people(reader.connection, reader.scope)
    told = deliveries.known(reader.connection, reader.scope, cases.KINDS, channel)
    there: dict[tuple[str, str, UUID], Known] = {(one.kind, one.key, one.user_id): one for one in told}
    groups: dict[UUID, list[Case]] = {}
    for case in found:
        for person in audience.told(people, case.owner):
            before = there.get((case.kind, case.id.hex, person.id))
            if before is None or not before.settles(wanted(case)):
                groups.setdefault(person.id, []).append(case)
    lasting = {(case.kind, case.id.hex) for case in found}
    ended = [one.id for one in told if (one.kind, one.key) not in lasting and one.state != "claimed"]
    wakeful = [one for one in people.values() if only in (None, one.id) and not one.is_quiet(now)]
    return Due([(one, groups[one.id]) for one in wakeful if one.id in groups], ended)


def wanted(case: Case) -> Wanted:
    """Return what is claimed of a case."""
    return Wanted(case.kind, case.id.hex, case.began)


def run(begin: Callable[[], Work], look: Callable[[], Reader], channel: Channel, only: UUID | None = None) -> Outcome:
    """Tell what is to be told; raises Unavailable (exit 75) while another run goes on."""
    name, people, count, problems = runner(), 0, 0, list[str]()
    with ExitStack() as held:
        lost = deliveries.hold(begin, held, JOB, cases.KINDS, channel.name)
        found = due(look(), channel.name, clock.now(), only)
        if found.ended:
            with begin() as work:
                deliveries.forget(work, found.ended)
        if found.groups:
            held.enter_context(channel)
        for person, some in found.groups:
            try:
                told, problem = _tell(begin, name, person, some, channel)
            except CrmError as error:
                problems.append(error.message)
                break
            problems += [f"{person.email}: {problem}"] if problem else []
            people, count = people + bool(told and not problem), count + (0 if problem else told)
    return Outcome(people, count, lost, problems)


def _tell(
    begin: Callable[[], Work], run: str, person: Person, some: Sequence[Case], channel: Channel
) -> tuple[int, str | None]:
    """Tell a person of cases that nobody else tells; return of how many, and what went wrong."""
    with begin() as work:
        got = deliveries.claim(work, run, channel.name, person.id, [wanted(case) for case in some])
    mine = [case for case in some if case.id.hex in got]
    if not mine:
        return 0, None
    message = wording.notice(person, mine, f"alert-{run.rpartition(' ')[2]}-{person.id.hex}")
    return len(mine), deliveries.deliver(begin, run, person, message, channel)
