"""Lists of rows that have no noun of their own: the same filters, columns and order as everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import query
from mycrm_cli.cli import reading

if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State


def listed(state: State, entity: Entity, given: dict[str, Any], empty: str) -> None:
    """List the rows that a line chooses; ``empty`` is said where there are none."""
    if reading.asked_for_fields(state, entity, given):
        return
    limit = reading.limit_for(state, given["limit"])
    select = query.Select(
        entity,
        reading.columns_for(state, entity, given["fields"]),
        where=reading.wanted(entity, given),
        sort=given["sort"],
        limit=None if limit is None else limit + 1,
        after=reading.behind(state, entity, given),
    )
    found = state.reader.rows(select)
    shown = reading.Cut(found, limit)
    state.out.rows(found.columns, shown, state.scope.locale, empty=empty)
    if shown.more and state.out.format in ("table", "plain") and given["limit"] is None:
        state.out.say("more of them exist; -L 0 shows all")
