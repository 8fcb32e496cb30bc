"""The steps of a sequence: who has not reached one yet gets it as it is now."""

from __future__ import annotations

from typing import Any

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid, NotFound
from mycrm_cli.kinds import BadValue
from mycrm_cli.services import records, rows, updating
from mycrm_cli.services.sequences import windows
from mycrm_cli.services.sequences.windows import Timing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

NAME, PEOPLE = "email_sequence_steps", "email_sequence_enrollments"
MOST = 100
"""Steps of a sequence."""
LONGEST = 365 * 24 * 60
TIMES = ("delay_minutes", "business_days", "window_start", "window_end")


def of(source: Reader | Work, sequence: UUID) -> list[Row]:
    """Return the steps of a sequence in their order."""
    entity = catalog.entity(NAME)
    names = list(entity.fields)
    found = rows.fetch(source.connection, source.scope, entity, "sequence_id", [sequence], names)
    return sorted((dict(zip(names, row, strict=True)) for row in found), key=lambda row: (row["position"], row["id"]))


def at(source: Reader | Work, sequence: UUID, position: int) -> Row:
    """Return the step at a place; raises NotFound."""
    steps = of(source, sequence)
    found = next((step for step in steps if step["position"] == position), None)
    if found is None:
        has = f"it has {len(steps)}" if steps else "it has none yet"
        raise NotFound(f"the sequence has no step {position}; {has}", hint="mycrm sequence step list SEQUENCE")
    return found


def timing(step: Row) -> Timing:
    """Return when a step is sent."""
    return Timing(*(step[name] for name in TIMES))


def hold(work: Work, sequence: UUID) -> Row:
    """Keep others from a sequence while its steps change or people enter it, and return it."""
    entity = catalog.entity("sequence")
    return rows.required_images(work.connection, work.scope, entity, [sequence], lock=True)[sequence]


def check(values: Row) -> None:
    """Refuse a delay or a window that cannot be."""
    for name in ("window_start", "window_end"):
        try:
            windows.clock_time(values.get(name))
        except BadValue as error:
            raise Invalid(f"window: {error.message}", details=[{"field": name, "code": error.code}]) from None
    step = Timing(**{name: values[name] for name in TIMES if name in values})
    first, last = step.window
    if first >= last:
        raise Invalid(
            "window: it begins before it ends, on the same day", details=[{"field": "window_start", "code": "empty"}]
        )
    if not 0 <= step.delay_minutes <= LONGEST:
        raise Invalid("delay: at most a year", details=[{"field": "delay_minutes", "code": "out_of_range"}])


def add(work: Work, sequence: UUID, values: Row, position: int | None) -> UUID:
    """Add a step at a place, or at the end; who waits for what stood there gets the new one first."""
    hold(work, sequence)
    steps = of(work, sequence)
    if len(steps) >= MOST:
        raise Invalid(f"a sequence has {MOST} steps at most", details=[{"field": "position", "code": "out_of_range"}])
    place = len(steps) + 1 if position is None else position
    if not 1 <= place <= len(steps) + 1:
        raise Invalid(f"position: from 1 to {len(steps) + 1}", details=[{"field": "position", "code": "out_of_range"}])
    check(values)
    if values.get("is_reply") and place == 1:
        raise Invalid("the first step answers nothing", details=[{"field": "is_reply", "code": "not_allowed"}])
    shift(work, sequence, lambda at: at + 1 if at > place else at)
    number(work, [*steps[: place - 1], None, *steps[place - 1 :]])
    [row] = records.add(work, catalog.entity(NAME), [{"sequence_id": sequence, "position": place, **values}])
    retime(work, sequence, place)
    id: UUID = row["id"]
    return id


def edit(work: Work, step: Row, values: Row) -> bool:
    """Change a step and return whether it is different now; who waits for it waits by the new rule."""
    hold(work, step["sequence_id"])
    check(step | values)
    if values.get("is_reply") and step["position"] == 1:
        raise Invalid("the first step answers nothing", details=[{"field": "is_reply", "code": "not_allowed"}])
    changed = records.edit(work, catalog.entity(NAME), [(step["id"], values)])
    if changed and set(TIMES) & values.keys():
        retime(work, step["sequence_id"], step["position"])
    return bool(changed)


