"""Erasing an@corp.com leaves jan@corp.com and an@corp.com.br alone, in the journal and in files."""

import json
import os
from pathlib import Path

import pytest

from mycrm_cli import catalog, permissions, roles
from mycrm_cli.services.people import exact, places
from mycrm_cli.services.transfer import staging
from tests.cli.test_person import waiting
from tests.program import Program
from tests.services.test_concurrency import organization_of, work

AN = "an@corp.com"
NEIGHBOURS = (
    "jan@corp.com",
    "an@corp.com.br",
    "j.an@corp.com",
    "an@corp.community",
    "an@corp.com-x.de",
    "o'an@corp.com",
)
SAID = (
    f"write {AN}.",
    f"Now\n{AN}\nor never",
    f"<{AN.upper()}>",
    f'"{AN}"',
    f"'{AN}'",
    f"mailto:{AN}?subject=x",
    f"https://x.example/?to={AN}&y",
    f"**{AN}**, __{AN}__",
    f"jan@corp.com;{AN}",
    json.dumps(f"a\n{AN}\nb"),
)


@pytest.mark.parametrize("text", SAID)
def test_a_whole_address_is_found(text: str) -> None:
    """Whatever stands around it in free text, and at whatever depth of a value."""
    assert exact.in_text(text, [AN]) and exact.inside({"a": [1, None, {"b": text}]}, [AN])


@pytest.mark.parametrize("text", NEIGHBOURS)
def test_a_part_of_another_one_is_not(text: str) -> None:
    """Neither the end nor the beginning of somebody else's address counts."""
    assert not any(exact.in_text(each, [AN]) for each in (text, f"to <{text}>, now", f"'{text}'", json.dumps([text])))


def test_neighbours_keep_what_is_theirs(crm: Program) -> None:
    """Their images, what other systems wrote and undo stay; files of others are left where they are."""
    rows = "".join(json.dumps({"name": "N", "email": each, "ext:hubspot": each}) + "\n" for each in NEIGHBOURS)
    crm("contact", "import", "-", "--format", "jsonl", "--label", "in", stdin=rows)
    crm(
        "deal", "import", "-", "--format", "jsonl", stdin=json.dumps({"name": "D", "description": f"jan@corp.com {AN}"})
    )
    crm("contact", "add", "An", "--email", AN)
    for each in NEIGHBOURS:
        crm("contact", "edit", each, "--email", f"new-{each}", "--label", "moved")
    crm("deal", "edit", "D-1", "--description", "nothing")
    folder = crm.home / "state" / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    for name, email in (("mine.rows", AN), ("near.rows", NEIGHBOURS[0]), ("foreign.rows", AN)):
        stage(folder / name, email)
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "pipe.rows")
    waiting(crm, folder / "mine.rows", str(folder / "pipe"))
    waiting(crm, folder / "nears.rows", "/dev/stdin")
    waiting(crm, folder / "pipe.rows")
    (folder / "near.rows").rename(folder / "nears.rows")
    done = crm.json("person", "erase", AN, "--confirm", AN)
    assert done["files_removed"] == [str(folder / "mine.rows")] and done["remaining"] == []
    assert sorted(each.name for each in folder.glob("*s.rows")) == ["nears.rows"] and (folder / "foreign.rows").exists()
    assert {(each["noun"], each["field"]) for each in done["mentions"]} == set()
    assert crm.json("change", "verify")["faults"] == []
    for change in crm.json("change", "list", "-L", "0"):
        if change["label"] == "moved":
            crm("undo", f"X-{change['number']}")
    assert sorted(crm("contact", "list", "-F", "email", "-o", "plain").lines) == sorted(NEIGHBOURS)


def stage(path: Path, email: str) -> None:
    """Write rows as an import leaves them that is cut off."""
    rows = staging.Staging(catalog.entity("contact"), cells=False, path=str(path))
    rows.create()
    rows._write(([], [(1, {"email": email, "last_name": None}, [], 1, None, None, None)]))
    rows.seal({})
    rows.close(keep=True)
    assert places.may_hold(path.read_bytes(), [AN])


def test_administrators_only() -> None:
    """Tombstones with their salt, and all there is about a person, are for administrators."""
    may = {role for role in roles.ROLES if roles.allowed(role, "erasures", roles.READ)}
    assert may == roles.ADMINISTRATORS
    for verb in ("list", "export", "erase", "forgive"):
        rule = permissions.rule_of(["person", verb])
        assert isinstance(rule, tuple) and {role for role in roles.ROLES if permissions.reach(role, rule)} == may


def test_only_what_was_erased_may_be_missing(crm: Program) -> None:
    """After an erasure the journal is whole; a single further image, or row of a sheet, that is gone is a fault."""
    crm("contact", "add", "An", "--email", AN)
    crm("contact", "add", "Jan", "--email", "jan@corp.com")
    many = "".join(json.dumps({"name": f"P{n}", "email": f"p{n}@corp.com"}) + "\n" for n in range(120))
    crm("lead", "import", "-", "--format", "jsonl", stdin=many)
    crm("lead", "edit", "--all", "--notes", "Rome", "-y")
    for each in (AN, "jan@corp.com"):
        crm("contact", "edit", each, "--job-title", "CTO")
    for each in (AN, "p7@corp.com"):
        done = crm.json("person", "erase", each, "--confirm", each)
        assert done["journal_images"] and crm.json("change", "verify")["faults"] == []
    crm("change", "view", done["change"])
    crm("change", "view", done["change"], "--json")
    crm("undo", done["change"], exit=6)
    with work(crm, organization_of(crm)) as unit:
        own = unit.reader.frame().organization
        unit.connection.execute("DELETE FROM change_payloads WHERE organization_id = ? AND salt <> ''", (own,))
    verdict = crm.json("change", "verify", exit=None)
    assert verdict["fault_count"] == 1 and "no change erased them" in verdict["faults"][0]
