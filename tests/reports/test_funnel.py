"""``report funnel``: how far deals and leads came, known by how they were made."""

from typing import Any

import pytest

from tests.program import Program

DAY = 86400
STAGES = ("Qualification", "Needs analysis", "Proposal", "Negotiation", "Closed won")


def on(day: int, hour: int = 12) -> dict[str, str]:
    """Return the environment in which it is this day of October 2026."""
    return {"MYCRM_NOW": f"2026-10-{day:02}T{hour:02}:00:00Z"}


def funnel(crm: Program, day: int, *words: str) -> dict[str, list[Any]]:
    """Return (reached, share of the first, of the one before, days, lost) by stage."""
    told = crm.json("report", "funnel", *words, env=on(day))
    names = ("reached", "share_of_first", "share_of_previous", "days", "lost")
    return {row["stage"]: [row[name] for name in names] for row in told}


def reached(crm: Program, day: int, *words: str) -> list[int]:
    """Return how many reached each stage."""
    return [row[0] for row in funnel(crm, day, *words).values()]


def fill(crm: Program) -> None:
    """Make deals on the first of October, and let them go their ways."""
    crm("team", "add", "North", env=on(1))
    crm("user", "add", "bo@acme.com", "--first-name", "Bo", "--team", "North", "--role", "sales_rep", env=on(1))
    crm("pipeline", "add", "Renewals", "--stages", "Asked:50,Agreed:80,Done:won,Gone:lost", env=on(1))
    for name, owner in zip("ABCDEF", ("ana", "bo", "ana", "bo", "ana", "ana"), strict=True):
        crm("deal", "add", name, "--owner", f"{owner}@acme.com", "--value", "100", env=on(1))
    crm("deal", "add", "Old", env={"MYCRM_NOW": "2025-01-01T12:00:00Z"})
    for day, number, stage in (
        *((3, 1, "Needs analysis"), (5, 1, "Proposal"), (6, 1, "Negotiation")),
        *((4, 2, "Negotiation"), (6, 2, "Needs analysis"), (6, 3, "Proposal")),
    ):
        crm("deal", "move", f"D-{number}", stage, env=on(day))
    crm("deal", "win", "D-1", env=on(10))
    crm("deal", "lose", "D-3", "--reason", "price", env=on(11))
    crm("deal", "win", "D-4", env=on(12))


def test_deals(crm: Program) -> None:
    assert crm.json("report", "funnel", env=on(1)) == []
    assert "nothing was created" in crm("report", "funnel", env=on(1), terminal=True).stderr
    fill(crm)
    # The first time in each stage counts.
    # A came through all, B to the last but one and back, C skipped one and was lost, D was won at once, E and F stand.
    assert funnel(crm, 20) == {
        "Qualification": [6, 1.0, None, None, 0],
        "Needs analysis": [4, 0.6667, 0.6667, 3.5, 0],
        "Proposal": [4, 0.6667, 1.0, 2.0, 1],
        "Negotiation": [3, 0.5, 0.75, 1.0, 0],
        "Closed won": [2, 0.3333, 0.6667, 4.0, 0],
    }
    assert reached(crm, 20, "--owner", "bo@acme.com") == [2, 2, 2, 2, 1]
    assert reached(crm, 20, "--team", "North") == [2, 2, 2, 2, 1]
    assert reached(crm, 20, "-w", "status=open") == [3, 1, 1, 1, 0]
    assert reached(crm, 20, "--period", "all") == [7, 4, 4, 3, 2]
    assert reached(crm, 20, "--period", "2025") == [1, 0, 0, 0, 0]
    assert reached(crm, 20, "--period", "last-month") == []
    before = funnel(crm, 20)
    crm("deal", "edit", "D-5", "--pipeline", "Renewals", "--stage", "Agreed", env=on(21))
    crm("deal", "reopen", "D-4", env=on(21))
    crm("deal", "delete", "D-6", env=on(21))
    crm("deal", "move", "D-2", "Closed lost", env=on(21))
    assert list(funnel(crm, 22, "--pipeline", "Renewals")) == ["Asked", "Agreed", "Done"]
    assert reached(crm, 22, "--pipeline", "Renewals") == [1, 1, 0]
    assert reached(crm, 22)[0] == 4
    assert funnel(crm, 22)["Negotiation"][4] == 1
    assert funnel(crm, 22, "--as-of", "2026-10-20") == before
    assert reached(crm, 22, "--as-of", "2026-10-05") == [6, 2, 2, 1, 0]
    drawn = crm("report", "funnel", env={**on(22), "MYCRM_PAGER": ""}, terminal=True).stdout
    assert "Funnel of deals in Sales" in drawn and "100%" in drawn
    crm("report", "funnel", "--pipeline", "None such", exit=3)


def test_leads(crm: Program) -> None:
    assert crm.json("report", "funnel", "--of", "leads", env=on(1)) == []
    for number in range(1, 7):
        crm(
            "lead",
            "add",
            f"Lead {number}",
            "--source",
            "website" if number % 2 else "referral",
            "--owner",
            "me",
            env=on(1),
        )
    crm("log", "call", "L-2", "Hello", env=on(3))
    crm("lead", "qualify", "L-3", "L-4", "L-5", env=on(5))
    crm("lead", "convert", "L-4", "--no-deal", env=on(7))
    crm("lead", "convert", "L-5", "--deal", "Roof", env=on(7))
    crm("lead", "disqualify", "L-6", "--reason", "spam", env=on(7))
    crm("deal", "win", "D-1", env=on(9))
    assert reached(crm, 20, "--of", "leads") == [6, 4, 3, 2, 1]
    found = funnel(crm, 20, "--of", "leads")
    assert list(found) == ["created", "contacted", "qualified", "converted", "won"]
    assert found["contacted"][3] == 2.0 and found["converted"][1:4] == [0.3333, 0.6667, 2.0]
    assert [row[4] for row in found.values()] == [1, 0, 0, 0, 0]
    assert reached(crm, 20, "--of", "Lead", "-w", "source=website") == [3, 2, 2, 1, 1]
    assert reached(crm, 20, "--of", "leads", "--owner", "me", "--period", "2026-10") == [6, 4, 3, 2, 1]
    crm("lead", "delete", "L-3", env=on(21))
    crm("deal", "reopen", "D-1", env=on(21))
    assert reached(crm, 22, "--of", "leads") == [5, 3, 2, 2, 0]
    assert funnel(crm, 22, "--of", "leads", "--as-of", "2026-10-20") == found
    assert reached(crm, 22, "--of", "leads", "--as-of", "2026-10-04") == [6, 1, 0, 0, 0]


@pytest.mark.parametrize("word", ["leads", "lead"])
def test_the_fields_are_those_of_what_is_counted(sqlite_crm: Program, word: str) -> None:
    told = sqlite_crm("report", "funnel", "--of", word, "-w", "?").stdout
    assert "utm_source" in told and "loss_reason" not in told
    assert "loss_reason" in sqlite_crm("report", "funnel", "-w", "?").stdout
    for more in ((), ("-w", "?")):
        wrong = sqlite_crm("report", "funnel", "--of", "tasks", *more, exit=2).stderr
        assert "--of does not know 'tasks'" in wrong and "deals" in wrong and "leads" in wrong
    assert "no pipeline" in sqlite_crm("report", "funnel", "--of", word, "--pipeline", "Sales", exit=2).stderr
