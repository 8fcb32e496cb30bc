"""What is done with accounts leaves a line in the journal: that it was done, of whom and by whom, and no secret."""

import re
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli.config.secrets import Secret, digest
from mycrm_cli.services import mfa
from tests.accounts import PASSWORD, Accounts, founded, little_work
from tests.cli.test_auth_factors import SECRET, code, enable

JOURNAL = ("changes", "change_items", "change_payloads")


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, whose first user is signed in; authenticator apps get a known secret."""
    little_work(monkeypatch)
    monkeypatch.setattr(mfa, "new_secret", lambda: Secret(SECRET))
    return founded(tmp_path / "home", migrated_database)


def newest(acme: Accounts, **options: Any) -> tuple[str, str, list[str], list[tuple[str, str, str | None]]]:
    """Return the newest change: its number, who, the command, and (record, what was done, the name with it)."""
    number, who = acme("change", "list", "-F", "number,actor", "-L", "1", "-o", "plain", **options).rows[0]
    number = f"X-{number.removeprefix('X-')}"
    change = acme.json("change", "view", number, **options)
    items = [
        (item["record"], field["field"].removeprefix("done."), field["new"] or field["old"])
        for item in change["items"]
        for field in item["fields"]
    ]
    return number, who, change["command"], items


def test_every_action_leaves_a_line(acme: Accounts) -> None:
    """One change each, with the command, the one who did it and the one it concerns; using them leaves none."""
    shown: list[str] = []

    def did(line: str, done: str, whose: str = "ben@acme.com", name: str | None = None, **options: Any) -> str:
        before = acme("change", "count").stdout
        shown.append(acme(*line.split(), **options).stdout.strip())
        assert int(acme("change", "count").stdout) == int(before) + 1, line
        number, who, command, items = newest(acme)
        assert " ".join(command).startswith(" ".join(line.split()[:2])), line
        assert "Ana" in who
        assert items[-1] == (items[-1][0], done, name) and whose in items[-1][0], line
        refused = acme("undo", number, exit=6).stderr
        assert f"{number} cannot be taken back: {done.replace('_', ' ')}" in refused
        assert "Traceback" not in refused
        return number

    acme("user", "add", "ben@acme.com", "--role", "sales_rep")
    did("user invite ben@acme.com", "invited")
    changed = did("user passwd ben@acme.com --password-file -", "password_set", stdin="given by an admin")
    did("user token create --name cron --user ben@acme.com", "token_created", name="cron")
    did("user token delete cron --user ben@acme.com", "token_deleted", name="cron")
    given = f"{PASSWORD}\nnine round tables"
    did("user passwd --password-file -", "password_set", "Ana Berg", stdin=given)
    acme.now = "2026-03-02T10:00:40"
    acme.login("wrong", user="ben@acme.com", exit=4)
    did("user unlock ben@acme.com", "unlocked")
    count = acme("change", "count").stdout
    acme("user", "unlock", "ben@acme.com")
    token = {"MYCRM_TOKEN": acme("user", "token", "create", "--name", "own").stdout.strip()}
    acme("contact", "list", env=token)
    acme.login("nine round tables")
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="short", exit=6)
    acme("user", "invite", "ben@acme.com", "--dry-run")
    assert int(acme("change", "count").stdout) == int(count) + 1
    # What was done last and can be taken back is what undo means.
    acme("contact", "add", "Jan", "--label", "both")
    acme("user", "invite", "eva@acme.com", "--role", "readonly")
    acme("undo", "--yes", terminal=True)
    assert acme("user", "count").stdout == "2\n"
    acme("user", "invite", "ben@acme.com", "--label", "both")
    acme("undo", "--yes", terminal=True)
    assert acme("contact", "count").stdout == "0\n"
    acme("redo", terminal=True)
    left = acme("undo", "--label", "both", exit=7).stderr
    assert "cannot be taken back: invited" in left and acme("contact", "count").stdout == "0\n"
    # A user whom nobody has used goes with the ways to sign in.
    history = acme("user", "history", "ben@acme.com").stdout
    for words in ("invited", "password set", "token created: cron", "token deleted: cron", "unlocked"):
        assert words in history, words
    assert "password set" in acme("change", "view", changed, terminal=True).stdout
    acme("change", "verify")
    stored = str([acme.store(f"SELECT * FROM {table} WHERE organization_id = ?") for table in JOURNAL])
    secrets = [text for text in (*shown, *token.values(), "given by an admin", "nine round tables") if len(text) > 8]
    for secret in secrets:
        assert secret not in stored and digest(Secret(secret)) not in stored
    assert "argon2" not in stored and len(secrets) > 4


def test_second_factors_and_oneself(acme: Accounts) -> None:
    """Switching on and off, new recovery codes, another key; who accepts an invitation does it themselves."""
    codes = enable(acme)
    assert newest(acme)[2:] == (["user", "mfa", "enable"], [("Ana Berg", "second_factor_switched_on", None)])
    acme.now = "2026-03-02T10:01:00"
    codes += re.findall(
        r"^(?:[a-z2-9]{6}-){3}[a-z2-9]{6}$",
        acme("user", "mfa", "codes", "--password-file", "-", stdin=code(acme)).stdout,
        re.MULTILINE,
    )
    assert newest(acme)[3] == [("Ana Berg", "recovery_codes_made", None)]
    acme("user", "mfa", "rekey")
    number, _, _, items = newest(acme)
    assert [(record, done) for record, done, _ in items] == [
        ("Ana Berg", "second_factor_encrypted_anew"),
        ("Acme", "key_of_second_factors_changed"),
    ]
    assert "cannot be taken back" in acme("undo", number, exit=6).stderr
    acme.now = "2026-03-02T10:02:00"
    acme("user", "mfa", "disable", "--password-file", "-", stdin=code(acme))
    assert newest(acme)[3] == [("Ana Berg", "second_factor_switched_off", None)]
    stored = str([acme.store(f"SELECT * FROM {table} WHERE organization_id = ?") for table in JOURNAL])
    assert SECRET not in stored and len(codes) == 20 and not any(one in stored for one in codes)
    invitation = acme("user", "invite", "ben@acme.com", "--role", "readonly", "--first-name", "Ben").stdout.strip()
    acme("auth", "logout")
    acme("auth", "accept", "--password-file", "-", stdin=f"{invitation}\neleven tall windows")
    _, who, command, items = newest(acme)
    assert (who, command, items) == ("Ben", ["auth", "accept"], [("Ben", "password_set", None)])
    # Who only reads may still change the own password.
    acme("user", "passwd", "--password-file", "-", stdin="eleven tall windows\nnine round tables")
    assert newest(acme)[1:3] == ("Ben", ["user", "passwd"])
    acme("change", "verify")


def test_who_is_forgiven(acme: Accounts) -> None:
    """Somebody who may be known again leaves a line, and nothing of what was hashed."""
    acme("contact", "add", "Jan", "--email", "jan@x.example")
    acme("person", "erase", "jan@x.example", "--confirm", "jan@x.example")
    [(hashed,)] = acme.store("SELECT digest FROM erasures WHERE organization_id = ?")
    acme("person", "forgive", "jan@x.example", "--confirm", "jan@x.example")
    number, _, command, items = newest(acme)
    assert command == ["person", "forgive"]
    assert [done for _, done, _ in items] == ["erased_person_may_come_back"]
    assert "mycrm person erase" in acme("undo", number, exit=6).stderr
    stored = str([acme.store(f"SELECT * FROM {table} WHERE organization_id = ?") for table in JOURNAL])
    assert str(hashed) not in stored and "jan@x.example" not in stored
    acme("change", "verify")


def test_a_user_goes_with_the_ways_to_sign_in(acme: Accounts) -> None:
    """What was done with an account does not stand in the way of taking back that it was made."""
    acme("user", "add", "ben@acme.com", "--role", "sales_rep")
    made = newest(acme)[0]
    acme("user", "invite", "ben@acme.com")
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="given by an admin")
    acme("user", "token", "create", "--name", "cron", "--user", "ben@acme.com")
    acme("undo", made)
    assert acme("user", "count").stdout == "1\n"
    acme("change", "verify")
    acme("change", "list")
