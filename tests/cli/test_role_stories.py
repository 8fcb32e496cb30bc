"""What a rep, a manager, marketing and a reader do in a day, and where they are stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Program, Result
from tests.rowhash import everything

As = Callable[..., Result]
PEOPLE = {"rep": "sales_rep", "bob": "sales_rep", "max": "manager", "mia": "marketing", "rita": "readonly"}


@pytest.fixture
def office(crm: Program) -> tuple[Program, dict[str, As]]:
    """Acme with a team: rep and bob work for max; ``who["rep"]("deal", "list")`` runs a line as somebody."""
    crm("team", "add", "North")
    for name, role in PEOPLE.items():
        team = ("--team", "North") if role in ("sales_rep", "manager") and name != "bob" else ()
        crm("user", "add", f"{name}@acme.com", "--role", role, "--first-name", name.title(), *team, "-P", "work")
        crm("profile", "add", name, "--organization", "acme", "--user", f"{name}@acme.com", "-P", "work")
        crm.sign_in(name)
    crm("user", "edit", "bob@acme.com", "--manager", "max@acme.com", "-P", "work")

    def acting(name: str) -> As:
        return lambda *line, **given: crm(*line, "-P", name, **given)

    return crm, {name: acting(name) for name in (*PEOPLE, "work")}


FOREIGN = """
deal edit D-1 --value 1
deal move D-1 next
deal win D-1
deal delete D-1
deal tag hot D-1
item add D-1 Y --unit-price 5
item edit D-1.1 --quantity 2
item delete D-1.1
deal contact delete D-1 C-1
deal contact add D-1 C-1 --role User
contact edit C-1 --email other@roof.example
lead qualify L-1
lead assign L-1 me
lead convert L-1
company edit CO-1 --owner me
product add Seat
user edit me --role admin
user role me admin
rule add r --where source=event --user me
person erase ada@roof.example
"""
"""What a rep may not do to the records of another one, and to what is set up."""


def newest(work: As) -> str:
    """Return the newest change."""
    return f"X-{work('change', 'list', '--json', '-L', '1').json[0]['number']}"


def test_a_rep(office: tuple[Program, dict[str, As]]) -> None:
    """A rep writes what is their own or assigned to them, hands it over, and reads everything."""
    crm, who = office
    rep, bob, work = who["rep"], who["bob"], who["work"]
    rep("company", "add", "Roof Ltd")
    rep("contact", "add", "Ada Lo", "--email", "ada@roof.example", "--company", "Roof Ltd")
    rep("deal", "add", "Roof", "--contact", "ada@roof.example", "--value", "100")
    rep("lead", "add", "Len", "--email", "len@x.example")
    for noun in ("contact", "company", "deal", "lead"):
        assert work(noun, "list", "-F", "owner.email", "-o", "plain").stdout == "rep@acme.com\n"
    rep("contact", "add", "Bo", "--owner", "bob@acme.com", exit=4)
    # What belongs to a record follows it: items, parts, addresses, links.
    rep("item", "add", "D-1", "Set-up", "--unit-price", "5")
    rep("deal", "contact", "add", "D-1", "C-1", "--role", "Champion")
    before = everything(crm)
    for line in (*FOREIGN.strip().splitlines(), f"undo {newest(rep)}"):
        result = bob(*line.split(), exit=4)
        assert "bob@acme.com is sales_rep" in result.stderr or line.startswith("undo"), result
        assert result.stdout == ""
    assert everything(crm) == before
    # Everybody may talk to everybody, and what that moves in a record of somebody else is no obstacle.
    bob("log", "call", "C-1", "Hello", "--next", "Again")
    bob("note", "add", "New", "--contact", "C-1")
    assert bob("deal", "list", "-o", "ids").stdout == rep("deal", "list", "-o", "ids").stdout != ""
    rep(
        "task",
        "add",
        "Call",
        "--assigned-to",
        "bob@acme.com",
        "--deal",
        "D-1",
        "--recurrence",
        "weekly",
        "--due",
        "fri",
    )
    bob("task", "done", "T-2")
    rep("lead", "convert", "L-1", "--company", "CO-1")
    # What belongs to nobody may be taken, and only by taking it.
    work("lead", "add", "Nobody's")
    bob("lead", "edit", "L-2", "--status", "contacted", exit=4)
    bob("lead", "assign", "L-2", "rep@acme.com", exit=4)
    bob("lead", "assign", "L-2", "me")
    rep("lead", "assign", "L-2", "me", exit=4)
    rep("lead", "delete", "L-1")
    bob("lead", "restore", "L-1", exit=4)
    rep("lead", "restore", "L-1")
    # Handing over ends one's own right, also that to take it back.
    rep("deal", "edit", "D-1", "--owner", "bob@acme.com")
    rep("deal", "edit", "D-1", "--value", "7", exit=4)
    assert "C-1" not in rep("deal", "edit", "D-1", "--owner", "me", exit=4).stderr
    rep("undo", newest(rep), exit=4)
    work("undo", newest(rep))
    rep("deal", "edit", "D-1", "--value", "8")


def test_mixed_ownership_in_bulk(office: tuple[Program, dict[str, As]], tmp_path: Path) -> None:
    """A bulk edit names the first record that is somebody else's and how many are, and writes nothing; so does stdin."""
    crm, who = office
    rep, work = who["rep"], who["work"]
    for number in range(1, 4):
        rep("contact", "add", f"Own {number}", "--email", f"own{number}@x.example")
    for number in range(1, 3):
        work("contact", "add", f"Other {number}", "--email", f"other{number}@x.example")
    before = everything(crm)
    refused = rep("contact", "edit", "-w", "email=any", "--job-title", "CEO", "-y", exit=4)
    assert "C-4 Other 1" in refused.stderr
    assert "2 of 5 contacts" in refused.stderr
    ids = rep("contact", "list", "-o", "ids").stdout
    rep("contact", "delete", "-", "-y", stdin=ids, exit=4)
    rep("contact", "tag", "vip", "-w", "email=any", "-y", exit=4)
    rep("contact", "merge", "C-1", "C-4", "-y", exit=4)
    rep("contact", "merge", "C-4", "C-1", "-y", exit=4)
    lines = "email,first_name,job_title,owner.email\nown1@x.example,Own,CEO,\nother1@x.example,Other,CEO,\n"
    file = tmp_path / "people.csv"
    file.write_text(lines + "new1@x.example,New,CTO,\nnew2@x.example,New,CTO,bob@acme.com\n")
    failed = rep("contact", "import", str(file), exit=6)
    assert failed.stderr.count("not_yours") == 2
    rep("contact", "import", str(file), "--plan", str(tmp_path / "plan.jsonl"), exit=None)
    assert everything(crm) == before
    # The good rows go in; what would not change anybody's record is no trouble.
    done = rep("contact", "import", str(file), "--on-error", "skip", "--json", exit=7).json
    assert (done["created"], done["updated"], done["rejected"]) == (1, 1, 2)
    file.write_text("email,first_name\nother1@x.example,Other\n")
    work("contact", "import", str(file))
    assert rep("contact", "import", str(file), "--json").json["unchanged"] == 1
    file.write_text("email,first_name,ext:hubspot\nother1@x.example,Other,77\n")
    assert "not_yours" in rep("contact", "import", str(file), exit=6).stderr
    rep("contact", "import", str(file), "--create-missing", "product", exit=4)
    file.write_text("email,shoe\nown1@x.example,44\n")
    rep("contact", "import", str(file), "--unknown", "custom", exit=4)
    rep("contact", "edit", "-w", "email^=own", "--job-title", "CEO", "-y")
    rep("contact", "merge", "C-1", "C-2", "-y")


