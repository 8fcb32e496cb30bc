"""Invitations, passwords and tokens, from outside."""

from pathlib import Path

import pytest

from tests.accounts import FAILED, PASSWORD, Accounts, founded, little_work


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, whose first user is signed in."""
    little_work(monkeypatch)
    return founded(tmp_path / "home", migrated_database)


def accept(acme: Accounts, *lines: str, exit: int = 0) -> str:
    """Accept an invitation with these lines and return what was said."""
    return acme("auth", "accept", "--password-file", "-", stdin="\n".join(lines), exit=exit).stderr


def test_an_invitation(acme: Accounts) -> None:
    """It is shown once, good once, for a week, and the last one counts."""
    assert "--role" in acme("user", "invite", "ben@acme.com", exit=2).stderr
    invited = ("user", "invite", "ben@acme.com", "--role", "sales_rep", "--first-name", "Ben")
    assert acme(*invited, "--dry-run").stdout == "" and acme("user", "count").stdout == "1\n"
    first = acme(*invited).stdout.strip()
    assert first.startswith("mci_") and len(first) == 36
    assert "exists already" in acme(*invited, exit=6).stderr
    again = acme.json("user", "invite", "ben@acme.com")
    assert (again["user"], again["expires_at"]) == ("ben@acme.com", "2026-03-09T10:00:00Z")
    acme("auth", "logout")
    unknown = accept(acme, "mci_nothing", "eleven tall windows", exit=4)
    assert accept(acme, first, "eleven tall windows", exit=4) == unknown
    acme.now = "2026-03-09T10:00:00"
    assert accept(acme, again["code"], "eleven tall windows", exit=4) == unknown
    acme.now = "2026-03-09T09:59:59"
    assert "8 to 128" in accept(acme, again["code"], "short", exit=6)
    assert "signed in as ben@acme.com in acme" in accept(acme, again["code"], "eleven tall windows")
    assert accept(acme, again["code"], "another tall window", exit=4) == unknown
    assert acme.json("auth", "whoami")["user"] == "ben@acme.com"
    assert acme.json("profile", "view", "work")["user"] == "ben@acme.com"
    acme("user", "invite", "eva@acme.com", "--role", "admin", exit=4)
    acme.login(PASSWORD)
    old = acme("user", "invite", "ben@acme.com").stdout.strip()
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="given by an admin")
    assert accept(acme, old, "eleven tall windows", exit=4) == unknown
    acme("user", "invite", "eva@acme.com", "--role", "readonly")
    acme("undo", "--yes", terminal=True)
    assert acme("user", "count").stdout == "2\n"
    stored = str(acme.store("SELECT code_hash FROM invitations WHERE organization_id = ?"))
    assert first not in stored and again["code"] not in stored
    for number in ("X-1", "X-2"):
        assert "mci_" not in acme("change", "view", number, "--json").stdout


def test_changing_passwords(acme: Accounts) -> None:
    """One's own with the current one; those of others by rank; what was open ends, except where it was done."""
    acme("user", "add", "ben@acme.com", "--role", "sales_rep")
    acme("user", "add", "adam@acme.com", "--role", "admin")
    for name in ("ben", "adam"):
        acme("user", "passwd", f"{name}@acme.com", "--password-file", "-", stdin=f"password of {name} 1")
    before = acme.store("SELECT count(*) FROM auth_sessions WHERE revoked_at IS NULL AND organization_id = ?")
    assert (
        FAILED
        in acme("user", "passwd", "--password-file", "-", stdin="wrong password\nnine round tables", exit=4).stderr
    )
    acme.now = "2026-03-02T10:00:02"
    acme("user", "token", "create", "--name", "own")
    acme("user", "passwd", "--password-file", "-", stdin=f"{PASSWORD}\nnine round tables")
    assert acme.store("SELECT count(*) FROM auth_sessions WHERE revoked_at IS NULL AND organization_id = ?") == before
    assert acme.json("user", "token", "list")[0]["revoked_at"] == "2026-03-02T10:00:02Z"
    assert FAILED in acme.login(PASSWORD, exit=4).stderr
    acme.now = "2026-03-02T10:00:05"
    acme.login("nine round tables")
    assert "adam" in acme("user", "list").stdout
    acme.login("password of adam 1", user="adam@acme.com")
    acme("user", "passwd", "ana@acme.com", "--password-file", "-", stdin="taken over by adam", exit=4)
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="given by an admin")
    acme.login("given by an admin", user="ben@acme.com")
    acme("user", "passwd", "adam@acme.com", "--password-file", "-", stdin="taken over by ben", exit=4)
    acme("user", "token", "create", "--name", "mine")
    assert [row["name"] for row in acme.json("user", "token", "list")] == ["mine"]
    for line in ("create --name x --user adam@acme.com", "delete own --user ana@acme.com", "list --all"):
        acme("user", "token", *line.split(), exit=4)
    for line in ("mfa disable adam@acme.com", "mfa rekey", "unlock adam@acme.com", "invite ana@acme.com"):
        acme("user", *line.split(), exit=4)
    acme.now = "2026-03-02T10:01:00"
    acme.login("nine round tables")
    acme("user", "edit", "ben@acme.com", "--role", "manager")
    shown = acme("change", "list", "--json").stdout
    assert "argon2" not in shown
    for line in (
        '{"email": "x@acme.com", "role": "admin", "password": "y"}',
        '{"email": "x@acme.com", "is_service": true}',
    ):
        acme("user", "add", "--from-json", "-", stdin=line, exit=2)


