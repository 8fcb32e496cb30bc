"""Imports of what hangs on other records: parents by any key, keys of several columns, links, repeated rows, conflicts."""

from pathlib import Path

from tests.program import Program
from tests.transfer.conftest import write

DEALS = """name,ext:crm,contact.email,companies,value,created_at
Same,1,a@x.example.org,CO-1=Buyer;CO-2,10,2024-01-02
Same,2,b@x.example.org,,20,2024-01-03
"""
FILES = {
    "item": "deal.ext:crm,position,product.sku,quantity\n1,1,GTX-1,2\n1,2,GTX-1,2\n2,1,GTX-1,1\n",
    "task": "title,deal.ext:crm,contact.email,assigned_to.name,completed_at,status\n"
    "Call,1,a@x.example.org,Ana Berg,2024-02-03T10:00:00Z,completed\nCall,2,b@x.example.org,,,\n",
    "activity": "activity_type,occurred_at,deal.ext:crm,contact.email,subject\n"
    "call,2024-02-03T10:00:00Z,1,a@x.example.org,Talked\ncall,2024-02-03T11:00:00Z,1,a@x.example.org,Talked\n",
    "email": "subject,contact.email,message_id,open_count\nHello,a2@x.example.org,<1@x.example.org>,3\n",
    "note": "body,deal.ext:crm,created_at\nTall,1,2024-02-03\nTall,2,2024-02-03\n",
    "rate": "currency,date,rate\nEUR,2026-01-01,1.08\nEUR,2026-02-01,1.09\n",
    "stage": "name,pipeline.name,probability\nOne more,Sales,60\nOne more,Other,70\n",
    "lead": "email,campaign.name\nl@x.example.org,Spring\n",
}


def start(crm: Program, folder: Path) -> None:
    """Make what the files point to."""
    crm("company", "add", "Acme")
    crm("company", "add", "Bolt")
    crm("product", "add", "GTX Pro", "--sku", "GTX-1", "--unit-price", "5")
    crm("pipeline", "add", "Other", "--stages", "Start:10,Won:won,Lost:lost")
    crm("campaign", "add", "Spring")
    contacts = write(folder / "c.csv", "email,emails\na@x.example.org,a2@x.example.org\nb@x.example.org,\n")
    crm("contact", "import", contacts)


def twice(crm: Program, noun: str, file: str, *options: str) -> dict[str, int]:
    """Import a file two times: the second one changes nothing. Return the first account."""
    account = crm.json(noun, "import", file, *options)
    again = crm.json(noun, "import", file, *options)
    assert (again["unchanged"], again["change"]) == (account["rows"], None), (noun, again)
    return dict(account)


def test_every_noun_by_the_keys_of_its_parents(crm: Program, tmp_path: Path) -> None:
    start(crm, tmp_path)
    deals = write(tmp_path / "deals.csv", DEALS)
    assert twice(crm, "deal", deals, "--set", "pipeline=Other")["created"] == 2
    [first] = crm.json("deal", "export", "-w", "value=10", "-F", "stage,companies,contacts,created_at,ext:crm")
    assert (first["stage"], first["created_at"], first["ext:crm"]) == ("Start", "2024-01-02T00:00:00Z", ["1"])
    assert [text.partition("=")[2] for text in first["companies"]] == ["Buyer", ""]
    assert len(first["contacts"]) == 1
    for noun, text in FILES.items():
        file = write(tmp_path / f"{noun}.csv", text)
        assert twice(crm, noun, file)["created"] == len(text.strip().splitlines()) - 1, noun
    assert crm.json("item", "list", "deal=D-1", "-F", "total")[0]["total"] == "10.00"
    done = crm.json("task", "list", "status=completed", "-F", "completed_at,assigned_to,contact")
    assert [done[0][name] for name in ("completed_at", "assigned_to")] == ["2024-02-03T10:00:00Z", "Ana Berg"]
    assert crm.json("email", "list", "-F", "open_count,contact")[0]["open_count"] == 3
    assert crm("stage", "count", "name='One more'").stdout.strip() == "2"


