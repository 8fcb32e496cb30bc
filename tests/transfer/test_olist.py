"""The Olist data: leads by the key of another system, and those that bought, found by the same key and converted."""

import json
from pathlib import Path

from tests.program import Program

MAPS = Path(__file__).parents[2] / "docs" / "examples" / "olist"


def test_olist(crm: Program, shared: Path) -> None:
    folder = shared / "olist"
    crm("field", "add", "lead", "won_at", "--type", "timestamp")
    leads = ["lead", "import", str(folder / "olist_marketing_qualified_leads_dataset.csv")]
    leads += ["--map-file", str(MAPS / "leads.toml")]
    closed = ["lead", "import", str(folder / "olist_closed_deals_dataset.csv")]
    closed += ["--map-file", str(MAPS / "closed_deals.toml")]
    assert crm.json(*leads)["created"] == 8000
    account = crm.json(*closed)
    assert (account["updated"], account["created"], account["skipped"]) == (380, 0, 0)
    found = crm("lead", "list", "-w", "cf.won_at=any", "-F", "cf.won_at", "-o", "jsonl").lines
    records = [json.loads(line) for line in found]
    won = [json.dumps({"id": record["id"], "on": record["cf.won_at"]}) for record in records]
    crm("lead", "convert", "-", "--stage", "Closed won", "--yes", stdin="\n".join(won))
    assert crm("lead", "count", "-w", "status=converted").stdout.strip() == "380"
    assert crm("deal", "count", "-w", "status=won").stdout.strip() == "380"
    lead = crm.json("lead", "view", "ext:olist:5420aad7fec3549a85876ba1c529bd84")
    assert lead["converted_at"] == "2018-02-26T19:58:00Z"
    assert lead["custom_fields"]["lead_type"] == "online_medium"
    assert crm.json("lead", "view", "ext:olist_seller:2c43fb513632d29b3b58df74816f1b06")["id"] == lead["id"]
    for line in (leads, closed):
        again = crm.json(*line)
        assert again["unchanged"] == again["rows"], again
