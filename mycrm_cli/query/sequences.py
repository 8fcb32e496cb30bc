"""What came of a sequence: its people by their status, and each step's messages by how far they came."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.sections import within
from mycrm_cli.query.sql import compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader

FIGURES = ("messages", "queued", "sent", "opened", "clicked", "replied", "bounced", "failed")
STEPS = """SELECT {s}.position, {title}, {s}.delay_minutes, {s}.business_days, {s}.window_start, {s}.window_end,
{s}.is_reply, count({m}.id), sum(CASE WHEN {m}.status = 'queued' THEN 1 ELSE 0 END), count({m}.sent_at),
count({m}.opened_at), count({m}.clicked_at), count({m}.replied_at), count({m}.bounced_at),
sum(CASE WHEN {m}.status = 'failed' THEN 1 ELSE 0 END)
FROM email_sequence_steps AS {s}
LEFT JOIN email_templates AS {t} ON {{}} AND {t}.id = {s}.template_id
LEFT JOIN outbox AS {o} ON {{}} AND {o}.step_id = {s}.id
LEFT JOIN emails AS {m} ON {{}} AND {m}.id = {o}.email_id
WHERE {{}} AND {s}.sequence_id = {{}}
GROUP BY {s}.position, {s}.id, {t}.name ORDER BY {s}.position, {s}.id"""
PEOPLE = """SELECT {e}.status, {e}.stop_reason, {e}.next_position, count(*) FROM email_sequence_enrollments AS {e}
WHERE {{}} AND {e}.sequence_id = {{}} GROUP BY {e}.status, {e}.stop_reason, {e}.next_position"""


def steps(reader: Reader, sequence: UUID) -> list[dict[str, Any]]:
    """Return the steps of a sequence in their order, each with the figures of its messages."""
    frame = reader.frame()
    names = {name: frame.alias() for name in "stom"}
    text = STEPS.format(title=f"{names['t']}.name", **names)
    conditions = [
        within(frame, catalog.entity(entity), names[alias], "id")
        for alias, entity in (("t", "email_templates"), ("o", "outbox"), ("m", "email"))
    ]
    own = frame.within(catalog.entity("email_sequence_steps"), names["s"])
    heads = ("position", "template", "delay_minutes", "business_days", "window_start", "window_end", "is_reply")
    found = []
    for row in reader.run(compose(text, *conditions, own, value(frame.id(sequence)))).fetchall():
        step = dict(zip(heads, row, strict=False))
        step |= {"business_days": bool(step["business_days"]), "is_reply": bool(step["is_reply"])}
        found.append(step | {name: int(count or 0) for name, count in zip(FIGURES, row[len(heads) :], strict=True)})
    return found


def people(reader: Reader, sequence: UUID) -> list[tuple[str, str | None, int, int]]:
    """Return how many people of a sequence there are: (status, why it was stopped, the next step, count)."""
    frame = reader.frame()
    alias = frame.alias()
    own = frame.within(catalog.entity("email_sequence_enrollments"), alias)
    found = reader.run(compose(PEOPLE.format(e=alias), own, value(frame.id(sequence)))).fetchall()
    return [(status, reason, place, int(count)) for status, reason, place, count in found]


def figures(reader: Reader, sequence: UUID) -> dict[str, Any]:
    """Return the figures of a sequence: people by status, why they were stopped, and each step."""
    totals = dict.fromkeys(("enrolled", "active", "paused", "finished", "stopped"), 0)
    reasons: dict[str, int] = {}
    plan = {step["position"]: step | {"waiting": 0, "stopped": 0} for step in steps(reader, sequence)}
    for status, reason, place, count in people(reader, sequence):
        totals["enrolled"] += count
        totals[status] += count
        if status in ("active", "paused") and place in plan:
            plan[place]["waiting"] += count
        if status == "stopped":
            reasons[reason or "other"] = reasons.get(reason or "other", 0) + count
            # Who was stopped while waiting for a step has got the one before.
            if place - 1 in plan:
                plan[place - 1]["stopped"] += count
    return totals | {"stop_reasons": dict(sorted(reasons.items())), "steps": list(plan.values())}
