"""PostgreSQL's ``mycrm_fold`` and the program's own folding are one function."""

import unicodedata
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from mycrm_cli.db import migrate
from mycrm_cli.kinds.folding import fold
from tests.conftest import Server

# Code points that this Python's Unicode does not know may be letters to a newer PostgreSQL.
KNOWN = [code for code in range(1, 0x20000) if unicodedata.category(chr(code)) not in ("Cs", "Cn")]
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\x00"), max_size=40)


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[Connection]:
    """A migrated PostgreSQL database."""
    name = server.create()
    migrate.upgrade(server.url(name))
    with psycopg.connect(server.url(name)) as connection:
        yield connection
    server.drop(name)


def differing(database: Connection, texts: list[str]) -> list[tuple[str, str, str]]:
    """Return the texts that the two fold differently."""
    query = "SELECT text, mycrm_fold(text) FROM unnest(%s::text[]) AS text"
    rows = database.execute(query, (texts,)).fetchall()
    assert len(rows) == len(texts)
    return [(text, folded, fold(text)) for text, folded in rows if folded != fold(text)]


def test_every_character_folds_the_same(database: Connection) -> None:
    """All assigned code points of the first two planes, between other letters."""
    assert len(KNOWN) > 60_000
    for start in range(0, len(KNOWN), 5000):
        assert differing(database, [f"É{chr(code)}B" for code in KNOWN[start : start + 5000]]) == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=20))
def test_any_text_folds_the_same(database: Connection, texts: list[str]) -> None:
    """Texts of any mixture."""
    assert differing(database, texts) == []


def test_known_words(database: Connection) -> None:
    """What people expect of it."""
    words = {"Müller": "muller", "STRASSE": "strasse", "Straße": "strasse", "ŁÓDŹ": "łodz", "İstanbul": "istanbul"}
    assert {word: fold(word) for word in words} == words
    assert differing(database, list(words)) == []
