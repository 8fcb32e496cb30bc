"""PostgreSQL: whether the rules that keep organizations apart stand in the database as they were written."""

from __future__ import annotations

import re

from mycrm_cli import catalog
from mycrm_cli.db.everywhere import ask
from mycrm_cli.services.health.finding import Finding, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.db.connect import Connection

Policy = tuple[str, str, str]

TABLES = (
    "SELECT CAST(c.relname AS text), c.relrowsecurity, c.relforcerowsecurity FROM pg_class AS c"
    " WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('mycrm_logins'))"
    " AND c.relkind IN ('r', 'p') AND c.relname <> 'mycrm_logins' AND (c.relname = 'organizations' OR EXISTS ("
    "SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped))"
    " ORDER BY 1"
)
POLICIES = (
    "SELECT CAST(c.relname AS text), CAST(p.polname AS text), p.polpermissive, CAST(p.polcmd AS text),"
    " p.polroles = '{0}', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)"
    " FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid"
)
KEYS = (
    "SELECT CAST(c.relname AS text), k.convalidated, CAST(k.conname AS text), (SELECT array_agg(CAST(a.attname AS text)"
    " ORDER BY a.attname) FROM pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey)),"
    " CAST(f.relname AS text) FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid"
    " JOIN pg_class AS f ON f.oid = k.confrelid WHERE k.contype = 'f'"
)
FUNCTION = (
    "SELECT p.prosecdef, p.proowner = c.relowner, p.provolatile = 's', coalesce(p.proconfig::text, ''),"
    " c.relrowsecurity, (SELECT count(*) FROM aclexplode(c.relacl) AS g WHERE g.grantee <> c.relowner),"
    " (SELECT count(*) FROM pg_policy AS o WHERE o.polrelid = c.oid),"
    " has_function_privilege('public', to_regprocedure('mycrm_follow_user()'), 'EXECUTE')"
    " OR has_function_privilege('public', to_regprocedure('mycrm_guard_sign_in()'), 'EXECUTE')"
    " FROM pg_class AS c, pg_proc AS p WHERE c.oid = to_regclass('mycrm_logins')"
    " AND p.oid = to_regprocedure('mycrm_login_organization()')"
)
FOLLOWERS = (
    "SELECT CAST(t.tgrelid AS regclass)::text, CAST(t.tgname AS text), pg_get_triggerdef(t.oid, true), p.prosecdef,"
    " p.proowner = c.relowner, p.prosrc, coalesce(p.proconfig::text, '') FROM pg_trigger AS t"
    " JOIN pg_proc AS p ON p.oid = t.tgfoid JOIN pg_class AS c ON c.oid = to_regclass('mycrm_logins')"
    " WHERE t.tgenabled IN ('O', 'A') AND p.pronamespace = c.relnamespace"
    " AND p.proname IN ('mycrm_follow_user', 'mycrm_guard_sign_in')"
)
SCHEMA = (
    "SELECT has_schema_privilege('public', relnamespace, 'CREATE'), relnamespace::regnamespace::text"
    " FROM pg_class WHERE oid = to_regclass('mycrm_logins')"
)
STRONG = (
    "SELECT CAST(l.login AS text) FROM mycrm_logins AS l JOIN pg_roles AS r ON r.rolname = l.login"
    " WHERE r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication"
    " OR EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = r.oid)"
)
TRIGGERS = (
    "SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%append_only' AND tgenabled IN ('O', 'A')"
    " AND tgrelid IN (to_regclass('changes'), to_regclass('change_items'), to_regclass('change_payloads'))"
)
MEND = "restore the database's rules: a new database of this version has them (migrations/versions)"


def looked_at(connection: Connection) -> Iterator[Finding]:
    """Yield what is found in the server's catalogue."""
    tables = ask(connection, TABLES)
    wrong = [name for name, enabled, forced in tables if not (enabled and forced)]
    known = {entity.table for entity in catalog.entities().values() if entity.tenant}
    wrong += sorted(known - {name for name, *_ in tables})
    said = f"enabled and forced on {len(tables)} tables"
    hint = "ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    yield verdict("row security", wrong, said, hint, 2 * len(tables))
    yield _policies(connection, [str(row[0]) for row in tables])
    yield _keys(connection)
    yield _login_function(connection)
    yield from _surroundings(connection)


