"""Signing in, from outside: passwords, delays, locks, sessions, and who may unlock."""

from pathlib import Path
from typing import Any

import argon2
import psycopg
import pytest

from mycrm_cli.config import keys
from mycrm_cli.config.secrets import Secret
from mycrm_cli.services import accounts
from tests.accounts import FAILED, PASSWORD, Accounts, founded, little_work
from tests.cli.test_terminal import Terminal
from tests.conftest import APPLICATION_ROLE, Server
from tests.program import Program
from tests.test_guides import commands


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, whose first user is signed in."""
    little_work(monkeypatch)
    return founded(tmp_path / "home", migrated_database)


def test_signing_in_and_out(acme: Accounts) -> None:
    """A session lasts until it is ended; every failure is told in the same words, and the next try has to wait."""
    assert acme("contact", "count").stdout == "0\n"
    acme("auth", "logout")
    assert "mycrm auth login" in acme("contact", "count", exit=4).stderr
    assert acme("auth", "logout").stderr == "there was no session\n"
    for second, (user, password) in enumerate(
        [("ana@acme.com", "wrong password"), ("nobody@acme.com", "wrong password"), ("no address", PASSWORD)]
    ):
        acme.now = f"2026-03-02T10:01:0{second}"
        assert FAILED in acme.login(password, user=user, exit=4).stderr
    acme.now = "2026-03-02T10:01:00.5"
    early = acme.login(PASSWORD, exit=4)
    assert "failed 1 times; the next try is possible in 1 s" in early.stderr
    assert "failed 1 times" in acme.login(PASSWORD, user="nobody@acme.com", exit=4).stderr
    acme.now = "2026-03-02T10:01:02"
    assert (
        acme.login(PASSWORD, user="ANA@acme.com ").stderr
        == "signed in as ana@acme.com in acme, until 2026-03-02 22:01 UTC\n"
    )
    told = acme.json("auth", "whoami")
    assert (told["user"], told["role"], told["organization"], told["profile"]) == (
        "ana@acme.com",
        "super_admin",
        "acme",
        "work",
    )
    assert (told["how"], told["until"]) == ("session", "2026-03-02T22:01:02Z")
    assert acme("auth", "whoami").rows == [["ana@acme.com", "super_admin", "acme", "work", "session", told["until"]]]
    assert acme.store("SELECT count(*) FROM sign_in_failures WHERE organization_id = ?") == [
        (2,)
    ]  # two other addresses
    session = next((acme.program.home / "state" / "sessions").iterdir())
    assert session.stat().st_mode & 0o777 == 0o600
    acme.now = "2026-03-02T11:00:00"
    acme.login(PASSWORD)
    acme("auth", "logout", "--all")
    assert acme.store("SELECT count(*) FROM auth_sessions WHERE revoked_at IS NULL AND organization_id = ?") == [(0,)]
    acme("auth", "whoami", exit=4)


def test_the_delay_grows_and_ends_in_a_lock(acme: Accounts) -> None:
    """Tries during the delay are not looked at; after 100 failures an administrator unlocks, or the database's owner."""
    acme("user", "add", "ben@acme.com", "--role", "admin")
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="eleven tall windows\n")
    acme.now = "2026-03-02T12:00:00"
    wrong = acme.login("wrong password", user="ben@acme.com", exit=4)
    assert FAILED in wrong.stderr
    for failures, seconds in ((3, 4), (10, 512), (11, 900), (99, 900)):
        acme.store("UPDATE sign_in_failures SET failures = ? WHERE organization_id = ?", failures)
        early = acme.login("eleven tall windows", user="ben@acme.com", exit=4)
        assert f"failed {failures} times; the next try is possible in {seconds} s" in early.stderr
    acme.now = "2026-03-02T12:15:00"
    acme.login("wrong password", user="ben@acme.com", exit=4)
    for day in ("2026-03-03T12:00:00", "2027-03-03T12:00:00"):
        acme.now = day
        locked = acme.login("eleven tall windows", user="ben@acme.com", exit=4)
        assert "locked after 100 failures" in locked.stderr and "mycrm user unlock ben@acme.com" in locked.stderr
    acme.now = "2026-03-02T10:20:00"
    assert acme("user", "unlock", "ben@acme.com").stderr == "ben@acme.com may sign in again\n"
    assert acme("user", "unlock", "ben@acme.com").stderr == "ben@acme.com was not locked\n"
    acme.login("eleven tall windows", user="ben@acme.com")
    assert acme.json("auth", "whoami")["user"] == "ben@acme.com"


