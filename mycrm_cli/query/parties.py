"""The contacts and the companies of a deal, with their parts in it; one of each is the main one."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.select import Select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader


class Side:
    """Contacts or companies of deals: the noun, the table of those that have a part, and the column of the main one."""

    __slots__ = ("column", "fields", "noun", "table")

    def __init__(self, noun: str, table: str, column: str, fields: tuple[str, ...]) -> None:
        self.noun = noun
        self.table = table
        self.column = column
        self.fields = fields


CONTACTS = Side("contact", "deal_contacts", "contact_id", ("id", "number", "name", "email", "phone"))
COMPANIES = Side("company", "deal_companies", "company_id", ("id", "number", "name", "domain", "phone"))


def parties(reader: Reader, side: Side, deal: UUID) -> list[tuple[Any, ...]]:
    """Return (fields of the side, part, whether it is the main one) of those who have a part, the main one first."""
    only = equals("id", str(deal))
    main = next(row[0] for row in reader.rows(Select(catalog.entity("deal"), [side.column], where=only, sort="id")))
    link = Select(
        catalog.entity(side.table), [side.column, "role"], where=equals("opportunity_id", str(deal)), sort="id"
    )
    roles: dict[UUID, str | None] = {} if main is None else {main: None}
    roles.update(reader.rows(link))
    if not roles:
        return []
    wanted = equals("id", *map(str, roles))
    found = {
        row[0]: row for row in reader.rows(Select(catalog.entity(side.noun), side.fields, where=wanted, sort="id"))
    }
    return [(*found[id], role, id == main) for id, role in roles.items() if id in found]
