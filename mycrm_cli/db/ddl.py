"""The SQL that makes an empty database ours: tables, indexes, full text, row security, triggers.

Written from the entities' tables, which must have been imported. What it returned is frozen in the
first migration, so that a database made today and one made by yesterday's release are the same.
"""

from collections.abc import Iterator

from sqlalchemy import Dialect, Index, Table
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, ExecutableDDLElement

from mycrm_cli.db import logins, signals_ddl
from mycrm_cli.db.base import metadata
from mycrm_cli.db.logins import SETTING
from mycrm_cli.kinds.folding import folding_table

JOURNAL = ("changes", "change_items", "change_payloads")
DELETABLE = ("change_payloads",)
"""Payloads may be deleted, never altered: erasing a person needs it, and the chain covers their hashes."""
REFUSAL = "the journal is append-only"
LONGEST_VECTOR = 200_000
"""Characters of search_text that PostgreSQL indexes: a tsvector holds less than a megabyte."""


def statements(dialect_name: str) -> list[str]:
    """Return the complete DDL for ``sqlite`` or ``postgresql``, one statement an item, none with an empty line."""
    write = {"sqlite": _sqlite, "postgresql": _postgresql}[dialect_name]
    return [statement.strip() for statement in write(list(metadata.tables.values()))]


def searchable(tables: list[Table]) -> list[Table]:
    """Return the tables that full-text search covers."""
    return [table for table in tables if "search_text" in table.columns]


def _compiled(element: ExecutableDDLElement, dialect: Dialect) -> str:
    """Return the SQL of an element, tidied."""
    text = str(element.compile(dialect=dialect))
    return "\n".join(line.rstrip().replace("\t", "    ") for line in text.splitlines() if line.strip())


def _indexes(tables: list[Table], dialect: Dialect) -> Iterator[str]:
    """Yield the indexes; those on JSON exist only where the database has GIN."""
    for table in tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if dialect.name == "postgresql" or not is_gin(index):
                yield _compiled(CreateIndex(index), dialect)


def is_gin(index: Index) -> bool:
    """Tell whether an index is one that only PostgreSQL has."""
    return bool(index.dialect_options["postgresql"]["using"] == "gin")


def _sqlite(tables: list[Table]) -> Iterator[str]:
    dialect = SQLiteDialect()
    for table in tables:
        # The full-text index is keyed by it, so it is never empty here; PostgreSQL does without.
        yield _compiled(CreateTable(table), dialect).replace("search_rowid INTEGER,", "search_rowid INTEGER NOT NULL,")
    yield from _indexes(tables, dialect)
    for table in searchable(tables):
        yield from _full_text(table.name)
    yield from signals_ddl.sqlite()
    for name in JOURNAL:
        for verb in ("UPDATE",) if name in DELETABLE else ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
                f"BEGIN\n    SELECT RAISE(ABORT, '{REFUSAL}');\nEND"
            )


def _full_text(table: str) -> Iterator[str]:
    """Yield SQLite's full-text index of a table and the triggers that keep it."""
    index = f"{table}_search"
    add = f"INSERT INTO {index} (rowid, search_text) VALUES (new.search_rowid, new.search_text);"
    remove = f"INSERT INTO {index} ({index}, rowid, search_text) VALUES ('delete', old.search_rowid, old.search_text);"
    changed = "old.search_text IS NOT new.search_text OR old.search_rowid IS NOT new.search_rowid"
    yield (
        f"CREATE VIRTUAL TABLE {index} USING fts5 (search_text, content='{table}', "
        """content_rowid='search_rowid', tokenize="unicode61 remove_diacritics 0")"""
    )
    yield f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN\n    {add}\nEND"
    yield f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN\n    {remove}\nEND"
    yield (
        f"CREATE TRIGGER {index}_update AFTER UPDATE OF search_text, search_rowid ON {table}\n"
        f"WHEN {changed} BEGIN\n    {remove}\n    {add}\nEND"
    )


