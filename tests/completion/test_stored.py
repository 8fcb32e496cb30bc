"""What organizations call their own: stages, tags, saved filters, fields, items, changes; and words for several nouns."""

from tests.completion.asking import PAYLOADS, UNTYPABLE, add, ask, offered
from tests.program import Program


def test_any_record_where_any_will_do(crm: Program) -> None:
    add(crm, "Ann", "--email=ann@example.com")
    crm("lead", "add", "Ann", "--email=ann@example.com")
    crm("company", "add", "Annex")
    crm("deal", "add", "Anniversary")
    for words in (("log", "call"), ("email", "log")):
        assert offered(crm, *words, "") == ["C-1", "L-1", "D-1", "CO-1"]
        assert offered(crm, *words, "C") == ["C-1", "CO-1"]
        assert offered(crm, *words, "d-") == ["d-1"]
        assert offered(crm, *words, "Ann ") == offered(crm, *words, "T-") == []
    assert ask(crm, "log", "note", "Ann")[1] == {
        "Ann@example.com": "Ann",
        "Ann": "several records",
        "Anniversary": "",
        "Annex": "",
    }
    for value in ("C-1", "Ann@example.com", "Anniversary", "Annex"):
        crm("log", "note", value, "x")
    assert offered(crm, "log", "call", "C-1", "") == []
    for number in range(40):
        add(crm, f"Person {number}")
    assert offered(crm, "log", "call", "C")[:2] == ["C-41", "C-40"]
    assert len(offered(crm, "log", "call", "")) == 22 + 3


def test_a_target_comes_last(crm: Program) -> None:
    crm("deal", "add", "Roof")
    crm("lead", "add", "Ivo", "--email=ivo@example.com")
    crm("task", "add", "Call")
    stages = ["Qualification", "Needs analysis", "Proposal", "Negotiation", "Closed won", "Closed lost"]
    assert crm("stage", "list", "-s", "order", "-F", "name").lines == stages
    assert offered(crm, "deal", "move", "") == ["D-1"]
    assert offered(crm, "deal", "move", "D-1", "") == ["next", "previous", *stages, "D-1"]
    assert offered(crm, "deal", "move", "-w", "owner=me", "") == offered(crm, "deal", "move", "D-1", "--stage", "")
    assert offered(crm, "deal", "move", "--all", "prop") == ["proposal"]
    assert offered(crm, "deal", "move", "-", "Nee") == ["Needs analysis"]
    assert offered(crm, "deal", "move", "D-1", "D") == ["D-1"]
    assert offered(crm, "lead", "assign", "") == ["L-1"]
    assert offered(crm, "lead", "assign", "L-1", "") == ["me", "ana@acme.com", "Ana Berg", "L-1"]
    assert offered(crm, "lead", "assign", "L-1", "--to=an") == ["--to=ana@acme.com", "--to=ana Berg"]
    assert offered(crm, "task", "snooze", "") == ["T-1"]
    assert offered(crm, "task", "snooze", "T-1", "t") == ["today", "tomorrow", "tue", "thu", "t-1"]
    assert offered(crm, "user", "offboard", "me", "--to", "m") == ["me"]
    assert offered(crm, "item", "add", "") == ["D-1"]
    assert {"deal=", "d-1"} <= set(offered(crm, "item", "list", "d"))
    assert offered(crm, "contact", "merge", "C") == []
    add(crm, "One")
    assert offered(crm, "contact", "merge", "C-1", "C") == ["C-1"]
    assert offered(crm, "contact", "merge", "C-1", "C-2", "--take", "phone=C") == ["phone=C-1"]
    assert offered(crm, "lead", "convert", "L-1", "--contact", "") == ["C-1"]
    assert offered(crm, "deal", "contact", "add", "") == ["D-1"]
    assert offered(crm, "deal", "contact", "add", "D-1", "") == ["C-1"]


def test_stages_with_their_pipelines(crm: Program) -> None:
    crm("pipeline", "add", "Renewals", "--stages", "Due:40,Proposal:60")
    assert ask(crm, "stage", "view", "P")[1] == {"Proposal": "Sales, Renewals"}
    assert ask(crm, "stage", "view", "D")[1] == {"Due": "Renewals"}
    assert "Renewals/Proposal" in offered(crm, "stage", "view", "")
    assert offered(crm, "stage", "view", "ren")[:2] == ["renewals/Due", "renewals/Proposal"]
    for value in offered(crm, "stage", "view", "renewals/"):
        assert crm("stage", "view", value, "-F", "pipeline").lines
    inside = offered(crm, "stage", "order", "--pipeline", "renewals", "")
    assert inside[:2] == ["Due", "Proposal"] and "Qualification" not in inside
    assert inside == offered(crm, "deal", "add", "x", "--pipeline=Renewals", "--stage", "")
    assert offered(crm, "pipeline", "add", "x", "--like", "R") == ["Renewals"]
    assert offered(crm, "deal", "board", "--pipeline", "S") == ["Sales"]
    # Filters quote what is more than a word.
    assert offered(crm, "deal", "list", "-w", "stage=D") == ["stage=Due"]
    assert offered(crm, "deal", "list", "-w", '(stage="Needs') == ['(stage="Needs analysis"']
    for value in offered(crm, "deal", "list", "-w", "stage="):
        assert crm("deal", "count", "-w", value).lines == ["0"]
    assert 'stage=Due,"Needs analysis"' not in offered(crm, "deal", "list", "-w", "stage=Due,")
    assert offered(crm, "deal", "edit", "--set", "stage=Need") == ["stage=Needs analysis"]


