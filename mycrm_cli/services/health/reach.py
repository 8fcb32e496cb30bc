"""PostgreSQL: what the profile's login reaches in the live database, tried table by table and taken back."""

from __future__ import annotations

from uuid import uuid4

from mycrm_cli.db.everywhere import ask, naming, refuses
from mycrm_cli.errors import CrmError
from mycrm_cli.services.health import policies
from mycrm_cli.services.health.finding import FAIL, WARN, Finding, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.db.connect import Connection

GRANT = "mycrm db grant USER gives each person a login that reaches the own organization alone"


def looked_at(connection: Connection, own: UUID, others: Sequence[UUID]) -> Iterator[Finding]:
    """Yield what the login reaches: with no organization named, an unknown one, others; and where it can write."""
    tables = [str(row[0]) for row in ask(connection, policies.TABLES)]
    [(bound,)] = ask(connection, "SELECT mycrm_login_organization()")
    yield _named(connection, tables, None, "without an organization", [bound] if bound else [])
    yield _named(connection, tables, uuid4(), "an unknown organization", [])
    if bound is not None and bound != own:
        yield Finding("login", FAIL, "it belongs to another organization than the profile", "mycrm profile view")
    if others:
        yield _others(connection, tables, others, granted=bound is not None)
    yield _writes(connection, tables, own, [uuid4(), *others])


def _column(table: str) -> str:
    return "id" if table == "organizations" else "organization_id"


def _seen(connection: Connection, table: str, but: Collection[UUID] = ()) -> bool:
    """Return whether a row of a table is seen, of another organization than ``but`` names."""
    column = _column(table)
    return bool(
        ask(connection, f"SELECT 1 FROM {table} WHERE {column} <> ALL(CAST(? AS uuid[])) LIMIT 1", (list(but),))
    )


def _named(
    connection: Connection, tables: Sequence[str], organization: UUID | None, what: str, visible: Collection[UUID]
) -> Finding:
    """Return whether a transaction that names an organization sees the rows of ``visible`` ones only."""
    wrong = []
    with naming(connection, organization):
        for table in tables:
            try:
                wrong += [table] if _seen(connection, table, visible) else []
            except CrmError:
                connection.rollback()
                return Finding(what, FAIL, f"{table} cannot be read", "mycrm db grant USER renews what a login may do")
    said = f"{len(tables)} tables show {'the own rows only' if visible else 'no row'}"
    return verdict(what, [f"{table} shows rows" for table in wrong], said, policies.MEND, len(tables))


def _others(connection: Connection, tables: Sequence[str], others: Sequence[UUID], *, granted: bool) -> Finding:
    """Return whether a transaction that names another organization sees nothing; a shared login does, by design."""
    seen = set()
    for other in others:
        with naming(connection, other):
            seen |= {f"{table} of {other}" for table in tables if _seen(connection, table)}
    said = f"{len(others)} others in {len(tables)} tables: no row"
    tried = len(others) * len(tables)
    if granted:
        return verdict("other organizations", sorted(seen), said, policies.MEND, tried)
    wrong = [f"this login is shared: it sees others when it names them ({len(others)} tried)"] if seen else []
    return verdict("other organizations", wrong, said, GRANT, tried, WARN)


def _writes(connection: Connection, tables: Sequence[str], own: UUID, foreign: Sequence[UUID]) -> Finding:
    """Return whether every table refuses a row of another organization; the policies come before other rules."""
    wrong, tried = [], 0
    with naming(connection, own):
        for table in tables:
            for other in foreign:
                tried += 1
                sql = f"INSERT INTO {table} ({_column(table)}) VALUES (?)"
                wrong += [] if refuses(connection, sql, (other,)) else [f"{table} takes a row of another organization"]
    return verdict("foreign writes", wrong, f"{tried} tries refused", policies.MEND, tried)