def _policies(connection: Connection, tables: list[str]) -> Finding:
    """Compare each table's policies with those that the schema gives it."""
    from mycrm_cli.db.ddl import own_rows

    found: dict[str, dict[str, tuple[Any, ...]]] = {}
    for table, name, *rest in ask(connection, POLICIES):
        found.setdefault(table, {})[name] = tuple(rest)
    wrong, tried = [], 0
    for table in tables:
        own, bound = own_rows("id" if table == "organizations" else "organization_id")
        expected: dict[str, tuple[bool, str, str, str | None]] = {
            f"{table}_own": (True, "*", own, own),
            f"{table}_login": (False, "*", bound, bound),
        }
        if table == "organizations":
            named = "slug = nullif(current_setting('mycrm.organization_slug', true), '')"
            expected["organizations_named"] = (True, "r", named, None)
        there = found.get(table, {})
        for name in sorted(there.keys() | expected.keys()):
            tried += 1
            if name not in there or name not in expected or not _same(there[name], expected[name]):
                wrong.append(f"{table}: {name}")
    return verdict("policies", wrong, f"{tried} as the schema has them, no other", MEND, tried)


def _same(found: tuple[Any, ...], expected: tuple[bool, str, str, str | None]) -> bool:
    permissive, command, everybody, using, check = found
    return (
        (permissive, command) == expected[:2]
        and bool(everybody)
        and _bare(using) == _bare(expected[2])
        and _bare(check) == _bare(expected[3])
    )


def _bare(expression: str | None) -> str:
    """Return a condition without what the server adds when it shows it."""
    text = re.sub(r"::text|\bAS \"?\w+\"?", "", (expression or "").replace("organizations.", ""))
    return re.sub(r"[\s()]", "", text).lower()


def _keys(connection: Connection) -> Finding:
    """Return whether every reference carries its organization along, and was checked for all rows."""
    wrong, tried = [], 0
    keys = {(table, tuple(columns)): valid for table, valid, _, columns, _ in ask(connection, KEYS)}
    for entity in catalog.entities().values():
        for field in entity.fields.values():
            target = field.options.get("table")
            if not target or not entity.tenant or target == "organizations":
                continue
            tried += 1
            fitting = [
                valid
                for (table, columns), valid in keys.items()
                if table == entity.table and {"organization_id", field.name} <= set(columns)
            ]
            if not any(fitting):
                wrong.append(f"{entity.table}.{field.name}")
    return verdict("references", wrong, f"{tried} lead to records of the same organization only", MEND, tried)


def _login_function(connection: Connection) -> Finding:
    """Return whether what ties logins to organizations is closed to everybody but the owner of the tables."""
    found = ask(connection, FUNCTION)
    if not found:
        return verdict("logins", ["mycrm_logins or its function is missing"], "", MEND, 14)
    definer, owned, stable, settings, secured, granted, policies, open = found[0]
    wrong = ["mycrm_login_organization() is not as it was made"] if not (definer and owned and stable) else []
    wrong += [] if "search_path=pg_catalog, pg_temp" in settings else ["its search_path is not fixed"]
    wrong += [] if secured and not granted and not policies else ["mycrm_logins is open to others"]
    wrong += ["everybody may use the functions of triggers"] if open is not False else []
    wrong += _followers(connection)
    return verdict("logins", wrong, "nobody but the owner of the tables reaches them", MEND, 14)


def _followers(connection: Connection) -> list[str]:
    """Return what is wrong with the triggers by which a login follows its user and keeps to it."""
    from mycrm_cli.db import logins

    found = {(table, name): row for table, name, *row in ask(connection, FOLLOWERS)}
    written = {_bare(text) for text in (*logins.statements(), *logins.guards())}
    wrong = []
    for table, name in (("users", "users_login"), *((table, f"{table}_guard") for table in logins.GUARDED)):
        definition, definer, owned, body, settings = found.get((table, name), ("", False, False, "", ""))
        fine = definer and owned and "search_path=pg_catalog, pg_temp" in settings
        if not (fine and _bare(definition) in written and any(_bare(body) in text for text in written)):
            wrong.append(f"the trigger {name} is missing, off or altered")
    return wrong


def _surroundings(connection: Connection) -> Iterator[Finding]:
    """Yield what else could get past the rules."""
    [(creates, schema)] = ask(connection, SCHEMA) or [(False, "")]
    wrong = [f"every login may make objects in the schema {schema}"] if creates else []
    hint = f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC;"
    yield verdict("schema rights", wrong, "nobody makes objects where the tables are", hint, 1)
    [(triggers,)] = ask(connection, TRIGGERS)
    wrong = [] if triggers == 3 else [f"{3 - triggers} of 3 triggers are missing or off"]
    yield verdict("journal", wrong, "append-only", MEND, 3)
    [(readable,)] = ask(connection, "SELECT has_table_privilege('mycrm_logins', 'SELECT')")
    if readable:
        strong = [str(login) for (login,) in ask(connection, STRONG)]
        hint = "ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE; REVOKE … FROM …"
        yield verdict("granted logins", strong, "none has powers or is in a group", hint, 1)
