"""What must be true of a database after an import, however often it was killed."""

import sqlite3
from contextlib import closing
from typing import Any

from tests.faults.worlds import World

VALUES = (
    "first_name, last_name, phone, job_title, city, status, tags, company, search_text, name_key, owner_id, score,"
    " do_not_email, custom_fields"
)
COUNTS = ("created", "updated", "unchanged", "skipped", "rejected")


def picture(world: World) -> dict[str, tuple[Any, ...]]:
    """Return all that an import of people writes, by e-mail address; fails where an address is there twice."""
    found = world.rows(
        f"SELECT c.email, {', '.join('c.' + name.strip() for name in VALUES.split(','))}, o.name FROM contacts c"
        " LEFT JOIN companies o ON o.organization_id = c.organization_id AND o.id = c.company_id"
        " WHERE c.organization_id = ?"
    )
    people: dict[str, tuple[Any, ...]] = {row[0]: tuple(map(str, row[1:])) for row in found}
    assert len(people) == len(found), "an e-mail address is there twice"
    return people


def beside(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return what stands in other tables for the people."""
    return {
        "addresses": sorted(
            world.rows(
                "SELECT c.email, e.email FROM contact_emails e"
                " JOIN contacts c ON c.organization_id = e.organization_id AND c.id = e.contact_id"
                " WHERE c.organization_id = ?"
            )
        ),
        "external ids": sorted(
            world.rows(
                "SELECT c.email, x.source, x.external_id FROM external_ids x"
                " JOIN contacts c ON c.organization_id = x.organization_id AND c.id = x.record_id"
                " WHERE c.organization_id = ?"
            )
        ),
        "companies": sorted(world.rows("SELECT name FROM companies WHERE organization_id = ?")),
    }


def schema(world: World) -> list[tuple[Any, ...]]:
    """Return the tables, indexes and triggers that there are, with what they are made of."""
    with world.connection() as connection:
        if connection.dialect == "sqlite":
            return sorted(
                map(
                    tuple,
                    connection.execute("SELECT type, name, sql FROM sqlite_master"),
                ),
                key=str,
            )
        found = connection.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'").fetchall()
        triggers = "SELECT tgname, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal"
        found += connection.execute(triggers).fetchall()
        constraints = "SELECT conname, pg_get_constraintdef(oid), convalidated::text FROM pg_constraint"
        found += connection.execute(constraints).fetchall()
        return sorted(map(tuple, found), key=str)


def sound(world: World) -> None:
    """Check the database itself, its search index and its journal."""
    numbers = world.rows("SELECT number FROM contacts WHERE organization_id = ?")
    assert len({number for (number,) in numbers}) == len(numbers), "a number is there twice"
    versions = world.rows("SELECT max(version) FROM contacts WHERE organization_id = ?")
    assert versions[0][0] <= 2, "a record was written twice"
    if world.name is None:
        sound_file(world)
    verified = world.program("change", "verify")
    assert "the chain is whole" in verified.stderr, verified


def sound_file(world: World) -> None:
    with closing(sqlite3.connect(world.location, isolation_level=None)) as database:
        database.create_function("mycrm_fold", 1, str, deterministic=True)
        assert database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = database.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'").fetchall()
        for (table,) in tables:
            database.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")


def tidy(world: World) -> None:
    """Check that no job is left open and no file of staged rows lies about."""
    left = world.rows(
        "SELECT number, state FROM import_jobs WHERE organization_id = ? AND state NOT IN ('finished', 'interrupted')"
    )
    assert not left, f"jobs are left: {left}"
    assert not world.staged, f"staged rows are left: {world.staged}"


def account(world: World) -> dict[str, int]:
    """Return the account of the import that was finished last; fails where it does not add up."""
    columns = ", ".join(f"{name}_count" for name in COUNTS)
    found = world.rows(
        f"SELECT rows_done, {columns} FROM import_jobs WHERE organization_id = ? AND state = 'finished'"
        " ORDER BY number DESC"
    )
    done, *counts = found[0]
    assert done == sum(counts), f"{done} rows came in and {sum(counts)} are accounted for"
    return dict(zip(COUNTS, counts, strict=True))