def test_a_role_change_ends_sessions(acme: Accounts) -> None:
    """Whoever is something else from now on signs in again."""
    acme("user", "invite", "ben@acme.com", "--role", "sales_rep")
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="given by an admin")
    token = acme("user", "token", "create", "--name", "t", "--user", "ben@acme.com").stdout.strip()
    assert acme.json("auth", "whoami", env={"MYCRM_TOKEN": token})["user"] == "ben@acme.com"
    acme("user", "edit", "ben@acme.com", "--role", "manager")
    acme("auth", "whoami", env={"MYCRM_TOKEN": token}, exit=4)


def test_tokens(acme: Accounts) -> None:
    """They are shown once, limited in time and to commands, and end by their name; service users have nothing else."""
    acme("user", "add", "jobs@acme.com", "--role", "manager", "--service")
    assert acme.json("user", "view", "jobs@acme.com")["is_service"] is True
    given = ("user", "token", "create", "--name", "cron", "--user", "jobs@acme.com")
    token = acme(*given, "--expires", "1y", "--can", "task.agenda,contact.*").stdout.strip()
    assert token.startswith("mct_") and len(token) == 47
    assert "already" in acme(*given, exit=6).stderr
    env = {"MYCRM_TOKEN": token}
    told = acme.json("auth", "whoami", env=env)
    assert (told["user"], told["how"], told["until"]) == ("jobs@acme.com", "token", "2027-03-02T10:00:00Z")
    assert told["can"] == ["contact.*", "task.agenda"]
    acme("contact", "add", "Jan", env=env)
    acme("task", "agenda", env=env)
    for line in ("deal list", "user token list", "user passwd", "task list"):
        assert "may not run" in acme(*line.split(), env=env, exit=4).stderr, line
    whole = {"MYCRM_TOKEN": acme("user", "token", "create", "--name", "all", "--expires", "2026-03-05").stdout.strip()}
    acme("deal", "list", env=whole)
    for line in ("user token create --name more", "user invite eva@acme.com --role admin", "user mfa rekey"):
        assert "hands out no access" in acme(*line.split(), env=whole, exit=4).stderr, line
    for value, exit in (("366d", 0), ("367d", 6), ("2026-03-01", 6), ("soon", 6), ("2028-01-01", 6)):
        acme("user", "token", "create", "--name", value, "--expires", value, exit=exit)
    wrong = acme("user", "token", "create", "--name", "x", "--can", "task.agend", exit=2).stderr
    assert "task.agenda" in wrong
    acme("user", "token", "create", "--name", "x", "--can", "task", exit=2)
    acme("user", "token", "create", "--name", "x", "--can", "*", exit=2)
    listed = acme.json("user", "token", "list", "--all")
    assert [(row["name"], row["hint"]) for row in listed][1:2] == [("all", whole["MYCRM_TOKEN"][:8])]
    assert not any(token in str(row) or whole["MYCRM_TOKEN"] in str(row) for row in listed)
    assert "cron" not in acme("user", "token", "list").stdout
    acme.now = "2026-03-06T00:00:00"
    acme("deal", "list", env=whole, exit=4)
    acme.login(PASSWORD)
    acme("user", "token", "create", "--name", "all")  # the one before is over
    acme("user", "token", "delete", "all")
    acme("user", "token", "delete", "all", exit=3)
    assert FAILED in acme.login("anything else", user="jobs@acme.com", exit=4).stderr
    acme("contact", "list", env=env)
    acme("user", "token", "delete", "cron", "--user", "jobs@acme.com")
    acme("contact", "list", env=env, exit=4)
    for change in acme.json("change", "list"):
        assert "mct_" not in acme("change", "view", f"X-{change['number']}", "--json").stdout


def test_tokens_of_service_users_outlive_people(acme: Accounts) -> None:
    """Who made one may go; what happens to others does not touch it. Their own tokens go with people."""
    acme("user", "invite", "ben@acme.com", "--role", "admin")
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="given by an admin")
    acme.login("given by an admin", user="ben@acme.com")
    acme("user", "add", "jobs@acme.com", "--role", "manager", "--service")
    jobs = {"MYCRM_TOKEN": acme("user", "token", "create", "--name", "cron", "--user", "jobs@acme.com").stdout.strip()}
    own = {"MYCRM_TOKEN": acme("user", "token", "create", "--name", "own").stdout.strip()}
    acme("deal", "list", env=own)
    acme.login(PASSWORD)
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="given by somebody else")
    acme("deal", "list", env=own, exit=4)
    acme("user", "offboard", "ben@acme.com", "--to", "ana@acme.com")
    acme("deal", "list", env=jobs)
    acme("user", "edit", "jobs@acme.com", "--last-name", "Jobs")
    acme("deal", "list", env=jobs)
    acme("user", "token", "create", "--name", "second", "--user", "ben@acme.com", exit=None)
