"""Several files in one change: their order, references in circles, errors in all of them, and taking all back."""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.program import Program
from tests.rowhash import everything
from tests.transfer.conftest import fingerprint

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FILES = {
    "notes.csv": "body,contact.email\nLikes trains,cy@x.example.org\n",
    "items.csv": "deal.ext:old,name,quantity,unit_price\nd1,Seat,2,10\nd1,Set-up,1,5.50\n",
    "deals.jsonl": '{"key":"d1","name":"Roof","buyer":"cy@x.example.org","from":"l1","for":"x.example.org"}\n'
    '{"key":"d2","name":"Gate","buyer":"cy@x.example.org","from":null,"value":7}\n',
    "leads.csv": "key,email,contact,deal,converted_at\nl1,cy@x.example.org,cy@x.example.org,d1,2026-01-02\nl2,di@x.example.org,,,\n",
    "tasks.csv": "title,assigned_to.email,deal.ext:old,parent_task\nCall,bo@acme.com,d1,\n",
    "contacts.csv": "email,first_name,company,owner.email,cf.shoe\ncy@x.example.org,Cy,Axle,bo@acme.com,42\n",
    "companies.csv": "name,domain,owner.email,parent.name\nAxle,x.example.org,bo@acme.com,Mother\nMother,m.example.org,,\n",
    "agents.csv": "email,role,team.name,manager.email\nbo@acme.com,sales_rep,North,max@acme.com\n",
    "managers.csv": "email,role,team.name\nmax@acme.com,manager,North\n",
    "teams.csv": "name,lead.email\nNorth,max@acme.com\n",
    "fields.csv": "entity,key,type\ncontact,shoe,number\n",
}
MANIFEST = """
region = "DE"

[[file]]
path = "notes.csv"
entity = "note"
[[file]]
path = "items.csv"
entity = "item"
[[file]]
path = "deals.jsonl"
map_file = "deals.toml"
columns = { for = "company.domain" }
[[file]]
path = "leads.csv"
entity = "lead"
columns = { key = "ext:old", contact = "converted_contact.email", deal = "converted_deal.ext:old" }
[[file]]
path = "tasks.csv"
entity = "task"
set = { priority = "high" }
[[file]]
path = "contacts.csv"
entity = "contact"
results = "results.csv"
[[file]]
path = "companies.csv"
entity = "company"
[[file]]
path = "agents.csv"
entity = "user"
[[file]]
path = "managers.csv"
entity = "user"
[[file]]
path = "teams.csv"
entity = "team"
[[file]]
path = "fields.csv"
entity = "field"
"""
DEALS = """
entity = "deal"
columns = { key = "ext:old", buyer = "contact.email", from = "lead.ext:old", for = "-" }
"""


def laid_out(folder: Path, **changed: str) -> str:
    """Write the files, some of them changed, and return the manifest's path."""
    folder.mkdir(exist_ok=True)
    for name, text in (FILES | {"manifest.toml": MANIFEST, "deals.toml": DEALS}).items():
        (folder / name).write_text(changed.get(name.replace(".", "_"), text))
    return str(folder / "manifest.toml")


