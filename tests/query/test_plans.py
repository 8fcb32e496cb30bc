"""What SQLite does for the reads that must not grow with the table."""

import pytest

from mycrm_cli import catalog
from mycrm_cli.query import Reader, Select
from mycrm_cli.query.language import parse
from mycrm_cli.query.lookups import lookups
from mycrm_cli.query.select import compile_count, compile_select
from mycrm_cli.query.sql import Sql
from tests.query.world import World

CONTACT = catalog.entity("contact")


@pytest.fixture
def dialect() -> str:
    """Only SQLite, which has no statistics to go by."""
    return "sqlite"


def plan(reader: Reader, statement: Sql) -> list[str]:
    """Return the steps of SQLite's plan."""
    return [row[3] for row in reader.connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.params)]


def listed(reader: Reader, where: str = "", sort: str = "-id") -> list[str]:
    """Return the plan of a list of contacts."""
    return plan(reader, compile_select(reader.frame(), Select(CONTACT, where=parse(where), sort=sort, limit=50))[0])


def test_lists_come_from_an_index_in_order(reader: Reader) -> None:
    for sort in ("id", "-id", "created_at", "-created_at"):
        steps = listed(reader, sort=sort)
        assert not [step for step in steps if "TEMP B-TREE" in step or step.startswith("SCAN")], steps
        assert ("ix_contacts_live" if "created" in sort else "sqlite_autoindex_contacts") in steps[0]
        assert "organization_id=?" in steps[0]


def test_a_reference_by_email_comes_from_the_index(reader: Reader) -> None:
    found = lookups(reader.frame(), CONTACT, "email", ["ana1@acme.com"], lambda alias, key: Sql(f"{alias}.id"), False)
    indexes = ("ix_contacts_organization_id_email", "ix_contact_emails_organization_id_email")
    for statement, index in zip(found, indexes, strict=True):
        steps = plan(reader, statement)
        assert index in steps[0], steps
        assert not any("SCAN" in step or "TEMP B-TREE" in step for step in steps), steps


def test_counting_comes_from_the_index_of_live_rows(reader: Reader) -> None:
    steps = plan(reader, compile_count(reader.frame(), CONTACT, None, False))
    assert len(steps) == 1
    assert "ix_contacts_live" in steps[0]


NARROW = {
    "email=ana1@acme.com": "organization_id_email (organization_id=? AND email=?)",
    "phone=+493012345": "organization_id_phone (organization_id=? AND phone=?)",
    'name="Ana Berg"': "organization_id_name_key (organization_id=? AND name_key=?)",
    "owner=me status=active": "ix_contacts_owner_id (owner_id=?)",
    "nothinglikethis": "search_rowid=?",
    "number=7": "organization_id=? AND number=?",
}


def test_narrow_filters_begin_at_their_index(reader: Reader) -> None:
    for where, index in NARROW.items():
        for sort in ("-id", "-created_at", "name"):
            steps = listed(reader, where, sort)
            assert any(index in step for step in steps), steps
            assert not any(step.startswith(("SCAN t1", "SCAN contacts ")) for step in steps), steps


def test_a_wide_filter_is_read_in_the_order_of_the_list(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mycrm_cli.query.plans.FEW", 1)
    steps = listed(reader, "owner=me acme")
    assert not any("CO-ROUTINE" in step or "TEMP B-TREE" in step for step in steps), steps


def test_related_records_are_asked_once(reader: Reader) -> None:
    steps = listed(reader, "company.name~acme")
    assert any(step.startswith("LIST SUBQUERY") for step in steps)
    assert not any("CORRELATED" in step for step in steps)
