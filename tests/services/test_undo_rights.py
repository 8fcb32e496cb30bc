"""Taking back asks what writing asks: the records must be the user's, as they are now and as they come to be."""

from collections.abc import Callable

import pytest

from mycrm_cli.db import connect
from mycrm_cli.services import journal, ownership
from mycrm_cli.services.undoing import items
from tests.program import Program, Result
from tests.rowhash import everything, rows_of
from tests.services.test_undo import differing

As = Callable[..., Result]
PEOPLE = {"rep": "sales_rep", "bob": "sales_rep", "max": "manager", "mia": "marketing", "eve": "admin"}


@pytest.fixture
def who(crm: Program) -> dict[str, As]:
    """Acme's people: ``who["rep"]("deal", "list")`` runs a line as somebody, ``who["work"]`` as the administrator."""
    crm("team", "add", "North")
    for name, role in PEOPLE.items():
        team = ("--team", "North") if name in ("rep", "max") else ()
        crm("user", "add", f"{name}@acme.com", "--role", role, *team, "-P", "work")
        crm("profile", "add", name, "--organization", "acme", "--user", f"{name}@acme.com", "-P", "work")
        crm.sign_in(name)

    def acting(name: str) -> As:
        return lambda *line, **given: crm(*line, "-P", name, **given)

    return {name: acting(name) for name in (*PEOPLE, "work")}


def newest(somebody: As) -> str:
    """Return the newest change."""
    return f"X-{somebody('change', 'list', '--json', '-L', '1').json[0]['number']}"


def changed(somebody: As, *line: str, **given: object) -> str:
    """Run a line and return the change that it made."""
    somebody(*line, **given)
    return newest(somebody)


def test_what_was_handed_over(crm: Program, who: dict[str, As]) -> None:
    """Whoever gave a record away, or may do less than before, takes nothing of it back; administrators do."""
    rep, bob, eve, work = who["rep"], who["bob"], who["eve"], who["work"]
    rep("deal", "add", "Roof", "--value", "1")
    value = changed(rep, "deal", "edit", "D-1", "--value", "5")
    item = changed(rep, "item", "add", "D-1", "Set-up", "--unit-price", "5")
    given = changed(rep, "deal", "edit", "D-1", "--owner", "bob@acme.com")
    task = changed(rep, "task", "add", "Call", "--assigned-to", "bob@acme.com")
    before = everything(crm)
    for change, name in ((value, "D-1 Roof"), (item, "item Set-up"), (given, "D-1 Roof")):
        refused = rep("undo", change, exit=4)
        assert f"rep@acme.com is sales_rep and may not take back {change}: " in refused.stderr
        assert name.split()[-1] in refused.stderr and "is not their own" in refused.stderr
        assert f"an administrator can: mycrm undo {change}" in refused.stderr
    rep("undo", value, "--keep-later", exit=4)
    bob("undo", value, exit=4)
    assert everything(crm) == before
    rep("undo", task)
    work("undo", value)
    bob("deal", "edit", "D-1", "--value", "7")
    work("undo", given)
    undone = changed(rep, "undo", item)
    # Redoing asks the same.
    work("deal", "edit", "D-1", "--owner", "bob@acme.com")
    assert "may not take back" in rep("redo", undone, exit=4).stderr
    # An administrator who becomes a rep has what a rep has.
    eve("deal", "edit", "D-1", "--name", "Theirs")
    renamed = newest(eve)
    eve("lead", "add", "Len", "--owner", "bob@acme.com")
    mine = changed(eve, "lead", "edit", "L-1", "--owner", "me")
    stage = changed(eve, "pipeline", "add", "Second")
    campaign = changed(eve, "product", "add", "Seat")
    work("user", "role", "eve@acme.com", "sales_rep")
    crm.sign_in("eve")
    before = everything(crm)
    for change, why in (
        (renamed, "D-1 Theirs is not their own"),
        (mine, "L-1 Len would not be their own"),
        (stage, "may not change"),
        (campaign, "may not change"),
    ):
        assert why in eve("undo", change, exit=4).stderr
    assert everything(crm) == before
    work("undo", mine)
    work("user", "role", "eve@acme.com", "readonly")
    crm.sign_in("eve")
    eve("undo", renamed, exit=4)


