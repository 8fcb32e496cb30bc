"""Lists: columns, titles, order, limits, the trash, counting."""

from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.errors import UsageError
from mycrm_cli.query import Reader, Select, full
from mycrm_cli.query.language import parse
from tests.query.world import World

CONTACT = catalog.entity("contact")


def test_full_records_are_what_was_stored(world: World, reader: Reader) -> None:
    rows = reader.rows(Select(CONTACT, full(CONTACT), sort="id", deleted=None))
    names = [column.name for column in rows.columns]
    assert names == full(CONTACT)
    assert "search_text" not in names
    found = [dict(zip(names, row, strict=True)) for row in rows]
    wanted = [{name: row[name] for name in names} for row in sorted(world.of("contacts"), key=lambda r: r["id"])]
    assert found == wanted


def test_relations_show_titles_and_ids(world: World, reader: Reader) -> None:
    users = {u["id"]: u for u in world.of("users")}
    firms = {c["id"]: c for c in world.of("companies")}
    fields = [
        "id",
        "name",
        "owner",
        "owner_id",
        "owner.manager",
        "company.name",
        "company_id",
        "owner.email",
        "cf.size",
    ]
    rows = reader.rows(Select(CONTACT, fields))
    assert [c.name for c in rows.columns] == fields
    by_id = {row[0]: row for row in rows}
    assert len(by_id) == len([c for c in world.of("contacts") if not c["is_deleted"]])
    for contact in world.of("contacts"):
        if contact["is_deleted"]:
            assert contact["id"] not in by_id
            continue
        row, owner, firm = by_id[contact["id"]], users.get(contact["owner_id"]), firms.get(contact["company_id"])
        assert row[1] == contact["title"]
        assert row[2:4] == ((owner or {}).get("title"), contact["owner_id"])
        assert row[4] == (users[owner["manager_id"]]["title"] if owner and owner["manager_id"] else None)
        assert row[5:7] == ((firm or {}).get("name"), contact["company_id"])
        assert row[7] == (owner or {}).get("email")
        size = contact["custom_fields"].get("size")
        assert (None if row[8] is None else str(row[8])) == size


def test_order(world: World, reader: Reader) -> None:
    live = [c for c in world.of("contacts") if not c["is_deleted"]]
    for sort in ("id", "-id", "created_at", "-created_at", "score", "-score", "name", "-name,score"):
        found = [row[0] for row in reader.rows(Select(CONTACT, ["id"], sort=sort))]
        assert found == ordered(live, sort), sort


def ordered(rows: list[dict[str, object]], sort: str) -> list[object]:
    """Sort by one key after the other, the last first, empty values last."""
    keys = [(part.lstrip("-"), part.startswith("-")) for part in sort.split(",")]
    rows = sorted(rows, key=lambda row: row["id"], reverse=keys[-1][1])  # type: ignore[arg-type,return-value]
    for name, down in reversed(keys):
        column = "name_key" if name == "name" else name
        there = [row for row in rows if row[column] is not None]
        there.sort(key=lambda row: row[column], reverse=down)  # type: ignore[arg-type,return-value]
        rows = there + [row for row in rows if row[column] is None]
    return [row["id"] for row in rows]


def test_order_by_a_relation_and_by_folded_text(world: World, reader: Reader) -> None:
    rows = list(reader.rows(Select(CONTACT, ["company.name", "id"], sort="company.name")))
    names = [row[0] for row in rows]
    assert names == sorted((n for n in names if n), key=str.casefold) + [None] * names.count(None)
    cities = [row[0] for row in reader.rows(Select(CONTACT, ["city"], sort="city"))]
    koln = [place for place, city in enumerate(cities) if city in ("Köln", "koln", "KÖLN")]
    assert koln == list(range(koln[0], koln[0] + len(koln)))


def test_choices_sort_as_they_are_declared(reader: Reader) -> None:
    found = [row[0] for row in reader.rows(Select(CONTACT, ["status"], sort="status"))]
    assert list(dict.fromkeys(found)) == ["active", "inactive", "archived"]