def test_a_manager(office: tuple[Program, dict[str, As]]) -> None:
    """A manager writes what the team has and what nobody has, and nothing of the others."""
    _, who = office
    manager, work = who["max"], who["work"]
    who["rep"]("deal", "add", "Rep's")
    who["bob"]("deal", "add", "Bob's")
    work("deal", "add", "Nobody's")
    work("deal", "add", "Ana's", "--owner", "ana@acme.com")
    for deal in ("D-1", "D-2", "D-3"):
        manager("deal", "edit", deal, "--value", "5")
    manager("deal", "edit", "D-4", "--value", "5", exit=4)
    assert "1 of 4" in manager("deal", "edit", "-w", "status=open", "--value", "6", "-y", exit=4).stderr
    manager("deal", "edit", "D-3", "--owner", "rep@acme.com")
    manager("deal", "add", "For Bob", "--owner", "bob@acme.com")
    manager("deal", "add", "For Ana", "--owner", "ana@acme.com", exit=4)
    manager("undo", newest(work))
    who["rep"]("deal", "edit", "D-1", "--value", "9")
    change = newest(work)
    manager("undo", change, exit=4)
    work("undo", change)
    # Out of the team, out of reach, at the next command.
    work("user", "edit", "rep@acme.com", "--clear", "team")
    manager("deal", "edit", "D-1", "--value", "7", exit=4)
    manager("campaign", "add", "Fair", exit=4)
    manager("stage", "add", "New", "--pipeline", "Sales", exit=4)


