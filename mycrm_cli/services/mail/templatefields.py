"""The fields that templates may name, and their values for some people: as people see them, in the organization's zone.

Of each record only the fields that a template names are read, with one statement for many records.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from mycrm_cli import catalog, query
from mycrm_cli.errors import Invalid, NotFound, UsageError
from mycrm_cli.kinds.base import EMPTY
from mycrm_cli.kinds.times import zone
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.paths import Path, resolve
from mycrm_cli.query.select import compile_select
from mycrm_cli.scope import Locale
from mycrm_cli.services import rows
from mycrm_cli.services.mail.templatelanguage import bad
from mycrm_cli.services.mail.templatevalues import Group, Value, grouped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.query.select import Column
    from mycrm_cli.scope import Scope

RECORDS = ("contact", "lead", "company", "deal", "user")
"""What templates may speak of, beside ``organization.name`` and ``unsubscribe_url``."""
ALONE = "unsubscribe_url"
ORGANIZATION = "organization"
REACHABLE = frozenset((*RECORDS, "campaign", "pipeline", "stage", "team"))
"""The entities that a name may lead over: ``contact.owner.first_name``."""
FARTHEST = 2
CLOSED = ("json", "secret")
CURRENCY = "currency"


class Subject(NamedTuple):
    """Whom a message is about: ids of the records that there are."""

    contact: UUID | None = None
    lead: UUID | None = None
    company: UUID | None = None
    deal: UUID | None = None
    user: UUID | None = None


def check(reader: Reader, part: str, names: Mapping[str, int]) -> None:
    """Refuse names of fields that there are not; raises Invalid with the nearest ones."""
    for name, line in names.items():
        root, _, rest = name.partition(".")
        if name in (ALONE, f"{ORGANIZATION}.name"):
            continue
        if root not in RECORDS or not rest:
            raise _unknown(part, name, line, [*(f"{each}.…" for each in RECORDS), f"{ORGANIZATION}.name", ALONE])
        entity = catalog.entity(root)
        try:
            path = resolve(entity, rest)
            compile_select(reader.frame(), query.Select(entity, [rest]))
        except (UsageError, NotFound) as error:
            raise _unknown(part, name, line, [f"{root}.{each}" for each in error.candidates]) from None
        if not _is_open(path):
            raise _unknown(part, name, line, [])


def _is_open(path: Path) -> bool:
    """Return whether a field may stand in a message: no secret, nothing without a shape, not too far away."""
    way = [entity.name for _, entity in path.steps]
    if len(way) > FARTHEST or not REACHABLE.issuperset(way):
        return False
    return path.what == "custom" or path.field is None or path.field.kind.name not in CLOSED


def _unknown(part: str, name: str, line: int, near: list[str]) -> Invalid:
    error = bad(part, f"there is no field {name[:60]!r}", line)
    error.details = [{"field": part, "code": "unknown_field", "name": name[:200]}]
    error.candidates = near
    return error


def habits(reader: Reader) -> Locale:
    """Return how the organization writes, whoever is asking."""
    org, own = catalog.entity("org"), reader.scope.organization_id
    [(settings,)] = rows.fetch(reader.connection, reader.scope, org, "id", [own], ["settings"])
    told: dict[str, Any] = settings or {}
    return Locale(
        *(str(told.get(name) or usual) for name, usual in (("timezone", "UTC"), ("region", "US"), ("currency", "USD")))
    )


class Fields:
    """The values of some names for some people, read at once."""

    def __init__(self, reader: Reader, names: Iterable[str], subjects: Sequence[Subject]) -> None:
        self.scope: Scope = reader.scope
        self.locale = habits(reader)
        wanted: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            root, _, rest = name.partition(".")
            if root in RECORDS:
                wanted.setdefault(root, []).append(rest)
        self.groups: dict[str, dict[UUID, Group]] = {}
        self.labels: dict[tuple[str, UUID], str] = {}
        for root, fields in wanted.items():
            ids = sorted({id for one in subjects if (id := getattr(one, root)) is not None})
            self.groups[root] = dict(self._read(reader, root, fields, ids))

    def _read(self, reader: Reader, root: str, fields: list[str], ids: list[UUID]) -> Iterable[tuple[UUID, Group]]:
        entity = catalog.entity(root)
        more = [CURRENCY] if CURRENCY in entity.fields else []
        for chunk in rows.chunks(ids):
            where = equals("id", *map(str, chunk))
            found = reader.rows(query.Select(entity, ["id", *fields, *more], where=where, sort="id", deleted=None))
            for id, *cells in found:
                currency = cells.pop() if more else self.locale.currency
                columns = found.columns[1 : len(fields) + 1]
                shown = (self._value(column, cell, currency) for column, cell in zip(columns, cells, strict=True))
                yield id, grouped(root, dict(zip(fields, shown, strict=True)))

    def _value(self, column: Column, cell: Any, currency: str | None) -> Value | None:
        if cell in EMPTY:
            return None
        if column.prefix:
            return Value(cell, f"{column.prefix}-{cell}")
        raw = cell.astimezone(zone(self.locale.timezone)) if isinstance(cell, datetime) else cell
        return Value(raw, column.kind.show(cell, self.locale), currency)

    def of(self, subject: Subject, unsubscribe_url: str | None) -> dict[str, Any]:
        """Return what a template sees of one person."""
        seen: dict[str, Any] = {}
        for root in RECORDS:
            known = self.groups.get(root, {}).get(getattr(subject, root))
            seen[root] = Group(root, {}) if known is None else known
        name = self.scope.organization
        seen[ORGANIZATION] = Group(ORGANIZATION, {"name": Value(name, name)})
        if unsubscribe_url is not None:
            seen[ALONE] = Value(unsubscribe_url, unsubscribe_url)
        return seen


def companies(reader: Reader, contacts: Iterable[UUID], deals: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the companies of contacts and deals, by the id of either."""
    found: dict[UUID, UUID] = {}
    for noun, ids in (("contact", contacts), ("deal", deals)):
        entity: Entity = catalog.entity(noun)
        wanted = sorted(set(ids))
        columns = ["id", "company_id"]
        pairs = rows.fetch(reader.connection, reader.scope, entity, "id", wanted, columns)
        found |= {id: company for id, company in pairs if company is not None}
    return found
