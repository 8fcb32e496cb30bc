"""Virtual tags: conditions with a name, such as ``+OVERDUE``. ``VIRTUAL`` lists them."""

from __future__ import annotations

from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.query.computed import DAY, seconds_since
from mycrm_cli.query.nodes import Compare, Node, Not, Or, Value, all_of
from mycrm_cli.query.sql import NEVER, Sql, all_hold, compose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame

    Build = Callable[[Entity], Node | None]
    Make = Callable[[Frame, Entity, str], Sql]

RESPONSIBLE = ("owner_id", "assigned_to_id")
DUE = ("due_date", "expected_close_date")
OPEN = ("open", "pending", "in_progress")
CLOSED_LEAD = ("converted", "disqualified")
PEOPLE = ("contact", "lead")
RESPONSE_LIMIT = "response_limit_minutes"
"""The organization's setting: within how many minutes a lead must get a first answer; 0 is no limit."""
USUAL_LIMIT = 24 * 60
"""Minutes of an organization that has not said."""


class VirtualTag:
    """A condition with a name.

    ``build`` returns it as a tree, or None where it means nothing; ``make`` compiles for the nouns in
    ``nouns`` what a tree cannot say.
    """

    __slots__ = ("build", "description", "make", "nouns")

    def __init__(
        self, description: str, build: Build | None = None, *, make: Make | None = None, nouns: tuple[str, ...] = ()
    ) -> None:
        self.description = description
        self.build = build
        self.make = make
        self.nouns = nouns

    def applies(self, entity: Entity) -> bool:
        """Whether the tag means something for the entity."""
        return entity.name in self.nouns or (self.build is not None and self.build(entity) is not None)

    def compile(self, frame: Frame, entity: Entity, alias: str) -> Sql:
        """Return the condition for a row of the entity's table under its alias."""
        from mycrm_cli.query.compiler import condition

        if self.make is not None:
            return self.make(frame, entity, alias)
        return condition(frame, entity, alias, self.build(entity) if self.build else None)


def mine(entity: Entity) -> Node | None:
    """Owned by or assigned to the user."""
    found: list[Node] = [Compare(name, "=", [Value("me")]) for name in RESPONSIBLE if name in entity.fields]
    return Or(found) if found else None


def unassigned(entity: Entity) -> Node | None:
    """Neither owned by nor assigned to anybody."""
    return all_of(Compare(name, "=", [Value("none")]) for name in RESPONSIBLE if name in entity.fields)


def today(entity: Entity) -> Node | None:
    """Due today."""
    return _due(entity, "=")


def overdue(entity: Entity) -> Node | None:
    """Due before now (a day: before today) and still open."""
    due, status = _due(entity, "<"), entity.fields.get("status")
    if due is None or status is None:
        return None
    still = [Value(word, quoted=True) for word in status.options.get("choices", ()) if word in OPEN]
    return all_of([due, Compare("status", "=", list(still))]) if still else None


def _due(entity: Entity, operator: str) -> Node | None:
    name = next((name for name in DUE if name in entity.fields), None)
    if name is None:
        return None
    moment = entity.fields[name].kind_name == "timestamp" and operator != "="
    return Compare(name, operator, [Value("now" if moment else "today")])


def todo(entity: Entity) -> Node | None:
    """Not done yet."""
    return Compare("status", "=", [Value("pending"), Value("in_progress")]) if entity.name == "task" else None


def stale(frame: Frame, entity: Entity, alias: str) -> Sql:
    """Open and longer in its stage than the stage's limit; a stage without a limit never makes a deal stale."""
    stages = catalog.entity("stage")
    at = frame.alias()
    limit = Sql(f"{at}.stale_after_days * {DAY}")
    return compose(
        f"({alias}.status = 'open' AND EXISTS (SELECT 1 FROM stages AS {at} WHERE {{}} AND {at}.id = {alias}.stage_id"
        " AND {} > {}))",
        frame.within(stages, at),
        seconds_since(frame, f"{alias}.stage_changed_at"),
        limit,
    )


