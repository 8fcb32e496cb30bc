"""People who go: what is still theirs, and giving it to others in one change."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Conflict, Invalid
from mycrm_cli.services import assignment, records, rows, turns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


class Kind(NamedTuple):
    """One kind of record that people are responsible for: in which columns, and while it is open.

    ``open`` are values of columns that an open record has; ``goes_with`` are the columns of records
    whose new owner it gets.
    """

    entity: str
    columns: tuple[str, ...]
    open: dict[str, tuple[object, ...]]
    goes_with: tuple[str, ...] = ()


KINDS = (
    Kind("company", ("owner_id",), {}, ("id",)),
    Kind(
        "contact",
        ("owner_id", "assigned_to_id"),
        {"status": ("active", "inactive"), "is_deleted": (False,)},
        ("company_id", "id"),
    ),
    Kind(
        "lead",
        ("owner_id", "assigned_to_id"),
        {"status": ("new", "contacted", "engaged", "qualified", "nurturing"), "is_deleted": (False,)},
        ("id",),
    ),
    Kind("deal", ("owner_id",), {"status": ("open",), "is_deleted": (False,)}, ("company_id", "contact_id", "id")),
    Kind(
        "task",
        ("assigned_to_id",),
        {"status": ("pending", "in_progress")},
        ("company_id", "contact_id", "lead_id", "opportunity_id"),
    ),
    Kind(
        "email_sequence_enrollments",
        ("user_id",),
        {"status": ("active", "paused")},
        ("contact_id", "lead_id", "opportunity_id"),
    ),
    Kind("user", ("manager_id",), {"is_active": (True,)}),
    Kind("team", ("lead_id",), {}),
    Kind("assignment_rules", ("user_id",), {}),
)
"""What is given on, in this order: what hangs on a company or a contact goes where that goes."""

WORDS = {
    "user": ("user who reports to them", "users who report to them"),
    "team": ("team that they lead", "teams that they lead"),
}
"""How the refusal calls what is no record of their own."""

ENDING = ("auth_sessions", "api_tokens")
"""Ways to sign in, which end with the user."""


def held(work: Work, kind: Kind, ids: Iterable[UUID], *, lock: bool = False) -> dict[UUID, Row]:
    """Return what of one kind is open and belongs to users: the columns that matter, by id.

    With ``lock`` it is read once more in the order of the ids, as everybody locks: what somebody else has
    given away or closed in between is left out.
    """
    entity = catalog.entity(kind.entity)
    columns = list(dict.fromkeys(["id", *kind.columns, *kind.open, *kind.goes_with]))
    users = set(ids)

    def those(column: str, keys: Iterable[UUID], *, lock: bool = False) -> dict[UUID, Row]:
        found = rows.fetch(work.connection, work.scope, entity, column, keys, columns, lock=lock)
        read = (dict(zip(columns, values, strict=True)) for values in found)
        return {row["id"]: row for row in read if _counts(kind, users, row)}

    first = {id: row for column in kind.columns for id, row in those(column, users).items()}
    return those("id", sorted(first), lock=True) if lock else first


def _counts(kind: Kind, users: set[UUID], row: Row) -> bool:
    """Return whether a record is open and one of the users stands in it."""
    is_open = all(row[name] in allowed for name, allowed in kind.open.items())
    return is_open and any(row[column] in users for column in kind.columns)


def refuse_open(work: Work, leaving: Sequence[Row]) -> None:
    """Refuse to disable users to whom open records belong; raises Conflict with the counts."""
    ids = {user["id"] for user in leaving}
    counts = {kind.entity: len(_others(held(work, kind, ids), kind, ids)) for kind in KINDS}
    if not any(counts.values()):
        return
    listed = [f"{count:,} {_word(name, count)}" for name, count in counts.items() if count]
    email = leaving[0]["email"]
    who = email if len(leaving) == 1 else f"{len(leaving)} users"
    details: list[dict[str, object]] = [
        {"field": "is_active", "code": "open_records", "message": text} for text in listed
    ]
    raise Conflict(
        f"{who} cannot be disabled: {', '.join(listed)} remain open",
        details=details,
        hint=f"mycrm user offboard {email} --to USER gives them to somebody else",
    )


def _others(found: dict[UUID, Row], kind: Kind, leaving: set[UUID]) -> dict[UUID, Row]:
    """Return what was found without the users who leave themselves."""
    return {id: row for id, row in found.items() if kind.entity != "user" or id not in leaving}


def _word(name: str, count: int) -> str:
    entity = catalog.entity(name)
    one, several = WORDS.get(name) or (entity.noun, entity.plural)
    return one if count == 1 else several


def end_sessions(work: Work, ids: Sequence[UUID]) -> None:
    """End the sessions and tokens of users; undoing what ended them does not bring them back."""
    now = clock.now()
    for name in ENDING:
        table = catalog.entity(name)
        found = rows.fetch(work.connection, work.scope, table, "user_id", ids, ["id", "revoked_at"])
        ending = [(id, {"revoked_at": now}) for id, revoked in found if revoked is None]
        rows.update(work.connection, work.scope, table, ending)


class Heirs:
    """Who gets what somebody leaves behind: one person, or the members of a team in turn."""

    def __init__(self, work: Work, leaving: Sequence[UUID], to: UUID | None, team: UUID | None) -> None:
        if to in leaving:
            raise Invalid(
                "who leaves cannot get the records", details=[{"field": "to", "code": "conflict"}], hint="--to USER"
            )
        self.to = to
        self.team = turns.teams(work, [team], without=leaving)[team] if team else None
        self.chosen: dict[UUID, UUID] = {}
        """The new owner of each record, for what hangs on it."""
        if to:
            assignment.active(work, to)
        self.first = self._next()
        """Who gets what cannot be shared: teams, rules, people."""

    def _next(self) -> UUID:
        if self.to:
            return self.to
        assert self.team is not None
        return self.team.next().user_id

    def of(self, kind: Kind, row: Row) -> UUID:
        """Return who gets a record: who got what it hangs on, else the next in turn."""
        if self.to or not kind.goes_with:
            return self.first
        links = [row[name] for name in kind.goes_with if row[name]]
        heir = next((self.chosen[id] for id in links if id in self.chosen), None) or self._next()
        for id in (*links[:1], row["id"]):
            self.chosen.setdefault(id, heir)
        return heir


def offboard(work: Work, ids: Sequence[UUID], to: UUID | None, team: UUID | None) -> dict[str, int]:
    """Give everything open of users to others and disable them; returns how many of each kind were given.

    What is closed keeps its people: won and lost deals, converted leads, tasks that are done.
    """
    heirs = Heirs(work, ids, to, team)
    given: dict[str, int] = {}
    for kind in KINDS:
        if kind.entity == "user":
            given["user"] = _hand_over_people(work, ids, heirs.first)
            continue
        found = held(work, kind, ids, lock=True)
        edits = [(id, _changes(kind, row, set(ids), heirs.of(kind, row))) for id, row in sorted(found.items())]
        given[kind.entity] = len(records.edit(work, catalog.entity(kind.entity), edits)) if edits else 0
    if heirs.team:
        heirs.team.keep()
    records.edit(work, catalog.entity("user"), [(id, {"is_active": False}) for id in ids])
    return given


def _changes(kind: Kind, row: Row, leaving: set[UUID], heir: UUID) -> Row:
    """Return the columns of a record in which somebody who leaves stands."""
    return {name: heir for name in kind.columns if row[name] in leaving}


def _hand_over_people(work: Work, leaving: Sequence[UUID], heir: UUID) -> int:
    """Let those who reported to users report to the heir, who takes their place in the line."""
    entity, gone = catalog.entity("user"), set(leaving)
    kind = next(kind for kind in KINDS if kind.entity == "user")
    reports = set(_others(held(work, kind, leaving, lock=True), kind, gone)) - {heir}
    line, moved = _line_of(work, heir), 0
    if between := [place for place, id in enumerate(line) if id in gone]:
        # Whoever stood between them reports to the heir from now on; otherwise a circle would come of it.
        above = line[between[-1] + 1] if between[-1] + 1 < len(line) else None
        moved = len(records.edit(work, entity, [(heir, {"manager_id": above})]))
    return moved + len(records.edit(work, entity, [(id, {"manager_id": heir}) for id in sorted(reports)]))


def _line_of(work: Work, id: UUID) -> list[UUID]:
    """Return the managers above somebody, the nearest first."""
    entity, line = catalog.entity("user"), []
    above: Any = id
    while above is not None:
        found = list(rows.fetch(work.connection, work.scope, entity, "id", [above], ["manager_id"]))
        above = found[0][0] if found else None
        if above is not None:
            line.append(above)
    return line