def _postgresql(tables: list[Table]) -> Iterator[str]:
    dialect = PGDialect()  # type: ignore[no-untyped-call]
    yield fold_function()
    for table in tables:
        yield _compiled(CreateTable(table, include_foreign_key_constraints=[]), dialect)
    for table in tables:
        for rule in sorted(table.foreign_key_constraints, key=lambda rule: str(rule.name)):
            yield _compiled(AddConstraint(rule, isolate_from_table=False), dialect)
    yield from _indexes(tables, dialect)
    for table in searchable(tables):
        vector = f"to_tsvector('simple'::regconfig, left(search_text, {LONGEST_VECTOR}))"
        yield f"ALTER TABLE {table.name} ADD COLUMN search_vector tsvector GENERATED ALWAYS AS ({vector}) STORED"
        yield f"CREATE INDEX ix_{table.name}_search_vector ON {table.name} USING gin (search_vector)"
    yield from logins.statements()
    for table in tables:
        yield from _row_security(table)
    yield from logins.guards()
    yield from signals_ddl.postgresql()
    yield from _append_only()


def fold_function() -> str:
    """Return PostgreSQL's ``mycrm_fold``, equal to :func:`mycrm_cli.kinds.folding.fold`."""
    single_from, single_to, several = folding_table()
    bare = r"regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g')"
    folded = f"translate(lower({bare} COLLATE \"C\"),\n        '{single_from}',\n        '{single_to}')"
    for char, chars in several:
        folded = f"replace({folded}, '{char}', '{chars}')"
    return (
        "CREATE FUNCTION mycrm_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT\n"
        'RETURN CASE WHEN octet_length(value) = char_length(value) THEN lower(value COLLATE "C")\n'
        f"    ELSE normalize({folded}, NFC) END"
    )


def own_rows(column: str) -> tuple[str, str]:
    """Return the conditions of a table's two policies, of which both must hold.

    A session sees the organization that it names, or else that of its login; and none but that of its login, if it has
    one. Both are worked out once for a statement, as values that do not depend on the row: PostgreSQL takes them and
    the statement's own condition for one, and plans as if that stood alone. (A COALESCE outside of the SELECT would
    not count as leakproof, and be evaluated for every row.)
    """
    named = f"nullif(current_setting('{SETTING}', true), '')::uuid"
    bound = "mycrm_login_organization()"
    first = f"{column} = (SELECT COALESCE({named}, {bound}))"
    # An organization may also be looked up by its short name, with no id named.
    second = f"COALESCE((SELECT {bound}), id)" if column == "id" else f"(SELECT COALESCE({bound}, {named}))"
    return first, f"{column} = {second}"


def _row_security(table: Table) -> Iterator[str]:
    """Yield what shows to a session nothing but the rows of its own organization."""
    column = "organization_id" if "organization_id" in table.columns else "id"
    if column == "id" and table.name != "organizations":
        return
    own, bound = own_rows(column)
    yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY {table.name}_own ON {table.name}\n    USING ({own})\n    WITH CHECK ({own})"
    yield (
        f"CREATE POLICY {table.name}_login ON {table.name} AS RESTRICTIVE\n"
        f"    USING ({bound})\n    WITH CHECK ({bound})"
    )
    if table.name == "organizations":
        # A profile knows its organization by name before it knows the id.
        named = "slug = nullif(current_setting('mycrm.organization_slug', true), '')"
        yield f"CREATE POLICY organizations_named ON organizations FOR SELECT\n    USING ({named})"


def _append_only() -> Iterator[str]:
    """Yield the triggers that refuse to alter the journal."""
    yield (
        "CREATE FUNCTION mycrm_append_only() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';\nEND $$"
    )
    for name in JOURNAL:
        events = "UPDATE" if name in DELETABLE else "UPDATE OR DELETE"
        yield (
            f"CREATE TRIGGER {name}_append_only BEFORE {events} ON {name}\n"
            "    FOR EACH ROW EXECUTE FUNCTION mycrm_append_only()"
        )
        yield (
            f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name}\n"
            "    FOR EACH STATEMENT EXECUTE FUNCTION mycrm_append_only()"
        )
