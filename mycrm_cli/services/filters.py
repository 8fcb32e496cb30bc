"""Saving filters under a name."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Duplicate
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services import records, rows, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def save(work: Work, noun: str, name: str, given: Row, *, replace: bool = False) -> tuple[UUID, list[UUID]]:
    """Save a filter of a noun and return its id, and the ids that are different now.

    Raises Duplicate where there is one of the name and ``replace`` does not say that it may go.
    """
    table = catalog.entity("saved_filters")
    read = {key: values.accept(work.reader, table, table.fields[key], value) for key, value in given.items()}
    there = existing(work, noun, name)
    if there is None:
        new = records.add(work, table, [{"entity": noun, "name": name, **read}])
        return new[0]["id"], [new[0]["id"]]
    if not replace:
        raise Duplicate(
            f"a filter @{name} of {catalog.entity(noun).plural} exists already",
            details=[{"field": "name", "code": "duplicate"}],
            hint="--replace saves over it",
        )
    return there, records.edit(work, table, [(there, read)])


def existing(work: Work, noun: str, name: str) -> UUID | None:
    """Return the id of the filter of a noun that has a name, in any case."""
    table = catalog.entity("saved_filters")
    found = rows.fetch(work.connection, work.scope, table, "entity", [noun], ["id", "name"])
    return next((id for id, other in found if fold_key(other) == fold_key(name)), None)


def joined(expressions: Sequence[str]) -> str:
    """Return several filters, which must all hold, as one expression."""
    texts = [text.strip() for text in expressions if text.strip()]
    return texts[0] if len(texts) == 1 else " ".join(f"({text})" for text in texts)
