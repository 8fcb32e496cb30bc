"""The world of these tests: a database with two organizations."""

from collections.abc import Iterator

import pytest

from mycrm_cli.query import Reader
from tests.query.world import NOW, World


@pytest.fixture
def world(migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two organizations with records, at a fixed time."""
    monkeypatch.setenv("MYCRM_NOW", NOW.isoformat())
    return World(migrated_database)


@pytest.fixture
def reader(world: World) -> Iterator[Reader]:
    """A reader for Acme."""
    opened = world.reader()
    yield opened
    opened.connection.close()
