"""An administrator with a PostgreSQL login who becomes less, on plain connections: what the login reaches then."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from mycrm_cli import roles
from mycrm_cli.db import logins
from mycrm_cli.db.base import metadata
from mycrm_cli.db.connect import connect
from mycrm_cli.services import grants, rights
from tests.conftest import APPLICATION_ROLE, Server
from tests.schema.rows import Rows
from tests.schema.test_logins import World

REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.SerializationFailure)
READS = [
    f"SELECT count(*) FROM {table}" for table in ("users", "contacts", "api_tokens", "change_payloads", "erasures")
]


class Office:
    """The person of the organization "there", who is a super_admin at first and has a login; and a colleague."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.organization = world.there
        self.me = world.ids[world.there]["users"]
        self.login = world.logins[world.there]
        connection = connect(world.owner, write=True)
        rows = Rows(connection)
        rows.enter(self.organization)
        self.colleague = rows.add(
            "users", organization_id=self.organization, email="col@example.com", role="sales_rep", is_active=True
        )
        connection.commit()
        connection.close()

    def change(self, sql: str, user: UUID | None = None) -> None:
        """Change a user as the program does on the shared login."""
        with self.world.enter(APPLICATION_ROLE, self.organization) as owner:
            owner.execute(f"UPDATE users SET {sql} WHERE id = %s", (user or self.me,))

    def renew(self) -> None:
        """Do what ``db grant`` does."""
        connection = connect(self.world.admin, write=True, organization_id=self.organization)
        connection.begin()
        grants.grant(connection, self.organization, f"{self.organization}@example.com", None, None)
        connection.commit()
        connection.close()

    def enter(self) -> psycopg.Connection[Any]:
        """Connect as the person does with psql."""
        return self.world.enter(self.login)

    def is_open(self) -> bool:
        """Return whether the login sees its organization."""
        with self.enter() as session:
            return session.execute("SELECT count(*) FROM organizations").fetchone() == (1,)


@pytest.fixture(scope="module")
def office(server: Server) -> Iterator[Office]:
    """The office in a world of its own."""
    made = World(server)
    yield Office(made)
    made.close()


def raises(office: Office, user: UUID) -> list[str]:
    """Return statements by which somebody would come to more rights, or let oneself in as another."""
    forged = json.dumps(
        {
            "id": str(uuid4()),
            "email": "new@x.org",
            "token_hash": uuid4().hex,
            "name": uuid4().hex,
            "code_hash": uuid4().hex,
        }
    )
    found = [
        f"UPDATE users SET role = 'super_admin' WHERE id = '{office.me}'",
        f"UPDATE users SET is_active = true, email = 'me@x.org' WHERE id = '{office.me}'",
        f"UPDATE users SET password = 'mine' WHERE id = '{user}'",
        f"UPDATE users SET team_id = NULL WHERE id = '{user}'",
        "DELETE FROM erasures",
        "DELETE FROM change_payloads",
        "UPDATE mycrm_logins SET is_active = true",
    ]
    for table in ("users", "api_tokens", "auth_sessions", "recovery_codes"):
        columns = [c.name for c in metadata.tables[table].columns if c.computed is None]
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(f"""(jsonb_populate_record(t, '{forged}')).\"{name}\"""" for name in columns)
        if table != "users":
            values = values.replace("(jsonb_populate_record(t, " + f"'{forged}'" + '))."user_id"', f"'{user}'")
        found.append(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS t LIMIT 1")
    found += [f"UPDATE {table} SET user_id = '{user}'" for table in ("api_tokens", "auth_sessions", "recovery_codes")]
    return found


def refused(session: psycopg.Connection[Any], statement: str) -> bool:
    """Return whether a statement is refused, or changes nothing because nothing is seen."""
    try:
        return session.execute(statement).rowcount == 0
    except REFUSED:
        return True


def test_who_is_demoted_loses_the_login_until_it_is_granted_anew(office: Office) -> None:
    """Reading, raising oneself and writing tokens end at once; the renewed login is that of the lower role."""
    office.change("role = 'super_admin'")
    office.renew()
    with office.enter() as session:
        assert [session.execute(read).fetchone() for read in READS[1:]] == [(1,)] * 4
        office.change("role = 'sales_rep'")
        for statement in raises(office, office.me) + raises(office, office.colleague):
            assert refused(session, statement), statement
        assert [session.execute(read).fetchone() for read in READS] == [(0,)] * 5
        # Neither does being disabled and enabled again open it, nor another lower role.
        for sql in ("is_active = false", "is_active = true", "role = 'readonly'"):
            office.change(sql)
            assert not office.is_open()
        office.renew()
        assert session.execute("SELECT count(*) FROM users").fetchone() == (2,)
        for statement in raises(office, office.colleague):
            assert refused(session, statement), statement
        own = f"UPDATE users SET password = 'mine' WHERE id = '{office.me}'"
        assert session.execute(own).rowcount == 1
        assert session.execute("UPDATE contacts SET city = 'Wien'").rowcount == 1
        assert session.execute(f"UPDATE api_tokens SET name = 'mine' WHERE user_id = '{office.me}'").rowcount == 1


def test_an_old_snapshot_does_not_help(office: Office) -> None:
    """A transaction that began before sees what there was, and cannot let anybody in any more."""
    office.change("role = 'admin'")
    office.renew()
    for statement in raises(office, office.colleague)[:3] + raises(office, office.me)[7:]:
        with office.enter() as session:
            session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            assert session.execute("SELECT count(*) FROM users").fetchone() == (2,)
            office.change("role = 'sales_rep'")
            assert refused(session, statement), statement
            session.rollback()
        office.change("role = 'admin'")
        assert office.is_open()
    # The role that it was granted for has come back, and all it may is as it was.
    with office.enter() as session:
        assert session.execute(f"UPDATE users SET role = 'manager' WHERE id = '{office.colleague}'").rowcount == 1
        session.execute("BEGIN")
        session.execute(f"UPDATE users SET role = 'readonly' WHERE id = '{office.me}'")
        # Who gives up the own role can still write that down.
        assert session.execute("UPDATE contacts SET city = 'Graz'").rowcount == 1
        session.execute("COMMIT")
        assert session.execute("SELECT count(*) FROM users").fetchone() == (0,)
    office.renew()


def test_the_login_follows_every_change_of_roles_as_the_rights_do(office: Office) -> None:
    """It is closed where the new role is granted less than the login has, and open otherwise."""
    version = 170_000
    for old, new in product(roles.ROLES, repeat=2):
        office.change(f"role = '{old}'")
        office.renew()
        office.change(f"role = '{new}'")
        fits = rights.held(old, version) <= rights.held(new, version)
        assert office.is_open() is fits, (old, new)
    assert set(logins.GUARDED) - {"users"} == roles.SIGN_IN - {"sign_in_failures"}