def test_a_stage_is_one_of_the_row_s_pipeline(crm: Program, tmp_path: Path) -> None:
    start(crm, tmp_path)
    file = write(
        tmp_path / "d.csv", "name,ext:crm,stage.name,pipeline\nA,1,Start,Other\nB,2,Proposal,\nC,3,won,other\n"
    )
    assert twice(crm, "deal", file)["created"] == 3
    assert crm("deal", "count", "-w", "pipeline=Other stage=Won status=won").stdout.strip() == "1"
    moved = write(tmp_path / "e.csv", "ext:crm,stage\n1,Won\n2,Negotiation\n")
    assert crm.json("deal", "import", moved, "--mode", "update")["updated"] == 2
    wrong = write(tmp_path / "f.csv", "ext:crm,stage\n1,Proposal\n2,Nowhere\n")
    by_name = write(tmp_path / "g.csv", "ext:crm,stage.name\n1,Proposal\n")
    refused = crm("deal", "import", by_name, exit=6).stderr
    assert "line 2, column stage.name: no stage 'Proposal' in the pipeline Other: it has Start, Won, Lost" in refused
    refused = crm("deal", "import", wrong, exit=6).stderr
    assert "'Proposal' is a stage of Sales, not of Other" in refused
    assert "line 3, column stage: no stage 'Nowhere' in the pipeline Sales" in refused


def test_repeated_rows(crm: Program, tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", "name,team.name\nAna,North\nBo,South\nAna,North\n")
    options = ["--create-missing", "team", "--set", "role=sales_rep", "--map-file"]
    mapping = write(tmp_path / "m.toml", '[columns.mail]\ntarget = "email"\ntemplate = "{name:lower}@x.example.org"\n')
    refused = crm("user", "import", file, *options, mapping, exit=6).stderr
    assert "line 2 and line 4 have the same email" in refused
    account = crm.json("user", "import", file, *options, mapping, "--repeated", "ignore")
    assert (account["created"], account["skipped"], account["created_parents"]) == (2, 1, {"team": 2})
    assert {"column": None, "code": "repeated", "values": 1} in account["warning_details"]
    differs = write(tmp_path / "y.csv", "name,team.name\nAna,North\nAna,South\n")
    refused = crm("user", "import", differs, *options, mapping, "--repeated", "ignore", exit=6).stderr
    assert "have the same email 'ana@x.example.org' and differ in other columns" in refused


def test_names_are_keys_only_where_there_is_no_other(crm: Program, tmp_path: Path) -> None:
    crm("deal", "add", "Roof")
    file = write(tmp_path / "x.csv", "name,ext:crm\nRoof,1\nRoof,2\nGate,3\n")
    account = twice(crm, "deal", file)
    assert (account["created"], account["unchanged"] + account["updated"]) == (2, 1)
    alone = write(tmp_path / "y.csv", "name,value\nGate,5\nGate,6\n")
    assert "same name 'Gate'" in crm("deal", "import", alone, exit=6).stderr
    account = crm.json("deal", "import", alone, "--match", "content")
    assert account["created"] == 2


def test_conflicts_with_what_a_source_said_last(crm: Program, tmp_path: Path) -> None:
    crm("field", "add", "contact", "tier", "--type", "text")
    head = "ext:crm,email,first_name,city,cf.tier,tags,note\n"
    first = write(tmp_path / "1.csv", head + "1,a@x.example.org,Ana,Rome,gold,a,\n2,b@x.example.org,Bea,Oslo,iron,,\n")
    assert twice(crm, "contact", first, "--on-conflict", "*=changed")["created"] == 2
    crm("contact", "edit", "C-1", "--city", "Paris", "--set", "cf.tier=silver", "--job-title", "CEO")
    crm("contact", "edit", "C-2", "--first-name", "Beate")
    assert crm.json("contact", "import", first, "--on-conflict", "*=changed")["unchanged"] == 2
    second = write(tmp_path / "2.csv", head + "1,a@x.example.org,Anna,Milan,gold,b,\n2,b@x.example.org,Bea,Bergen,,,\n")
    account = crm.json("contact", "import", second, "--on-conflict", "*=changed", "--on-conflict", "tags=append")
    assert (account["updated"], [warning["column"] for warning in account["warning_details"]]) == (2, ["city"])
    ana, bea = crm.json("contact", "view", "C-1"), crm.json("contact", "view", "C-2")
    assert (ana["first_name"], ana["city"], ana["custom_fields"]["tier"]) == ("Anna", "Paris", "silver")
    assert (ana["tags"], ana["job_title"]) == (["a", "b"], "CEO")
    assert (bea["first_name"], bea["city"], bea["custom_fields"]["tier"]) == ("Beate", "Bergen", "iron")
    assert crm.json("contact", "import", second, "--on-conflict", "*=changed")["warning_details"] == []
    texts = write(tmp_path / "3.csv", "email,job_title\na@x.example.org,Founder\n")
    twice(crm, "contact", texts, "--on-conflict", "job_title=append")
    assert crm.json("contact", "view", "C-1")["job_title"] == "CEO; Founder"
    crm("contact", "import", texts, "--on-conflict", "*=append", exit=2)
    crm("contact", "import", second, "--on-conflict", "score=append", "--set", "score=3", exit=2)
