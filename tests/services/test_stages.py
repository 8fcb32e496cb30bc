"""Pipelines and stages: added, ordered, edited, deleted, and what a pipeline always keeps, on both databases."""

from typing import Any

from tests.program import Program


def names(crm: Program, pipeline: str) -> list[str]:
    """Return the stages of a pipeline in their order."""
    return [row[0] for row in crm("stage", "list", f"pipeline={pipeline}", "-F", "name").rows]


def test_pipelines(crm: Program) -> None:
    """They come with stages; one is the default; one that deals went through stays."""
    crm("pipeline", "add", "Usual")
    crm("pipeline", "add", "Renewals", "--stages", "Due:40, Offer:70")
    crm("pipeline", "add", "Partners", "--stages", "Intro:10,Signed:won,Stopped:lost", "--default")
    crm("pipeline", "add", "Copy", "--like", "Renewals")
    assert names(crm, "Usual") == names(crm, "Sales")
    assert names(crm, "Renewals") == names(crm, "Copy") == ["Due", "Offer", "Closed won", "Closed lost"]
    assert names(crm, "Partners") == ["Intro", "Signed", "Stopped"]
    for wrong in ("Due:140", "Due,due", "", ":10"):
        assert '"field"' in crm("pipeline", "add", "Wrong", "--stages", wrong, "--json", exit=6).stderr
    crm("deal", "add", "One")
    assert crm("deal", "list", "-F", "pipeline,stage").rows == [["Partners", "Intro"]]
    assert crm("pipeline", "list", "is_default=yes", "-F", "name").stdout.strip() == "Partners"
    for line in (("edit", "Partners", "--is-active", "no"), ("edit", "Partners", "--is-default", "no")):
        assert "mycrm pipeline default" in crm("pipeline", *line, exit=6).stderr
    crm("pipeline", "default", "Usual")
    assert crm("pipeline", "list", "is_default=yes", "-F", "name").stdout.strip() == "Usual"
    crm("pipeline", "delete", "Usual", exit=6)
    assert "1 deal stands in pipeline Partners" in crm("pipeline", "delete", "Partners", exit=6).stderr
    crm("deal", "edit", "D-1", "--pipeline", "Usual")
    assert "have come through" in crm("pipeline", "delete", "Partners", exit=6).stderr
    crm("pipeline", "edit", "Partners", "--is-active", "no")
    assert "not active" in crm("deal", "add", "Two", "--pipeline", "Partners", exit=6).stderr
    crm("pipeline", "delete", "Copy")
    assert names(crm, "Copy") == []
    # Imported ones bring no stages along: those come with their own file.
    crm("pipeline", "import", "-", "--format", "csv", stdin="name\nEmpty\n")
    assert names(crm, "Empty") == []
    assert "has no open stage" in crm("deal", "add", "x", "--pipeline", "Empty", exit=6).stderr
    file = "pipeline,name,probability,is_won\nEmpty,First,10,no\nEmpty,Last,100,yes\n"
    crm("stage", "import", "-", "--format", "csv", stdin=file)
    assert names(crm, "Empty") == ["First", "Last"]


def test_stages(crm: Program) -> None:
    """They have their place, and names are meant inside a pipeline."""
    crm("pipeline", "add", "Twin", "--like", "Sales")
    crm("stage", "add", "Demo", "--after", "Qualification", "--probability", "15")
    crm("stage", "add", "Legal", "--pipeline", "Twin")
    crm("stage", "add", "Stalled", "--before", "Closed won", "--stale-after-days", "7")
    crm("stage", "add", "Not now", "--lost")
    assert names(crm, "Sales") == [
        "Qualification", "Demo", "Needs analysis", "Proposal", "Negotiation", "Stalled", "Closed won", "Closed lost",
        "Not now",
    ]  # fmt: skip
    assert names(crm, "Twin")[4:6] == ["Legal", "Closed won"]
    crm("stage", "order", "Proposal", "Demo")
    assert names(crm, "Sales")[:4] == ["Qualification", "Proposal", "Demo", "Needs analysis"]
    orders = [int(row[0]) for row in crm("stage", "list", "pipeline=Sales", "-F", "order").rows]
    assert orders == list(range(1, 10))
    assert "Sales/Proposal · Twin/Proposal" in crm("stage", "edit", "Proposal", "--color", "#112233", exit=5).stderr
    crm("stage", "edit", "Proposal", "--pipeline", "Twin", "--color", "#112233")
    crm("stage", "edit", "Twin/Proposal", "--stale-after-days", "3")
    crm("stage", "edit", "Nope", "--pipeline", "Twin", "--color", "#112233", exit=3)
    crm("stage", "add", "Demo", exit=6)
    crm("stage", "add", "Both", "--won", "--lost", exit=6)
    crm("stage", "add", "Sure", "--won", "--probability", "30", exit=6)
    crm("stage", "add", "Too sure", "--probability", "130", exit=6)
    for line in (("Closed won", "--is-won", "no"), ("Closed won", "--lost")):
        assert "last stage for won deals" in crm("stage", "edit", *line, "--pipeline", "Sales", exit=6).stderr
    crm("stage", "edit", "Not now", "--is-lost", "no")
    crm("stage", "delete", "Closed lost", "--pipeline", "Sales", exit=6)
    assert len(names(crm, "Sales")) == 9


