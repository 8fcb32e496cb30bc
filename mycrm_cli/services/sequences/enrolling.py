"""Who gets a sequence: nobody twice at a time, nobody who refused mail, and nobody who lacks what a step names."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.roles import EDIT
from mycrm_cli.services import ownership, records, rows, updating
from mycrm_cli.services.mail import composing, suppressing, templating
from mycrm_cli.services.mail.composing import Recipient
from mycrm_cli.services.sequences import members, steps, stopping, windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

NAME = "email_sequence_enrollments"
SAMPLE = "https://acme.example/unsubscribe/SAMPLE"
ALONE = {
    "suppressed": "{} gets no mail: the address is suppressed",
    "refused": "{} refused mail",
    "erased": "this address is one of a person who was erased",
    "enrolled": "{} is in the sequence already",
    "before": "{} was in the sequence before; --again enrolls once more",
    "over": "{} is a lead that is converted or disqualified",
}


class Enrolled(NamedTuple):
    """The ids of enrollments that were made, and how many people were left out, by the reason."""

    ids: list[UUID]
    left_out: Counter[str]


def enroll(
    work: Work,
    sequence: UUID,
    targets: Sequence[tuple[str, UUID]],
    *,
    user: UUID | None = None,
    start: datetime | None = None,
    again: bool = False,
) -> Enrolled:
    """Let people receive a sequence; raises Invalid where it has no steps, or somebody lacks a field that they name."""
    image = steps.hold(work, sequence)
    plan = steps.of(work, sequence)
    if not plan:
        raise Invalid(
            f"sequence {image['name']} has no steps",
            details=[{"field": "sequence", "code": "no_steps"}],
            hint=f"mycrm sequence step add {image['name']!r} --template NAME",
        )
    people = composing.people(work, targets)
    if people.without and not people.found:
        raise Invalid("there is no e-mail address", details=[{"field": "email", "code": "required"}])
    why = reasons(work, sequence, people.found, again=again)
    if len(people.found) == 1 and why:
        [(one, reason)] = why.items()
        raise Invalid(ALONE[reason].format(one), details=[{"field": "email", "code": reason}])
    chosen = [one for one in people.found if one.to_email not in why]
    check_texts(work, plan, chosen, user)
    new = records.add(work, catalog.entity(NAME), values(work, sequence, plan[0], chosen, user, start))
    left = Counter(why.values()) + Counter({"no_address": people.without, "same_address": people.repeated})
    return Enrolled([row["id"] for row in new], left)


def reasons(work: Work, sequence: UUID, people: Sequence[Recipient], *, again: bool) -> dict[str, str]:
    """Return the addresses that cannot be enrolled, each with the reason."""
    words = {suppressing.REFUSED: "refused", suppressing.ERASED: "erased"}
    held = suppressing.held(work, [one.to_email for one in people])
    found = {address: words.get(reason, "suppressed") for address, reason in held.items()}
    for address, status in members.standing(work, sequence, people):
        is_going = status in stopping.GOING
        if is_going or (not again and address not in found):
            found[address] = "enrolled" if is_going else "before"
    ended = over(work, people)
    return found | {one.to_email: "over" for one in people if one.lead_id in ended}


def over(work: Work, people: Sequence[Recipient]) -> set[UUID]:
    """Return the leads that are converted or disqualified."""
    wanted = sorted({one.lead_id for one in people if one.lead_id})
    found = rows.fetch(work.connection, work.scope, catalog.entity("lead"), "id", wanted, ["id", "status"])
    return {id for id, status in found if status in stopping.ENDS}


def check_texts(work: Work, plan: Sequence[Row], people: Sequence[Recipient], user: UUID | None) -> None:
    """Refuse people who lack a field that any step names; raises Invalid."""
    templates = templating.by_ids(work.reader, [step["template_id"] for step in plan])
    about = templating.subjects(work.reader, people, user or work.scope.user_id)
    called = templating.labels(work.reader, people)
    everybody = [templating.Addressee(one, label, SAMPLE) for one, label in zip(about, called, strict=True)]
    for template in templates.values():
        templating.check_active(template)
        made = templating.rendered(work.reader, template, everybody)
        if lacks := [one for one in made if isinstance(one, templating.Lack)]:
            raise templating.lacking(template, lacks)


def values(
    work: Work, sequence: UUID, first: Row, people: Sequence[Recipient], user: UUID | None, start: datetime | None
) -> list[Row]:
    """Return the enrollments of people."""
    now = clock.now()
    zones = windows.zones_of(work, [one.contact_id for one in people])
    return [
        {
            "sequence_id": sequence,
            "contact_id": one.contact_id,
            "lead_id": one.lead_id,
            "opportunity_id": one.opportunity_id,
            "user_id": user or work.scope.user_id,
            "to_email": one.to_email,
            "enrolled_at": now,
            "next_send_at": windows.due(steps.timing(first), start or now, zones.get(one.contact_id, zones[None])),
        }
        for one in people
    ]


def change(work: Work, ids: Sequence[UUID], what: str) -> list[UUID]:
    """Stop, pause or take enrollments up again, and return those that are different now."""
    entity = catalog.entity(NAME)
    ownership.check(work, entity, ids, EDIT)
    changed: list[UUID] = []
    for chunk in rows.chunks(ids):
        before = rows.images(work.connection, work.scope, entity, chunk, lock=True)
        edits = [(id, told) for id, image in before.items() if (told := outcome(image, what))]
        updating.write(work, entity, before, edits)
        changed += [id for id, _ in edits]
    if what == "unenroll":
        stopping.recall(work, changed)
    return changed


def outcome(image: Row, what: str) -> dict[str, Any]:
    """Return what changes in an enrollment."""
    status = image["status"]
    if what == "unenroll" and status in stopping.GOING:
        over = {"next_send_at": None, "finished_at": clock.now()}
        return {"status": "stopped", "stop_reason": "unenrolled", **over}
    if what == "pause" and status == "active":
        return {"status": "paused"}
    if what == "resume" and status == "paused":
        return {"status": "active", "stop_reason": None, "next_send_at": image["next_send_at"] or clock.now()}
    return {}
