"""``report sources``: where leads came from and what was won from them, against plain Python over what was made."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.program import Program

RATES = {"USD": Decimal(1), "EUR": Decimal("1.1")}
# Source, UTM source, campaign, owner, what becomes of it, value and currency of its deal.
LEADS = (
    ("website", "google", "Fair", "ana", "won", "1000.00", "USD"),
    ("website", "google", "Fair", "bo", "won", "200.05", "EUR"),
    ("website", "bing", "", "bo", "lost", "50.00", "USD"),
    ("referral", "", "Mail", "ana", "qualified", "", ""),
    ("referral", "", "", "ana", "new", "", ""),
    ("event", "", "Fair", "bo", "open", "99.00", "USD"),
    ("event", "", "Mail", "bo", "won", "70.00", "CHF"),
)
PLACES = {"source": 0, "utm_source": 1, "campaign": 2}


def on(day: int) -> dict[str, str]:
    """Return the environment in which it is this day of October 2026."""
    return {"MYCRM_NOW": f"2026-10-{day:02}T12:00:00Z"}


def sources(crm: Program, day: int, *words: str, by: str = "source") -> dict[str | None, dict[str, Any]]:
    """Return the rows of the report by what they are of."""
    return {row.pop(by): row for row in crm.json("report", "sources", "--by", by, *words, env=on(day))}


def fill(crm: Program) -> None:
    """Make the leads on the first of October, and what becomes of them later."""
    crm("rate", "add", "EUR", "1.1", "--date", "2026-01-01", env=on(1))
    crm("team", "add", "North", env=on(1))
    crm("user", "add", "bo@acme.com", "--first-name", "Bo", "--team", "North", "--role", "sales_rep", env=on(1))
    crm("campaign", "add", "Fair", "--type", "event", "--budget", "500", "--actual-cost", "400", env=on(1))
    crm("campaign", "add", "Mail", "--type", "email", "--budget", "50", env=on(1))
    deals = 0
    for number, (source, utm, campaign, owner, fate, value, currency) in enumerate(LEADS, 1):
        line = ["--source", source, "--owner", f"{owner}@acme.com", "--utm-medium", "cpc" if utm else "mail"]
        line += [*(["--utm-source", utm] if utm else []), *(["--campaign", campaign] if campaign else [])]
        crm("lead", "add", f"Lead {number}", *line, env=on(1))
        if fate == "qualified":
            crm("lead", "qualify", f"L-{number}", env=on(5))
        if value:
            deals += 1
            crm("lead", "convert", f"L-{number}", "--value", value, "--set", f"currency={currency}", env=on(5))
            if fate != "open":
                verb = ("win",) if fate == "won" else ("lose", "--reason", "price")
                crm("deal", verb[0], f"D-{deals}", *verb[1:], env=on(9))
    crm("lead", "add", "Old", "--source", "website", env={"MYCRM_NOW": "2024-10-01T12:00:00Z"})


def oracle(place: int, owner: str = "") -> dict[str | None, list[Any]]:
    """Return (leads, qualified, converted, deals won, their value) of each origin."""
    found: dict[str | None, list[Any]] = defaultdict(lambda: [0, 0, 0, 0, Decimal("0.00")])
    for lead in LEADS:
        if owner in ("", lead[3]):
            row, fate = found[lead[place] or None], lead[4]
            row[0] += 1
            row[1] += fate != "new"
            row[2] += fate not in ("new", "qualified")
            if fate == "won" and lead[6] in RATES:
                row[3] += 1
                row[4] += (Decimal(lead[5]) * RATES[lead[6]]).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return found


def numbers(found: dict[str | None, dict[str, Any]]) -> dict[str | None, list[Any]]:
    """Return what ``oracle`` works out, as the report has it."""
    names = ("leads", "qualified", "converted", "deals_won")
    return {key: [*(row[name] for name in names), Decimal(row["won_value"])] for key, row in found.items()}


def test_sources(crm: Program) -> None:
    assert sources(crm, 1) == sources(crm, 1, by="campaign") == {}
    fill(crm)
    for by, place in PLACES.items():
        assert numbers(sources(crm, 20, by=by)) == oracle(place), by
        for words in (("--owner", "bo@acme.com"), ("--team", "North"), ("-w", "owner.email=bo@acme.com")):
            assert numbers(sources(crm, 20, *words, by=by)) == oracle(place, "bo"), (by, words)
    media = sources(crm, 20, by="utm_medium")
    assert {name: row["leads"] for name, row in media.items()} == {"cpc": 3, "mail": 4}
    found = sources(crm, 20)
    assert list(found) == ["website", "event", "referral"]
    assert [row["conversion_rate"] for row in found.values()] == [1.0, 1.0, 0.0]
    assert sources(crm, 20, "--period", "2024")["website"]["leads"] == 1
    assert sources(crm, 20, "--period", "all")["website"]["leads"] == 4
    assert sources(crm, 20, "--period", "last-month") == {}
    told = crm("report", "sources", env=on(20)).stderr
    assert "no rate turns CHF into USD: 1 deal of 70.00 CHF left out" in told
    campaigns = sources(crm, 20, by="campaign")
    costs = {name: [row["budget"], row["actual_cost"], row["return"]] for name, row in campaigns.items()}
    assert costs == {"Fair": ["500.00", "400.00", 2.0502], "Mail": ["50.00", None, None], None: [None, None, None]}
    drawn = crm("report", "sources", "--by", "campaign", env={**on(20), "MYCRM_PAGER": ""}, terminal=True).stdout
    assert "total" in drawn and "Fair" in drawn
    crm("deal", "reopen", "D-1", env=on(21))
    crm("lead", "delete", "L-5", env=on(21))
    crm("campaign", "edit", "Fair", "--actual-cost", "9999", env=on(21))
    assert numbers(sources(crm, 22))["website"][3:] == [1, Decimal("220.06")]
    assert sources(crm, 22)["referral"]["leads"] == 1
    for by, before in (("source", found), ("campaign", campaigns)):
        assert sources(crm, 22, "--as-of", "2026-10-20", by=by) == before, by
    early = sources(crm, 22, "--as-of", "2026-10-07")["website"]
    assert [early[name] for name in ("leads", "converted", "deals_won", "won_value")] == [3, 3, 0, "0.00"]
    wrong = crm("report", "sources", "--by", "weather", exit=2).stderr
    assert "not broken down by 'weather'" in wrong and "utm_medium" in wrong