def test_marketing_and_a_reader(office: tuple[Program, dict[str, As]]) -> None:
    """Marketing writes leads, contacts and campaigns of all; a reader reads, and writes nothing but filters' output."""
    crm, who = office
    mia, rita, rep = who["mia"], who["rita"], who["rep"]
    rep("contact", "add", "Ada Lo", "--email", "ada@x.example")
    rep("lead", "add", "Len", "--email", "len@x.example")
    rep("deal", "add", "Roof")
    rep("task", "add", "Call")
    mia("campaign", "add", "Fair")
    mia("sequence", "add", "Drip")
    mia("contact", "edit", "C-1", "--job-title", "CEO")
    mia("contact", "edit", "-w", "email=any", "--tag", "vip", "-y")
    mia("lead", "qualify", "L-1")
    mia("lead", "add", "New", "--owner", "rep@acme.com")
    mia("task", "add", "Mail")
    mia("note", "add", "Note", "--contact", "C-1")
    for line in ("task done T-1", "deal win D-1", "lead convert L-1", "company add X"):
        mia(*line.split(), exit=4)
    before = everything(crm)
    for line in ("contact edit C-1 --job-title X", "log call C-1 Hi", "undo X-8"):
        assert "readonly" in rita(*line.split(), exit=4).stderr
    rita("filter", "save", "hot", "lead", "-w", "score>1", exit=4)
    assert everything(crm) == before
    for line in ("contact list", "search Ada", "deal board", "contact export", "change list"):
        rita(*line.split())


def test_roles_change(office: tuple[Program, dict[str, As]]) -> None:
    """A new role holds from the next command on and ends sessions and tokens; nobody rises above their own rank."""
    crm, who = office
    work = who["work"]
    who["rep"]("contact", "add", "Ada")
    work("user", "role", "rep@acme.com", "readonly")
    ended = who["rep"]("contact", "list", exit=None)
    assert ended.exit == (4 if crm.database.startswith("postgresql") else ended.exit)
    if ended.exit == 0:
        who["rep"]("contact", "add", "Bo", exit=4)
    work("user", "role", "max@acme.com", "admin")
    crm.sign_in("max")
    who["max"]("user", "role", "bob@acme.com", "manager")
    who["max"]("user", "role", "bob@acme.com", "super_admin", exit=4)
    who["max"]("user", "role", "ana@acme.com", "readonly", exit=4)
    work("user", "role", "ana@acme.com", "readonly", exit=6)
    table = work("user", "role", "--matrix", "--json").json
    assert {"noun": "deal", "actions": "add edit delete", "manager": "team", "sales_rep": "own"}.items() <= next(
        row.items() for row in table if row["noun"] == "deal" and row["manager"] == "team"
    )
    assert work("user", "role", "--matrix", "-o", "csv").lines[0] == "noun,actions," + ",".join(table[0])[13:]