def test_who_holds_the_database_unlocks_the_last_administrator(acme: Accounts, request: pytest.FixtureRequest) -> None:
    """Without a session: with the file of an SQLite database, or with the profile's admin database."""
    acme("auth", "logout")
    acme.login("wrong password", exit=4)
    acme.store("UPDATE sign_in_failures SET failures = 100 WHERE organization_id = ?")
    known = acme.json("profile", "view", "work")
    if known["database"].startswith("postgresql"):
        assert "admin-database" in acme("user", "unlock", "ana@acme.com", exit=4).stderr
        server: Server = request.getfixturevalue("server")
        name = known["database"].rpartition("/")[2]
        login = psycopg.conninfo.conninfo_to_dict(server.admin_url)["user"]
        admin = server.url(name).replace(APPLICATION_ROLE, str(login))
        acme("profile", "edit", "work", "--admin-database", admin)
    acme("user", "unlock", "ana@acme.com")
    acme.login(PASSWORD)


def test_refused_users_cost_the_same_work(acme: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown, disabled, service and other users without a password: one argon2 evaluation each, with equal parameters."""
    acme("user", "add", "none@acme.com", "--role", "sales_rep")
    acme("user", "add", "jobs@acme.com", "--role", "sales_rep", "--service")
    acme("user", "add", "gone@acme.com", "--role", "sales_rep")
    acme("user", "passwd", "gone@acme.com", "--password-file", "-", stdin="eleven tall windows\n")
    acme("user", "disable", "gone@acme.com")
    refused = acme("user", "passwd", "jobs@acme.com", "--password-file", "-", stdin="eleven tall windows\n", exit=6)
    assert "service user" in refused.stderr
    evaluated: list[tuple[Any, ...]] = []
    original = argon2.PasswordHasher.verify

    def verify(self: argon2.PasswordHasher, hash: str, password: Any) -> Any:
        found = argon2.extract_parameters(hash)
        evaluated.append(
            (found.type, found.memory_cost, found.time_cost, found.parallelism, found.salt_len, found.hash_len)
        )
        return original(self, hash, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    statements: list[list[str]] = []
    from mycrm_cli.db import connect as driver

    answers = set()
    for address in ("ana", "none", "jobs", "gone", "unknown"):
        sent: list[str] = []
        monkeypatch.setattr(driver, "listeners", [sent.append])
        password = "eleven tall windows"
        answers.add(acme.login(password, user=f"{address}@acme.com", exit=4).stderr)
        statements.append(sent)
    assert len(answers) == 1 and FAILED in answers.pop()
    assert len(evaluated) == 5 and len(set(evaluated)) == 1
    assert all(sent == statements[0] for sent in statements)


def test_a_file_needs_no_sign_in_until_there_is_a_password(sqlite_crm: Program) -> None:
    """On SQLite holding the file is enough; a password is asked for from then on."""
    assert sqlite_crm.json("auth", "whoami")["how"] == "file"
    assert FAILED in sqlite_crm("auth", "login", "--password-file", "-", stdin="anything\n", exit=4).stderr
    sqlite_crm("user", "passwd", "--password-file", "-", stdin=f"{PASSWORD}\n")
    assert sqlite_crm.json("auth", "whoami")["how"] == "session"
    sqlite_crm("auth", "logout")
    sqlite_crm("contact", "list", exit=4)


def test_a_hash_is_made_anew_when_its_parameters_are_old(acme: Accounts) -> None:
    """Signing in replaces a hash that was made with less work, and takes passwords however they were typed."""
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=32).hash("früh am Morgen")
    acme.store("UPDATE users SET password = ? WHERE organization_id = ?", weak)
    decomposed = "fru\u0308h am Morgen"
    acme.login(decomposed)
    [(stored,)] = acme.store("SELECT password FROM users WHERE organization_id = ?")
    assert "m=32," in weak and "m=64,t=1," in stored
    acme.login(decomposed)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "length"),
        ("x" * 129, "length"),
        ("password1", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("abcdefghij", "common"),
        ("ana@acme.com", "known_words"),
        ("AnaBerg2026!", "known_words"),
        ("mycrm12345", "known_words"),
        ("Acme1234", "known_words"),
    ],
)
def test_passwords_that_are_refused(password: str, code: str) -> None:
    """Too short, too long, common, or made of what others know; there are no rules about characters."""
    from mycrm_cli.errors import Invalid

    user = {"email": "ana@acme.com", "first_name": "Ana", "last_name": "Berg"}
    with pytest.raises(Invalid) as refused:
        accounts.check(password, accounts.words_of(user, "Acme"))
    assert refused.value.details == [{"field": "password", "code": code}]
    for good in (
        "seven green kettles",
        "密码密码密码密码一二三四",
        "bananarama mile",
        "acme is where i work now",
        "x7#kQ!pz",
    ):
        accounts.check(good, accounts.words_of(user, "Acme"))


def test_secrets_are_not_taken_from_the_line(acme: Accounts) -> None:
    """Nobody to ask and no file is a mistake; the environment's token stands before any session."""
    assert "password of ana@acme.com is missing" in acme("auth", "login", exit=2).stderr
    acme("auth", "login", "--password", "x", exit=2)
    assert "a line is missing" in acme("user", "passwd", "--password-file", "-", stdin=f"{PASSWORD}\n", exit=2).stderr
    acme("auth", "login", env={"MYCRM_TOKEN": "mct_x"}, exit=78)


def test_passwords_are_asked_for_on_the_terminal(acme: Accounts) -> None:
    """And not shown there."""
    acme("auth", "logout")
    terminal = Terminal(acme.program, "auth", "login", env={"MYCRM_NOW": acme.now})
    terminal.expect("Password of ana@acme.com: ")
    terminal.type(f"{PASSWORD}\n")
    assert terminal.end() == 0, terminal.text
    assert "signed in as ana@acme.com" in terminal.text and PASSWORD not in terminal.text


def test_the_environment_sets_no_clock_for_what_ends(acme: Accounts) -> None:
    """A token that is over stays so, whatever time the environment says."""
    token = acme("user", "token", "create", "--name", "old", "--expires", "90d").stdout.strip()
    acme("auth", "whoami", env={"MYCRM_TOKEN": token})
    over = acme.program.process("auth", "whoami", env={"MYCRM_NOW": acme.now, "MYCRM_TOKEN": token}, exit=4)
    assert "the token ended at 2026-05-31" in over.stderr


def test_the_guide_names_what_there_is(program: Program) -> None:
    """Every command of the guide exists, with the options that it is shown with."""
    lines = [words for words in commands("accounts.md") if words[:2] != ["profile", "add"]]
    assert len(lines) >= 18
    for words in lines:
        path = [word for word in words[:3] if word.isalpha()]
        shown = program(*path, "--help").stdout
        assert f"Usage: mycrm {' '.join(path)}" in shown, words
        assert not [word for word in words if word.startswith("--") and word not in shown], words


def test_a_session_in_the_keyring(sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file says only that; a new session goes where the one before was, and signing out forgets it in both."""
    little_work(monkeypatch)
    kept: dict[str, Secret] = {}
    monkeypatch.setattr(keys, "store", kept.__setitem__)
    monkeypatch.setattr(keys, "fetch", kept.get)
    monkeypatch.setattr(keys, "forget", kept.pop)
    sqlite_crm("user", "passwd", "--password-file", "-", stdin=PASSWORD)
    sqlite_crm("auth", "login", "--keyring", "--password-file", "-", stdin=PASSWORD)
    sqlite_crm("user", "passwd", "--password-file", "-", stdin=f"{PASSWORD}\neleven tall windows")
    [file] = (sqlite_crm.home / "state" / "sessions").iterdir()
    assert file.read_text() == "keyring\n" and list(kept) == ["session:work"]
    sqlite_crm("contact", "count")
    sqlite_crm("auth", "logout")
    assert not kept and not file.exists()
