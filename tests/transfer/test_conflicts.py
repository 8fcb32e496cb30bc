"""``--on-conflict`` by a column's name and by a field, told by plans and done by imports."""

import json
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli.services import loading
from tests.program import Program
from tests.transfer.conftest import fingerprint, write

HEAD = "Mail,Full Name,Town,Firm,Rep,Level,Labels,Others,Remark\n"
ROWS = (
    "a@x.example.org,Ann New,Milan,Globex,eve@acme.com,silver,vip,a2@x.example.org,more\n"
    "b@x.example.org,Bea New,Milan,Globex,eve@acme.com,silver,vip,,more\n"
)
MAP = (
    "Mail=email",
    "Full Name=name",
    "Town=city",
    "Firm=company",
    "Rep=owner.email",
    "Level=cf.tier",
    "Labels=+tags",
    "Others=emails",
    "Remark=notes",
)
NEWS = {
    "first_name": "Ann",
    "last_name": "New",
    "city": "Milan",
    "company": "Globex",
    "company_id": "2",
    "owner_id": "eve",
    "cf.tier": "silver",
    "tags": ["old", "vip"],
}
RULES: dict[tuple[str, ...], set[str]] = {
    (): set(),
    ("Town=keep",): {"city"},
    ("town=keep",): {"city"},
    ("city=keep",): {"city"},
    ("city=fill",): {"city"},
    ("Full Name=keep",): {"first_name", "last_name"},
    ("name=fill",): {"last_name", "first_name"},
    ("last_name=keep",): {"last_name"},
    ("Firm=keep",): {"company", "company_id"},
    ("company=fill",): {"company", "company_id"},
    ("company_id=keep",): {"company", "company_id"},
    ("Rep=keep",): {"owner_id"},
    ("owner=fill",): {"owner_id"},
    ("owner_id=keep",): {"owner_id"},
    ("Level=keep",): {"cf.tier"},
    ("cf.tier=fill",): {"cf.tier"},
    ("custom_fields=keep",): {"cf.tier"},
    ("Labels=fill",): {"tags"},
    ("tags=keep",): {"tags"},
    ("*=keep",): set(NEWS),
    ("*=fill",): set(NEWS),
    ("*=keep", "Town=overwrite", "cf.tier=overwrite"): set(NEWS) - {"city", "cf.tier"},
}


def ready(crm: Program) -> dict[str, str]:
    """One contact with a value in every field and one without; return what ids stand for."""
    crm("field", "add", "contact", "tier", "--type", "text")
    crm("user", "add", "eve@acme.com", "--first-name", "Eve", "--last-name", "Ek", "--role", "sales_rep")
    crm("company", "add", "Acme")
    crm("company", "add", "Globex", "--domain", "globex.example.org")
    crm("contact", "add", "Anna Old", "--email", "a@x.example.org", "--city", "Rome", "--company", "Acme")
    crm("contact", "edit", "C-1", "--owner", "me", "--tag", "old", "--set", "cf.tier=gold")
    crm("contact", "add", "Bea", "--email", "b@x.example.org")
    return {crm.json("company", "view", "CO-2")["id"]: "2", crm.json("user", "view", "eve@acme.com")["id"]: "eve"}


def planned(crm: Program, tmp_path: Path, content: str, *options: str) -> list[dict[str, Any]]:
    """Return the lines of a plan."""
    plan = tmp_path / "plan.jsonl"
    crm("contact", "import", write(tmp_path / "x.csv", content), *options, "--plan", str(plan))
    return [json.loads(line) for line in plan.read_text().splitlines()[1:-1]]


