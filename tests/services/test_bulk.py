"""Many rows at once: they arrive as they were given, and the tables stay as they were."""

from typing import Any
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.db import connect as connecting
from mycrm_cli.errors import Duplicate, Invalid
from mycrm_cli.services import copying, records, reindexing, rows
from mycrm_cli.services.savepoint import Savepoint
from mycrm_cli.services.work import Work
from tests.program import Program
from tests.services.test_concurrency import organization_of, work

TEXTS = ("\\N", "\\", "a\\tb", "a\tb", "two\nlines", "\r", "\\.", "'%s' ? {}", '"', "Ökö 日本 🙂", "", None)
CUSTOM: tuple[dict[str, Any], ...] = ({"n": 1}, {"n": True}, {"n": 1.0}, {"t": "a\\\t\n"}, {})


def contacts(count: int) -> list[dict[str, Any]]:
    """Return values whose texts mean something to a database."""
    return [
        {
            "first_name": f"N{i}",
            "job_title": TEXTS[i % len(TEXTS)],
            "city": "Rome",
            "tags": ["vip", f"t{i % 3}"][: i % 3],
            "custom_fields": CUSTOM[i % len(CUSTOM)],
        }
        for i in range(count)
    ]


def stored(unit: Work, new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as the database has them, in the order of ``new``."""
    images = rows.images(unit.connection, unit.scope, catalog.entity("contact"), [row["id"] for row in new])
    return [{name: images[row["id"]][name] for name in row} for row in new]


def test_many_rows_arrive_as_given(crm: Program) -> None:
    """Whatever is in them; a savepoint takes them back, a taken key or a value too long is our own error."""
    entity = catalog.entity("contact")
    with work(crm, organization_of(crm)) as unit:
        for count in (3, copying.FEWEST, 251):
            place = Savepoint(unit)
            new = records.add(unit, entity, contacts(count))
            assert repr(stored(unit, new)) == repr(new)
            place.back()
        new = records.add(unit, entity, contacts(300))
        assert repr(stored(unit, new)) == repr(new)
        for wrong, error in ((new[0]["number"], Duplicate), (-1, None)):
            place = Savepoint(unit)
            again = [row | {"id": UUID(int=row["id"].int + 1), "number": row["number"] + 1000} for row in new]
            again[-1]["number" if error else "status"] = wrong if error else "unheard of"
            with pytest.raises(error or Invalid):
                rows.insert(unit.connection, entity, again)
            place.back()
        changes: list[dict[str, Any]] = [{"department": "Sales", "state": TEXTS[i % 9], "tags": []} for i in range(300)]
        edits = [(row["id"], each) for row, each in zip(new, changes, strict=True)]
        assert len(records.edit(unit, entity, edits)) == 300
        for row, each in zip(stored(unit, new), changes, strict=True):
            assert row == row | each | {"version": 2}
    assert crm("contact", "count").stdout == "300\n"


def listed(connection: connecting.Connection) -> list[Any]:
    """Return the indexes of contacts."""
    found = connection.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'contacts' ORDER BY 1")
    return [tuple(row) for row in found]


def test_indexes_are_built_again(crm: Program, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody uses the table, but for those that are needed meanwhile; the load is found by all of them."""
    if dialect == "sqlite":
        return
    organization, entity = organization_of(crm), catalog.entity("contact")
    monkeypatch.setattr(reindexing, "PATIENCE", "100ms")
    with work(crm, organization) as unit:
        before = listed(unit.connection)
        with reindexing.bulk(unit.connection, entity, 200, keep=["email"]):
            left = {name for name, _ in listed(unit.connection)}
            new = records.add(unit, entity, contacts(200))
        assert listed(unit.connection) == before
        assert {"contacts_pkey", "ix_contacts_organization_id_email"} <= left
        assert not {"ix_contacts_owner_id", "ix_contacts_search_vector"} & left
    assert len(crm("search", "n77", "-o", "ids").lines) == 1
    with work(crm, organization) as unit, reindexing.bulk(unit.connection, entity, 300):
        assert listed(unit.connection) == before, "the table is not small beside the load"
    with work(crm, organization) as reader:
        assert len(stored(reader, new)) == 200
        with work(crm, organization) as unit:
            with reindexing.bulk(unit.connection, entity, 10_000):
                assert listed(unit.connection) == before, "somebody reads the table"
                records.add(unit, entity, contacts(150))
            assert unit.connection.execute("SHOW lock_timeout").fetchone()[0] == "30s"
    assert crm("contact", "count").stdout == "350\n"


def test_without_temporary_tables(crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that may not make them writes the same rows, one by one."""
    monkeypatch.setattr(copying, "possible", lambda *_: False)
    with work(crm, organization_of(crm)) as unit:
        new = records.add(unit, catalog.entity("contact"), contacts(copying.FEWEST))
        assert repr(stored(unit, new)) == repr(new)
