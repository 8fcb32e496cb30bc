"""Two people of two organizations with a PostgreSQL login each, on plain connections: what they reach."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import mycrm_cli.entities  # noqa: F401  (fills the metadata)
from mycrm_cli import roles
from mycrm_cli.config.secrets import Secret
from mycrm_cli.db import migrate
from mycrm_cli.db.base import metadata
from mycrm_cli.db.connect import connect
from mycrm_cli.services import grants
from tests.conftest import APPLICATION_ROLE, Server
from tests.schema import tricks
from tests.schema.rows import Rows, one_of_each

TENANT = sorted(table.name for table in metadata.tables.values() if "organization_id" in table.columns)
JOURNAL = ("changes", "change_items", "change_payloads")


class World:
    """A database with a row of every table in each of two organizations, and a login for each."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = server.create()
        self.owner = server.url(self.name)
        self.admin = make_conninfo(server.admin_url, dbname=self.name)
        migrate.upgrade(self.owner)
        connection = connect(self.owner, write=True)
        rows = Rows(connection)
        self.here, self.there = rows.organization("here"), rows.organization("there")
        self.ids = {organization: one_of_each(rows, organization) for organization in (self.here, self.there)}
        rows.enter(self.here)
        connection.execute("UPDATE users SET role = 'sales_rep'")
        connection.commit()
        connection.close()
        self.logins = {organization: self.grant(organization) for organization in (self.here, self.there)}

    def grant(self, organization: UUID) -> str:
        """Give the organization's user a login and return its name."""
        connection = connect(self.admin, write=True, organization_id=organization)
        connection.begin()
        login, is_new = grants.grant(connection, organization, f"{organization}@example.com", None, Secret("test"))
        connection.commit()
        connection.close()
        assert is_new
        return login

    def enter(self, login: str, organization: UUID | None = None) -> psycopg.Connection[Any]:
        """Connect as somebody, as psql does, and name an organization where one is given."""
        opened = psycopg.connect(self.owner, user=login, password="test", autocommit=True)
        if organization is not None:
            opened.execute("SELECT set_config('mycrm.organization_id', %s, false)", (str(organization),))
        return opened

    def rows(self, organization: UUID) -> dict[str, list[str]]:
        """Return all rows of an organization, as its owner sees them."""
        with self.enter(APPLICATION_ROLE, organization) as session:
            return {
                table: sorted(
                    json.dumps(row[0], sort_keys=True)
                    for row in session.execute(f"SELECT to_jsonb(t) FROM {table} AS t")
                )
                for table in TENANT
            }

    def close(self) -> None:
        """Drop the database and the logins."""
        self.server.drop(self.name)
        for login in self.logins.values():
            self.server.admin.execute(f'DROP ROLE IF EXISTS "{login}"')


@pytest.fixture(scope="module")
def world(server: Server) -> Iterator[World]:
    """The two organizations."""
    made = World(server)
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def _count(request: pytest.FixtureRequest) -> Iterator[None]:
    tried.clear()
    yield
    print("\nlogins: " + ", ".join(f"{count} {what}" for what, count in tried.items()))


tried: dict[str, int] = {}


def count(what: str, number: int = 1) -> None:
    """Count what was tried, for the report."""
    tried[what] = tried.get(what, 0) + number


def test_logins_are_weak(world: World) -> None:
    """They have no powers, own nothing, are in no group, and may do with tables what the program does and no more."""
    admin = world.server.admin
    for login in world.logins.values():
        row = admin.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolcanlogin,"
            " EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) FROM pg_roles AS r WHERE rolname = %s",
            (login,),
        ).fetchone()
        assert row == (False, False, False, False, False, True, False)
    with psycopg.connect(world.admin) as session:
        for organization, login in world.logins.items():
            for table in (*metadata.tables, "alembic_version", "mycrm_logins"):
                kept = allowed(session, login, table)
                count("rights")
                assert not kept & {"TRUNCATE", "REFERENCES", "TRIGGER"}, table
                assert "UPDATE" not in kept or table not in (*JOURNAL, "schema_info", "organizations")
                assert table != "mycrm_logins" or not kept
            may_add = bool(roles.allowed("sales_rep" if organization == world.here else "super_admin", "user", "add"))
            assert ("INSERT" in allowed(session, login, "users")) is may_add
            assert ("DELETE" in allowed(session, login, "erasures")) is may_add
            assert not columns(session, login, "organizations") & {"id", "slug"}