def test_what_is_still_ones_own(crm: Program, who: dict[str, As]) -> None:
    """One's own work is taken back and brought again, with what it moved in the records of others."""
    rep, bob, manager, mia, work = who["rep"], who["bob"], who["max"], who["mia"], who["work"]
    rep("contact", "add", "Ada Lo", "--email", "ada@roof.example")
    rep("deal", "add", "Roof", "--contact", "C-1")
    work("lead", "add", "Nobody's")
    for somebody, line in (
        (bob, "log call C-1 Hello --next Again"),
        (mia, "activity add Hello --activity-type call --contact C-1 --deal D-1"),
        (bob, "lead assign L-1 me"),
        (rep, "deal win D-1"),
        (manager, "deal edit D-1 --value 9"),
        (mia, "contact edit C-1 --job-title CEO"),
    ):
        start = rows_of(crm)
        change = changed(somebody, *line.split())
        then = rows_of(crm)
        somebody("undo", change)
        assert not differing(start, rows_of(crm)), line
        somebody("redo", change)
        assert not differing(then, rows_of(crm)), line
    # What hangs on a record that was merged or converted follows it, whoever it belongs to.
    rep("contact", "add", "Ada Low", "--email", "low@roof.example")
    bob("task", "add", "Write", "--contact", "C-2")
    work("deal", "add", "Ana's", "--owner", "bob@acme.com", "--contact", "C-2")
    work("deal", "contact", "add", "D-2", "C-1", "--role", "User")
    rep("lead", "add", "Len", "--email", "len@x.example", "--company", "X")
    bob("note", "add", "Hm", "--lead", "L-2")
    for line in ("contact merge C-1 C-2 -y", "lead convert L-2"):
        start = rows_of(crm)
        change = changed(rep, *line.split())
        then = rows_of(crm)
        undone = changed(rep, "undo", change)
        assert not differing(start, rows_of(crm)), line
        rep("redo", undone)
        assert not differing(then, rows_of(crm)), line
    crm("change", "verify", "-P", "work")


@pytest.mark.parametrize("many", [False, True])
def test_imports_of_ones_own(crm: Program, who: dict[str, As], many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rep's import comes and goes, at a cost that does not follow the rows; one record given away keeps all."""
    if many:
        monkeypatch.setattr(journal, "MANY", 2)
    rep, work = who["rep"], who["work"]

    def load(start: int, count: int) -> str:
        numbers = range(start, start + count)
        lines = [f"A{n},Berg,a{n}@x.example;b{n}@x.example,{n},Firm {n}" for n in numbers]
        text = "first_name,last_name,email,hs_id,company\n" + "\n".join(lines) + "\n"
        return changed(
            rep, *("contact", "import", "-", "--format", "csv", "--map", "hs_id=ext:hubspot", "-y"), stdin=text
        )

    def statements(*line: str) -> int:
        seen: list[str] = []
        with monkeypatch.context() as patch:
            patch.setattr(connect, "listeners", [seen.append])
            rep(*line)
        return len(seen)

    start = rows_of(crm)
    small, few = load(0, 20), rows_of(crm)
    cost = statements("undo", small)
    assert not differing(start, rows_of(crm))
    rep("redo", small)
    assert not differing(few, rows_of(crm))
    rep("undo", small)
    large = load(100, 140)
    assert statements("undo", large) < cost + 30
    rep("redo", large)
    edited = changed(rep, "contact", "edit", "--all", "--city", "Rome", "-y")
    one = rep("contact", "list", "-o", "ids", "-L", "1").stdout.strip()
    work("contact", "edit", one, "--owner", "bob@acme.com")
    before = everything(crm)
    assert "is not their own" in rep("undo", edited, exit=4).stderr
    assert "is not their own" in rep("undo", large, exit=4).stderr
    assert everything(crm) == before
    # Administrators are not asked.
    monkeypatch.setattr(ownership, "foreign", lambda *given: 1 / 0)
    work("undo", edited)
    monkeypatch.setattr(items, "CHUNK", 50)
    work("undo", large, "--keep-later", exit=7)
