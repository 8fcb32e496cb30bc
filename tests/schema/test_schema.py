"""A migrated database is what the design page says, column by column and index by index."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mycrm_cli.catalog import relation_of
from mycrm_cli.db import migrate
from mycrm_cli.db.base import metadata
from mycrm_cli.db.connect import Connection, connect
from mycrm_cli.db.revision import MIN_PROGRAM, REVISION
from mycrm_cli.entities import ENTITIES
from mycrm_cli.errors import ConfigError
from mycrm_cli.query import computed
from tests.schema.expectation import Table, tables
from tests.schema.reading import Found, read
from tools.schema_sql import VERSIONS, script

EXPECTED = tables()
FULL_TEXT = {"contacts", "companies", "leads", "opportunities"}


@pytest.fixture
def connection(migrated_database: str) -> Iterator[Connection]:
    """A read connection to a migrated database."""
    opened = connect(migrated_database)
    yield opened
    opened.close()


def test_every_table_is_as_the_page_says(connection: Connection) -> None:
    """Compare tables, columns, keys, references, checks and indexes."""
    found = read(connection)
    assert found.keys() == EXPECTED.keys()
    assert len(found) > 40
    for name, table in EXPECTED.items():
        _compare(table, found[name], connection.dialect)


def _compare(table: Table, found: Found, dialect: str) -> None:
    columns = {column.name: column.shape(dialect) for column in table.columns.values()}
    indexes = table.index_set(dialect)
    if table.name in FULL_TEXT and dialect == "postgresql":
        columns["search_vector"] = ("tsvector", True, True)
        indexes.add(("gin(search_vector)",))
    checks = {column.name: column.check(dialect) for column in table.columns.values()}
    assert found.columns == columns, table.name
    assert found.primary == table.primary, table.name
    assert found.unique == table.unique_set(dialect), table.name
    assert found.indexes == indexes, table.name
    assert found.foreign == table.foreign, table.name
    assert found.checks == {name: words for name, words in checks.items() if words is not None}, table.name


def test_columns_come_in_the_order_of_the_entities(connection: Connection) -> None:
    """The order of columns is the same on both databases."""
    for name, found in read(connection).items():
        declared = [column.name for column in metadata.tables[name].columns]
        assert [column for column in found.columns if column != "search_vector"] == declared


def test_every_table_has_an_entity() -> None:
    """The catalogue covers the whole schema, and every field it names exists."""
    described = {str(entity.table.__tablename__): entity for entity in ENTITIES.values()}
    assert described.keys() == EXPECTED.keys()
    for entity in described.values():
        fields = entity.table.model_fields
        names = {"name", *fields, *map(relation_of, fields), *computed.of(entity)}
        named = {*entity.columns, *entity.wide, *entity.search, *entity.match, entity.key}
        named |= {word.lstrip("-") for word in entity.sort.split(",")} | {w for t in entity.title for w in t.split()}
        assert named <= names | {"id"}, entity.name


def test_names_fit_both_databases(connection: Connection) -> None:
    """PostgreSQL cuts names after 63 bytes, so none is longer."""
    names = {name for table in read(connection).values() for name in table.names}
    assert len(names) > 120
    assert max(map(len, names)) <= 63


def test_references_to_records_that_can_be_deleted_are_indexed() -> None:
    """Deleting a record looks for what points to it; without an index that reads whole tables."""
    kept = {"organizations", "users", "changes", "teams", "pipelines"}
    for table in EXPECTED.values():
        keys = table.indexes | table.unique | {table.primary}
        leading = {next((c for c in key if c != "organization_id"), "") for key in keys}
        for column in table.columns.values():
            assert not column.table or column.table in kept or column.name in leading, (table.name, column.name)


@pytest.mark.parametrize("dialect_name", ["sqlite", "postgresql"])
def test_frozen_sql_is_what_the_entities_say(dialect_name: str) -> None:
    """Fails after a change of the entities: run tools/schema_sql.py, or write a migration after a release."""
    for other in ("postgresql", "sqlite"):
        script(other)  # writing one must not change what the other gets
    frozen = (VERSIONS / f"0001.{dialect_name}.sql").read_text(encoding="utf-8")
    fresh = script(dialect_name)
    # The first statement holds tables of the Unicode version of the Python that wrote it.
    if dialect_name == "postgresql":
        frozen, fresh = frozen.partition("\n\n")[2], fresh.partition("\n\n")[2]
    assert frozen == fresh
    assert "%" not in frozen  # psycopg would take it for a parameter


def test_upgrade_makes_a_database_and_leaves_a_current_one_alone(empty_database: str) -> None:
    """The revision and the oldest program are written down; a second run changes nothing."""
    migrate.upgrade(empty_database)
    migrate.upgrade(empty_database)
    connection = connect(empty_database)
    try:
        assert migrate.current(connection) == REVISION
        rows = connection.execute("SELECT id, min_program FROM schema_info").fetchall()
        assert rows == [(1, MIN_PROGRAM)]
    finally:
        connection.close()


def test_current_is_none_without_a_schema(empty_database: str, tmp_path: Path) -> None:
    """An empty database has no revision."""
    if empty_database.startswith("sqlite"):
        (tmp_path / "empty.db").touch(mode=0o600)
    connection = connect(empty_database)
    try:
        assert migrate.current(connection) is None
    finally:
        connection.close()


def test_foreign_tables_are_refused_and_left_alone(empty_database: str, tmp_path: Path) -> None:
    """A database of another program is not touched."""
    if empty_database.startswith("sqlite"):
        (tmp_path / "empty.db").touch(mode=0o600)
    connection = connect(empty_database, write=True)
    connection.execute("CREATE TABLE contacts (id integer)")
    connection.commit()
    connection.close()
    with pytest.raises(ConfigError):
        migrate.upgrade(empty_database)
    connection = connect(empty_database)
    try:
        assert migrate.current(connection) is None
        assert connection.execute("SELECT count(*) FROM contacts").fetchone() == (0,)
    finally:
        connection.close()


def test_files_are_private_and_an_old_database_is_backed_up(tmp_path: Path) -> None:
    """A database, its folder and its backup are readable by nobody else."""
    path = tmp_path / "data" / "work.db"
    migrate.upgrade(f"sqlite:///{path}")
    connection = connect(f"sqlite:///{path}", write=True)
    connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    with pytest.raises(ConfigError):
        migrate.upgrade(f"sqlite:///{path}")
    backups = list((path.parent / "backups").iterdir())
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path, *backups)] == [0o600, 0o600, 0o600]
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path.parent, path.parent / "backups")] == [0o700, 0o700]


def test_a_database_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    """A folder in the file's place, or a file in the folder's, gives a message and leaves nothing."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError):
        migrate.upgrade(f"sqlite:///{tmp_path / 'file' / 'work.db'}")
