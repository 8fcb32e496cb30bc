"""Files of ours that come back: what other systems said stays, cards are known again, numbers stay with their records."""

from pathlib import Path

from tests.program import Program
from tests.transfer.conftest import write

HUB = "id,email,first,city\n1,a@x.example.org,Ann,Berlin\n2,b@x.example.org,Bob,Rome\n"
KEYED = ("--map", "id=ext:hub", "--map", "first=first_name")


def test_what_the_other_system_said_stays(crm: Program, tmp_path: Path) -> None:
    hub, own = write(tmp_path / "hub.csv", HUB), str(tmp_path / "own.csv")
    first = crm.json("contact", "import", hub, *KEYED)
    again = [crm.json("contact", "import", hub, *KEYED)["change"]]
    crm("contact", "edit", "b@x.example.org", "--city", "Paris")
    crm("contact", "export", "-O", own)
    account = crm.json("contact", "import", own)
    again.append(account["change"])
    assert (account["unchanged"], again) == (2, [None, None])

    moved = write(tmp_path / "moved.csv", HUB.replace("Rome", "Oslo"))
    told = []
    for file in (hub, moved):
        told += crm.json("contact", "import", file, *KEYED, "--on-conflict", "*=changed")["warning_details"]
        assert crm.json("contact", "view", "b@x.example.org")["city"] == "Paris"
    assert [(detail["column"], detail["code"]) for detail in told] == [("city", "changed_here")]

    crm("contact", "edit", "b@x.example.org", "--city", "Rome")
    fresh = write(tmp_path / "fresh.csv", "id,email\n9,c@x.example.org\n")
    change = crm.json("contact", "import", fresh, "--map", "id=ext:hub")["change"]
    crm("contact", "export", "-O", own)
    assert crm.json("contact", "import", own)["change"] is None
    crm("undo", change, "-y")
    assert crm("contact", "count").stdout.strip() == "2" and first["created"] == 2


def test_cards_and_numbers_are_known_again(crm: Program, tmp_path: Path) -> None:
    crm("contact", "add", "Ann Berg", "--email", "a@x.example.org", "--city", "Rome")
    cards, own = tmp_path / "own.vcf", tmp_path / "own.csv"
    crm("contact", "export", "-O", str(cards))
    crm("contact", "export", "-O", str(own))
    foreign = (
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\r\n"
        "FN:Bob Lin\r\nN:Lin;Bob;;;\r\nEND:VCARD\r\n"
    )
    text = cards.read_text().replace("a@x.example.org", "ann@y.example.org")
    file = write(tmp_path / "both.vcf", text + foreign)
    account = crm.json("contact", "import", file)
    assert (account["created"], account["updated"]) == (1, 1)
    assert crm.json("contact", "import", file)["change"] is None
    assert crm.json("contact", "view", "Ann Berg")["email"] == "ann@y.example.org"
    header, *rows = crm("contact", "export", "-o", "csv").lines
    keys = sorted(row.split(",")[header.split(",").index("ext:vcard")] for row in rows)
    assert keys == ["", "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"]

    copy = write(tmp_path / "copy.csv", own.read_text().replace("a@x", "other@x"))
    result = crm("contact", "import", copy, "--map", "id=-", exit=6)
    assert "number 1 belongs to C-1 Ann Berg already" in result.stderr and "--map number=-" in result.stderr
    assert crm.json("contact", "import", copy, "--map", "id=-", "--map", "number=-")["created"] == 1
    foreign_id = write(tmp_path / "foreign.csv", "id,email\n1,z@x.example.org\n")
    result = crm("contact", "import", foreign_id, exit=6)
    assert "--map id=ext:SOURCE keeps it as the other system's key, --map id=- leaves it out" in result.stderr
