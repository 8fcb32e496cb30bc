"""Whose turn it is: the members of a team take turns, the one who waited longest is next.

A turn is a number that counts up in the team; who takes one goes to the end of the queue. Somebody who
was away, or is new, has the lowest number, gets one lead like everybody else, and is at the end again.
Turns are no part of the journal: undoing an assignment does not give a turn back.
"""

from __future__ import annotations

import heapq
from collections import Counter
from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.ids import uuid7
from mycrm_cli.roles import WRITERS
from mycrm_cli.services import moments, rows, stages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.work import Work


def unchanged(value: Any) -> Any:
    """Return a value as it is."""
    return value


class Turn(NamedTuple):
    """One turn that was taken: by whom, and when that person had the one before (None for the first)."""

    user_id: UUID
    name: str
    last: int | None


class Team:
    """A team whose members take turns, locked until the transaction ends."""

    def __init__(self, work: Work, id: UUID, name: str, without: Iterable[UUID] = ()) -> None:
        self.work = work
        self.id = id
        self.name = name
        self.away: list[str] = []
        """Who is left out for now, in words."""
        self.taken: Counter[str] = Counter()
        """How many turns each member took."""
        members = self._members(frozenset(without))
        turns = self._locked([member[0] for member in members])
        self.changed: dict[UUID, int] = {}
        self.rows = {user: row for user, (row, _) in turns.items()}
        self.highest = max((turn for _, turn in turns.values()), default=0)
        self.queue = [(turns[id][1], key, id, name) for id, key, name in members]
        heapq.heapify(self.queue)

    def _members(self, without: frozenset[UUID]) -> list[tuple[UUID, str, str]]:
        """Return (id, name key, name) of those who take part; who is away is noted."""
        user, work = catalog.entity("user"), self.work
        today = moments.local_day(work, clock.now())
        columns = ["id", "name_key", "email", "first_name", "last_name", "is_active", "away_until", "role"]
        members = []
        for found in rows.fetch(work.connection, work.scope, user, "team_id", [self.id], columns):
            row = dict(zip(columns, found, strict=True))
            if not row["is_active"] or row["role"] not in WRITERS or row["id"] in without:
                continue
            if row["away_until"] and row["away_until"] > today:
                self.away.append(f"{user.titled(row)} is away until {row['away_until']}")
            else:
                members.append((row["id"], row["name_key"], user.titled(row)))
        self.away.sort()
        return members

    def _locked(self, members: Sequence[UUID]) -> dict[UUID, tuple[UUID, int]]:
        """Return (row, turn) of each member, 0 for who never had one; other writers wait for the rows.

        They are made first, always in the same order, so that two who begin at once meet here.
        """
        connection = self.work.connection
        kind = catalog.entity("assignment_turns").fields["id"].kind
        save = kind.saver(connection.dialect) or unchanged
        load = kind.loader(connection.dialect) or unchanged
        organization, team = save(self.work.scope.organization_id), save(self.id)
        connection.executemany(
            "INSERT INTO assignment_turns (id, organization_id, team_id, user_id, turn) VALUES (?, ?, ?, ?, 0)"
            " ON CONFLICT (team_id, user_id) DO NOTHING",
            [[save(uuid7()), organization, team, save(member)] for member in sorted(members)],
        )
        lock = "" if connection.dialect == "sqlite" else " FOR UPDATE"
        statement = (
            "SELECT user_id, id, turn FROM assignment_turns WHERE organization_id = ? AND team_id = ? ORDER BY user_id"
        )
        found: Any = connection.execute(statement + lock, [organization, team])
        return {load(user): (load(row), int(turn)) for user, row, turn in found}

    def next(self) -> Turn:
        """Take a turn; raises Invalid for a team in which nobody can."""
        if not self.queue:
            away = f": {', '.join(self.away)}" if self.away else ""
            raise Invalid(
                f"nobody in {self.name} can take a turn{away}",
                details=[{"field": "team", "code": "nobody"}],
                hint=f"mycrm user edit EMAIL --team {stages.quoted(self.name)} puts somebody into it",
            )
        last, key, id, name = self.queue[0]
        self.highest += 1
        heapq.heapreplace(self.queue, (self.highest, key, id, name))
        self.changed[id] = self.highest
        self.taken[name] += 1
        return Turn(id, name, last or None)

    def reason(self, turn: Turn) -> str:
        """Return why somebody's turn it was."""
        last = f"last turn {turn.last}" if turn.last else "first turn"
        return f"next in {self.name}, {last}"

    def keep(self) -> None:
        """Store the turns that were taken."""
        table = catalog.entity("assignment_turns")
        changes = [(self.rows[user], {"turn": turn}) for user, turn in sorted(self.changed.items())]
        rows.update(self.work.connection, self.work.scope, table, changes)
        self.changed = {}


def teams(work: Work, ids: Iterable[UUID], without: Iterable[UUID] = ()) -> dict[UUID, Team]:
    """Return teams by id, locked in the order of their ids so that two who want several never wait for each other."""
    named = rows.fetch(work.connection, work.scope, catalog.entity("team"), "id", set(ids), ["id", "name"])
    return {id: Team(work, id, name, without) for id, name in sorted(named)}