def unanswered(frame: Frame, entity: Entity, alias: str) -> Sql:
    """Still open, never answered, and older than the organization's limit; without a limit nothing is."""
    from mycrm_cli.query.compiler import condition

    minutes = frame.ask(response_limit(frame))
    if minutes <= 0:
        return NEVER
    late = clock.now() - timedelta(minutes=minutes)
    tree = all_of(
        [
            Compare("first_responded_at", "=", [Value("none")]),
            Not(Compare("status", "=", [Value(word) for word in CLOSED_LEAD])),
            Compare("created_at", "<", [Value(late.isoformat(), quoted=True)]),
        ]
    )
    return condition(frame, entity, alias, tree)


def mailable(frame: Frame, entity: Entity, alias: str) -> Sql:
    """Have an address that may get mail: nobody of that address has refused, and it is not suppressed."""
    suppressions = catalog.by_table("suppressions")
    parts = [Sql(f"{alias}.email IS NOT NULL"), Sql(f"NOT CAST({alias}.do_not_email AS BOOLEAN)")]
    for table, mark in ((suppressions, ""), *((catalog.entity(noun), "do_not_email") for noun in PEOPLE)):
        at = frame.alias()
        refused = f" AND CAST({at}.{mark} AS BOOLEAN)" if mark else ""
        parts.append(
            compose(
                f"NOT EXISTS (SELECT 1 FROM {table.table} AS {at} WHERE {{}} AND {at}.email = {alias}.email{refused})",
                frame.within(table, at),
            )
        )
    return all_hold(parts)


def latest(frame: Frame, entity: Entity, alias: str) -> Sql:
    """Newest of their lead; of two that were made at one moment, the one with the greater id."""
    at = frame.alias()
    newer = f"({at}.scored_at, {at}.id) > ({alias}.scored_at, {alias}.id)"
    own = frame.within(entity, at)
    text = (
        f"NOT EXISTS (SELECT 1 FROM {entity.table} AS {at} WHERE {{}} AND {at}.lead_id = {alias}.lead_id AND {newer})"
    )
    return compose(text, own)


def callable_(entity: Entity) -> Node | None:
    """Have a number and may be called."""
    if entity.name not in PEOPLE:
        return None
    numbers: list[Node] = [Compare(name, "=", [Value("any")]) for name in ("phone", "mobile") if name in entity.fields]
    return all_of([Or(numbers), Compare("do_not_call", "=", [Value("no")])])


def response_limit(frame: Frame) -> Sql:
    """Return the statement for the limit in minutes, 0 where there is none."""
    organization = catalog.entity("org")
    text = "json_extract({}.settings, '$.{}')" if frame.dialect == "sqlite" else "({}.settings ->> '{}')"
    at = frame.alias()
    limit = f"CAST(COALESCE({text.format(at, RESPONSE_LIMIT)}, '{USUAL_LIMIT}') AS INTEGER)"
    return compose(f"SELECT {limit} FROM organizations AS {at} WHERE {{}}", frame.within(organization, at))


VIRTUAL = {
    "MINE": VirtualTag("Owned by or assigned to you.", mine),
    "UNASSIGNED": VirtualTag("Neither owned by nor assigned to anybody.", unassigned),
    "TODAY": VirtualTag("Due today.", today),
    "OVERDUE": VirtualTag("Due in the past and still open.", overdue),
    "TODO": VirtualTag("Not done yet.", todo),
    "STALE": VirtualTag("Open and longer in its stage than the stage's limit.", make=stale, nouns=("deal",)),
    "MAILABLE": VirtualTag(
        "Have an address, and nobody with it has refused mail: for mailing lists.", make=mailable, nouns=PEOPLE
    ),
    "CALLABLE": VirtualTag("Have a phone number, and may be called.", callable_),
    "UNANSWERED": VirtualTag("Open, and not answered in time.", make=unanswered, nouns=("lead",)),
    "LATEST": VirtualTag("The newest score of each lead.", make=latest, nouns=("score",)),
}


def virtual(frame: Frame, entity: Entity, alias: str, node: Node) -> Sql:
    """Compile a virtual tag; raises UsageError for one that the entity has not."""
    name: str = getattr(node, "name", "")
    known = VIRTUAL.get(name)
    if known is None or not known.applies(entity):
        there = [f"+{tag}" for tag, meaning in VIRTUAL.items() if meaning.applies(entity)]
        node.spot.fail(
            f"{entity.noun} has no virtual tag +{name[:40]}",
            candidates=there,
            hint="tags are written in lower case; in capitals there are " + (" ".join(there) or "none here"),
        )
    return known.compile(frame, entity, alias)
