"""People who go leave nothing open behind, on both databases."""

from pathlib import Path

from mycrm_cli import catalog
from mycrm_cli.db import connect as connecting
from mycrm_cli.services import records, rows
from tests.program import Program
from tests.services.test_assignment import people
from tests.services.test_concurrency import organization_of, work
from tests.services.test_leads import fields_of, refused


def belongings(crm: Program, who: str = "ben@acme.com") -> None:
    """Give somebody one of everything, open and closed."""
    crm("company", "add", "Acme Ltd", "--owner", who)
    crm("contact", "add", "Jan Novak", "--company", "CO-1", "--owner", who, "--assigned-to", "cleo@acme.com")
    crm("contact", "add", "Old One", "--owner", who, "--status", "archived")
    crm("lead", "add", "A lead", "--assigned-to", who)
    crm("lead", "add", "A lost lead", "--owner", who, "--status", "disqualified")
    crm("deal", "add", "A deal", "--owner", who, "--company", "CO-1")
    crm("deal", "add", "A won deal", "--owner", who, "--stage", "Closed won")
    crm("task", "add", "A task", "--assigned-to", who, "--contact", "C-1")
    crm("task", "add", "A done task", "--assigned-to", who, "--status", "completed")
    crm("user", "edit", "cleo@acme.com", "--manager", who)
    crm("team", "edit", "North", "--lead", who)
    crm("rule", "add", "Events", "--where", "source=event", "--user", who)


def of(crm: Program, who: str) -> dict[str, list[str]]:
    """Return what belongs to somebody, by noun."""
    filters = {
        "company": f"owner={who}",
        "contact": f"owner={who} or assigned_to={who}",
        "lead": f"owner={who} or assigned_to={who}",
        "deal": f"owner={who}",
        "task": f"assigned_to={who}",
        "user": f"manager={who}",
        "team": f"lead={who}",
        "rule": f"user={who}",
    }
    return {noun: crm(noun, "list", "-w", flt, "-F", "name", "-s", "id").lines for noun, flt in filters.items()}


def sessions(crm: Program, who: str) -> list[object]:
    """Return when the sessions of somebody ended."""
    connection = connecting.connect(crm.database, organization_id=organization_of(crm))
    connection.begin()
    found = "SELECT u.email, s.revoked_at FROM auth_sessions s JOIN users u ON u.id = s.user_id"
    ended = [when for email, when in connection.raw.execute(found).fetchall() if email == who]
    connection.close()
    return ended


def sign_in(crm: Program, who: str) -> None:
    """Open a session of somebody."""
    table, user = catalog.entity("auth_sessions"), catalog.entity("user")
    with work(crm, organization_of(crm)) as unit:
        values = {"user_id": unit.reader.find(user, who).id, "token_hash": "x", "expires_at": unit.journal.started}
        rows.insert(unit.connection, table, records.prepared(unit, table, [values]))


def test_who_has_open_records_stays(crm: Program, tmp_path: Path) -> None:
    """Disabling is refused with what is open, by verb and by field; nobody disables the last administrator."""
    people(crm, "ben", "cleo")
    belongings(crm)
    for line in (["disable", "ben@acme.com"], ["edit", "ben@acme.com", "--is-active", "no"]):
        error = refused(crm, "user", *line)
        assert (error["code"], "user offboard ben@acme.com" in error["hint"]) == ("conflict", True)
        assert [detail["message"] for detail in error["details"]] == [
            *("1 company", "1 contact", "1 lead", "1 deal", "1 task"),
            *("1 user who reports to them", "1 team that they lead", "1 rule"),
        ]
        assert {field for field, _ in fields_of(error)} == {"is_active"}
    file = tmp_path / "users.csv"
    file.write_text("email,is_active\nben@acme.com,no\n")
    assert "1 company" in crm("user", "import", str(file), "-y", exit=6).stderr
    assert "last active super_admin" in refused(crm, "user", "disable", "me")["message"]
    assert fields_of(refused(crm, "user", "edit", "ben@acme.com", "--manager", "cleo@acme.com")) == [
        ("manager_id", "circle")
    ]
    crm("user", "add", "dora@acme.com", "--role", "sales_rep")
    crm("user", "disable", "dora@acme.com")
    assert crm.json("user", "view", "dora@acme.com")["is_active"] is False
    assert crm.json("user", "enable", "dora@acme.com")["is_active"] is True


