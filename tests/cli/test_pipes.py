"""Records through a pipe: references, JSON lines with values of their own, whole records that were listed."""

import json

from tests.program import Program


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_edits_with_values_of_their_own(crm: Program) -> None:
    for name in ("Ana", "Bob", "Cy"):
        crm("contact", "add", name)
    crm("company", "add", "Acme")
    crm("contact", "edit", "-", stdin=lines({"ref": "C-1", "job_title": "CEO"}, {"ref": "Bob", "city": "Oslo"}))
    assert crm("contact", "list", "-F", "name,job_title,city", "-s", "name").rows == [
        ["Ana", "CEO", ""],
        ["Bob", "", "Oslo"],
        ["Cy", "", ""],
    ]
    # The same record twice: both edits count, in one step; options count for all lines.
    twice = lines(
        {"ref": "C-1", "city": "Rome"}, {"ref": "Ana", "tags": ["x"], "owner": "ana@acme.com"}, {"ref": "C-2"}
    )
    changed = crm.json("contact", "edit", "-", "--department", "Sales", "--tag", "t", stdin=twice)
    assert [record["department"] for record in changed] == ["Sales", "Sales"]
    ana = crm.json("contact", "view", "C-1")
    assert (ana["city"], ana["tags"], ana["version"]) == ("Rome", ["x", "t"], 3)

    three = lines(*({"ref": f"C-{i}", "city": "Bonn"} for i in (1, 2, 3)))
    crm("contact", "edit", "-", stdin=three, exit=2)
    crm("contact", "edit", "-", "--yes", stdin=three)
    for wrong, place, status in (
        ('{"ref": "C-2", "nope": 1}', "line 3: ", 2),
        ('{"ref": "C-2", "country": "Nowhere"}', "line 3: ", 6),
        ('{"ref": "C-2", "created_at": "2020-01-01T00:00:00Z"}', "line 3: ", 6),
        ('{"ref": "C-2", "status": null}', "line 3: ", 6),
        ('{"ref": "C-2", "owner": "nobody@acme.com"}', "line 3: ", 3),
        ('{"ref": "C-99"}', "line 3: ", 3),
        ('{"ref": "C-2", ', "line 3: ", 6),
        ('{"city": "Ulm"}', "line 3: ", 6),
        ("C-99", "line 3: ", 3),
    ):
        refused = crm("contact", "edit", "-", stdin=lines({"ref": "C-1", "city": "Ulm"}) + "\n" + wrong, exit=status)
        assert f"error: {place}" in refused.stderr, refused
    assert crm("contact", "count", "city=Ulm").stdout == "0\n"


def test_whole_records_come_back_as_they_were_listed(crm: Program) -> None:
    crm(
        "contact",
        "add",
        "-",
        "--yes",
        stdin=lines({"first_name": "Ana"}, {"first_name": "Bob", "tags": None}, {"first_name": "Cy"}),
    )
    crm("deal", "add", "Big", "--value", "5", "--contact", "C-1")
    listed = {form: crm("contact", "list", "-o", form).stdout for form in ("json", "jsonl")}
    for form in ("jsonl", "json"):
        again = crm("contact", "edit", "-", "--yes", "--json", stdin=crm("contact", "list", "-o", form).stdout)
        assert {record["change"] for record in again.json} == {None}
    crm("contact", "edit", "-", "--city", "Rome", "--yes", stdin=listed["jsonl"])
    assert crm("contact", "count", "city=Rome").stdout == "3\n"
    stale = crm("contact", "edit", "-", "--yes", stdin=listed["json"].replace('"Ana"', '"Eva"'), exit=6)
    assert "changed by somebody else" in stale.stderr
    deals = crm("deal", "list", "-o", "jsonl").stdout
    crm("deal", "edit", "-", stdin=deals.replace('"Big"', '"Bigger"'))
    assert crm("deal", "list", "-F", "name,value").rows == [["Bigger", "5.00"]]

    crm("contact", "add", "-", stdin=lines({"first_name": "D"}, {"first_name": "E"}, {"first_name": "F"}), exit=2)
    assert "record 2: " in crm("contact", "add", "-", stdin=lines({"first_name": "D"}, {"nope": 1}), exit=2).stderr
    crm("contact", "add", "-", "--from-json", "-", stdin="{}", exit=2)
    crm("contact", "add", "--from-json", "-", stdin=lines(*({"first_name": name} for name in "DEF")), exit=2)
    assert crm("contact", "count").stdout == "3\n"
    crm("contact", "delete", "-", "--yes", stdin=listed["json"])
    assert crm("contact", "count").stdout == "0\n"
    crm("contact", "restore", "-", "--yes", stdin=listed["jsonl"])
    assert crm("contact", "count").stdout == "3\n"


def test_many_from_a_pipe_want_a_protected_profile_named(crm: Program) -> None:
    """Whatever adds three or more from stdin takes --confirm, as its hint says."""
    crm("deal", "add", "-", "--yes", stdin=lines(*({"name": f"Deal {n}"} for n in (1, 2, 3))))
    crm("contact", "add", "Ana")
    crm("profile", "edit", "work", "--protected", "yes")
    deals = "D-1\nD-2\nD-3\n"
    people = lines(*({"first_name": name} for name in ("Bob", "Cy", "Di")))
    for words, stdin in (
        (["item", "add", "-", "Set-up"], deals),
        (["deal", "contact", "add", "-", "C-1"], deals),
        (["deal", "contact", "delete", "-", "C-1"], deals),
        (["contact", "add", "-"], people),
        (["contact", "add", "--from-json", "-"], people),
        (["stage", "add", "-"], lines(*({"name": f"Stage {n}"} for n in (1, 2, 3)))),
        (["rate", "add", "--from-json", "-"], lines(*({"currency": c, "rate": 2} for c in ("EUR", "GBP", "CHF")))),
    ):
        refused = crm(*words, "--yes", stdin=stdin, exit=2)
        assert "--confirm work says that you mean it" in refused.stderr
        assert len(crm(*words, "--yes", "--confirm", "work", stdin=stdin).lines) == 3
