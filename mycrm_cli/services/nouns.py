"""What one noun asks for beside the rules of all: one module for each, which every way of writing calls.

A module of ``services.own`` may have any of these functions, each for many records at a time:

- ``read(reader, field, text)`` reads what is typed for a field where it is more than a value, or returns None;
- ``fill(work, values)`` completes what was given for new records, before defaults are filled in;
- ``hold(work, edits)`` locks what the rules rely on, before the records themselves: (id, what is given);
- ``adapt(work, edits)`` completes what was given for changes, before it is compared: (row before, what is given);
- ``derive(work, changes)`` adds to what is about to change: ``changes`` are (row before, what is touched);
- ``take_in(work, incoming)`` turns ``WORDS``, which only imports say, into fields: (row before or None, values);
- ``check(work, before, after)`` refuses one record that must not be so (before is None for a new one);
- ``settle(work, changed)`` refuses what several changed records make together: (before, after) of each;
- ``follow(work, written)`` brings other tables in line with what was written;
- ``release(work, ids)`` takes back what goes on by itself, while it still points to records that are about to go;
- ``leave(work, images)`` does so for records that are about to go for good.

What they write follows from what the user did and asks for no right of its own. Undo calls none of them: what they
wrote stands in the journal as well.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import NamedTuple

from mycrm_cli import catalog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

OWN = frozenset(
    (
        "activity",
        "assignment_rules",
        "contact",
        "cron_jobs",
        "custom_fields",
        "deal",
        "email",
        "email_sequence_enrollments",
        "exchange_rates",
        "item",
        "lead",
        "note",
        "pipeline",
        "product",
        "saved_filters",
        "stage",
        "targets",
        "task",
        "user",
    )
)
"""The nouns that have a module of their own."""


class Written(NamedTuple):
    """A record that was written: as it was (None for a new one), as it is, and what was given for it."""

    before: Row | None
    after: Row
    given: Row


def own(entity: Entity, function: str) -> Any:
    """Return a function of the noun's own module, or None."""
    return _function(entity.name, function) if entity.name in OWN else None


@cache
def _function(name: str, function: str) -> Any:
    return getattr(import_module(f"mycrm_cli.services.own.{name}"), function, None)


def fill(work: Work, entity: Entity, values: Sequence[Row]) -> None:
    """Complete the values of new records, in place."""
    if function := own(entity, "fill"):
        with work.on_behalf():
            function(work, values)


def read(reader: Reader, entity: Entity, field: Field, text: str) -> Any:
    """Return what a text means to the noun itself, or None where it is read like any other."""
    function = own(entity, "read")
    return function(reader, field, text) if function else None


def hold(work: Work, entity: Entity, edits: Sequence[tuple[UUID, Row]]) -> None:
    """Keep others from what the rules rely on, before the records are locked."""
    if (function := own(entity, "hold")) and edits:
        function(work, edits)


def adapt(work: Work, entity: Entity, edits: Sequence[tuple[Row, Row]]) -> None:
    """Complete what was given for records that are about to change, in place."""
    if (function := own(entity, "adapt")) and edits:
        function(work, edits)


def words(entity: Entity) -> dict[str, str]:
    """Return what only imports may say of the noun, each with the field as which it is read."""
    found: dict[str, str] = own(entity, "WORDS") or {}
    return found


def along(entity: Entity) -> list[Entity]:
    """Return the tables that get a row with each new record, or nearly."""
    return [catalog.entity(name) for name in own(entity, "ALONG") or ()]


def take_in(work: Work, entity: Entity, incoming: Sequence[tuple[Row | None, Row]]) -> None:
    """Turn what only imports say into fields, in place."""
    if (function := own(entity, "take_in")) and incoming:
        function(work, incoming)


def derive(work: Work, entity: Entity, changes: Sequence[tuple[Row, Row]]) -> None:
    """Add to the columns that are about to change those that follow from them, in place."""
    if (function := own(entity, "derive")) and changes:
        function(work, changes)


def check(work: Work, entity: Entity, before: Row | None, after: Row) -> None:
    """Check the rules of the record's noun."""
    if function := own(entity, "check"):
        function(work, before, after)


def settle(work: Work, entity: Entity, changed: Sequence[tuple[Row, Row]]) -> None:
    """Check the rules that concern several records together, once they are written."""
    if (function := own(entity, "settle")) and changed:
        with work.on_behalf():
            function(work, changed)


def follow(work: Work, entity: Entity, written: Sequence[Written]) -> None:
    """Bring what belongs to the records in line with them."""
    if (function := own(entity, "follow")) and written:
        with work.on_behalf():
            function(work, written)


def release(work: Work, entity: Entity, ids: Sequence[UUID]) -> None:
    """Take back what goes on by itself for records that are about to go for good, before anything lets go of them."""
    if (function := own(entity, "release")) and ids:
        function(work, ids)


def leave(work: Work, entity: Entity, images: Sequence[Row]) -> None:
    """Bring other tables in line with records that are about to go for good."""
    if (function := own(entity, "leave")) and images:
        with work.on_behalf():
            function(work, images)