def test_rules_by_column_and_by_field(crm: Program, tmp_path: Path) -> None:
    ids = ready(crm)
    mapped = [word for pair in MAP[:-1] for word in ("--map", pair)] + ["--map", "Remark=-"]
    before = fingerprint(crm)
    for rules, kept in RULES.items():
        options = [word for rule in rules for word in ("--on-conflict", rule)]
        full, empty = planned(crm, tmp_path, HEAD + ROWS, *mapped, *options)
        told = {name: pair[1] for name, pair in full.get("values", {}).items()}
        told = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in told.items()}
        assert told == {name: value for name, value in NEWS.items() if name not in kept}, (rules, full)
        assert ("extras" in full) == ("*=keep" not in rules), (rules, full)
        keeps = bool(rules) and rules[0].endswith("keep")
        wanted = set(NEWS) - {"first_name"} - (kept if keeps else set())
        assert set(empty.get("values", {})) == wanted, (rules, empty)
    assert fingerprint(crm) == before
    crm("contact", "import", str(tmp_path / "x.csv"), *mapped, "--on-conflict", "*=fill")
    ann, bea = crm.json("contact", "view", "C-1"), crm.json("contact", "view", "C-2")
    assert (ann["city"], ann["company"], ann["custom_fields"], ann["tags"]) == (
        "Rome",
        "Acme",
        {"tier": "gold"},
        ["old"],
    )
    assert (bea["city"], bea["company"], bea["custom_fields"], bea["tags"]) == (
        "Milan",
        "Globex",
        {"tier": "silver"},
        ["vip"],
    )
    assert ids[bea["company_id"]] == "2"


def test_rules_that_are_particular(crm: Program, tmp_path: Path) -> None:
    ready(crm)
    row = "email,company.domain\na@x.example.org,globex.example.org\n"
    [line] = planned(crm, tmp_path, row, "--on-conflict", "company.domain=keep")
    assert line["action"] == "unchanged"
    [line] = planned(crm, tmp_path, row, "--on-conflict", "company=keep")
    assert line["action"] == "unchanged"
    # A name without its link gets the link, and nothing else, where both say the same.
    crm("contact", "edit", "C-2", "--company", "Initech")
    crm("company", "add", "Initech")
    linked = "email,company\nb@x.example.org,Initech\n"
    [line] = planned(crm, tmp_path, linked, "--on-conflict", "company=fill")
    assert list(line["values"]) == ["company_id"]
    [line] = planned(crm, tmp_path, "email,company\nb@x.example.org,Globex\n", "--on-conflict", "*=fill")
    assert line["action"] == "unchanged"
    # Something is added once, and a column's name may have an equals sign.
    text = "email,Note,cf.tier,x=y\na@x.example.org,tall,silver,Oslo\n"
    options = ["--map", "Note=job_title", "--map", "x=y=city", "--on-conflict", "x=y=keep"]
    options += ["--on-conflict", "Note=append", "--on-conflict", "cf.tier=append"]
    crm("contact", "edit", "C-1", "--job-title", "big")
    [line] = planned(crm, tmp_path, text, *options)
    assert line["values"] == {"job_title": ["big", "big; tall"], "cf.tier": ["gold", "gold; silver"]}
    crm("contact", "import", "--apply", str(tmp_path / "plan.jsonl"))
    assert crm.json("contact", "import", str(tmp_path / "x.csv"), *options)["unchanged"] == 1


def test_rules_of_our_own_file_and_of_words(crm: Program, tmp_path: Path) -> None:
    ready(crm)
    crm("field", "add", "contact", "size", "--type", "text")
    exported = tmp_path / "all.jsonl"
    crm("contact", "export", "-o", "jsonl", "-O", str(exported))
    rows = [json.loads(line) for line in exported.read_text().splitlines()]
    for row in rows:
        row["custom_fields"] = {"tier": "silver", "size": "XL"}
    exported.write_text("\n".join(map(json.dumps, rows)))
    expected = {
        "custom_fields=fill": {"tier": "gold", "size": "XL"},
        "cf.tier=keep": {"tier": "gold", "size": "XL"},
        "custom_fields=keep": {"tier": "gold"},
        "*=overwrite": {"tier": "silver", "size": "XL"},
    }
    for rule, fields in expected.items():
        change = crm.json("contact", "import", str(exported), "--on-conflict", rule)["change"]
        assert crm.json("contact", "view", "C-1")["custom_fields"] == fields, rule
        if change:
            crm("undo", change, "-y")
    crm("deal", "add", "Big", "--close", "2026-05-01")
    file = write(tmp_path / "d.csv", "name,Close Date,value\nBig,2026-09-09,10\n")
    crm("deal", "import", file, "--map", "Close Date=close_date", "--on-conflict", "Close Date=keep")
    deal = crm.json("deal", "view", "D-1")
    assert (
        deal["expected_close_date"],
        deal["value"]["amount"] if isinstance(deal["value"], dict) else deal["value"],
    ) == ("2026-05-01", "10.00")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("citty=keep", "city"),
        ("Twon=keep", "Town"),
        ("Rep=append", "only texts and tags"),
        ("Firm=append", "only texts and tags"),
        ("Town=sometimes", "no such rule"),
        ("Remark=keep", "only added to"),
        ("Town", "COLUMN=RULE"),
    ],
)
def test_rules_about_nothing(sqlite_crm: Program, tmp_path: Path, rule: str, said: str) -> None:
    sqlite_crm("field", "add", "contact", "tier", "--type", "text")
    mapped = [word for pair in MAP for word in ("--map", pair)]
    file = write(tmp_path / "x.csv", HEAD + ROWS)
    assert said in sqlite_crm("contact", "import", file, *mapped, "--on-conflict", rule, exit=2).stderr


