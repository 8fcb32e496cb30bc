"""Rows about records in the trash: refused, left out, or the record comes back and takes what the row says."""

import json
from pathlib import Path
from typing import Any

from tests.program import Program
from tests.transfer.conftest import fingerprint, write

COUNTS = ("created", "updated", "unchanged", "skipped", "rejected", "restored")


def counts(account: dict[str, Any]) -> list[int]:
    return [account[name] for name in COUNTS]


def ready(crm: Program, tmp_path: Path) -> str:
    """Ann is there, Bea and Cee are in the trash; the file has news of all but Cee, and a row of Dee."""
    for name in ("Ann", "Bea", "Cee"):
        crm("contact", "add", f"{name} Berg", "--email", f"{name.lower()}@x.example.org", "--city", "Rome")
    more = write(tmp_path / "more.csv", "email,emails\nbea@x.example.org,bea@old.example.org\n")
    crm("contact", "import", more)
    crm("contact", "delete", "C-2", "C-3", "-y")
    rows = "ann@x.example.org,Oslo\nbea@old.example.org,Oslo\ncee@x.example.org,Rome\ndee@x.example.org,Oslo\n"
    return write(tmp_path / "x.csv", f"email,city\n{rows}")


def test_a_choice_for_what_is_in_the_trash(crm: Program, tmp_path: Path) -> None:
    file, results = ready(crm, tmp_path), tmp_path / "results.csv"
    before = fingerprint(crm)
    refused = crm("contact", "import", file, exit=6)
    assert refused.stderr.count("in_trash") == 2
    assert "--deleted restore" in refused.stderr and "--deleted skip" in refused.stderr
    crm("contact", "import", file, "--deleted", "maybe", exit=2)
    assert fingerprint(crm) == before

    left_out = crm.json("contact", "import", file, "--deleted", "skip", "-n")
    assert counts(left_out) == [1, 1, 0, 2, 0, 0]
    partly = crm("contact", "import", file, "--on-error", "skip", "-n", exit=7)
    assert "2 rejected" in partly.stderr
    assert counts(crm.json("contact", "import", file, "--deleted", "restore", "--mode", "insert", "-n"))[3] == 3

    line = ["--deleted", "restore", "--set", "status=active", "--results", str(results)]
    said = crm("contact", "import", file, *line, "-n")
    assert "3 updated" in said.stderr and "2 restored from the trash" in said.stderr
    assert fingerprint(crm) == before
    for more in ([], ["--on-error", "skip"]):
        account = crm.json("contact", "import", file, *line, *more)
        assert counts(account) == [1, 3, 0, 0, 0, 2]
        bea, cee = crm.json("contact", "view", "C-2"), crm.json("contact", "view", "C-3")
        assert (bea["city"], cee["status"], cee["is_deleted"]) == ("Oslo", "active", False)
        assert [row.split(",")[1] for row in results.read_text().splitlines()[1:]].count("restored") == 2
        assert crm.json("contact", "import", file, *line)["unchanged"] == 4
        history = crm("contact", "history", "C-3").stdout
        assert "restored" in history
        crm("undo", account["change"], "-y")
        assert [each["number"] for each in crm.json("contact", "list", "--deleted")] == [3, 2]
        assert crm.json("contact", "list", "--deleted")[0]["city"] == "Rome"


def test_what_cannot_be_restored(crm: Program, tmp_path: Path) -> None:
    first = write(tmp_path / "first.csv", "ext:hub,email\n1,a@x.example.org\n2,b@x.example.org\n")
    crm("contact", "import", first)
    crm("contact", "delete", "a@x.example.org", "b@x.example.org", "-y")
    crm("contact", "add", "Another", "--email", "a@x.example.org")
    crm("contact", "add", "Twin", "--email", "t@x.example.org")
    crm("contact", "delete", "t@x.example.org", "-y")
    crm("contact", "add", "Twin", "--email", "t@x.example.org")
    crm("contact", "delete", "t@x.example.org", "-y")
    rows = "1,new@x.example.org\n2,a@x.example.org\n,t@x.example.org\n9,good@x.example.org\n"
    bad = write(tmp_path / "bad.csv", f"ext:hub,email\n{rows}")
    account = crm("contact", "import", bad, "--deleted", "restore", "--on-error", "skip", "--json", exit=7).json
    codes = [detail["code"] for detail in account["rejected_details"]]
    assert codes == ["duplicate", "conflicting_keys", "ambiguous_key"]
    assert counts(account) == [1, 0, 0, 0, 3, 0]
    # A row that is refused for something else leaves its record in the trash.
    wrong = write(tmp_path / "wrong.csv", "email,last_name\nb@x.example.org," + "x" * 101 + "\n")
    crm("contact", "import", wrong, "--deleted", "restore", exit=6)
    assert crm.json("contact", "count", "--deleted")["count"] == 4
    firms = write(tmp_path / "firms.csv", "name\nAcme\n")
    assert "no trash" in crm("company", "import", firms, "--deleted", "skip", exit=2).stderr


def test_plans_say_restore(crm: Program, tmp_path: Path) -> None:
    file, plan = ready(crm, tmp_path), tmp_path / "plan.jsonl"
    crm("contact", "import", file, "--plan", str(plan), exit=6)
    crm("contact", "import", "--apply", str(plan), exit=6)
    crm("contact", "import", file, "--deleted", "restore", "--plan", str(plan))
    rows = [json.loads(line) for line in plan.read_text().splitlines()[1:-1]]
    assert [row["action"] for row in rows] == ["update", "restore", "restore", "create"]
    assert (rows[1]["number"], rows[1]["values"]["city"], rows[2].get("values")) == (2, ["Rome", "Oslo"], None)
    assert crm.json("contact", "count") == {"count": 1}

    before = fingerprint(crm)
    assert "2 restored" in crm("contact", "import", "--apply", str(plan), "-n").stderr
    assert fingerprint(crm) == before
    account = crm.json("contact", "import", "--apply", str(plan))
    assert counts(account) == [1, 3, 0, 0, 0, 2]
    assert crm.json("contact", "view", "C-2")["city"] == "Oslo"
    assert "was applied already" in crm("contact", "import", "--apply", str(plan), exit=6).stderr
    crm("undo", account["change"], "-y")
    assert crm.json("contact", "count", "--deleted") == {"count": 2}
    crm("contact", "restore", "C-3", "-y")
    refused = json.loads(crm("contact", "import", "--apply", str(plan), "--json", exit=6).stderr)["error"]
    assert [(each["line"], each["code"]) for each in refused["details"]] == [(4, "applied")]
    crm("contact", "edit", "C-3", "--city", "Paris")
    refused = json.loads(crm("contact", "import", "--apply", str(plan), "--json", exit=6).stderr)["error"]
    assert [(each["line"], each["code"]) for each in refused["details"]] == [(4, "applied"), (4, "changed")]

    crm("contact", "delete", "C-3", "-y")
    crm("contact", "import", file, "--deleted", "skip", "--plan", str(plan))
    assert counts(crm.json("contact", "import", "--apply", str(plan))) == [1, 1, 0, 2, 0, 0]
