"""Leads from their name to the deal they become, on both databases."""

import json
from pathlib import Path
from typing import Any

from mycrm_cli import catalog, query
from tests.program import Program

NOW = {"MYCRM_NOW": "2026-03-10T09:00:00Z"}
JANUARY = {"MYCRM_NOW": "2026-01-02T09:00:00Z"}
NIGHT = {"MYCRM_NOW": "2026-03-11T22:00:00Z"}


def refused(crm: Program, *line: str, exit: int = 6, **options: Any) -> dict[str, Any]:
    """Run a line that is refused and return its error."""
    answer = crm(*line, "--json", exit=exit, **options)
    assert answer.stdout == ""
    error: dict[str, Any] = json.loads(answer.stderr)["error"]
    return error


def fields_of(error: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (field, code) of an error's details."""
    return [(detail["field"], detail["code"]) for detail in error["details"] if "field" in detail]


def history(crm: Program, lead: str) -> list[str]:
    """Return the subjects of a lead's activities, the oldest first."""
    return crm("activity", "list", f"lead={lead}", "-F", "subject", "-s", "occurred_at,id").lines


def test_a_lead_has_a_name(crm: Program, tmp_path: Path) -> None:
    """Built of what there is, kept in line, and asked for where there is nothing."""
    made = [
        {"first_name": "Eva", "last_name": "Malá", "company": "Novak"},
        {"company": "Novak", "email": "info@novak.example"},
        {"email": "jan@novak.example"},
    ]
    crm("lead", "add", "--from-json", "-", "--yes", stdin="\n".join(map(json.dumps, made)))
    crm("lead", "add", "A roof in Brno", "--first-name", "Jan")
    file = tmp_path / "leads.csv"
    file.write_text("ext:olist,phone,source\nabc123,+420601000000,website\n")
    crm("lead", "import", str(file), "-y")
    names = ["Eva Malá", "Novak", "jan@novak.example", "A roof in Brno", "abc123"]
    assert crm("lead", "list", "-s", "number", "-F", "name").lines == names
    assert crm("lead", "import", str(file), "-y").stderr.startswith("1 lead: 0 created, 0 updated, 1 unchanged")
    assert crm.json("lead", "edit", "L-1", "--last-name", "Velká")["name"] == "Eva Velká"
    assert crm.json("lead", "edit", "L-2", "--company", "Novak & Co")["name"] == "Novak & Co"
    assert crm.json("lead", "edit", "L-4", "--first-name", "Petr")["name"] == "A roof in Brno"
    assert crm.json("lead", "edit", "L-4", "--clear", "first_name", "--name", "A barn")["name"] == "A barn"
    nothing = refused(crm, "lead", "add", "--phone", "+420601000001")
    assert fields_of(nothing) == [("name", "required")]
    file.write_text("phone,source\n+420601000002,website\n")
    assert "a lead needs one of" in crm("lead", "import", str(file), "-y", exit=6).stderr
    assert crm("lead", "count").stdout == "5\n"
    taken = refused(crm, "lead", "add", "Other", "--email", "JAN@novak.example")
    assert (taken["code"], fields_of(taken)) == ("duplicate", [("email", "duplicate")])
    assert "L-3" in taken["candidates"][0]
    crm("lead", "add", "Other", "--email", "jan@novak.example", "--allow-duplicate")
    file.write_text("email,company\ninfo@novak.example,Novak Ltd\n")
    assert "1 updated" in crm("lead", "import", str(file), "-y").stderr


def test_how_far_a_lead_has_come(crm: Program, tmp_path: Path) -> None:
    """Times go with the status, activities tell of it, and only converting converts."""
    crm("lead", "add", "Jan Novak", env=NOW)
    qualified = crm.json("lead", "edit", "L-1", "--status", "qualified", env=NOW)
    assert qualified["qualified_at"] == qualified["last_activity_at"] == "2026-03-10T09:00:00Z"
    assert "--reason" in crm("lead", "disqualify", "L-1", exit=2).stderr
    lost = crm.json("lead", "disqualify", "L-1", "--reason", "no budget", env=NIGHT)
    assert (lost["disqualified_at"], lost["disqualify_reason"]) == ("2026-03-11T22:00:00Z", "no budget")
    assert lost["last_activity_at"] == "2026-03-11T22:00:00Z"
    stopped = refused(crm, "lead", "convert", "L-1")
    assert (stopped["code"], "--status qualified" in stopped["hint"]) == ("conflict", True)
    back = crm.json("lead", "qualify", "L-1")
    assert (back["disqualified_at"], back["disqualify_reason"], back["status"]) == (None, None, "qualified")
    assert history(crm, "L-1") == ["new -> qualified", "qualified -> disqualified", "disqualified -> qualified"]
    assert crm("lead", "qualify", "L-1", "-o", "table").stderr.startswith("nothing to change")
    for line in (["edit", "L-1", "--status", "converted"], ["add", "Other", "--status", "converted"]):
        assert fields_of(refused(crm, "lead", *line)) == [("status", "not_allowed")]
    file = tmp_path / "leads.csv"
    file.write_text(
        "name,status,converted_at,qualified_at\nOld,converted,2024-05-01,\nOlder,qualified,,2023-02-03\nNone,converted,,\n"
    )
    assert crm("lead", "import", str(file), "-y", exit=6).stderr.count("not_allowed") == 1
    file.write_text("name,status,converted_at,qualified_at\nOld,converted,2024-05-01,\nOlder,qualified,,2023-02-03\n")
    crm("lead", "import", str(file), "-y")
    rows = crm("lead", "list", "number>1", "-F", "name,converted_at,qualified_at", "-s", "name").rows
    assert rows == [["Old", "2024-05-01T00:00:00Z", ""], ["Older", "", "2023-02-03T00:00:00Z"]]
    assert refused(crm, "lead", "edit", "Old", "--status", "new")["code"] == "conflict"
    assert "neither contact nor deal" in refused(crm, "lead", "convert", "Old")["message"]
    assert refused(crm, "lead", "qualify", "Old")["code"] == "conflict"


def test_a_lead_becomes_a_contact_and_a_deal(crm: Program) -> None:
    """Everything goes along, in one change, which undo takes back."""
    for noun in ("contact", "deal"):
        crm("field", "add", noun, "tier", "--type", "text")
    crm("field", "add", "lead", "tier", "--type", "text")
    crm("field", "add", "lead", "shoe", "--type", "text")
    crm("user", "add", "ben@acme.com", "--role", "sales_rep", "--first-name", "Ben")
    crm("campaign", "add", "Spring")
    given = (
        "--email jan@novak.example --company Novak --source event --tag roof --estimated-value 12400 --campaign Spring"
    )
    crm("lead", "add", "Jan Novak", *given.split(), "--owner", "ben@acme.com", "--notes", "wants a roof", env=NOW)
    crm("lead", "edit", "L-1", "--set", "cf.tier=gold", "--set", "cf.shoe=44", "--do-not-call", "yes")
    crm("note", "add", "called twice", "--lead", "L-1")
    crm("task", "add", "Send offer", "--lead", "L-1")
    crm("task", "add", "Done before", "--lead", "L-1", "--status", "completed")
    crm("activity", "add", "Hello", "--activity-type", "call", "--occurred-at", "2026-03-01", "--lead", "L-1")
    before = snapshot(crm)
    answer = crm("lead", "convert", "L-1", "--stage", "Proposal", "--close", "2026-06-30", "--role", "buyer", "--json")
    lead = answer.json
    assert (lead["status"], lead["converted_contact"], lead["converted_deal"]) == ("converted", "C-1", "D-1")
    assert (lead["created"], lead["kept_fields"]) == (["contact", "company", "deal"], ["cf.shoe"])
    assert "cf.shoe" in answer.stderr
    contact, deal = crm.json("contact", "view", "C-1"), crm.json("deal", "view", "D-1")
    assert (contact["first_name"], contact["last_name"], contact["email"]) == ("Jan", "Novak", "jan@novak.example")
    assert (contact["source"], contact["lifecycle_stage"], contact["do_not_call"]) == ("event", "opportunity", True)
    assert (contact["tags"], contact["custom_fields"]) == (["roof"], {"tier": "gold"})
    assert (deal["name"], deal["value"], deal["probability"]) == ("Novak", "12400.00", 0.5)
    assert (deal["tags"], deal["custom_fields"], deal["lead_id"]) == (["roof"], {"tier": "gold"}, lead["id"])
    assert deal["contact_id"] == lead["converted_contact_id"] == contact["id"]
    assert deal["company_id"] == contact["company_id"] == crm.json("company", "view", "novak.example")["id"]
    ben = crm.json("user", "view", "ben@acme.com")["id"]
    assert {contact["owner_id"], deal["owner_id"], lead["owner_id"]} == {ben}
    assert lead["campaign_id"] is not None
    for noun, filters in (
        ("note", "body~twice"),
        ("note", "body~roof"),
        ("task", "title~offer"),
        ("activity", "subject=Hello"),
    ):
        links = crm(noun, "list", filters, "-F", "lead_id,contact_id,opportunity_id").rows
        assert links == [[lead["id"], contact["id"], deal["id"]]]
    assert crm("task", "list", "contact=none", "-F", "title").lines == ["Done before"]
    assert history(crm, "L-1")[-1] == "new -> converted"
    assert "new -> converted" in crm("activity", "list", "deal=D-1", "contact=C-1", "-F", "subject").lines
    again = refused(crm, "lead", "convert", "L-1")
    assert "contact C-1 Jan Novak, deal D-1 Novak" in again["message"]
    assert refused(crm, "lead", "edit", "L-1", "--status", "new")["code"] == "conflict"
    crm("undo", lead["change"], "-y")
    assert snapshot(crm) == before


def snapshot(crm: Program) -> dict[str, str]:
    """Return what a conversion touches, as it is, without what counts edits."""
    kept: dict[str, str] = {}
    for noun in ("lead", "contact", "company", "deal", "note", "task", "activity"):
        fields = [name for name in query.full(catalog.entity(noun)) if name not in ("version", "updated_at")]
        kept[noun] = crm(noun, "list", "-s", "id", "-o", "jsonl", "-F", ",".join(fields)).stdout
    return kept


def test_converting_meets_who_is_there(crm: Program) -> None:
    """Contacts are found by any address and only completed, companies by domain or name, never by free mail."""
    crm("company", "add", "Acme Ltd", "--domain", "acme.example")
    crm(
        "contact",
        "add",
        "Ana Berg",
        "--email",
        "ana@acme.example",
        "--company",
        "CO-1",
        "--lifecycle-stage",
        "customer",
    )
    people = '{"first_name": "Bo", "email": "bo@home.example"}'
    crm("contact", "add", "--from-json", "-", "--yes", stdin=people)
    crm("lead", "add", "Anna B.", "--email", "ana@acme.example", "--job-title", "CEO", "--company", "ACME", env=JANUARY)
    first = crm.json("lead", "convert", "L-1", "--no-deal", "--on", "2026-01-05")
    assert (first["converted_contact"], first["created"], first["converted_deal"]) == ("C-1", [], None)
    assert first["converted_at"] == "2026-01-05T00:00:00Z"
    ana = crm.json("contact", "view", "C-1")
    assert (ana["first_name"], ana["job_title"], ana["lifecycle_stage"]) == ("Ana", "CEO", "customer")
    assert crm("company", "count").stdout == "1\n"
    crm("lead", "add", "Cy Do", "--email", "cy@gmail.com")
    crm("field", "add", "deal", "area", "--type", "integer", "--required")
    assert fields_of(refused(crm, "lead", "convert", "L-2"))[0][1] == "required"
    crm("lead", "convert", "L-2", "--no-deal", "--set", "cf.area=4", exit=2)
    second = crm.json("lead", "convert", "L-2", "--deal", "A shed", "--value", "99.50", "--set", "cf.area=4")
    crm("field", "edit", "area", "--required", "no")
    assert (second["converted_company"], crm("company", "count").stdout) == (None, "1\n")
    assert crm.json("deal", "view", "A shed")["value"] == "99.50"
    crm("lead", "add", "Di Fo", "--email", "di@gmail.com", "--company", "acme LTD")
    crm("lead", "add", "Ed Go", "--email", "ed@acme.example")
    for lead in ("L-3", "L-4"):
        company = crm.json("lead", "convert", lead)["converted_company"]
        assert crm.json("company", "view", "CO-1")["number"] == 1 and company == "CO-1"
    crm("lead", "add", "Fay", "--email", "fay@elsewhere.example")
    assert crm.json("lead", "convert", "L-5", "--contact", "C-2", "--company", "CO-1")["converted_contact"] == "C-2"
    assert crm("contact", "list", "email=fay@elsewhere.example", "-F", "first_name").lines == ["Bo"]
    crm("lead", "add", "Bo", "--email", "fay@elsewhere.example", "--allow-duplicate")
    assert crm.json("lead", "convert", "L-6")["converted_contact"] == "C-2"
    crm("company", "add", "Acme Ltd", "--domain", "acme2.example")
    crm("lead", "add", "Gus", "--company", "Acme Ltd")
    assert "--company" in refused(crm, "lead", "convert", "L-7", exit=5)["hint"]
    crm("contact", "add", "Twin", "--email", "bo@home.example", "--allow-duplicate")
    crm("lead", "add", "Hal", "--email", "bo@home.example")
    assert "--contact" in refused(crm, "lead", "convert", "L-8", exit=5)["hint"]
    assert fields_of(refused(crm, "lead", "convert", "L-8", "--contact", "C-2", "--on", "2999-01-01")) == [
        ("on", "in_the_future")
    ]
    assert refused(crm, "lead", "convert", "L-8", "--contact", "C-2", "--value", "-5")["exit"] == 6
    crm("lead", "convert", "L-8", "--no-deal", "--value", "5", exit=2)
    crm("lead", "convert", "L-8", "--contact", "C-2", "--stage", "Nowhere", exit=6)
    crm("lead", "convert", "L-8", "--contact", "C-99", exit=3)
    assert crm("lead", "count", "status=converted").stdout == "6\n"


def test_many_conversions_at_once(crm: Program) -> None:
    """A pipe may say for each lead what its deal is; one that cannot be converted stops all."""
    lines = [{"name": f"N {i}", "email": f"p{i}@firm{i % 4}.example", "company": f"Firm {i % 4}"} for i in range(40)]
    crm("lead", "add", "--from-json", "-", "--yes", stdin="\n".join(map(json.dumps, lines)), env=JANUARY)
    crm("lead", "add", "Twin of 0", "--email", "p0@firm0.example", "--allow-duplicate", env=JANUARY)
    listed = crm("lead", "list", "-o", "jsonl", "-s", "number", "-F", "id,number,company,owner").lines
    wanted = [json.loads(line) for line in listed]
    for record in wanted:
        record |= {"deal": f"Deal {record['number']}", "value": str(record["number"]), "on": "2026-02-01"}
    stdin = "\n".join(map(json.dumps, wanted))
    crm("lead", "disqualify", "L-7", "--reason", "no")
    assert "L-7" in refused(crm, "lead", "convert", "-", "-y", stdin=stdin)["message"]
    assert crm("deal", "count").stdout == "0\n"
    crm("lead", "qualify", "L-7")
    told = crm("lead", "convert", "-", "-y", stdin=stdin).stderr
    assert "40 new contacts, 4 new companies, 41 deals" in told
    assert crm("deal", "list", "-s", "number", "-F", "name,value,created_at").rows[6] == [
        "Deal 7",
        "7.00",
        "2026-02-01T00:00:00Z",
    ]
    assert crm("deal", "count", "contact.email=p0@firm0.example").stdout == "2\n"