def test_deals_of_a_stage(crm: Program) -> None:
    """Its probability reaches deals only where asked; it goes only when its deals go somewhere else."""
    for name in ("One", "Two"):
        crm("deal", "add", name, "--stage", "Proposal")
    crm("deal", "edit", "D-2", "--probability", "33")
    crm("deal", "add", "Three", "--stage", "Proposal")
    crm("deal", "delete", "D-3")

    def probabilities() -> Any:
        return [row[0] for row in crm("deal", "list", "-F", "probability", "-s", "number").rows]

    assert "--update-deals" in crm("stage", "edit", "Proposal", "--probability", "60").stderr
    assert probabilities() == ["50%", "33%"]
    crm("stage", "edit", "Proposal", "--probability", "50")
    crm("stage", "edit", "Proposal", "--probability", "65", "--update-deals")
    assert probabilities() == ["65%", "33%"]
    assert "deals stand in Proposal" in crm("stage", "edit", "Proposal", "--won", exit=6).stderr
    refused = crm("stage", "delete", "Proposal", exit=6).stderr
    assert "3 deals stand in Proposal" in refused
    assert "--move-to" in refused
    crm("stage", "delete", "Proposal", "--move-to", "Proposal", exit=6)
    crm("stage", "delete", "Proposal", "--move-to", "Negotiation")
    assert crm("deal", "list", "-F", "stage").rows == [["Negotiation"], ["Negotiation"]]
    crm("deal", "restore", "D-3")
    assert crm("deal", "count", "stage=Negotiation").stdout.strip() == "3"
    crm("deal", "move", "--all", "Qualification", "--yes")
    crm("stage", "delete", "Negotiation")
    assert names(crm, "Sales") == ["Qualification", "Needs analysis", "Closed won", "Closed lost"]


def test_history_and_fields_of_a_stage_that_goes(crm: Program) -> None:
    """A deal keeps its moves when their stages go; a field that a stage asks for stays; names suit a shell."""
    crm("stage", "add", "it's new", "--after", "Qualification")
    crm("deal", "add", "One", "--stage", "it's new")
    crm("deal", "move", "D-1", "Proposal")
    assert """-w 'stage="Proposal"'""" in crm("stage", "edit", "Proposal", "--won", exit=6).stderr
    before = len(crm("deal", "history", "D-1", "--only", "stages").rows)
    crm("stage", "delete", "it's new")
    history = crm("deal", "history", "D-1", "--only", "stages").rows
    assert len(history) == before
    assert crm("stage", "count").stdout.strip() == "6"
    crm("pipeline", "add", "it's ours", "--stages", "Begin:10")
    unknown = crm("deal", "add", "Two", "--pipeline", "it's ours", "--stage", "Nope", exit=6).stderr
    assert """--pipeline 'it'"'"'s ours'""" in unknown

    crm("field", "add", "deal", "budget", "--type", "integer")
    added = crm("change", "list", "-L", "1", "-F", "number").lines[0]
    crm("stage", "edit", "Negotiation", "--pipeline", "Sales", "--required-fields", "cf.budget")
    for extra in ((), ("--values",)):
        refused = crm("field", "delete", "deal.budget", *extra, "-y", exit=6).stderr
        assert "cf.budget to come to Sales/Negotiation" in refused
        assert "mycrm stage edit Negotiation --pipeline Sales" in refused
    crm("deal", "move", "D-1", "Negotiation", exit=6)
    crm("undo", f"X-{added}")
    crm("deal", "move", "D-1", "Negotiation")


def test_names_that_would_be_one_name(crm: Program) -> None:
    """Names that differ only in case, and words that mean a direction, are refused where a name is given."""
    crm("stage", "add", "Demo", "--pipeline", "Sales")
    crm("team", "add", "North")
    for line in (
        ("stage", "add", "demo", "--pipeline", "Sales"),
        ("stage", "edit", "Demo", "--pipeline", "Sales", "--name", "NEXT"),
        ("pipeline", "add", "sales"),
        ("team", "add", "NORTH"),
    ):
        crm(*line, exit=6)
    crm("stage", "edit", "Demo", "--pipeline", "Sales", "--name", "DEMO")
    crm("deal", "add", "One", "--stage", "demo", "--probability", "30")
    crm("deal", "win", "One")
    crm("deal", "edit", "One", "--probability", "5")
    assert crm.json("deal", "view", "One")["probability"] == 1
