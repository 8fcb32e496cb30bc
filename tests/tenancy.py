"""Checks every statement the program sends in tests: each tenant table in it is kept to one organization."""

import re

from mycrm_cli import catalog

TABLE = re.compile(r"\b(FROM|JOIN|UPDATE|INTO)\s+(temp\.)?(\w+)(?:\s+(?:AS\s+)?(\w+))?", re.IGNORECASE)
NO_ALIAS = ("WHERE", "SET", "ON", "LEFT", "JOIN", "CROSS", "ORDER", "UNION", "AND", "LIMIT", "VALUES", "SELECT")
UNSCOPED = (
    re.compile(r"SELECT max\(search_rowid\) FROM \w+$"),  # keys of SQLite's index are shared by the file
    re.compile(r"SELECT count\(\*\) FROM \(SELECT 1 FROM \w+ LIMIT \?\)$"),  # how large the file's table is
)


def unscoped_tables(sql: str) -> list[str]:
    """Return the tenant tables of a statement that no condition keeps to an organization."""
    if any(allowed.match(sql) for allowed in UNSCOPED):
        return []
    tenant = {entity.table for entity in catalog.entities().values() if entity.tenant}
    return [
        table
        for verb, temporary, table, alias in TABLE.findall(sql)
        if table in tenant and not temporary and not is_scoped(sql, verb.upper(), table, alias)
    ]


def is_scoped(sql: str, verb: str, table: str, alias: str) -> bool:
    """Return whether a table of a statement names its organization."""
    if verb == "INTO":
        return bool(re.search(rf"INTO {table} \([^)]*\borganization_id\b", sql, re.IGNORECASE))
    if " WHERE 0" in sql and sql.startswith("CREATE TEMP TABLE"):
        return True
    named = rf"{alias}\." if alias and alias.upper() not in NO_ALIAS else ""
    return bool(re.search(rf"(?<![\w.]){named}organization_id\s*=", sql))


def check(sql: str) -> None:
    """Fail for a statement that could reach another organization."""
    loose = unscoped_tables(sql)
    assert not loose, f"{', '.join(loose)} without an organization in: {sql}"
