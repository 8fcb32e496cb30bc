"""A learned model from the first outcome on: refused, provisional, in use, undone, and given up."""

import json
import os
import random

import pytest

from tests.program import Program

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
pytest.importorskip("numpy")

NOW = {"MYCRM_NOW": "2026-06-01T08:00:00Z"}


def closed(count: int, start: int = 0, *, month: int = 1, days: int = 100, more: float = 0.0) -> str:
    """Return closed leads as CSV: a number field and the source tell the outcome, with some noise.

    They end within ``days`` from the first of a month on; ``more`` of them are won than at first.
    """
    chance = random.Random(start)
    lines = ["name,status,source,created_at,converted_at,disqualified_at,cf.seats,cf.plan"]
    for place in range(start, start + count):
        seats, source = chance.randrange(1, 100), chance.choice(["referral", "event", "paid_ads"])
        won = chance.random() < (0.15 + more + 0.5 * (seats > 50) + 0.25 * (source == "referral"))
        day, hour = place % days, place % 24
        begun = f"2026-{month + day // 28:02}-{1 + day % 28:02}T{hour:02}:00:00Z"
        ended = f"2026-{month + day // 28:02}-{1 + day % 28:02}T{hour:02}:30:00Z"
        when = f"converted,{source},{begun},{ended}," if won else f"disqualified,{source},{begun},,{ended}"
        plan = chance.choice(["basic", "pro", ""])
        lines.append(f"Lead {place},{when},{seats},{plan}")
    return "\n".join(lines)


def test_story(crm: Program) -> None:
    """It learns when there is enough, scores with exact points and a probability, and undo takes it back."""
    crm("field", "add", "lead", "seats", "--type", "number")
    crm("field", "add", "lead", "plan", "--type", "text")
    assert "too few to learn from" in crm("score", "train", exit=6, env=NOW).stderr
    crm("lead", "import", "-", "--yes", stdin=closed(600), env=NOW)
    for name, seats in (("Large", 90), ("Small", 5)):
        crm("lead", "add", name, "--source", "referral", "--set", f"cf.seats={seats}", env=NOW)
    crm("lead", "add", "Blank", env=NOW)
    dry = crm.json("score", "train", "-n", env=NOW)
    told = crm.json("score", "train", env=NOW)
    assert told["version"] == dry["version"] and told["used"] and told["may_switch"]
    assert told["metrics"]["auc"] > 0.6 and not told["metrics"]["leaking"]
    models = crm.json("score", "model", "list")
    assert {model["version"]: model["is_active"] for model in models} == {told["version"]: True, "rules-1": False}
    crm("score", "run", env=NOW)
    leads = {lead["name"]: lead for lead in crm.json("lead", "list", "-w", "status=new")}
    assert leads["Large"]["score"] > leads["Blank"]["score"] > leads["Small"]["score"]
    scores = crm.json("score", "list", "--latest")
    assert all(sum(row["breakdown"].values()) == row["score"] for row in scores)
    assert {row["model_version"] for row in scores} == {told["version"]}
    chances = [factor["value"] for row in scores for factor in row["factors"] if factor["code"] == "probability"]
    assert len(chances) == 3 and all(0.001 <= chance <= 0.999 for chance in chances)
    explained = crm.json("score", "explain", "Large", env=NOW)
    assert explained["score"] == leads["Large"]["score"] and "probability" in json.dumps(explained)
    assert "plan" not in explained["recommendation"].partition("Ask")[0]  # it is unknown, and so no reason
    crm("score", "model", "view", told["version"], "-o", "table")
    assert crm.json("score", "model", "view")["inputs"]
    # A change of a field after the moment of looking does not count: the same outcomes give the same model.
    crm("lead", "edit", "-w", "status=converted", "--set", "cf.plan=won", "--yes", env=NOW)
    again = crm.json("score", "train", "--no-use", env=NOW)
    assert (again["version"], again["used"]) == (told["version"], True)
    change = crm.json("score", "model", "use", "rules-1", env=NOW)["change"]
    assert crm.json("score", "model", "view")["version"] == "rules-1"
    crm("undo", change, "--yes", env=NOW)
    assert crm.json("score", "model", "view")["version"] == told["version"]
    # A month later it is learned anew.
    later = {"MYCRM_NOW": "2026-07-15T08:00:00Z"}
    crm("lead", "import", "-", "--yes", stdin=closed(200, 600), env=later)
    assert "was learned from newer outcomes" in crm("score", "run", env=later).stderr
    assert crm.json("score", "model", "view")["version"] != told["version"]


def test_a_model_that_fails_is_given_up(sqlite_crm: Program) -> None:
    """When leads end the other way round, the rules score again, and a run says so."""
    crm = sqlite_crm
    crm("field", "add", "lead", "seats", "--type", "number")
    crm("field", "add", "lead", "plan", "--type", "text")
    crm("lead", "import", "-", "--yes", stdin=closed(600), env=NOW)
    version = crm.json("score", "train", env=NOW)["version"]
    lines = [f"Open {place},new,event,{place}" for place in range(1, 100)]
    crm("lead", "import", "-", "--yes", stdin="\n".join(["name,status,source,cf.seats", *lines]), env=NOW)
    crm("score", "run", env=NOW)
    soon = {"MYCRM_NOW": "2026-06-04T08:00:00Z"}
    assert version not in crm("score", "run", env=soon).stderr
    crm("lead", "disqualify", "-w", "status=new cf.seats>40", "--reason", "No budget", "--yes", env=soon)
    crm("lead", "convert", "-w", "status=new", "--yes", env=soon)
    late = {"MYCRM_NOW": "2026-06-06T08:00:00Z"}
    assert f"{version} has lost its worth" in crm("score", "run", env=late).stderr
    assert crm.json("score", "model", "view")["version"] == "rules-1"


def test_a_model_follows_the_newest_outcomes(sqlite_crm: Program) -> None:
    """With new outcomes, too few to learn anew from, its probabilities move and its scores stay."""
    crm = sqlite_crm
    crm("field", "add", "lead", "seats", "--type", "number")
    crm("field", "add", "lead", "plan", "--type", "text")
    crm("lead", "import", "-", "--yes", stdin=closed(1300), env=NOW)
    crm("lead", "add", "Middle", "--source", "event", "--set", "cf.seats=50", env=NOW)
    version = crm.json("score", "train", env=NOW)["version"]
    crm("score", "run", env=NOW)
    later = {"MYCRM_NOW": "2026-06-02T09:00:00Z"}
    before = crm.json("score", "explain", "Middle", env=later)
    crm("lead", "import", "-", "--yes", stdin=closed(120, 1300, month=5, days=25, more=0.3), env=later)
    crm("score", "run", env=later)
    after = crm.json("score", "explain", "Middle", env=later)
    assert crm.json("score", "model", "view")["version"] == version == after["version"]
    assert after["probability"] > before["probability"] + 0.05
    assert after["score"] == before["score"]
