"""PostgreSQL: whether each granted login may do what the role of its user may now, and no more."""

from __future__ import annotations

from mycrm_cli.db.everywhere import ask, naming
from mycrm_cli.services.health.finding import FAIL, WARN, Finding, verdict
from mycrm_cli.services.rights import MAINTAINING, held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.services.rights import Right

KNOWN = "SELECT DISTINCT organization_id FROM mycrm_logins ORDER BY organization_id"
ALL = (
    "SELECT CAST(l.login AS text), u.email, u.role FROM mycrm_logins AS l JOIN pg_roles AS r ON r.rolname = l.login"
    " JOIN users AS u ON u.organization_id = l.organization_id AND u.id = l.user_id"
    " WHERE l.organization_id = ? ORDER BY u.email"
)
MINE = (
    "SELECT CAST(l.login AS text), u.email, u.role FROM users AS u, LATERAL mycrm_login_of(u.id) AS l"
    " WHERE l.login = session_user"
)
ON_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
ON_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
HELD = (
    "WITH tables AS MATERIALIZED (SELECT oid, CAST(relname AS text) AS name FROM pg_class"
    " WHERE relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('mycrm_logins')))"
    " SELECT t.name, '', v FROM tables AS t, unnest(CAST(? AS text[])) AS v WHERE has_table_privilege(?, t.oid, v)"
    " UNION ALL SELECT t.name, CAST(a.attname AS text), v"
    " FROM tables AS t JOIN pg_attribute AS a ON a.attrelid = t.oid,"
    " unnest(CAST(? AS text[])) AS v WHERE a.attnum > 0 AND NOT a.attisdropped"
    " AND NOT has_table_privilege(?, t.oid, v) AND has_column_privilege(?, t.oid, a.attnum, v)"
)
SHOWN = 3
RENEW = "mycrm db grant USER gives a login the rights of its user's role, mycrm db revoke USER takes it away"


def looked_at(connection: Connection) -> Iterator[Finding]:
    """Yield what logins may do beyond the role of their users, and what they lack."""
    version = connection.raw.info.server_version
    more, less, tried, logins = [], [], 0, _logins(connection)
    for login, email, role in logins:
        found, wanted = _held(connection, login, version), held(role, version)
        tried += len(found | wanted)
        who = f"{login} of {email}, who is {role},"
        more += [f"{who} may {_named(found - wanted)}"] if found - wanted else []
        less += [f"{who} may not {_named(wanted - found)}"] if wanted - found else []
    if logins:
        yield verdict("login rights", more, f"{len(logins)}: none may more than its user's role", RENEW, tried, FAIL)
    if less:
        yield verdict("missing rights", less, "", RENEW, len(less), WARN)


def _logins(connection: Connection) -> list[tuple[Any, ...]]:
    """Return (login, address, role) of all granted logins that can be asked for: all, or the session's own."""
    [(readable,)] = ask(connection, "SELECT has_table_privilege('mycrm_logins', 'SELECT')")
    if not readable:
        return ask(connection, MINE)
    found = []
    for (organization,) in ask(connection, KNOWN):
        with naming(connection, organization):
            found += ask(connection, ALL, (organization,))
    return found


def _held(connection: Connection, login: str, version: int) -> set[Right]:
    """Return what a login may do with tables and columns, whether it was granted that or everybody was."""
    verbs = [*ON_TABLES, *(["MAINTAIN"] if version >= MAINTAINING else [])]
    params = (verbs, login, list(ON_COLUMNS), login, login)
    return {(str(table), str(column), str(verb)) for table, column, verb in ask(connection, HELD, params)}


def _named(rights: set[Right]) -> str:
    """Return some rights in words."""
    words = [f"{verb} {table}{f'.{column}' if column else ''}" for table, column, verb in sorted(rights)]
    return " and ".join([", ".join(words[:SHOWN]), *([f"{len(words) - SHOWN} more"] if len(words) > SHOWN else [])])