def allowed(session: psycopg.Connection[Any], login: str, table: str) -> set[str]:
    """Return what a login may do with a table."""
    verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    asked = ", ".join(f"has_table_privilege('{login}', '{table}', '{verb}')" for verb in verbs)
    row = session.execute(f"SELECT {asked}").fetchone()
    return {verb for verb, may in zip(verbs, row or (), strict=True) if may}


def columns(session: psycopg.Connection[Any], login: str, table: str) -> set[str]:
    """Return the columns that a login may change."""
    query = (
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND has_column_privilege(%s, attrelid, attnum, 'UPDATE')"
    )
    return {row[0] for row in session.execute(query, (table, login))}


def test_each_sees_its_own_rows_in_every_table(world: World) -> None:
    """Whatever organization the session names: none, its own, the other, one that does not exist."""
    assert len(TENANT) >= 50
    for own, login in world.logins.items():
        for named in (None, own, world.here, world.there, uuid4()):
            visible = {own} if named in (None, own) else set()
            with world.enter(login, named) as session:
                for table in TENANT:
                    found = session.execute(f"SELECT organization_id FROM {table}").fetchall()
                    assert {row[0] for row in found} == visible, (table, named)
                    count("reads")
                assert {row[0] for row in session.execute("SELECT id FROM organizations")} == visible
                session.execute("SELECT set_config('mycrm.organization_slug', 'there', false)")
                assert {row[0] for row in session.execute("SELECT id FROM organizations")} <= {own}


def test_no_other_relation_tells_anything(world: World) -> None:
    """Every relation in the schema is a table of the catalogue, the version of the schema, or closed."""
    with world.enter(world.logins[world.here]) as session:
        relations = session.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"
        ).fetchall()
        names = {name for (name,) in relations}
        assert names == set(metadata.tables) | {"alembic_version", "mycrm_logins"}
        for verb in ("SELECT * FROM mycrm_logins", "DELETE FROM mycrm_logins", "TABLE mycrm_logins"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(verb)
        for table in TENANT:
            found = session.execute("SELECT 1 FROM pg_stats WHERE tablename = %s LIMIT 1", (table,)).fetchone()
            assert found is None
            count("statistics")


def test_writes_stay_inside(world: World) -> None:
    """Nothing is put into the other organization, moved there, changed or removed there."""
    organizations = (world.here, world.there)
    before = [world.rows(organization) for organization in organizations]
    for own, other in (organizations, organizations[::-1]):
        for named in (None, own, other):
            with world.enter(world.logins[own], named) as session:
                _try_to_write(session, other, named)
    assert [world.rows(organization) for organization in organizations] == before


def _try_to_write(session: psycopg.Connection[Any], other: UUID, named: UUID | None) -> None:
    """Put rows into another organization, move them there, change and remove what is there."""
    for table in TENANT:
        fields = [c.name for c in metadata.tables[table].columns if c.computed is None]
        names = ", ".join(f'"{name}"' for name in fields)
        forged = json.dumps({"organization_id": str(other), "id": str(uuid4()), "email": "new@x.org"})
        values = ", ".join(f"(jsonb_populate_record(t, '{forged}')).\"{name}\"" for name in fields)
        for statement in (
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS t",
            f"UPDATE {table} SET organization_id = '{other}'",
            f"UPDATE {table} SET organization_id = organization_id WHERE organization_id = '{other}'",
            f"DELETE FROM {table} WHERE organization_id = '{other}'",
        ):
            count("writes")
            try:
                changed = session.execute(statement).rowcount
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError):
                continue
            # What is let through finds nothing: the statement asks for the other's rows, or names the other.
            assert changed == 0, (table, named, statement)
            assert "WHERE" in statement or named == other, (table, named, statement)


