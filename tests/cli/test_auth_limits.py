"""Where tokens and files end: tokens hand out no access, and a file is no way around others' passwords."""

from pathlib import Path

import pytest

from tests.accounts import PASSWORD, Accounts, founded, little_work
from tests.cli.attacks import all_commands
from tests.completion.asking import offered
from tests.program import Program
from tests.rowhash import everything


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, whose first user is signed in."""
    little_work(monkeypatch)
    return founded(tmp_path / "home", migrated_database)


def token(acme: Accounts, name: str, *more: str) -> dict[str, str]:
    """Make a token and return the environment that uses it."""
    return {"MYCRM_TOKEN": acme("user", "token", "create", "--name", name, *more).stdout.strip()}


REFUSED = """
user add eva@acme.com --role readonly
user edit ben@acme.com --role admin
user import people.csv
user role ben@acme.com admin
user invite ben@acme.com
user invite eva@acme.com --role sales_rep
user passwd --password-file -
user passwd ben@acme.com --password-file -
user unlock ben@acme.com
user enable cid@acme.com
user mfa enable --password-file -
user mfa disable --password-file -
user mfa disable ben@acme.com
user mfa codes --password-file -
user mfa rekey
user token create --name more --can contact.view --expires 1d
user token create --name his --user ben@acme.com
user token delete limited
user token delete t --user ben@acme.com
undo X-{disabled}
"""
"""Commands about accounts that give or take ways in."""
ELSEWHERE = {"login": 78, "accept": 78, "logout --all": 78, "logout": 0}
"""Those of ``auth`` with the exit of a line that has a token: no session is opened beside one, nor ended by it."""
TAKEN = """
user edit ben@acme.com --phone +4930123456
user list
user view ben@acme.com
user count
user export
user history ben@acme.com
user role --matrix
user token list
user offboard ben@acme.com --to ana@acme.com
user disable dan@acme.com
"""
"""Commands about accounts that a limited token may run."""


def test_a_limited_token_hands_out_no_access(acme: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ``--can`` says, of all commands about accounts, in the same words; nothing is written."""
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text("email,role\nben@acme.com,manager\n")
    for name in ("ben", "cid", "dan"):
        acme("user", "add", f"{name}@acme.com", "--role", "sales_rep")
    acme("user", "disable", "cid@acme.com")
    disabled = acme.json("change", "list", "-L", "1")[0]["number"]
    token(acme, "t", "--user", "ben@acme.com")
    env = token(acme, "limited", "--can", "user.*,auth.*,undo")
    clocked = acme.program.environment
    monkeypatch.setattr(acme.program, "environment", lambda more=None: clocked({"MYCRM_NOW": acme.now, **(more or {})}))
    for line in REFUSED.format(disabled=disabled).strip().splitlines():
        before = everything(acme.program)
        given = {"stdin": f"{PASSWORD}\nnine round tables\n", "terminal": " mfa enable" in line}
        said = acme(*line.split(), env=env, exit=4, **given)
        assert "a token hands out no access" in said.stderr and said.stdout == "", said
        assert everything(acme.program) == before, line
    for line in TAKEN.strip().splitlines():
        acme(*line.split(), env=env)
    for verb, exit in ELSEWHERE.items():
        acme("auth", *verb.split(), env=env, exit=exit)
    assert acme.json("auth", "whoami", env=env)["how"] == "token"
    tried = [*REFUSED.splitlines(), *TAKEN.splitlines(), *(f"auth {verb}" for verb in (*ELSEWHERE, "whoami"))]
    accounts = [command for command in all_commands() if command.split()[0] in ("user", "auth")]
    assert len(accounts) >= 26
    assert [command for command in accounts if not any(line.startswith(command) for line in tried)] == []


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
