"""Fields of an organization's own: typed, checked on every write, changed only as far as their values allow."""

import json
from typing import Any

import pytest

from mycrm_cli.services import rows
from tests.program import Program


def test_a_field_from_its_birth_to_its_end(crm: Program) -> None:
    crm("contact", "add", "Ana", "--email", "ana@x.example")
    crm("field", "add", "contact", "tier", "--type", "choice", "--choices", "gold, silver", "--label", "Customer tier")
    crm("contact", "edit", "Ana", "--set", "cf.tier=GOLD")
    crm("contact", "add", "Bob", "--set", "cf.tier=silver")
    crm("contact", "add", "Cy")
    assert crm("contact", "list", "-w", "cf.tier=gold", "-F", "name,cf.tier").rows == [["Ana", "gold"]]
    assert crm("contact", "list", "-F", "name", "-s", "-cf.tier,name").lines == ["Bob", "Ana", "Cy"]
    wrong = crm("contact", "edit", "Bob", "--set", "cf.tier=brass", exit=6, env={"MYCRM_OUTPUT": "json"})
    assert "brass" in wrong.stderr
    crm("contact", "add", "-", stdin='{"first_name": "D", "cf.tier": "brass"}', exit=6)
    crm("contact", "edit", "Bob", "--set", "cf.teir=gold", exit=2)
    assert "cf.tier" in crm("contact", "list", "-w", "?").stdout
    assert "field list contact" in crm("contact", "edit", "Bob", "--set", "cf.nope=1", exit=2).stderr

    # Choices that are in use stay, others may go.
    in_use = crm("field", "edit", "contact", "tier", "--choices", "gold,bronze", exit=6).stderr
    assert '1 contact holds in cf.tier what would not fit: "silver" (1)' in in_use
    crm("field", "edit", "contact", "tier", "--choices", "gold,silver,bronze", "--required", "yes")
    missing = crm("contact", "add", "Di", exit=6)
    assert "needs a Customer tier: gold, silver, bronze" in missing.stderr
    crm("contact", "edit", "Ana", "--clear", "cf.tier", exit=6)
    crm("contact", "edit", "Cy", "--city", "Oslo")  # was there before the field
    crm("contact", "add", "Di", "--set", "cf.tier=bronze")
    rejected = crm("contact", "import", "-", "--format", "csv", stdin="first_name,cf.tier\nEd,gold\nFay,\n", exit=6)
    assert "line 3" in rejected.stderr and "cf.tier" in rejected.stderr
    crm("contact", "import", "-", "--format", "csv", stdin="first_name,cf.tier\nEd,gold\n")
    exported = crm("contact", "export", "-w", "name=Ed", "-F", "name,cf.tier", "-o", "csv").lines
    assert exported == ["name,cf.tier", "Ed,gold"]

    assert "cf.tier" in crm("field", "delete", "contact", "tier", exit=6).stderr
    change = crm.json("field", "delete", "contact.tier", "--values")["change"]
    assert not any(contact["custom_fields"] for contact in crm.json("contact", "list"))
    crm("contact", "list", "-w", "cf.tier=gold", exit=2)
    crm("undo", change, "--yes")
    assert crm("contact", "count", "cf.tier=gold").stdout == "2\n"
    crm("contact", "edit", "Ana", "--clear", "cf.tier", exit=6)


def test_types_change_where_every_value_fits(crm: Program) -> None:
    crm("field", "add", "company", "size", "--type", "text")
    crm("field", "add", "deal", "size", "--type", "money")
    for name, size in (("A", "5"), ("B", "12"), ("C", "")):
        crm("company", "add", name, *(["--set", f"cf.size={size}"] if size else []))
    crm("field", "edit", "company", "size", "--type", "integer")
    assert crm.json("company", "view", "A")["custom_fields"] == {"size": 5}
    assert crm("company", "list", "-s", "-cf.size", "-F", "name").lines == ["B", "A", "C"]
    assert crm("company", "list", "-w", "cf.size>5", "-F", "name").lines == ["B"]
    crm("field", "edit", "company", "size", "--type", "text")
    assert crm.json("company", "view", "A")["custom_fields"] == {"size": "5"}
    crm("company", "edit", "B", "--set", "cf.size=many")
    refused = crm("field", "edit", "company.size", "--type", "integer", exit=6).stderr
    assert '"many" (1)' in refused
    crm("field", "edit", "company.size", "--type", "choice", exit=6)
    crm("field", "edit", "company.size", "--type", "choice", "--choices", "5,many")
    crm("field", "edit", "company.size", "--type", "text")
    assert crm.json("field", "view", "company", "size")["choices"] == []

    for line in (
        ["team", "x"],
        ["company", "size"],
        ["company", "1x"],
        ["company", "a b!"],
        ["company", "t", "--type", "choice"],
        ["company", "t", "--type", "text", "--choices", "a"],
        ["company", "t", "--choices", "a,A"],
        ["company", "t", "--type", "wrong"],
    ):
        assert crm("field", "add", *line, exit=None).exit in (2, 6), line
    crm("field", "edit", "company.size", "--key", "other", exit=6)
    assert "company.size · deal.size" in crm("field", "view", "size", exit=5).stderr
    assert crm("field", "list", "deal", "-F", "entity,key,type").rows == [["deal", "size", "money"]]
    assert "of its own" in crm("field", "add", "company", "city", terminal=True, env={"NO_COLOR": "1"}).stderr
    crm("field", "delete", "deal.size", "company.city")
    many = "\n".join(json.dumps({"entity": "lead", "key": f"k{i}"}) for i in range(3))
    crm("field", "add", "-", stdin=many, exit=2)
    crm("field", "add", "-", "--yes", stdin=many)
    assert crm("field", "count", "entity=lead").stdout == "3\n"


def test_an_edit_in_between_stays(crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody writes between the look at a field's values and their conversion is converted, not lost."""
    crm("field", "add", "company", "size", "--type", "text")
    crm("company", "add", "A", "--set", "cf.size=5")
    real, said = rows.images, {"size": "7"}

    def images(connection: Any, scope: Any, entity: Any, ids: Any, *, lock: bool = False) -> Any:
        if entity.name == "company":
            rows.update(connection, scope, entity, [(id, {"custom_fields": said}) for id in ids])
        return real(connection, scope, entity, ids, lock=lock)

    monkeypatch.setattr(rows, "images", images)
    crm("field", "edit", "company", "size", "--type", "integer")
    assert crm.json("company", "view", "A")["custom_fields"] == {"size": 7}
    said["size"] = "8"
    crm("field", "edit", "company", "size", "--type", "text")
    said["size"] = "many"
    assert '"many" (1)' in crm("field", "edit", "company", "size", "--type", "integer", exit=6).stderr
    said.clear()
    crm("field", "edit", "company", "size", "--type", "integer")
    assert crm.json("company", "view", "A")["custom_fields"] == {}
