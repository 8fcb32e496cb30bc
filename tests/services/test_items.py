"""Line items, products, and the value that a deal takes from its items, on both databases."""

import json
import random
import threading
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from tests.program import Program


def value(crm: Program, deal: str = "D-1") -> tuple[Any, bool]:
    """Return a deal's value and whether it comes from its items."""
    record = crm.json("deal", "view", deal)
    return record["value"], record["value_from_items"]


def positions(crm: Program, deal: str) -> list[str]:
    return crm("item", "list", deal, "-F", "position").lines


def last_change(crm: Program) -> str:
    return f"X-{max(record['number'] for record in crm.json('change', 'list'))}"


def test_items_make_the_value_of_a_deal(crm: Program) -> None:
    """Name and price come from the product, totals from the numbers, the deal's value from the totals."""
    crm("deal", "add", "Roof", "--value", "100")
    crm("product", "add", "GTX Pro", "--sku", "GTX", "--unit-price", "4821")
    first = crm.json("item", "add", "D-1", "--product", "GTX", "--quantity", "3", "--discount", "10")
    assert (first["name"], first["unit_price"], first["total"], first["position"]) == (
        "GTX Pro",
        "4821.00",
        "13016.70",
        1,
    )
    second = crm.json("item", "add", "D-1", "Set-up", "--unit-price", "400")
    assert (second["position"], second["product_id"], second["total"]) == (2, None, "400.00")
    assert value(crm) == ("100.00", False)
    crm("deal", "edit", "D-1", "--value", "items")
    assert value(crm) == ("13416.70", True)
    crm("item", "edit", "D-1.1", "--discount", "0")
    assert value(crm) == ("14863.00", True)
    crm("item", "delete", "D-1.1")
    assert value(crm) == ("400.00", True)
    assert positions(crm, "D-1") == ["2"]
    crm("item", "add", "D-1", "Hours", "--unit-price", "90.05", "--quantity", "1.5")
    assert crm.json("item", "view", "D-1.3")["total"] == "135.08"
    assert value(crm) == ("535.08", True)
    crm("deal", "edit", "D-1", "--value", "1000")
    crm("item", "edit", "D-1.2", "--unit-price", "500")
    assert value(crm) == ("1000.00", False)


def test_undo_takes_items_and_value_back(crm: Program) -> None:
    """What an item did to its deal goes back with it."""
    crm("deal", "add", "Roof")
    crm("item", "add", "D-1", "Set-up", "--unit-price", "400")
    crm("deal", "edit", "D-1", "--value", "items")
    crm("undo", last_change(crm), "--yes")
    assert value(crm) == (None, False)
    crm("deal", "edit", "D-1", "--value", "items")
    crm("item", "delete", "D-1.1")
    assert value(crm) == ("0.00", True)
    crm("undo", last_change(crm), "--yes")
    assert value(crm) == ("400.00", True)
    assert positions(crm, "D-1") == ["1"]


def test_another_product_and_another_deal(crm: Program) -> None:
    """A new product brings its name and price; an item that moves comes last in its new deal."""
    for deal in ("Roof", "Wall"):
        crm("deal", "add", deal)
        crm("item", "add", f"D-{1 if deal == 'Roof' else 2}", "Set-up", "--unit-price", "400")
        crm("deal", "edit", deal, "--value", "items")
    crm("deal", "add", "Abroad", "--currency", "EUR")
    crm("product", "add", "GTX", "--unit-price", "100")
    crm("product", "add", "GTE", "--unit-price", "70", "--currency", "EUR")
    edited = crm.json("item", "edit", "D-1.1", "--product", "GTX")
    assert (edited["name"], edited["unit_price"], edited["total"]) == ("GTX", "100.00", "100.00")
    assert "--unit-price" in crm("item", "edit", "D-1.1", "--product", "GTE", exit=6).stderr
    crm("item", "edit", "D-1.1", "--product", "GTE", "--unit-price", "75")
    assert value(crm) == ("75.00", True)
    crm("item", "edit", "D-1.1", "--deal", "Wall")
    assert (value(crm, "D-1"), value(crm, "D-2")) == (("0.00", True), ("475.00", True))
    assert positions(crm, "D-2") == ["1", "2"]
    crm("item", "edit", "D-2.2", "--deal", "Abroad", exit=6)
    crm("product", "edit", "GTX", "--is-active", "no")
    assert "no longer sold" in crm("item", "add", "D-1", "--product", "GTX", exit=6).stderr
    crm("item", "edit", "D-2.1", "--product", "GTX", exit=6)
    crm("product", "add", "gtx")
    crm("product", "edit", "P-1", "--is-active", "yes", exit=6)
    assert "P-2" in crm("product", "add", "GTE", exit=6).stderr


