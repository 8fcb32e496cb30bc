"""The list of addresses that get no mail: people put them on and take them off, and nothing else takes them off."""

import json
from pathlib import Path

from tests.mail.reports import generic, message, take
from tests.program import Program
from tests.rowhash import everything

JAN, EVA = "jan@globex.example", "eva@globex.example"


def held(crm: Program) -> dict[str, str]:
    """Return the list: address -> reason."""
    return {row["email"]: row["reason"] for row in crm.json("email", "suppress", "list")}


def test_the_list(crm: Program, tmp_path: Path) -> None:
    """Added, imported, taken off with its reason, journaled and taken back; a complaint wants a yes."""
    added = crm.json("email", "suppress", "add", "Jan@Globex.example", EVA, "--detail", "asked on the phone")
    assert added["suppressed"] == [JAN, EVA]
    assert crm.json("email", "suppress", "add", JAN)["held"] == {JAN: "manual"}
    assert crm("email", "suppress", "add", "new@a.example").lines == ["new@a.example"]
    crm("email", "suppress", "add", "no address", exit=6)
    crm("email", "suppress", "add", "a@b.example", "--reason", "whim", exit=2)
    crm("email", "suppress", "add", exit=2)
    many = "".join(f"p{number}@b.example\n" for number in range(4))
    crm("email", "suppress", "add", "-", stdin=many, exit=2)
    crm("email", "suppress", "add", "-", "--yes", "-n", stdin=many)
    assert held(crm) == dict.fromkeys((JAN, EVA, "new@a.example"), "manual")

    told = crm("email", "suppress", "remove", JAN)
    assert "manual: asked on the phone" in told.stderr
    change = told.stderr.rpartition("mycrm undo ")[2].strip()
    assert JAN not in held(crm)
    crm("undo", change)
    assert held(crm)[JAN] == "manual"
    crm("email", "suppress", "remove", "nobody@b.example", exit=3)
    take(crm, [generic("complaint", None, "2026-11-01T09:00:00Z", address=EVA)])
    assert held(crm)[EVA] == "complaint"
    before = everything(crm)
    crm("email", "suppress", "remove", EVA, exit=2)
    assert everything(crm) == before
    removed = crm.json("email", "suppress", "remove", EVA, "--yes")["removed"]
    assert removed == [{"email": EVA, "reason": "complaint"}]

    file = tmp_path / "list.csv"
    file.write_text(f"Name,E-Mail\nJan,{JAN}\nBo,bo@b.example\nNo,none\n", encoding="utf-8")
    crm("email", "suppress", "import", str(file), exit=7)
    assert held(crm) == {JAN: "manual", "new@a.example": "manual", "bo@b.example": "imported"}
    before = everything(crm, without=("last_used_at",), journal=True)
    crm("email", "suppress", "import", str(file), exit=7)
    assert everything(crm, without=("last_used_at",), journal=True) == before
    listed = json.dumps([{"created": 1443651125, "email": "hal@b.example", "reason": "550 unknown"}])
    assert crm.json("email", "suppress", "import", "-", "--reason", "bounce", stdin=listed)["suppressed"] == 1
    assert crm.json("email", "suppress", "import", "-", stdin="a@b.example\nb@b.example\n")["suppressed"] == 2
    crm("email", "suppress", "import", "-", stdin="name,phone\na,1\n", exit=6)
    crm("email", "suppress", "import", "-", stdin="none\n", exit=6)


def test_only_marketing_and_administrators_decide(crm: Program) -> None:
    """Who sells sees the list and changes nothing of it."""
    for role in ("sales_rep", "marketing"):
        crm("user", "add", f"{role}@acme.com", "--role", role, "--first-name", "A", "--last-name", "B")
        crm("profile", "add", role, "--organization", "acme", "--user", f"{role}@acme.com", "--database", crm.database)
        crm.sign_in(role)
    crm("email", "suppress", "add", JAN, "-P", "marketing")
    assert [row[0] for row in crm("email", "suppress", "list", "-P", "sales_rep").rows] == [JAN]
    for line in (["add", EVA], ["remove", JAN], ["import", "-"]):
        crm("email", "suppress", *line, "-P", "sales_rep", exit=4)
    crm("email", "events", "import", "-", "--provider", "generic", "-P", "sales_rep", exit=4)
    refused = "Name,Email,Unsubscribed\nEva Horn,eva@globex.example,yes\n"
    crm("contact", "import", "-", "--format", "csv", "-P", "sales_rep", stdin=refused)
    assert held(crm)[EVA] == "imported", "what follows from a file asks for no right of its own"
    crm("email", "suppress", "remove", EVA, "-P", "marketing")
    crm("email", "suppress", "remove", JAN, "-P", "marketing")
    assert held(crm) == {}


def test_imports_and_merges_take_nobody_off(crm: Program) -> None:
    """Files put people on the list who refuse mail; nothing that files or merges say takes them off."""
    crm(
        "contact",
        "import",
        "-",
        "--format",
        "csv",
        stdin=f"Name,Email,Unsubscribed\nJan Berg,{JAN},yes\nEva,{EVA},no\n",
    )
    assert held(crm) == {JAN: "imported"}
    crm("lead", "import", "-", "--format", "csv", stdin="Name,Email,do_not_email\nLeo,leo@hooli.example,yes\n")
    assert held(crm) == {JAN: "imported", "leo@hooli.example": "imported"}
    message(crm, EVA, "eva")
    take(crm, [generic("unsubscribe", "eva", "2026-11-02T09:00:00Z")])
    everyone = {JAN: "imported", "leo@hooli.example": "imported", EVA: "unsubscribe"}
    crm(
        "contact",
        "import",
        "-",
        "--format",
        "csv",
        stdin=f"Name,Email,Unsubscribed\nJan Berg,{JAN},no\nEva H,{EVA},no\n",
    )
    crm("contact", "add", "Eva Horn", "--email", "horn@globex.example")
    crm("contact", "merge", "eva@globex.example", "horn@globex.example", "--yes")
    crm("contact", "merge", "C-1", "C-2", "--yes")
    crm("contact", "delete", "C-1")
    assert held(crm) == everyone
    assert crm.json("contact", "list", "+MAILABLE") == []
    again = f"email,reason\n{EVA},manual\n"
    assert crm.json("email", "suppress", "import", "-", "--reason", "manual", stdin=again)["known"] == 1
    assert held(crm) == everyone


def test_an_import_that_is_taken_back_takes_its_entries_along(sqlite_crm: Program) -> None:
    """What an import put on the list is part of its change."""
    crm = sqlite_crm
    before = everything(crm)
    file = f"Name,Email,Unsubscribed\nJan Berg,{JAN},yes\n"
    change = crm.json("contact", "import", "-", "--format", "csv", stdin=file)["change"]
    crm("undo", change, "--yes")
    assert everything(crm) == before