def test_copy_is_bound_too(world: World) -> None:
    """COPY TO gives the own rows; COPY FROM is refused."""
    for own, login in world.logins.items():
        with world.enter(login) as session:
            for table in TENANT:
                with session.cursor().copy(f"COPY {table} (organization_id) TO STDOUT") as out:
                    assert {bytes(line).decode().strip() for line in out} == {str(own)}
                count("copies")
                with pytest.raises(psycopg.Error), session.cursor().copy(f"COPY {table} FROM STDIN") as into:
                    into.write("x\n")
                assert session.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


@pytest.mark.parametrize("trick", tricks.TRICKS, ids=lambda trick: trick[0])
def test_tricks_show_nothing(world: World, trick: tuple[str, list[str]]) -> None:
    """Whatever is tried first, and whether it is refused or not: the other's rows do not show, nor change."""
    _, statements = trick
    before = world.rows(world.there)
    words = {"here": world.here, "there": world.there, "owner": APPLICATION_ROLE}
    words |= {"me": world.logins[world.here], "other": world.logins[world.there]}
    words |= {"user": world.ids[world.there]["users"], "contact": world.ids[world.there]["contacts"]}
    seen: list[str] = []
    with world.enter(world.logins[world.here]) as session:
        session.add_notice_handler(lambda notice: seen.append(str(notice.message_primary)))
        for statement in statements:
            count("statements of tricks")
            try:
                answer = session.execute(statement.format(**words))
                seen += [str(row) for row in answer.fetchall()] if answer.description else []
            except psycopg.Error as error:
                seen.append(str(error))
        asked = "SELECT count(*) FROM contacts WHERE organization_id <> %s"
        try:
            session.execute("ROLLBACK")
            assert session.execute(asked, (world.here,)).fetchone() == (0,)
        except psycopg.errors.InsufficientPrivilege as error:
            assert "row-level security" in str(error)  # row_security = off
    text = "\n".join(seen)
    for table, id in world.ids[world.there].items():
        given = str(id) in (str(words["user"]), str(words["contact"]))
        assert given or str(id) not in text, (table, text)
    assert "LEAKED" not in text, text
    count("tricks")
    assert world.rows(world.there) == before


def test_powers_are_refused(world: World) -> None:
    """What would change the rules instead of bending them."""
    with world.enter(world.logins[world.here]) as session:
        session.execute("CREATE TEMP TABLE bait (is_active bool, organization_id uuid, id uuid)")
        for statement in tricks.POWERS:
            count("powers")
            with pytest.raises(psycopg.Error) as caught:
                session.execute(statement.format(owner=APPLICATION_ROLE, me=world.logins[world.here]))
            assert caught.value.sqlstate in ("42501", "0LP01", "42704", "42P17"), (statement, caught.value)


