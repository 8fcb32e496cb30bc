"""Who gets a lead: somebody named, the next in a team, or whom the assignment rules name."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.query import Select
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import all_of, equals
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.roles import WRITERS
from mycrm_cli.services import assignment_rules, records, rows, turns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.turns import Team
    from mycrm_cli.services.work import Work


class Choice(NamedTuple):
    """Who gets a lead, and why."""

    user_id: UUID
    name: str
    why: str


Choices = dict["UUID", Choice]


def to_user(work: Work, ids: Iterable[UUID], user_id: UUID) -> Choices:
    """Choose somebody for leads; raises Invalid for a user who is disabled."""
    name = active(work, user_id)
    return {id: Choice(user_id, name, f"by {work.scope.email}") for id in ids}


def active(work: Work, user_id: UUID) -> str:
    """Return what a user is called; raises Invalid for one who is disabled or only reads."""
    user = catalog.entity("user")
    image = rows.required_images(work.connection, work.scope, user, [user_id])[user_id]
    if not image["is_active"]:
        raise Invalid(
            f"{user.titled(image)} is disabled",
            details=[{"field": "user", "code": "inactive"}],
            hint=f"mycrm user enable {image['email']}",
        )
    if image["role"] not in WRITERS:
        raise Invalid(
            f"{user.titled(image)} is {image['role']} and could not work on it",
            details=[{"field": "user", "code": "readonly"}],
            hint="give it to somebody else, or change the role: mycrm user role REF sales_rep",
        )
    return user.titled(image)


def in_turn(ids: Iterable[UUID], team: Team) -> Choices:
    """Choose the members of a team for leads, one after the other."""
    chosen: Choices = {}
    for id in ids:
        turn = team.next()
        chosen[id] = Choice(turn.user_id, turn.name, team.reason(turn))
    team.keep()
    return chosen


def by_rules(work: Work, ids: Sequence[UUID]) -> Choices:
    """Choose for leads whom the first rule that fits names; leads that fit none are left out."""
    rules = assignment_rules.usable(work)
    queues = turns.teams(work, {rule["team_id"] for rule in rules if rule["team_id"]}) if ids else {}
    able = _active_users(work, {rule["user_id"] for rule in rules if rule["user_id"]})
    chosen: Choices = {}
    for rule in rules:
        left = [id for id in ids if id not in chosen]
        team = queues.get(rule["team_id"])
        if not left or not (rule["user_id"] in able or (team and team.queue)):
            continue
        why = f"rule {rule['name']}"
        for id in fitting(work, rule["expression"], left):
            if team:
                turn = team.next()
                chosen[id] = Choice(turn.user_id, turn.name, f"{why}: {team.reason(turn)}")
            else:
                chosen[id] = Choice(rule["user_id"], able[rule["user_id"]], why)
    for team in queues.values():
        team.keep()
    return chosen


def _active_users(work: Work, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of those users who are not disabled, by id."""
    user = catalog.entity("user")
    images = rows.images(work.connection, work.scope, user, ids)
    return {id: user.titled(image) for id, image in images.items() if image["is_active"]}


def fitting(work: Work, expression: str, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of the leads, in their order, that fit a filter; the database decides."""
    lead, found = catalog.entity("lead"), set()
    where = parse(expression)
    for chunk in rows.chunks(ids):
        among = equals("id", *(str(id) for id in chunk))
        select = Select(lead, ["id"], where=all_of([where, among]), sort="id", limit=len(chunk))
        found |= {row[0] for row in work.reader.rows(select)}
    return [id for id in ids if id in found]


def give(work: Work, chosen: Choices) -> list[UUID]:
    """Make people owner and assignee of leads, and write down why; returns the ids that are different now."""
    entity, now = catalog.entity("lead"), clock.now()
    columns = ["id", "owner_id", "assigned_to_id", "last_activity_at"]
    edits: dict[UUID, Row] = {}
    for id, owner, assigned, last in rows.fetch(work.connection, work.scope, entity, "id", chosen, columns):
        if {owner, assigned} != {chosen[id].user_id}:
            edits[id] = _owned(chosen[id]) | {"last_activity_at": max(last or now, now)}
    changed = records.edit(work, entity, list(edits.items()))
    records.put(work, "activity", [_activity(work, id, chosen[id]) for id in changed])
    return changed


def _owned(choice: Choice) -> Row:
    return {"owner_id": choice.user_id, "assigned_to_id": choice.user_id}


def _activity(work: Work, id: UUID, choice: Choice) -> Row:
    """Return the activity that says who got a lead, and why."""
    return {
        "activity_type": "other",
        "subject": f"assigned to {choice.name}: {choice.why}"[:500],
        "occurred_at": clock.now(),
        "user_id": work.scope.user_id,
        "lead_id": id,
    }


def welcome(work: Work, written: Sequence[Written]) -> None:
    """Give new leads that came without an owner to whom the rules name.

    Leads that are closed already, and copies of records that bring their number along, stay as they are.
    """
    open_ones = {
        record.after["id"]: record.after
        for record in written
        if record.after["owner_id"] is None
        and record.after["status"] not in CLOSED_LEAD
        and not record.given.get("number")
    }
    chosen = by_rules(work, list(open_ones)) if open_ones else {}
    if not chosen:
        return
    edits = []
    for id, choice in chosen.items():
        # Somebody who is named as working on it stays so.
        own = _owned(choice) | ({"assigned_to_id": id_} if (id_ := open_ones[id]["assigned_to_id"]) else {})
        edits.append((id, own))
    records.edit(work, catalog.entity("lead"), edits)
    records.put(work, "activity", [_activity(work, id, choice) for id, choice in chosen.items()])
    for id, row in rows.images(work.connection, work.scope, catalog.entity("lead"), chosen).items():
        open_ones[id].update(row)
