"""Reads from a database's own catalogue what its tables look like."""

import re

from mycrm_cli.db.connect import Connection

Rows = tuple[str, ...]


class Found:
    """One table as the database describes it."""

    def __init__(self) -> None:
        self.columns: dict[str, tuple[str, bool, bool]] = {}
        self.primary: Rows = ()
        self.unique: set[Rows] = set()
        self.indexes: set[Rows] = set()
        self.foreign: set[str] = set()
        self.checks: dict[str, set[str]] = {}
        self.names: set[str] = set()


def read(connection: Connection) -> dict[str, Found]:
    """Return every table but Alembic's, those inside full-text indexes, and that of PostgreSQL's logins."""
    return _sqlite(connection) if connection.dialect == "sqlite" else _postgresql(connection)


def literals(condition: str) -> set[str]:
    """Return the words and numbers that a CHECK compares with."""
    words = re.findall(r"'([^']*)'", condition)
    bare = re.sub(r"'[^']*'|\"[^\"]*\"|\b[A-Za-z_]\w*(\(\d+(,\d+)?\))?", " ", condition)
    return {word for word in words if not re.fullmatch(r"", word)} | set(re.findall(r"\d+(?:\.\d+)?", bare))


def _sqlite(connection: Connection) -> dict[str, Found]:
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
    found = {}
    for name, sql in connection.execute(query).fetchall():
        if "_search" not in name and name != "alembic_version" and not name.startswith("sqlite_"):
            found[name] = _sqlite_table(connection, name, sql)
    return found


def _sqlite_table(connection: Connection, name: str, sql: str) -> Found:
    table = Found()
    keys = {}
    for _, column, type_, not_null, _, key, hidden in connection.execute(f"PRAGMA table_xinfo({name})"):
        table.columns[column] = (type_, not not_null, hidden == 3)
        keys[key] = column
    table.primary = tuple(keys[position] for position in sorted(keys) if position)
    references: dict[int, list[tuple[str, str, str]]] = {}
    for id_, _, target, here, there, *_ in connection.execute(f"PRAGMA foreign_key_list({name})").fetchall():
        references.setdefault(id_, []).append((target, here, there))
    for parts in references.values():
        here, there = " ".join(part[1] for part in parts), " ".join(part[2] for part in parts)
        table.foreign.add(f"{here} -> {parts[0][0]} {there}")
    assert sql.count("DEFERRABLE INITIALLY DEFERRED") == len(references)
    for label, condition in re.findall(r"CONSTRAINT ck_(\w+) CHECK \((.*)\),?$", sql, re.MULTILINE):
        table.checks[label.removeprefix(f"{name}_")] = literals(condition)
    _sqlite_indexes(connection, name, table)
    return table


def _sqlite_indexes(connection: Connection, name: str, table: Found) -> None:
    for _, index, unique, origin, partial in connection.execute(f"PRAGMA index_list({name})").fetchall():
        columns = []
        for _, _, column, descending, _, key in connection.execute(f"PRAGMA index_xinfo({index})"):
            if key:
                columns.append(f"-{column}" if descending else column)
        if origin == "c":
            table.names.add(index)
            table.indexes.add((*columns, "live") if partial else tuple(columns))
        elif origin == "u":
            assert unique
            table.unique.add(tuple(columns))


def _postgresql(connection: Connection) -> dict[str, Found]:
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
    names = [name for (name,) in connection.execute(query).fetchall()]
    others = ("alembic_version", "mycrm_logins")
    return {name: _postgresql_table(connection, name) for name in names if name not in others}


def _postgresql_table(connection: Connection, name: str) -> Found:
    table = Found()
    query = (
        "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull, attgenerated <> '', collname "
        "FROM pg_attribute LEFT JOIN pg_collation c ON c.oid = attcollation "
        "WHERE attrelid = ?::text::regclass AND attnum > 0 AND NOT attisdropped"
    )
    for column, type_, nullable, generated, collation in connection.execute(query, (name,)).fetchall():
        table.columns[column] = (type_, nullable, generated)
        assert collation in (None, "C"), column
    query = "SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ?::text::regclass"
    for label, kind, text in connection.execute(query, (name,)).fetchall():
        _postgresql_rule(table, name, label, kind, text)
    query = (
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i "
        "WHERE indrelid = ?::text::regclass AND NOT indisunique"
    )
    for label, text in connection.execute(query, (name,)).fetchall():
        table.names.add(label)
        table.indexes.add(_postgresql_index(text))
    return table


def _postgresql_rule(table: Found, name: str, label: str, kind: str, text: str) -> None:
    groups = [
        tuple(part.strip().strip('"') for part in group.split(",")) for group in re.findall(r"\(([^()]*)\)", text)
    ]
    if kind in ("p", b"p"):
        table.primary = groups[0]
    elif kind in ("u", b"u"):
        table.unique.add(groups[0])
    elif kind in ("f", b"f"):
        target = re.search(r"REFERENCES (\w+)", text)
        assert target, text
        assert text.endswith("DEFERRABLE INITIALLY DEFERRED"), text
        table.foreign.add(f"{' '.join(groups[0])} -> {target[1]} {' '.join(groups[1])}")
    elif kind in ("c", b"c"):
        table.checks[label.removeprefix(f"ck_{name}_")] = literals(text)


def _postgresql_index(text: str) -> Rows:
    match = re.search(r"USING (\w+) \(([^()]*)\)( WHERE .*)?$", text)
    assert match, text
    columns = [part.strip().strip('"') for part in match[2].split(",")]
    columns = [f"-{part.removesuffix(' DESC')}" if part.endswith(" DESC") else part for part in columns]
    if match[1] == "gin":
        columns = [f"gin({part})" for part in columns]
    return (*columns, "live") if match[3] else tuple(columns)