def test_filters_fields_items_changes_and_products(crm: Program) -> None:
    crm("filter", "save", "hot", "lead", "-w", "score>=70")
    crm("filter", "save", "late", "lead", "-w", "score<7")
    crm("filter", "save", "hot", "deal", "-w", "value>1")
    crm("field", "add", "contact", "tier", "--type", "choice", "--choices", "gold,silver", "--label", "How dear")
    assert ask(crm, "lead", "list", "-w", "@")[1] == {"@hot": "score>=70", "@late": "score<7"}
    assert offered(crm, "deal", "list", "@h") == ["@hot"]
    assert offered(crm, "lead", "list", "-w", "source=web (@h") == ["source=web (@hot"]
    assert offered(crm, "contact", "list", "@") == []
    assert ask(crm, "filter", "view", "")[1]["hot"] == "deal, lead"
    assert offered(crm, "filter", "view", "le") == ["lead.hot", "lead.late"]
    for value in offered(crm, "filter", "view", "lead"):
        assert crm("filter", "view", value, "-F", "entity").lines
    assert ask(crm, "field", "view", "")[1] == {"tier": "contact How dear"}
    assert ask(crm, "field", "edit", "con")[1] == {"contact.tier": "How dear"}
    assert offered(crm, "contact", "list", "-F", "cf.") == ["cf.tier"]
    crm("rule", "add", "Web leads", "--where", "source=website", "--user", "me")
    assert offered(crm, "rule", "view", "w") == ["web leads"]
    crm("product", "add", "GTX Pro", "--sku", "GTX-1")
    crm("product", "add", "gtx-1")
    crm("product", "add", "GTX", "--sku", "12")
    crm("deal", "add", "Roof")
    assert offered(crm, "item", "add", "D-1", "--product", "") == ["P-3", "P-2", "P-1"]
    assert ask(crm, "item", "add", "D-1", "--product", "GTX")[1] == {"GTX-1": "GTX Pro", "GTX": "", "GTX Pro": ""}
    assert offered(crm, "item", "add", "D-1", "--product", "1") == []
    for value in ("GTX-1", "GTX", "gtx Pro"):
        crm("item", "add", "D-1", "--product", value, "--unit-price", "1")
    assert ask(crm, "item", "view", "")[1] == {"D-1.1": "GTX Pro", "D-1.2": "GTX", "D-1.3": "GTX Pro"}
    assert offered(crm, "item", "edit", "d-1.2") == ["d-1.2"]
    assert offered(crm, "item", "edit", "D-2") == offered(crm, "item", "edit", "D-x") == []
    crm("deal", "delete", "D-1")
    assert offered(crm, "item", "view", "D-") == []
    newest = ask(crm, "undo", "")[1]
    assert next(iter(newest.items())) == (next(iter(newest)), "deal delete")
    assert offered(crm, "undo", next(iter(newest)))[0] == offered(crm, "change", "view", "x-")[0].upper()
    assert offered(crm, "redo", "X-0") == []


def test_tags_those_of_most_records_first(crm: Program) -> None:
    for place, tags in enumerate(("vip,eu", "vip", "odd one,vip,-dash")):
        add(crm, f"P{place}", "--tag", tags)
    assert ask(crm, "contact", "tag", "")[1] == {"vip": "3 records", "eu": "1 record", "odd one": "1 record"}
    assert offered(crm, "contact", "tag", "vip,e") == ["vip,eu"]
    assert offered(crm, "contact", "tag", "vip", "C-1") == ["C-1"]
    assert offered(crm, "contact", "edit", "C-1", "--untag", "v") == ["vip"]
    assert offered(crm, "contact", "list", "--tag=v") == ["--tag=vip"]
    assert offered(crm, "contact", "list", "-w", "+v") == ["+vip"]
    assert offered(crm, "contact", "list", "+M") == ["+MINE", "+MAILABLE"]
    assert offered(crm, "contact", "list", "-w", "tags=") == ["tags=vip", "tags=eu", 'tags="odd one"', "tags=none", "tags=any"]  # fmt: skip
    crm("contact", "delete", "C-1")
    assert offered(crm, "contact", "tag", "e") == offered(crm, "deal", "tag", "") == []


def test_hostile_tags_stages_and_products_are_harmless(sqlite_crm: Program) -> None:
    crm = sqlite_crm
    for place, name in enumerate(PAYLOADS + UNTYPABLE):
        crm("stage", "add", f"Zq {name}", "--probability", "5")
        add(crm, f"P{place}", "--tag", f"zq {name.replace(',', ' ')}"[:50])
        crm("product", "add", f"zq {name}", "--sku", f"zq {name}")
    lines = [("stage", "view"), ("contact", "tag"), ("contact", "list", "-w"), ("contact", "list")]
    lines += [("item", "add", "D-1", "--product"), ("deal", "move", "D-1"), ("deal", "list", "-w"), ("undo",)]
    for line in lines:
        for typed in ("", "z", "Zq", "@", "@z", "+z", "tags=", "tags=z", "stage=", 'stage="Z'):
            for value, text in ask(crm, *line, typed)[1].items():
                assert value.isprintable() and text.isprintable(), (line, typed)
                assert value.startswith(typed) and not (value.startswith("-") and not typed), (line, typed)
    for value in offered(crm, "stage", "view", "Zq "):
        assert crm("stage", "view", value, "-F", "name").lines
    for value in offered(crm, "contact", "list", "-w", "tags="):
        crm("contact", "count", "-w", value)
