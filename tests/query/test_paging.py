"""Pages that begin behind a record: put together they are the list, whatever the order."""

import json
import random

import pytest

from tests.program import Program

ORDERS = (
    "-id",
    "id",
    "-score",
    "score,-name",
    "name",
    "city,-score",
    "owner",
    "company.name,-created_at",
    "-status",
    "number",
)


@pytest.fixture
def many(crm: Program) -> Program:
    """Contacts with repeated and missing values."""
    choose = random.Random(5)
    for name in ("Acme", "Äon", "beta"):
        crm("company", "add", name)
    rows = [
        {
            "first_name": choose.choice(("Ana", "bo", "Élodie", "cy")),
            "score": choose.choice((None, 1, 2, 3)),
            "city": choose.choice((None, "Bonn", "aachen", "Ärhus")),
            "status": choose.choice(("active", "archived", "inactive")),
            "owner": choose.choice((None, "me")),
            "company_id": choose.choice((None, "CO-1", "CO-2", "CO-3")),
        }
        for _ in range(40)
    ]
    crm("contact", "add", "--from-json", "-", "--yes", stdin=json.dumps(rows))
    return crm


@pytest.mark.parametrize("order", ORDERS)
def test_pages_make_the_list(many: Program, order: str) -> None:
    """Nothing is missing, nothing comes twice, the order stays."""
    whole = many("contact", "list", "-s", order, "-o", "ids").lines
    pages: list[str] = []
    while True:
        after = ["--after", pages[-1]] if pages else []
        page = many("contact", "list", "-s", order, "-L", "7", "-o", "ids", *after).lines
        if not page:
            break
        pages += page
    assert len(whole) == 40
    assert pages == whole


def test_paging_with_a_filter(many: Program) -> None:
    """The filter holds on every page; a record that is not there is not found."""
    line = ("contact", "list", "-w", "status=active", "-s", "-score", "-o", "ids")
    whole = many(*line).lines
    assert many(*line, "--after", whole[2]).lines == whole[3:]
    many("contact", "list", "--after", "C-999", exit=3)


def test_a_page_is_read_from_the_index(crm: Program, dialect: str) -> None:
    """The default order and the creation time go on from an index, without sorting."""
    if dialect != "sqlite":
        assert crm("contact", "list", "--after", "C-1", exit=3).stdout == ""
        return
    from mycrm_cli import catalog
    from mycrm_cli.db import directory
    from mycrm_cli.db.connect import connect
    from mycrm_cli.ids import uuid7
    from mycrm_cli.query import Reader, Select
    from mycrm_cli.query.select import compile_select

    connection = connect(crm.database)
    organization = directory.organization_ids(connection)[0]
    reader = Reader(connection, directory.identify(connection, organization, "ana@acme.com"))
    for order in ("-id", "-created_at"):
        select = Select(catalog.entity("contact"), ["id"], sort=order, limit=50, after=uuid7())
        statement, _ = compile_select(reader.frame(), select)
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.params)]
        assert not any("TEMP B-TREE" in step for step in plan), plan
        assert any("<?" in step or "<" in step for step in plan), plan
    connection.close()