def test_many_items_at_once(crm: Program, tmp_path: Path) -> None:
    """A pipe and a file give items to many deals, several of one deal at once; totals are exact."""
    rules = random.Random(5)
    crm("product", "add", "GTX", "--sku", "G-1", "--unit-price", "12.35")
    for deal in ("Roof", "Wall", "Door"):
        crm("deal", "add", deal)
        crm("deal", "edit", deal, "--value", "items")
    crm("item", "add", "-", "--product", "G-1", "--yes", stdin="D-1\nD-2\nD-3\nD-1\n")
    crm("item", "add", "-", "Hours", stdin='{"deal": "D-2", "unit_price": "90", "quantity": 2}\n')
    assert "line 1: a record on stdin has no deal" in crm("item", "add", "-", "X", stdin="{}", exit=6).stderr
    crm("item", "add", "-", "X", "-n", stdin='[{"ref": "D-2", "quantity": 2}, "D-1"]')
    assert (positions(crm, "D-1"), positions(crm, "D-2")) == (["1", "2"], ["1", "2"])
    expected = {"D-1": Decimal("24.70"), "D-2": Decimal("192.35"), "D-3": Decimal("12.35")}
    lines = ["deal,name,quantity,unit_price,discount_percent"]
    for number in range(60):
        deal = rules.choice(sorted(expected))
        quantity, price = Decimal(rules.randint(1, 9999)) / 1000, Decimal(rules.randint(0, 99999)) / 100
        discount = Decimal(rules.randint(0, 10000)) / 100
        lines.append(f"{deal},Line {number},{quantity},{price},{discount}")
        exact = quantity * price * (100 - discount) / 100
        expected[deal] += exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    file = tmp_path / "items.csv"
    file.write_text("\n".join(lines))
    crm("item", "import", str(file))
    assert {deal: Decimal(value(crm, deal)[0]) for deal in expected} == expected
    crm("item", "import", str(file))
    assert crm("item", "count").stdout == "65\n"
    for deal in expected:
        places = [int(place) for place in positions(crm, deal)]
        assert places == list(range(1, len(places) + 1))
    crm("item", "delete", "-w", "name~line", "--yes")
    assert value(crm, "D-2") == ("192.35", True)


def test_two_who_add_at_once_get_places_of_their_own(crm: Program) -> None:
    """Eight processes add to one deal: no place is given twice, and the value counts all."""
    crm("deal", "add", "Roof")
    crm("deal", "edit", "D-1", "--value", "items")

    def add() -> None:
        for _ in range(2):
            crm.process("item", "add", "D-1", "Hour", "--unit-price", "10")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert positions(crm, "D-1") == [str(place) for place in range(1, 9)]
    assert value(crm) == ("80.00", True)


def test_bad_items(crm: Program) -> None:
    """Each mistake is named with its field, and nothing is written."""
    crm("deal", "add", "Roof")
    crm("product", "add", "GTX", "--unit-price", "5")
    for line, field in (
        (["D-1", "X", "--quantity=-1"], "quantity"),
        (["D-1", "X", "--unit-price=-0.01"], "unit_price"),
        (["D-1", "X", "--discount", "100.01"], "discount_percent"),
        (["D-1", "X", "--discount=-1"], "discount_percent"),
        (["D-1", "X", "--unit-price", "9999999999999", "--quantity", "99999"], "unit_price"),
        (["D-1"], "name"),
        (["--product", "GTX"], "opportunity_id"),
        (["D-1", "x" * 300], "name"),
    ):
        told = crm("item", "add", *line, "--json", exit=6)
        assert json.loads(told.stderr)["error"]["details"][0]["field"] == field, told
    crm("item", "add", "D-7", "X", exit=3)
    crm("item", "add", "D-1", "--product", "none such", exit=3)
    crm("item", "add", "D-1", "X", "Y", exit=2)
    assert crm("item", "count").stdout == "0\n"


def test_contacts_and_companies_of_a_deal(crm: Program) -> None:
    """The first contact is the main one; parts have roles; the main one always is one of those left."""
    crm("deal", "add", "Roof")
    for name in ("Jan Novak", "Eva Li", "Bo Berg"):
        crm("contact", "add", name)
    for name in ("Acme", "Globex"):
        crm("company", "add", name)

    def listed(noun: str = "contact") -> list[tuple[int, str | None, bool]]:
        return [(row["number"], row["role"], row["primary"]) for row in crm.json("deal", noun, "list", "D-1")]

    crm("deal", "contact", "add", "D-1", "C-1", "C-2", "--role", "User")
    assert listed() == [(1, "User", True), (2, "User", False)]
    crm("deal", "contact", "add", "D-1", "-", "--role", "Champion", "--primary", stdin="C-3\n")
    assert listed() == [(3, "Champion", True), (1, "User", False), (2, "User", False)]
    crm("deal", "contact", "add", "-", stdin='{"ref": "D-1", "contact": "C-2", "role": "Buyer"}')
    assert listed()[2] == (2, "Buyer", False)
    crm("deal", "contact", "delete", "D-1", "C-3")
    assert listed() == [(1, "User", True), (2, "Buyer", False)]
    crm("undo", last_change(crm), "--yes")
    assert listed()[0] == (3, "Champion", True)
    crm("deal", "contact", "delete", "D-1", "C-3", "C-1", "C-2")
    assert listed() == []
    assert crm.json("deal", "view", "D-1")["contact_id"] is None
    crm("deal", "contact", "delete", "D-1", "C-1", exit=3)
    crm("deal", "contact", "add", "D-1", "C-1", "--role", "x" * 101, exit=6)
    crm("deal", "contact", "add", "D-1", "C-9", exit=3)
    crm("deal", "edit", "D-1", "--company", "Acme")
    crm("deal", "company", "add", "D-1", "Globex", "--role", "Partner", "--primary")
    assert listed("company") == [(2, "Partner", True), (1, None, False)]
    crm("deal", "company", "delete", "D-1", "CO-2")
    assert listed("company") == [(1, None, True)]