def test_everything_open_goes_to_somebody(crm: Program) -> None:
    """One change, which undo takes back but for the sessions; what is closed keeps its people."""
    people(crm, "ben", "cleo")
    belongings(crm)
    sign_in(crm, "ben@acme.com")
    before = of(crm, "ben@acme.com")
    crm("user", "offboard", "ben@acme.com", exit=2)
    crm("user", "offboard", "ben@acme.com", "--to", "ben@acme.com", exit=6)
    dry = crm("user", "offboard", "ben@acme.com", "--to", "cleo@acme.com", "-n").stderr
    assert of(crm, "ben@acme.com") == before and "1 company, 1 contact, 1 lead, 1 deal, 1 task" in dry
    answer = crm.json("user", "offboard", "ben@acme.com", "--to", "cleo@acme.com")
    assert (answer["is_active"], answer["given"]["deals"]) == (False, 1)
    kept = {"contact": ["Old One"], "lead": ["A lost lead"], "deal": ["A won deal"], "task": ["A done task"]}
    assert of(crm, "ben@acme.com") == {noun: [] for noun in before} | kept
    # Who takes the place of a manager does not report to themselves.
    assert crm.json("user", "view", "cleo@acme.com")["manager_id"] is None
    assert of(crm, "cleo@acme.com")["team"] == ["North"]
    assert all(sessions(crm, "ben@acme.com"))
    crm("undo", answer["change"], "-y")
    assert of(crm, "ben@acme.com") == before
    assert crm.json("user", "view", "ben@acme.com")["is_active"] is True
    assert all(sessions(crm, "ben@acme.com"))


def test_a_team_shares_what_is_left(crm: Program) -> None:
    """What hangs together stays together; managers in between make no circle."""
    people(crm, "ben", "cleo", "dora")
    belongings(crm)
    for name in ("Beta", "Gamma", "Delta"):
        crm("company", "add", name, "--owner", "ben@acme.com")
        crm("contact", "add", f"Jo {name}", "--company", name, "--owner", "ben@acme.com")
    crm("user", "edit", "ben@acme.com", "--manager", "me")
    crm("user", "edit", "dora@acme.com", "--manager", "cleo@acme.com")
    crm("user", "offboard", "ben@acme.com", "--round-robin", "North")
    pairs = crm("contact", "list", "company.name=any status=active", "-F", "owner,company.owner").rows
    assert len(pairs) == 4 and all(one == other for one, other in pairs)
    assert sorted(crm("company", "list", "-F", "owner").lines) == ["cleo", "cleo", "dora", "dora"]
    crm("user", "offboard", "cleo@acme.com", "--to", "dora@acme.com")
    crm("user", "offboard", "dora@acme.com", "--to", "me")
    assert crm("user", "list", "-F", "is_active,manager", "-s", "id").rows[0] == ["true", ""]
    assert crm("company", "count", "owner=me").stdout == "4\n"
    assert fields_of(refused(crm, "user", "offboard", "me", "--to", "dora@acme.com")) == [("user", "inactive")]


def test_how_soon_leads_are_answered(sqlite_crm: Program) -> None:
    """The organization's limit is kept in minutes; none is a limit that never comes, usual the one of who says nothing."""
    crm = sqlite_crm
    for text, minutes in (("4h", 240), ("30m", 30), ("2d", 2880)):
        assert crm.json("org", "edit", "--response-limit", text)["settings"]["response_limit_minutes"] == minutes
    for text in ("soon", "0h", "-4h", "900w"):
        assert fields_of(refused(crm, "org", "edit", "--response-limit", text)) == [
            ("response_limit", "not_a_duration")
        ]
    assert crm.json("org", "edit", "--response-limit", "none")["settings"]["response_limit_minutes"] == 0
    assert "response_limit_minutes" not in crm.json("org", "edit", "--response-limit", "usual")["settings"]