def counts(account: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return how many records each file created, and how many were linked in the second round."""
    return {each["file"]: (each["created"], each["linked_later"]) for each in account["files"]}


def test_a_world_of_files(crm: Program, tmp_path: Path) -> None:
    """The order is that of the references; what goes in circles is linked afterwards; undo takes all of it back."""
    manifest = laid_out(tmp_path / "files")
    shown = crm("import", manifest, "--inspect").rows
    order = [name for _, name, *_ in shown]
    for first, second in (
        ("agents.csv", "managers.csv"),
        ("managers.csv", "companies.csv"),
        ("companies.csv", "contacts.csv"),
        ("fields.csv", "contacts.csv"),
        ("contacts.csv", "leads.csv"),
        ("contacts.csv", "deals.jsonl"),
        ("deals.jsonl", "items.csv"),
        ("deals.jsonl", "tasks.csv"),
    ):
        assert order.index(first) < order.index(second), order
    before = everything(crm)
    crm("import", manifest, "--dry-run")
    assert everything(crm) == before
    account = crm.json("import", manifest)
    assert account["rows"] == account["created"] == sum(text.count("\n") for text in FILES.values()) - 10
    assert counts(account)["agents.csv"] == (1, 1)
    assert {name for name, (_, linked) in counts(account).items() if linked} <= {
        "agents.csv",
        "teams.csv",
        "managers.csv",
        "leads.csv",
        "deals.jsonl",
    }
    assert sum(each["warnings"] for each in account["files"]) == 0
    agent = crm.json("user", "list", "-w", "email=bo@acme.com", "-F", "manager.email,team.name,team.lead")[0]
    assert (agent["manager.email"], agent["team.name"]) == ("max@acme.com", "North")
    assert crm("team", "count", "-w", "lead.email=max@acme.com").stdout == "1\n"
    deal = crm.json("deal", "view", "ext:old:d1")
    lead = crm.json("lead", "view", "ext:old:l1")
    assert deal["lead_id"] == lead["id"]
    assert lead["converted_opportunity_id"] == deal["id"]
    assert lead["converted_contact_id"] == deal["contact_id"]
    assert crm("company", "count", "-w", "parent.name=Mother").stdout == "1\n"
    assert crm("contact", "count", "-w", "company.name=Axle owner.email=bo@acme.com cf.shoe=42").stdout == "1\n"
    assert crm("task", "count", "-w", "deal.name=Roof priority=high").stdout == "1\n"
    assert (tmp_path / "files" / "results.csv").read_text().count("\n") == 2
    again = crm.json("import", manifest)
    assert (again["unchanged"], again["change"]) == (again["rows"], None)
    crm("undo", account["change"], "--yes")
    assert everything(crm) == before


def test_errors_of_all_files(crm: Program, tmp_path: Path) -> None:
    """One bad row writes nothing; the bad rows of all files are listed, with their file; a file may leave them out."""
    bad = {
        "contacts_csv": FILES["contacts.csv"] + "nonsense,No,Axle,bo@acme.com,42\n",
        "agents_csv": FILES["agents.csv"].replace("max@", "nobody@"),
        "items_csv": FILES["items.csv"] + "d9,Seat,1,1\n",
    }
    manifest = laid_out(tmp_path / "files", **bad)
    before = fingerprint(crm)
    result = crm("import", manifest, "--json", exit=6)
    told = {(d["file"], d["line"], d["code"]) for d in json.loads(result.stderr)["error"]["details"]}
    assert told == {
        ("contacts.csv", 3, "not_an_email"),
        ("agents.csv", 2, "not_found"),
        ("items.csv", 4, "not_found"),
    }
    assert "contacts.csv" in crm("import", manifest, exit=6).stderr
    assert fingerprint(crm) == before
    strange = FILES["teams.csv"].replace("name,", "name,odd,").replace("North,", "North,1,")
    laid_out(tmp_path / "files", teams_csv=strange, **bad)
    told = json.loads(crm("import", manifest, "--json", exit=6).stderr)["error"]["details"]
    assert ("teams.csv", 1, "unknown_column") in {(d["file"], d["line"], d["code"]) for d in told}
    lenient = MANIFEST.replace("[[file]]", '[[file]]\non_error = "skip"')
    lenient = lenient.replace('entity = "contact"\n', 'entity = "contact"\nrejects = "bad.csv"\n')
    manifest = laid_out(tmp_path / "files", manifest_toml=lenient, **bad)
    account = crm.json("import", manifest, exit=7)
    assert account["rejected"] == 2
    assert counts(account)["agents.csv"][0] == 1
    assert "nonsense" in (tmp_path / "files" / "bad.csv").read_text()
    assert any(
        w["code"] == "not_found" for f in account["files"] if f["file"] == "agents.csv" for w in f["warning_details"]
    )
    crm("undo", account["change"], "--yes")
    assert crm("contact", "count").stdout == "0\n"


ADVICE = {
    "email,odd\na@x.example,1\n": ("", """columns = { "odd" = "FIELD" } fills a field""", 'unknown = "ignore"'),
    "email\nold@x.example\n": ("", 'deleted = "restore" takes it out, deleted = "skip" leaves', "is in the trash"),
    "email,id\na@x.example,77\n": ("", "", "line 2, column id"),
    "email,first_name,first_name\na@x.example,A,B\n": ("", """columns = { "first_name[2]" = "-" }""", "same heading"),
    "email,created_at\na@x.example,01/02/2026\n": ("", "date_format = ", "month"),
    "email;first_name\nä@x.example;Ä\n": ('encoding = "ascii"', "encoding = ", "encoding"),
    "deal": ('sheet = "x"', "leave sheet away", "no workbook"),
}
"""Files, what the manifest says of them, and the advice: what to write into the manifest."""


def test_advice_is_for_the_manifest(sqlite_crm: Program, tmp_path: Path) -> None:
    """The command for several files has none of the options of that for one."""
    crm, manifest = sqlite_crm, tmp_path / "manifest.toml"
    crm("contact", "add", "Old", "--email", "old@x.example")
    crm("contact", "delete", "C-1")
    for text, (said, *wanted) in ADVICE.items():
        (tmp_path / "people.csv").write_text(text)
        manifest.write_text(f'[[file]]\npath = "people.csv"\nentity = "contact"\n{said}\n')
        told = crm("import", str(manifest), exit=None).stderr
        assert all(part in told for part in wanted) and " --" not in told, told


def test_manifests_that_are_none(sqlite_crm: Program, tmp_path: Path) -> None:
    """What a manifest may say, and what it may not."""
    crm, folder = sqlite_crm, tmp_path / "files"
    laid_out(folder)
    for text, status, word in (
        ("", 6, "names no files"),
        ("[[file]]\nentity = 'contact'", 6, "no path"),
        ("[[file]]\npath = 'contacts.csv'", 2, "does not say"),
        ("[[file]]\npath = 'contacts.csv'\nentity = 'org'", 2, "org"),
        ("[[file]]\npath = 'contacts.csv'\nentity = 'contact'\nrun = 'rm'", 6, "run"),
        ("command = 'rm'\n[[file]]\npath = 'contacts.csv'\nentity = 'contact'", 6, "command"),
        ("[[file]]\npath = 'gone.csv'\nentity = 'contact'", 2, "gone.csv"),
        ("[[file]]\npath = 'contacts.csv'\nentity = 'contact'\nmode = 'x'", 2, "mode"),
        (
            "[[file]]\npath = 'contacts.csv'\nentity = 'contact'\nresults = 'deals.toml'\nmap_file = 'gone.toml'",
            2,
            "gone",
        ),
        ("[[file]]\npath = 'contacts.csv'\nentity = 'contact'\nrejects = 'contacts.csv'", 2, "read or written"),
        ("[[file]\n", 6, "TOML"),
    ):
        (folder / "m.toml").write_text(text)
        result = crm("import", str(folder / "m.toml"), exit=status)
        assert word in result.stderr, result
    crm("import", exit=2)
    assert "mycrm contact import" in crm("import", str(folder / "contacts.csv"), exit=2).stderr
    crm("import", str(folder / "none.toml"), exit=2)
    crm("profile", "edit", "work", "--protected", "yes")
    crm("import", str(folder / "manifest.toml"), exit=2)
    crm("import", str(folder / "manifest.toml"), "--confirm", "work")


SMALL = {
    "maven": {
        "accounts.csv": "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        "Isdom,medical,2002,3178.24,4540,Korea,Cancity\nCancity,retail,2001,718.62,2448,United States,\n",
        "products.csv": "product,series,sales_price\nGTX Pro,GTX,4821\n",
        "sales_teams.csv": "sales_agent,manager,regional_office\nMoses Frase,Dustin Brinkmann,Central\n"
        "Anna Snelling,Dustin Brinkmann,Central\n",
        "sales_pipeline.csv": "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
        "1C1I7A6R,Moses Frase,GTXPro,Cancity,Won,10/20/2016,3/1/2017,1054\n"
        "Z063OYW0,Anna Snelling,GTX Pro,,Engaging,10/25/2016,,\n",
    },
    "olist": {
        "olist_marketing_qualified_leads_dataset.csv": "mql_id,first_contact_date,landing_page,origin\n"
        "aaa1,2/1/2018,https://shop.example/a,social\nbbb2,10/20/2017,,paid_search\n",
        "olist_closed_deals_dataset.csv": "mql_id,seller_id,won_date,lead_type\naaa1,s1,2/26/2018 19:58,online_medium\n",
    },
}
"""A few rows under the headings of the data sets that the examples are for."""


def beside(tmp_path: Path, example: str) -> Path:
    """Copy an example to a folder where its data can lie beside it."""
    folder = tmp_path / example
    shutil.copytree(EXAMPLES / example, folder)
    return folder


def test_the_examples(crm: Program, tmp_path: Path) -> None:
    """The manifests of the documentation, on rows of our own."""
    accounts = {}
    for example, files in SMALL.items():
        folder = beside(tmp_path, example)
        for name, text in files.items():
            (folder / name).write_text(text)
        accounts[example] = crm.json("import", str(folder / "manifest.toml"))
    assert (accounts["maven"]["created"], accounts["maven"]["skipped"]) == (2 + 1 + 1 + 2 + 1 + 4 + 2 + 2, 1)
    assert (accounts["olist"]["created"], accounts["olist"]["updated"]) == (3, 1)
    assert crm("deal", "count", "-w", "status=won pipeline.name=Maven company.name=Cancity").stdout == "1\n"
    assert crm("lead", "count", "-w", "cf.won_at=2018-02-26 cf.lead_type=online_medium").stdout == "1\n"


def test_the_examples_in_full(sqlite_crm: Program, shared: Path, tmp_path: Path) -> None:
    """The same on the data sets themselves."""
    crm, before = sqlite_crm, everything(sqlite_crm)
    accounts = []
    for example, data in (("maven", "maven_crm"), ("olist", "olist")):
        folder = beside(tmp_path, example)
        for file in (shared / data).glob("*.csv"):
            (folder / file.name).symlink_to(file)
        accounts.append(crm.json("import", str(folder / "manifest.toml")))
    maven, olist = accounts
    assert (maven["rows"], maven["created"], maven["rejected"]) == (17767, 17738, 0)
    assert crm("deal", "count", "-w", "status=won pipeline.name=Maven company=any").stdout == "4238\n"
    assert (olist["created"], olist["updated"]) == (8001, 380)
    for account in (olist, maven):
        crm("undo", account["change"], "--yes")
    assert everything(crm) == before