def test_what_is_added_must_fit(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that grows is read by its kind, also where the database does not look, and nothing else reaches it unread."""
    monkeypatch.setattr(loading, "LARGE", 1)
    crm("field", "add", "contact", "code", "--type", "text")
    long, tags = "R" * 60, "--map Labels=tags --map Code=cf.code".split()
    crm("contact", "add", "Ann Old", "--email", "a@x.example.org", "--city", long, "--tag", "old", "--set", "cf.code=A")
    crm("contact", "add", "Bea Old", "--email", "b@x.example.org", "--city", "Rome")
    rows = 'email,Town,Labels,Code\na@x.example.org,{0},"new,old",B\nb@x.example.org,{1},new,B\n'
    file = write(tmp_path / "x.csv", rows.format("M" * 60, "Milan"))
    grow = ["--map", "Town=city", *tags]
    grow += [word for name in ("city", "tags", "cf.code") for word in ("--on-conflict", f"{name}=append")]
    before = fingerprint(crm)
    refused = crm("contact", "import", file, *grow, "--json", exit=6)
    [problem] = json.loads(refused.stderr)["error"]["details"]
    assert (problem["line"], problem["column"], problem["code"]) == (2, "Town", "too_long")
    assert fingerprint(crm) == before
    crm("contact", "import", file, *grow, "--plan", str(tmp_path / "plan.jsonl"), exit=6)
    lines = [json.loads(line) for line in (tmp_path / "plan.jsonl").read_text().splitlines()]
    assert {line["line"]: line["action"] for line in lines[1:-1]} == {2: "error", 3: "update"}
    crm("contact", "import", file, *grow, "--on-error", "skip", exit=7)
    ann, bea = crm.json("contact", "view", "C-1"), crm.json("contact", "view", "C-2")
    assert (ann["city"], ann["tags"], ann["custom_fields"]) == (long, ["old"], {"code": "A"})
    assert (bea["city"], bea["tags"], bea["custom_fields"]) == ("Rome; Milan", ["new"], {"code": "B"})
    (tmp_path / "map.toml").write_text('[columns.Town]\ntarget = "city"\nlenient = true\n')
    left = crm("contact", "import", file, "--map-file", str(tmp_path / "map.toml"), *grow[2:])
    assert "left out" in left.stderr
    ann = crm.json("contact", "view", "C-1")
    assert (ann["city"], ann["tags"], ann["custom_fields"]) == (long, ["old", "new"], {"code": "A; B"})
    for option in (f"Town=ext:{'s' * 51}", f"Town=company.ext:{'s' * 51}"):
        assert "at most 50 fit" in crm("contact", "import", file, "--map", option, *tags, exit=2).stderr
    assert "at most 50 fit" in crm("contact", "import", file, *grow, "--match", f"ext:{'s' * 51}", exit=2).stderr
    note = write(tmp_path / "n.csv", f"email,Town\na@x.example.org,{'n' * 100_001}\n")
    assert "at most 100000 fit" in crm("contact", "import", note, "--map", "Town=note", exit=6).stderr
