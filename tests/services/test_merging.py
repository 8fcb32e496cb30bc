"""Records that are there twice: found by what they share, merged with all that points to them, taken apart by undo."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import Program
from tests.rowhash import everything


def full(crm: Program) -> None:
    """Three records of one person, two of one company, and what hangs on them."""
    crm("company", "add", "Petrova Labs", "--domain", "petrova.example")
    crm("company", "add", "Petrova Labs Inc.", "--phone", "+1 312-555-0111")
    crm("contact", "add", "Jan Novak", "--email", "jan.novak@petrova.example", "--company", "CO-1")
    crm(
        "contact",
        "add",
        "Jan Novák",
        "--phone",
        "+1 312-555-0100",
        "--company",
        "CO-2",
        "--tag",
        "vip",
        "--city",
        "Rome",
    )
    crm("contact", "add", "Novak Jan", "--email", "Jan.Novak+x@petrova.example", "--do-not-email", "yes")
    crm("contact", "add", "Ana Berg", "--email", "ana@berg.example", "--company", "CO-1")
    crm("deal", "add", "Big", "--contact", "C-2", "--company", "CO-2", "--value", "500")
    crm("task", "add", "Call", "--contact", "C-3")
    crm("note", "add", "hello", "--contact", "C-2")


def groups(crm: Program, noun: str, *line: str) -> list[list[str]]:
    return [[record["reference"] for record in group["records"]] for group in crm.json(noun, "dupes", *line)]


def test_dupes_and_merge(crm: Program) -> None:
    full(crm)
    assert groups(crm, "contact") == [["C-1", "C-2", "C-3"]]
    assert groups(crm, "contact", "--by", "email") == [["C-1", "C-3"]]
    assert groups(crm, "contact", "--by", "phone") == []
    assert groups(crm, "company") == [["CO-1", "CO-2"]]
    assert groups(crm, "contact", "-w", "city=rome") == []
    crm("contact", "dupes", "--exit-code", exit=8)
    before = everything(crm)
    crm("contact", "merge", "C-1", "C-2", exit=2)  # nobody is there to say yes
    crm("contact", "merge", "C-1", "C-2", "-n")
    assert everything(crm) == before
    merged = crm.json("contact", "merge", "C-1", "C-2", "C-3", "--take", "city=C-2", "--yes")
    assert (merged["number"], merged["email"], merged["phone"]) == (1, "jan.novak@petrova.example", "+13125550100")
    assert (merged["city"], merged["tags"], merged["do_not_email"]) == ("Rome", ["vip"], True)
    for noun in ("deal", "task", "note"):
        assert crm.json(noun, "list")[0]["contact_id"] == merged["id"]
    # The addresses of all lead to the one that is left.
    assert crm.json("contact", "view", "jan.novak+x@petrova.example")["number"] == 1
    assert crm("contact", "list", "-o", "csv", "-F", "number").lines == ["number", "4", "1"]
    crm("company", "merge", "CO-1", "CO-2", "-y")
    assert crm.json("deal", "view", "Big")["company_id"] == merged["company_id"]
    changes = [change["number"] for change in crm.json("change", "list", "-L", "2")]
    crm("undo", f"X-{changes[0]}")
    crm("undo", f"X-{changes[1]}")
    assert everything(crm) == before


def test_companies_keep_their_tree_and_names(crm: Program) -> None:
    """A child of the one that goes becomes a child of the one that stays; nobody becomes its own parent."""
    crm("company", "add", "Holding")
    crm("company", "add", "Holding AG", "--parent", "CO-1")
    crm("company", "add", "Child", "--parent", "CO-2")
    crm("contact", "add", "Bo Li", "--company", "CO-2")
    kept = crm.json("company", "merge", "CO-1", "CO-2", "-y")
    assert kept["parent_id"] is None
    assert crm.json("company", "view", "Child")["parent_id"] == kept["id"]
    assert crm.json("contact", "view", "Bo Li")["company"] == "Holding"


def test_groups_from_a_pipe(crm: Program) -> None:
    """What dupes finds is what merge takes, and one undo takes all groups apart."""
    lines = [{"name": f"Firm {n} {end}", "phone": f"+1 312 555 0{n:03}"} for n in range(20) for end in ("Ltd", "GmbH")]
    crm("company", "add", "--from-json", "-", "--yes", stdin=json.dumps(lines))
    before = everything(crm)
    found = crm("company", "dupes", "--threshold", "90", "-o", "jsonl").stdout
    crm("company", "merge", "-", stdin=found, exit=2)
    assert everything(crm) == before
    crm("company", "merge", "-", "--yes", stdin=found)
    assert crm("company", "count").stdout == "20\n"
    crm("undo", f"X-{crm.json('change', 'list', '-L', '1')[0]['number']}")
    assert everything(crm) == before


def test_roles_outlive_a_merge(crm: Program) -> None:
    """A part that both had keeps the role that one of them had; its own role comes first."""
    for name in ("Ana", "Anna", "Ann"):
        crm("contact", "add", name)
    for name in ("Acme", "Acme Ltd"):
        crm("company", "add", name)
    for deal in ("Roof", "Wall"):
        crm("deal", "add", deal)
        crm("deal", "company", "add", deal, "CO-2", "--role", "Partner")
        crm("deal", "company", "add", deal, "CO-1")
        for contact in ("C-2", "C-3"):
            crm("deal", "contact", "add", deal, contact, "--role", f"Champion {contact}")
    crm("deal", "contact", "add", "Roof", "C-1")
    crm("deal", "contact", "add", "Wall", "C-1", "--role", "User")
    before = everything(crm)
    crm("contact", "merge", "C-1", "C-2", "C-3", "--yes")
    crm("company", "merge", "CO-1", "CO-2", "--yes")

    def roles(noun: str, deal: str) -> list[tuple[int, str]]:
        return [(row["number"], row["role"]) for row in crm.json("deal", noun, "list", deal)]

    assert roles("contact", "Roof") == [(1, "Champion C-2")]
    assert roles("contact", "Wall") == [(1, "User")]
    assert roles("company", "Roof") == roles("company", "Wall") == [(1, "Partner")]
    for change in crm.json("change", "list", "-L", "2"):
        crm("undo", f"X-{change['number']}")
    assert everything(crm) == before


def test_groups_that_overlap(crm: Program) -> None:
    """Who went into one record cannot go into another one: nothing is merged."""
    for name in ("Ana", "Anna", "Ann"):
        crm("contact", "add", name)
    before = everything(crm)
    for second in ({"keep": "C-2", "others": ["C-3"]}, {"keep": "C-3", "others": ["C-2"]}):
        lines = json.dumps({"keep": "C-1", "others": ["C-2"]}) + "\n" + json.dumps(second)
        assert "no contact has the id" in crm("contact", "merge", "-", "--yes", stdin=lines, exit=3).stderr
        assert everything(crm) == before


def test_phones_link_all_who_share_them(crm: Program) -> None:
    """The first of a switchboard may be somebody else: the others are compared with each other, too."""
    for name in ("Zed Ott", "Jan Novak", "Novák Jan"):
        crm("contact", "add", name, "--phone", "+1 312-555-0100")
    assert groups(crm, "contact", "--by", "phone") == [["C-2", "C-3"]]


def test_a_field_that_says_converted(crm: Program) -> None:
    """Only the status of a lead is beyond the rules; a field that happens to hold the word is not."""
    crm("lead", "add", "Bo Li", "--email", "bo@li.example")
    crm("lead", "add", "Bo Li", "--email", "li@bo.example", "--company", "converted", "--phone", "+1 312-555-0100")
    kept = crm.json("lead", "merge", "L-1", "L-2", "--yes")
    assert (kept["status"], kept["company"], kept["version"]) == ("new", "converted", 2)


def test_converted_leads_stay_converted(crm: Program) -> None:
    crm("lead", "add", "Bo Li", "--email", "bo@li.example")
    crm("lead", "add", "Bo Li", "--email", "bo@other.example", "--company", "Li Ltd")
    crm("lead", "convert", "L-2", "--no-deal")
    kept = crm.json("lead", "merge", "L-1", "L-2", "--yes")
    assert (kept["status"], kept["company"]) == ("converted", "Li Ltd")
    assert kept["converted_contact_id"] == crm.json("contact", "view", "bo@other.example")["id"]


@pytest.mark.parametrize(
    ("line", "exit"),
    [
        (["C-1"], 2),
        (["C-1", "C-1", "--yes"], 6),
        (["C-1", "C-99", "--yes"], 3),
        (["C-1", "C-2", "--take", "nonsense=C-2", "--yes"], 2),
        (["C-1", "C-2", "--take", "phone=C-3", "--yes"], 2),
        (["-", "--yes"], 6),
    ],
)
def test_refused(sqlite_crm: Program, line: list[str], exit: int) -> None:
    for name in ("Ana", "Bo", "Cy"):
        sqlite_crm("contact", "add", name)
    before = everything(sqlite_crm)
    sqlite_crm("contact", "merge", *line, stdin='{"keep": "C-1"}\n', exit=exit)
    assert everything(sqlite_crm) == before


def test_names_that_are_nearly_the_same(sqlite_crm: Program, tmp_path: Path) -> None:
    """Slips, order and accents are seen through; people of different companies, and switchboards, are not one."""
    people: list[tuple[str, str, str, str]] = [
        ("Katherine", "Müller", "Acme Ltd", ""),
        ("Katharine", "Mueller", "Acme Limited", ""),
        ("Muller", "Katherine", "ACME", ""),
        ("Katherine", "Müller", "Globex", ""),
        ("Bo", "Li", "Initech", "+1 312-555-0100"),
        ("Ana", "Roy", "Initech", "+1 312-555-0100"),
    ]
    head: Any = ("first_name", "last_name", "company", "phone")
    file = tmp_path / "people.csv"
    file.write_text("\n".join(",".join(row) for row in [head, *people]) + "\n")
    sqlite_crm("contact", "import", str(file))
    assert groups(sqlite_crm, "contact") == [["C-1", "C-2", "C-3"]]


def test_a_grandchild_that_is_kept_is_not_its_own_ancestor(crm: Program) -> None:
    """The child of the one that goes comes below the one that stays, which therefore hangs below nobody."""
    crm("company", "add", "Top")
    crm("company", "add", "Middle", "--parent", "Top")
    crm("company", "add", "Bottom", "--parent", "Middle")
    crm("company", "merge", "Bottom", "Top", "--yes")
    assert sorted(crm("company", "list", "-F", "name,parent").rows) == [["Bottom", ""], ["Middle", "Bottom"]]


def test_an_address_that_gives_way_stays_a_further_one(crm: Program) -> None:
    crm("contact", "add", "Ana", "--email", "old@ana.example")
    crm("contact", "add", "Ana B", "--email", "new@ana.example")
    crm("contact", "merge", "C-1", "C-2", "--take", "email=C-2", "--yes")
    assert crm.json("contact", "view", "old@ana.example")["email"] == "new@ana.example"