def test_errors_do_not_tell_what_is_there(world: World) -> None:
    """A reference to the other's record fails like one to nothing; a taken address is told to none but who adds users."""
    told = {}
    with world.enter(world.logins[world.here]) as session:
        for name, id in (("theirs", world.ids[world.there]["users"]), ("none", uuid4())):
            with pytest.raises(psycopg.errors.ForeignKeyViolation) as caught:
                session.execute("UPDATE contacts SET owner_id = %s", (id,))
            told[name] = f"{caught.value} {caught.value.diag.message_detail}".replace(str(id), "ID")
            count("errors")
        assert told["theirs"] == told["none"]
        for email in (f"{world.there}@example.com", "nobody@example.com"):
            for statement in ("UPDATE users SET email = %s", "INSERT INTO users (email) VALUES (%s)"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    session.execute(statement, (email,))
                count("errors")
        for slug in ("there", "nowhere"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute("UPDATE organizations SET slug = %s", (slug,))
            count("errors")


def test_a_login_that_nobody_granted_sees_nothing(world: World) -> None:
    """One that may read the tables but stands in no line, and one whose line goes while it is connected."""
    with psycopg.connect(world.admin, autocommit=True) as admin:
        admin.execute("CREATE ROLE mycrm_stranger LOGIN PASSWORD 'test'")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO mycrm_stranger")
        try:
            for named in (None, world.here, world.there):
                with world.enter("mycrm_stranger", named) as session:
                    for table in (*TENANT, "organizations", "mycrm_logins"):
                        assert session.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
                        count("reads")
        finally:
            admin.execute("DROP OWNED BY mycrm_stranger")
            admin.execute("DROP ROLE mycrm_stranger")
        login = world.logins[world.here]
        with world.enter(login, world.here) as session:
            assert session.execute("SELECT count(*) FROM contacts").fetchone() == (1,)
            kept = admin.execute("DELETE FROM mycrm_logins WHERE login = %s RETURNING *", (login,)).fetchone()
            assert session.execute("SELECT count(*) FROM contacts").fetchone() == (0,)
            admin.execute("INSERT INTO mycrm_logins VALUES (%s, %s, %s, %s, %s, %s)", kept)
            assert session.execute("SELECT count(*) FROM contacts").fetchone() == (1,)


def test_who_is_disabled_loses_the_login(world: World) -> None:
    """At once, on open connections as well; and has it again when enabled."""
    with world.enter(world.logins[world.here]) as session, world.enter(APPLICATION_ROLE, world.here) as owner:
        for active, rows in ((False, 0), (True, 1)):
            owner.execute("UPDATE users SET is_active = %s", (active,))
            assert session.execute("SELECT count(*) FROM contacts").fetchone() == (rows,)
            count("reads")


def test_the_shared_login_plans_as_if_it_were_alone(world: World) -> None:
    """The policy that follows the login changes neither a plan nor what it expects to find."""
    queries = (
        "SELECT id FROM contacts WHERE organization_id = %s AND NOT is_deleted ORDER BY created_at, id LIMIT 20",
        "SELECT count(*) FROM contacts WHERE organization_id = %s",
        (
            "SELECT count(*) FROM contacts AS c JOIN users AS u ON u.organization_id = c.organization_id AND u.id = c.owner_id"
            " WHERE c.organization_id = %s AND c.email LIKE 'a%%'"
        ),
    )
    with psycopg.connect(world.owner) as session:
        session.execute("SELECT set_config('mycrm.organization_id', %s, false)", (str(world.here),))
        more = ", ".join(
            {"id": "gen_random_uuid()", "number": "n + 100000", "email": "md5(n::text)"}.get(c.name, f'"{c.name}"')
            for c in metadata.tables["contacts"].columns
        )
        names = ", ".join(f'"{c.name}"' for c in metadata.tables["contacts"].columns)
        session.execute(f"INSERT INTO contacts ({names}) SELECT {more} FROM contacts, generate_series(2, 1500) AS n")
        session.execute("ANALYZE contacts")
        plans = [[plan(session, query, world.here) for query in queries]]
        for table in ("contacts", "users"):
            session.execute(f"DROP POLICY {table}_login ON {table}")
            own = "organization_id = nullif(current_setting('mycrm.organization_id', true), '')::uuid"
            session.execute(f"ALTER POLICY {table}_own ON {table} USING ({own})")
        plans.append([plan(session, query, world.here) for query in queries])
        session.rollback()
    for bound, bare in zip(*plans, strict=True):
        assert [step for step, _ in bound] == [step for step, _ in bare]
        for (step, found), (_, expected) in zip(bound, bare, strict=True):
            assert abs(found - expected) <= 5 + expected / 20, step
        count("plans")


def plan(session: psycopg.Connection[Any], query: str, organization: UUID) -> list[tuple[str, int]]:
    """Return the steps and conditions of a plan with the rows that each expects, without what is worked out first."""
    lines = [row[0].strip() for row in session.execute(f"EXPLAIN {query}", (organization,))]
    parts = [re.fullmatch(r"(?:->  )?(.*?)(?:  \(cost=\S+ rows=(\d+).*)?", line) for line in lines]
    steps = [(part[1], int(part[2] or 0)) for part in parts if part]
    return [step for step in steps if not step[0].startswith(("Result", "InitPlan", "One-Time Filter"))]