def remove(work: Work, step: Row) -> None:
    """Remove a step; who waits for it waits for the one behind it."""
    sequence, place = step["sequence_id"], step["position"]
    hold(work, sequence)
    left = [one for one in of(work, sequence) if one["id"] != step["id"]]
    records.remove(work, catalog.entity(NAME), [step["id"]])
    shift(work, sequence, lambda at: at - 1 if at > place else at)
    number(work, left)
    retime(work, sequence, place)


def move(work: Work, step: Row, place: int) -> bool:
    """Move a step to another place and return whether it stood elsewhere; who waits for a step waits for it still."""
    sequence = step["sequence_id"]
    hold(work, sequence)
    steps = of(work, sequence)
    if not 1 <= place <= len(steps):
        raise Invalid(f"position: from 1 to {len(steps)}", details=[{"field": "position", "code": "out_of_range"}])
    order = [one for one in steps if one["id"] != step["id"]]
    order.insert(place - 1, step)
    new = {one["position"]: number for number, one in enumerate(order, 1)}
    shift(work, sequence, lambda at: new.get(at, at))
    number(work, order)
    return bool(step["position"] != place)


def number(work: Work, steps: Sequence[Row | None]) -> None:
    """Give steps the numbers of their places; None keeps a place free."""
    entity = catalog.entity(NAME)
    wanted = {step["id"]: place for place, step in enumerate(steps, 1) if step and step["position"] != place}
    records.edit(work, entity, [(id, {"position": place}) for id, place in wanted.items()])


def shift(work: Work, sequence: UUID, place: Callable[[int], int]) -> None:
    """Let those who wait for a step wait for it at its new place."""
    entity, columns = catalog.entity(PEOPLE), ["id", "next_position", "status"]
    found = rows.fetch(work.connection, work.scope, entity, "sequence_id", [sequence], columns)
    ids = [id for id, at, status in found if status in ("active", "paused") and place(at) != at]
    for chunk in rows.chunks(ids):
        before = rows.images(work.connection, work.scope, entity, chunk, lock=True)
        moved = [(id, {"next_position": place(image["next_position"])}) for id, image in before.items()]
        updating.write(work, entity, before, moved)


def retime(work: Work, sequence: UUID, position: int) -> None:
    """Let those who wait at a place wait by what stands there now."""
    entity, steps = catalog.entity(PEOPLE), of(work, sequence)
    step = next((one for one in steps if one["position"] == position), None)
    columns = ["id", "next_position", "status"]
    found = rows.fetch(work.connection, work.scope, entity, "sequence_id", [sequence], columns)
    ids = [id for id, at, status in found if at == position and status in ("active", "paused")]
    for chunk in rows.chunks(ids if step is not None else []):
        before = rows.images(work.connection, work.scope, entity, chunk, lock=True)
        zones = windows.zones_of(work, [image["contact_id"] for image in before.values()])
        began = beginnings(work, before)
        changed = []
        for id, image in before.items():
            when = windows.due(timing(step or {}), began[id], zones.get(image["contact_id"], zones[None]))
            if when != image["next_send_at"]:
                changed.append((id, {"next_send_at": when}))
        updating.write(work, entity, before, changed)


def beginnings(work: Work, enrollments: dict[UUID, Row]) -> dict[UUID, datetime]:
    """Return from when the delay of each one's next step counts: the step before, or the enrollment."""
    outbox = catalog.entity("outbox")
    found: dict[Any, datetime] = {id: image["enrolled_at"] for id, image in enrollments.items()}
    columns = ["enrollment_id", "created_at"]
    for id, at in rows.fetch(work.connection, work.scope, outbox, "enrollment_id", list(enrollments), columns):
        found[id] = max(found[id], at)
    return found
