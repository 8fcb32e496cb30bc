"""Matching, modes, conflicts, rejects: what an import does to records that are there."""

import csv
import os
import stat
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.program import Program
from tests.transfer.conftest import fingerprint, write

COUNTS = ("created", "updated", "unchanged", "skipped", "rejected")
FUZZ = int(os.environ.get("MYCRM_TEST_FUZZ", "40"))


def test_dry_run_changes_nothing(crm: Program, samples: Path) -> None:
    before = fingerprint(crm)
    account = crm.json("contact", "import", str(samples / "hubspot.csv"), "-n")
    assert (account["created"], account["change"]) == (2, None)
    assert fingerprint(crm) == before


def test_skip_writes_good_rows_and_rejects_import_again(crm: Program, tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", "email,status\na@x.example.org,active\nb@x.example.org,Nouveau\nbad,active\n")
    rejects, results = tmp_path / "bad.csv", tmp_path / "all.csv"
    line = ["contact", "import", file, "--on-error", "skip", "--rejects", str(rejects), "--results", str(results)]
    account = crm.json(*line, exit=7)
    assert tuple(account[name] for name in COUNTS) == (1, 0, 0, 0, 2)
    assert stat.S_IMODE(rejects.stat().st_mode) == stat.S_IMODE(results.stat().st_mode) == 0o600
    rows = list(csv.DictReader(rejects.read_text().splitlines()))
    assert [(row["_line"], row["_column"], row["_code"]) for row in rows] == [
        ("3", "status", "not_a_choice"),
        ("4", "email", "not_an_email"),
    ]
    written = list(csv.DictReader(results.read_text().splitlines()))
    assert [row["status"] for row in sorted(written, key=lambda row: int(row["line"]))] == [
        "created",
        "rejected",
        "rejected",
    ]
    again = crm.json(
        "contact", "import", str(rejects), "--map-value", "status:Nouveau=active", "--on-error", "skip", exit=7
    )
    assert (again["created"], again["rejected"]) == (1, 1)


def test_all_errors_of_a_row_are_told(crm: Program, tmp_path: Path) -> None:
    """Cells that do not fit and references to nothing, each once; rows are counted, not errors."""
    rows = (
        "bad,Nouveau,12x,nobody@x.example.org\na@x.example.org,active,5,\nb@x.example.org,active,7,me@x.example.org\n"
    )
    file = write(tmp_path / "x.csv", f"email,status,score,owner.email\n{rows}")
    result = crm("contact", "import", file, exit=6)
    assert "2 of 3 rows cannot be imported" in result.stderr
    for code in ("email", "status", "score", "owner.email"):
        assert result.stderr.count(f"line 2, column {code}: ") == 1, result
    rejects, results, plan = (str(tmp_path / name) for name in ("bad.csv", "all.csv", "plan.jsonl"))
    line = ["contact", "import", file, "--on-error", "skip", "--rejects", rejects, "--results", results]
    account = crm.json(*line, exit=7)
    codes = ["not_an_email", "not_a_choice", "not_a_number", "not_found"]
    assert (account["created"], account["rejected"]) == (1, 2)
    assert [each["code"] for each in account["rejected_details"]] == [*codes, "not_found"]
    first, second = csv.DictReader(Path(rejects).read_text().splitlines())
    assert first["_column"] == "email; status; score; owner.email"
    assert (first["_code"], second["_code"]) == ("; ".join(codes), "not_found")
    assert first["_message"].count("; ") == 3
    told = {row["line"]: row["code"] for row in csv.DictReader(Path(results).read_text().splitlines())}
    assert told == {"2": "; ".join(codes), "3": "", "4": "not_found"}
    # The same through a plan, and in a file of rejected rows that is imported again.
    crm("contact", "import", file, "--on-error", "skip", "--plan", plan, exit=7)
    applied = crm.json("contact", "import", "--apply", plan, "--results", results, exit=7)
    assert [each["code"] for each in applied["rejected_details"]] == [*codes, "not_found"]
    assert "; ".join(codes) in Path(results).read_text()
    again = crm.json("contact", "import", rejects, "--on-error", "skip", "--map", "owner.email=-", exit=7)
    assert (again["created"], [each["code"] for each in again["rejected_details"]]) == (1, codes[:3])


def test_stage_of_a_row_that_is_refused_anyway(crm: Program, tmp_path: Path) -> None:
    """A name that means something only inside another record is told where it means nothing in any."""
    rows = "A,Nowhere,nobody@x.example.org,1x\nB,Proposal,nobody@x.example.org,5\nC,Nowhere,nobody@x.example.org,5\n"
    file = write(tmp_path / "d.csv", f"name,stage,owner.email,value\n{rows}")
    details = crm.json("deal", "import", file, "--on-error", "skip", exit=7)["rejected_details"]
    assert [(each["line"], each["column"]) for each in details] == [
        *((2, column) for column in ("value", "stage", "owner.email")),
        (3, "owner.email"),
        *((4, column) for column in ("owner.email", "stage")),
    ]


def test_many_errors_and_what_is_created_for_good_rows_only(crm: Program, tmp_path: Path) -> None:
    rows = "".join(f"bad{n},none,N{n}\n" for n in range(15)) + "a@x.example.org,active,Good Ltd\n"
    file = write(tmp_path / "x.csv", f"email,status,company.name\n{rows}")
    result = crm("contact", "import", file, "--on-error", "skip", "--create-missing", "company", exit=7)
    assert result.stderr.count("rejected: line") == 20
    assert "… and 10 more" in result.stderr
    assert [each["name"] for each in crm.json("company", "list")] == ["Good Ltd"]
    large = write(tmp_path / "y.csv", "email,status,notes\n" + "bad,none,n\n" * 16_000)
    account = crm.json("contact", "import", large, "--on-error", "skip", "--rejects", str(tmp_path / "r.csv"), exit=7)
    assert (account["rejected"], len(account["rejected_details"])) == (16_000, 1000)
    assert (tmp_path / "r.csv").read_text().count("not_an_email; not_a_choice") == 16_000


def test_modes(crm: Program, tmp_path: Path) -> None:
    crm("contact", "add", "Ana Old", "--email", "a@x.example.org")
    file = write(tmp_path / "x.csv", "email,first_name\na@x.example.org,New\nb@x.example.org,Bea\n")
    update = crm.json("contact", "import", file, "--mode", "update", "-n")
    insert = crm.json("contact", "import", file, "--mode", "insert", "-n")
    assert (update["updated"], update["skipped"], insert["created"], insert["skipped"]) == (1, 1, 1, 1)


def test_conflicts_and_blanks(crm: Program, tmp_path: Path) -> None:
    crm("contact", "add", "Ana Berg", "--email", "a@x.example.org", "--city", "Rome")
    file = write(tmp_path / "x.csv", "email,first_name,city,state\na@x.example.org,Bea,,Lazio\n")
    crm("contact", "import", file, "--on-conflict", "*=fill")
    kept = crm.json("contact", "view", "C-1")
    assert (kept["first_name"], kept["city"], kept["state"]) == ("Ana", "Rome", "Lazio")
    assert crm.json("contact", "import", file, "--on-conflict", "first_name=keep")["unchanged"] == 1
    crm("contact", "import", file, "--blank", "clear")
    changed = crm.json("contact", "view", "C-1")
    assert (changed["first_name"], changed["city"]) == ("Bea", None)


def test_keys(crm: Program, tmp_path: Path) -> None:
    crm("contact", "add", "Ana Berg", "--email", "a@x.example.org", "--phone", "+493090182001")
    crm("contact", "add", "Bea Berg", "--email", "b@x.example.org", "--phone", "+493090182002")
    crm("contact", "add", "Bob Berg", "--email", "c@x.example.org", "--phone", "+493090182002")
    crossed = write(tmp_path / "x.csv", "email,phone\na@x.example.org,+493090182002\n")
    result = crm("contact", "import", crossed, "--match", "email,phone", exit=6)
    assert "ambiguous_key" in result.stderr
    assert "C-2" in result.stderr
    assert "C-3" in result.stderr
    crossed = write(tmp_path / "y.csv", "email,phone\nb@x.example.org,+493090182001\n")
    assert "conflicting_keys" in crm("contact", "import", crossed, "--match", "email,phone", exit=6).stderr
    by_name = write(tmp_path / "z.csv", "first_name,last_name,city\nANA,berg,Rome\n")
    assert crm.json("contact", "import", by_name, "--match", "name", "--on-conflict", "first_name=keep")["updated"] == 1


def test_record_in_the_trash_is_an_error(crm: Program, tmp_path: Path) -> None:
    crm("contact", "add", "Ana Berg", "--email", "a@x.example.org")
    crm("contact", "delete", "C-1")
    file = write(tmp_path / "x.csv", "email\na@x.example.org\n")
    assert "in the trash" in crm("contact", "import", file, exit=6).stderr


def test_rows_without_keys_are_known_again(crm: Program, tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", "first_name,last_name,notes\nAna,Berg,tall\nBea,Berg,\n")
    assert crm.json("contact", "import", file)["created"] == 2
    assert crm.json("contact", "import", file)["unchanged"] == 2


def test_parents(crm: Program, tmp_path: Path) -> None:
    crm("company", "add", "Acme Ltd", "--domain", "acme.example.org")
    file = write(tmp_path / "x.csv", "email,company.domain\na@x.example.org,acme.example.org\n")
    crm("contact", "import", file)
    found = crm.json("contact", "view", "C-1")
    assert (found["company"], found["company_id"]) == ("Acme Ltd", crm.json("company", "view", "CO-1")["id"])
    missing = write(tmp_path / "y.csv", "email,company.name\nb@x.example.org,Globex\nc@x.example.org,globex\n")
    assert "line 2, column company.name" in crm("contact", "import", missing, exit=6).stderr
    account = crm.json("contact", "import", missing, "--create-missing", "company")
    assert (account["created"], account["created_parents"]) == (2, {"company": 1})


def test_parent_that_cannot_be_created_is_a_row_error(crm: Program, tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", f"email,company.name\na@x.example.org,{'x' * 300}\n")
    assert "too_long" in crm("contact", "import", file, "--create-missing", "company", exit=6).stderr


def test_a_broken_row_in_a_rejects_file_stays_refused(crm: Program, tmp_path: Path) -> None:
    file, rejects = write(tmp_path / "x.csv", 'email\n"a@x.example.org"x\n'), tmp_path / "bad.csv"
    crm("contact", "import", file, "--on-error", "skip", "--rejects", str(rejects), exit=7)
    assert "empty _code" in crm("contact", "import", str(rejects), exit=6).stderr


def test_name_of_a_company_links_it(crm: Program, tmp_path: Path) -> None:
    crm("company", "add", "Acme Ltd")
    file = write(tmp_path / "x.csv", "email,company\na@x.example.org,acme ltd\nb@x.example.org,Other\n")
    crm("contact", "import", file)
    first, second = crm.json("contact", "view", "C-1"), crm.json("contact", "view", "C-2")
    assert (first["company"], bool(first["company_id"])) == ("acme ltd", True)
    assert (second["company"], second["company_id"]) == ("Other", None)
    assert crm.json("contact", "import", file)["unchanged"] == 2


def test_parents_in_any_order_over_batches(sqlite_crm: Program, tmp_path: Path) -> None:
    rows = [f"Company {i},Company {i + 1}" for i in range(2500)] + ["Company 2500,"]
    file = write(tmp_path / "x.csv", "name,parent.name\n" + "\n".join(rows) + "\n")
    assert sqlite_crm.json("company", "import", file)["created"] == 2501
    assert sqlite_crm("company", "count", "-w", "parent=any").stdout.strip() == "2500"
    assert sqlite_crm.json("company", "import", file)["unchanged"] == 2501


def test_circles_and_missing_parents_are_refused(crm: Program, tmp_path: Path) -> None:
    circle = write(tmp_path / "x.csv", "name,parent.name\nA,B\nB,C\nC,A\n")
    assert "circle" in crm("company", "import", circle, exit=6).stderr
    missing = write(tmp_path / "y.csv", "name,parent.name\nA,Nobody\nB,A\nD,\n")
    account = crm.json("company", "import", missing, "--on-error", "skip", exit=7)
    assert (account["created"], account["rejected"]) == (1, 2)


def test_taken_domain_is_a_row_error(crm: Program, tmp_path: Path) -> None:
    crm("company", "add", "Acme", "--domain", "acme.example.org")
    file = write(tmp_path / "x.csv", "name,domain\nOther,acme.example.org\nGood,good.example.org\n")
    account = crm.json("company", "import", file, "--match", "name", "--on-error", "skip", exit=7)
    assert (account["created"], account["rejected"]) == (1, 1)


def test_another_organization_is_never_matched(crm: Program, tmp_path: Path) -> None:
    crm(*"org add --name Globex --slug globex --admin-email gus@globex.com".split())
    crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com", "--database", crm.database)
    crm.sign_in("globex")
    file = write(tmp_path / "x.csv", "email,company\na@x.example.org,Acme\n")
    crm("company", "add", "Acme", "-P", "globex")
    crm("contact", "import", file, "-P", "globex")
    assert crm.json("contact", "import", file, "-P", "work")["created"] == 1
    assert crm.json("contact", "view", "a@x.example.org", "-P", "work")["company_id"] is None


ALPHABET = st.sampled_from(['"', ",", "\n", "a", "b@x.example.org", "\\", "'", "=", "é", "\t", " ", ";", "none", "1"])


@given(body=st.lists(ALPHABET, max_size=40).map("".join))
@settings(
    max_examples=FUZZ, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_row_is_accounted_for(crm: Program, tmp_path: Path, body: str) -> None:
    file = write(tmp_path / "fuzz.csv", "email,first_name,score\n" + body + "\n")
    result = crm("contact", "import", file, "--on-error", "skip", "-n", "--json", exit=None)
    assert result.exit in (0, 6, 7), result
    if result.stdout:
        assert sum(result.json[name] for name in COUNTS) == result.json["rows"]


def test_a_filter_that_cannot_be_read_is_one_row(crm: Program, tmp_path: Path) -> None:
    text = "entity,name,expression\ncontact,good,score>70\ncontact,bad,score>>\ncontact,worse,nothing=1\n"
    refused = crm("filter", "import", write(tmp_path / "f.csv", text), "--on-error", "skip", "--json", exit=7).json
    assert [refused["created"], refused["rejected"]] == [1, 2]
    assert [(row["line"], row["code"]) for row in refused["rejected_details"]] == [(3, "syntax"), (4, "syntax")]
    assert "an activity needs" in crm("activity", "add", "--occurred-at", "now", exit=None).stderr
