"""An organization whose people sign in with passwords, at a time that tests set."""

from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import pytest

from mycrm_cli.db.connect import connect
from mycrm_cli.services import accounts
from tests.program import Program, Result

PASSWORD = "seven green kettles"
FAILED = "signing in failed: the address, the password or the code is wrong"
START = "2026-03-02T10:00:00"
INIT = "init --profile work --organization Acme --slug acme --email ana@acme.com --first-name Ana --last-name Berg"


class Accounts:
    """The program of Acme, whose administrator Ana has a password, at a time that tests set."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.now = START
        """What the clock says."""

    def __call__(self, *line: str, env: dict[str, str] | None = None, **options: Any) -> Result:
        return self.program(*line, env={"MYCRM_NOW": self.now, **(env or {})}, **options)

    def login(self, *lines: str, user: str = "ana@acme.com", exit: int = 0, **options: Any) -> Result:
        """Sign in with these lines as a password file."""
        given = ("--user", user, "--password-file", "-")
        return self("auth", "login", *given, stdin="\n".join(lines) + "\n", exit=exit, **options)

    def json(self, *line: str, **options: Any) -> Any:
        """Return what a command says in JSON."""
        return self(*line, "--json", **options).json

    def store(self, sql: str, *params: object) -> list[Any]:
        """Send a statement to the database, in the scope of the organization."""
        known = self.json("profile", "view", "work")
        organization = UUID(known["organization_id"])
        with closing(connect(known["database"], write=True, organization_id=organization)) as connection:
            connection.begin()
            own = organization.bytes if connection.dialect == "sqlite" else organization
            done = connection.execute(sql, (*params, own))
            found = list(done) if sql.startswith("SELECT") else []
            connection.commit()
            return found


def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with little work, for tests that do it often."""
    monkeypatch.setattr(accounts, "hasher", lambda: argon2.PasswordHasher(time_cost=1, memory_cost=64))


def founded(home: Path, database: str) -> Accounts:
    """Return Acme in a new home; its first user has a password and is signed in."""
    acme = Accounts(Program(home, database))
    given = ("--no-input", "--database", database, "--password-file", "-")
    acme(*INIT.split(), *given, stdin=f"{PASSWORD}\n")
    return acme