def test_limit_offset_and_trash(world: World, reader: Reader) -> None:
    every = [row[0] for row in reader.rows(Select(CONTACT, ["id"]))]
    assert [row[0] for row in reader.rows(Select(CONTACT, ["id"], limit=7))] == every[:7]
    assert [row[0] for row in reader.rows(Select(CONTACT, ["id"], limit=7, offset=5))] == every[5:12]
    assert [row[0] for row in reader.rows(Select(CONTACT, ["id"], offset=5))] == every[5:]
    assert [row[0] for row in reader.rows(Select(CONTACT, ["id"], limit=10**30))] == every
    trash = {row[0] for row in reader.rows(Select(CONTACT, ["id"], deleted=True))}
    assert trash == {c["id"] for c in world.of("contacts") if c["is_deleted"]}
    assert reader.count(CONTACT) == len(every)
    assert reader.count(CONTACT, deleted=True) == len(trash)
    assert reader.count(CONTACT, deleted=None) == len(trash) + len(every)
    assert reader.count(CONTACT, parse("status=active")) == sum(
        c["status"] == "active" and not c["is_deleted"] for c in world.of("contacts")
    )


def test_entities_without_a_trash_have_an_empty_one(reader: Reader) -> None:
    assert reader.count(catalog.entity("company"), deleted=True) == 0


def test_short_names_are_written_out(reader: Reader) -> None:
    rows = reader.rows(Select(catalog.entity("task"), ["due", "assigned-to", "number"], limit=1))
    assert [c.name for c in rows.columns] == ["due_date", "assigned_to", "number"]
    assert rows.columns[2].prefix == "T"


def test_bad_order(reader: Reader) -> None:
    for sort in (",", "score,", "tags", "scor", "custom_fields", "-", "password", "a" * 5000, "\0", "\ud800"):
        with pytest.raises(UsageError):
            reader.rows(Select(CONTACT, ["id"], sort=sort))


def test_record(world: World, reader: Reader) -> None:
    contact = next(c for c in world.of("contacts") if c["is_deleted"])
    record = reader.record(CONTACT, contact["id"])
    assert record["id"] == contact["id"]
    assert "name_key" not in record


def test_search_over_several_entities(world: World, reader: Reader) -> None:
    found = {(e.name, id) for e, id, _, _ in reader.search("ACME", [CONTACT, catalog.entity("company")], limit=1000)}
    firms = {("company", c["id"]) for c in world.of("companies") if "acme" in c["search_text"].split()}
    people = {
        ("contact", c["id"])
        for c in world.of("contacts")
        if not c["is_deleted"] and any(w.startswith("acme") for w in c["search_text"].split())
    }
    assert found == firms | people
    assert people


def test_another_organization_sees_its_own(world: World) -> None:
    other = world.reader(world.other)
    found = {row[0] for row in other.rows(Select(CONTACT, ["id"], deleted=None))}
    assert found == {c["id"] for c in world.of("contacts", world.other)}
    assert all(isinstance(identifier, UUID) for identifier in found)
    other.connection.close()


def test_every_entity_can_be_listed(reader: Reader) -> None:
    unscoped = catalog.by_table("schema_info")
    with pytest.raises(TypeError):
        reader.count(unscoped)
    for entity in catalog.entities().values():
        if entity is unscoped:
            continue
        rows = reader.rows(Select(entity, [*full(entity), *entity.relations], sort=entity.sort, limit=3))
        assert len(list(rows)) <= 3
        assert len(rows.columns) == len(full(entity)) + len(entity.relations)
        assert len(list(reader.rows(Select(entity, limit=1)))) == min(1, reader.count(entity))


def test_two_answers_may_be_read_at_once(reader: Reader) -> None:
    first, second = reader.rows(Select(CONTACT, ["id"])), reader.rows(Select(CONTACT, ["id"], sort="id"))
    ahead = iter(first)
    newest = next(ahead)
    assert list(second)[-1] == newest
    assert len(list(ahead)) == reader.count(CONTACT) - 1


def test_an_answer_may_be_left_half_read(reader: Reader) -> None:
    next(iter(reader.rows(Select(CONTACT, ["id"]))))
    assert reader.count(CONTACT)
