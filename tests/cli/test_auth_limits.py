"""Where tokens and files end: limited tokens stay limited, and a file is no way around others' passwords."""

from pathlib import Path

import pytest

from tests.accounts import PASSWORD, Accounts, founded, little_work
from tests.completion.asking import offered
from tests.program import Program


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, whose first user is signed in."""
    little_work(monkeypatch)
    return founded(tmp_path / "home", migrated_database)


def token(acme: Accounts, name: str, *more: str) -> dict[str, str]:
    """Make a token and return the environment that uses it."""
    return {"MYCRM_TOKEN": acme("user", "token", "create", "--name", name, *more).stdout.strip()}


def test_a_limited_token_keeps_its_limits(acme: Accounts) -> None:
    """It makes tokens within its own limits and of its own user only, and takes over nobody's account."""
    acme("user", "invite", "ben@acme.com", "--role", "sales_rep")
    env = token(acme, "limited", "--can", "user.*,task.agenda", "--expires", "10d")
    create = ("user", "token", "create", "--expires", "5d", "--name")
    acme(*create, "less", "--can", "user.token.*,task.agenda", env=env)
    for more in ((), ("--can", "task.*"), ("--can", "user.list,deal.list")):
        assert "no more than itself" in acme(*create, "more", *more, env=env, exit=4).stderr
    later = ("--expires", "11d", "--can", "user.list")
    assert "no later than itself" in acme(*create, "later", *later, env=env, exit=4).stderr
    assert "by a token" in acme(*create, "his", "--can", "user.list", "--user", "ben@acme.com", env=env, exit=4).stderr
    for line in ("invite ben@acme.com", "invite ana@acme.com", "passwd ben@acme.com", "mfa disable ben@acme.com"):
        assert "by a token" in acme("user", *line.split(), env=env, exit=4).stderr, line
    assert [row["name"] for row in acme.json("user", "token", "list")] == ["less", "limited"]


def test_completion_keeps_to_the_limits_of_a_token(acme: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a token may not list is not offered either."""
    acme("contact", "add", "--last-name=Winter")
    acme("deal", "add", "Summer")
    env = token(acme, "limited", "--can", "contact.view") | {"MYCRM_NOW": acme.now}
    monkeypatch.setattr(acme.program, "environment", lambda usual=acme.program.environment: usual() | env)
    assert "Winter" in offered(acme.program, "contact", "view", "W")
    assert offered(acme.program, "contact", "edit", "W") == offered(acme.program, "deal", "view", "S") == []


def test_a_file_is_open_until_somebody_has_a_password(sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then others are invited; whoever sets the first one stays signed in, and nobody is locked out for good."""
    little_work(monkeypatch)
    crm = sqlite_crm
    crm("user", "add", "jobs@acme.com", "--role", "admin", "--service")
    for name, role in (("ben", "sales_rep"), ("cid", "sales_rep"), ("eva", "admin")):
        crm("user", "add", f"{name}@acme.com", "--role", role)
        crm("profile", "add", name, "--organization", "acme", "--user", f"{name}@acme.com")
    crm("profile", "add", "jobs", "--organization", "acme", "--user", "jobs@acme.com")
    crm("contact", "add", "--last-name=Winter")
    assert "tokens only" in crm("-P", "jobs", "contact", "list", exit=4).stderr
    assert offered(crm, "-P", "jobs", "contact", "view", "W") == []
    assert offered(crm, "-P", "cid", "contact", "view", "W") == ["Winter"]
    crm("-P", "ben", "user", "passwd", "--password-file", "-", stdin="eleven tall windows")
    crm("-P", "ben", "contact", "list")
    refused = crm("-P", "cid", "contact", "list", exit=4).stderr
    assert "mycrm user invite cid@acme.com" in refused
    assert offered(crm, "-P", "cid", "contact", "view", "W") == []
    crm("-P", "eva", "contact", "list")  # somebody has to be able to invite
    crm("user", "passwd", "--password-file", "-", stdin=PASSWORD)
    crm("contact", "list")
    crm("-P", "eva", "contact", "list", exit=4)
    code = crm("user", "invite", "eva@acme.com").stdout.strip()
    crm("-P", "eva", "auth", "accept", "--password-file", "-", stdin=f"{code}\nnine round tables")
    crm("-P", "eva", "contact", "list")
    # Nobody becomes the super_admin of another organization in the file.
    line = "init --profile own --organization Own --slug own --email cid@acme.com --no-input --database"
    assert "org add" in crm(*line.split(), crm.database, exit=4).stderr
