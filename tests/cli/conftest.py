"""Fixtures of the tests of commands."""

import pytest

from tests.clients import PATH, administer
from tests.program import Program


@pytest.fixture
def whole(crm: Program, dialect: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A profile that may back up: on PostgreSQL with an admin database and the server's own client."""
    if dialect == "postgresql":
        administer(crm, request.getfixturevalue("server"))
        monkeypatch.setenv("PATH", PATH)
    return crm
