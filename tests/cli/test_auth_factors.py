"""The second factor, from outside: switching it on and off, codes that are good once, recovery codes, the key."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pyotp
import pytest

from mycrm_cli.cli import asking
from mycrm_cli.config import keyfile, keys
from mycrm_cli.config.keyfile import Key
from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import ConfigError
from mycrm_cli.services import mfa, sealing
from tests.accounts import FAILED, PASSWORD, Accounts, founded, little_work

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, whose first user is signed in; authenticator apps get a known secret."""
    little_work(monkeypatch)
    monkeypatch.setattr(mfa, "new_secret", lambda: Secret(SECRET))
    return founded(tmp_path / "home", migrated_database)


def code(acme: Accounts, steps: int = 0) -> str:
    """Return what the app shows, some steps of 30 seconds from now."""
    moment = datetime.fromisoformat(acme.now).replace(tzinfo=UTC)
    return pyotp.TOTP(SECRET).at(moment, counter_offset=steps)


def enable(acme: Accounts, typed: str = "", exit: int = 0) -> list[str]:
    """Switch the second factor on at a terminal and return the recovery codes."""
    given = (PASSWORD, typed or code(acme))
    shown = acme("user", "mfa", "enable", "--password-file", "-", stdin="\n".join(given), terminal=True, exit=exit)
    return re.findall(r"^(?:[a-z2-9]{6}-){3}[a-z2-9]{6}$", shown.stdout, re.MULTILINE)


def test_a_second_factor(acme: Accounts) -> None:
    """It is asked for at every sign-in; each code is good once; what went wrong counts and is told in the same words."""
    refused = acme("user", "mfa", "enable", "--password-file", "-", stdin=PASSWORD, exit=2)
    assert "on a terminal only" in refused.stderr and SECRET not in refused.stdout + refused.stderr
    assert enable(acme, "000000" if code(acme) != "000000" else "000001", exit=6) == []
    assert acme.json("user", "view", "me")["mfa_enabled"] is False
    recovery = enable(acme)
    assert len(set(recovery)) == 10
    [(stored, step)] = acme.store("SELECT mfa_secret, mfa_step FROM users WHERE organization_id = ?")
    assert SECRET not in stored
    assert step == int(datetime.fromisoformat(acme.now).replace(tzinfo=UTC).timestamp()) // 30
    acme("auth", "logout")
    missing = acme.login(PASSWORD, exit=2)
    assert "the code of the second factor" in missing.stderr
    acme.now = "2026-03-02T10:00:05"
    assert FAILED in acme.login(PASSWORD, code(acme), exit=4).stderr  # the code that switched it on
    acme.now = "2026-03-02T10:00:31"
    good = code(acme)
    acme.login(PASSWORD, good)
    acme.now = "2026-03-02T10:00:36"
    assert FAILED in acme.login(PASSWORD, good, exit=4).stderr
    acme.now = "2026-03-02T10:00:50"
    assert FAILED in acme.login(PASSWORD, code(acme, -1), exit=4).stderr  # an older one than was accepted
    acme.now = "2026-03-02T10:01:05"
    assert FAILED in acme.login(PASSWORD, code(acme, 3), exit=4).stderr
    acme.now = "2026-03-02T10:01:20"
    acme.login(PASSWORD, code(acme, 1))  # the app's clock is half a minute ahead
    acme.login(PASSWORD, recovery[0].upper().replace("-", " "))
    assert FAILED in acme.login(PASSWORD, recovery[0], exit=4).stderr
    acme.now = "2026-03-02T10:02:30"
    renewed = acme("user", "mfa", "codes", "--password-file", "-", stdin=code(acme)).lines
    assert len(renewed) == 10 and not set(renewed) & set(recovery)
    acme.now = "2026-03-02T10:03:30"
    assert FAILED in acme.login(PASSWORD, recovery[1], exit=4).stderr
    acme.now = "2026-03-02T10:03:40"
    wrong = acme("user", "mfa", "disable", "--password-file", "-", stdin="123456", exit=4)
    assert FAILED in wrong.stderr
    acme.now = "2026-03-02T10:03:50"
    acme("user", "mfa", "disable", "--password-file", "-", stdin=renewed[3])
    assert acme.store("SELECT mfa_secret FROM users WHERE organization_id = ?") == [(None,)]
    assert acme.store("SELECT count(*) FROM recovery_codes WHERE organization_id = ?") == [(0,)]
    acme.login(PASSWORD)
    journal = acme("change", "list", "--json").stdout
    assert "X-2" not in journal and SECRET not in journal


def test_an_administrator_helps(acme: Accounts) -> None:
    """A lost phone: an administrator switches the second factor off, which ends what was open."""
    enable(acme)
    acme("user", "add", "root@acme.com", "--role", "super_admin")
    acme("user", "passwd", "root@acme.com", "--password-file", "-", stdin="eleven tall windows")
    acme("user", "add", "ben@acme.com", "--role", "admin")
    acme("user", "passwd", "ben@acme.com", "--password-file", "-", stdin="nine round tables")
    acme.login("nine round tables", user="ben@acme.com")
    acme("user", "mfa", "disable", "ana@acme.com", exit=4)  # an admin is below a super_admin
    assert "ana@acme.com is off" not in acme("user", "mfa", "disable", exit=2, stdin="").stderr
    acme.login("eleven tall windows", user="root@acme.com")
    acme("user", "mfa", "disable", "ana@acme.com")
    assert acme("user", "mfa", "disable", "ana@acme.com", exit=6)
    acme.login(PASSWORD)


def test_the_key(acme: Accounts, tmp_path: Path) -> None:
    """It is in a private file; without it nobody with a second factor gets in here; a new one replaces it."""
    enable(acme)
    [file] = (acme.program.home / "state" / "keys").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    old = json.loads(file.read_text())["keys"]
    [(before,)] = acme.store("SELECT mfa_secret FROM users WHERE organization_id = ?")
    said = acme.json("user", "mfa", "rekey")
    [(after,)] = acme.store("SELECT mfa_secret FROM users WHERE organization_id = ?")
    new = json.loads(file.read_text())["keys"]
    assert said["encrypted"] == 1 and before != after and [key["id"] for key in new] == [said["key"]] != [old[0]["id"]]
    acme.now = "2026-03-02T10:05:00"
    acme.login(PASSWORD, code(acme))
    kept = file.rename(tmp_path / "kept.json")
    acme.now = "2026-03-02T10:06:00"
    lost = acme.login(PASSWORD, code(acme), exit=78)
    assert "is not on this machine" in lost.stderr and str(file) in lost.stderr
    kept.rename(file.with_stem(f"{file.stem}-laptop"))
    acme.now = "2026-03-02T10:07:00"
    acme.login(PASSWORD, code(acme))
    acme.store("UPDATE users SET mfa_secret = 'x' || mfa_secret WHERE organization_id = ?")
    acme.now = "2026-03-02T10:08:00"
    acme.login(PASSWORD, code(acme), exit=78)


def test_a_secret_is_bound_to_its_place() -> None:
    """What was encrypted for one user, field or organization cannot be read elsewhere."""
    organization, user, key = uuid4(), uuid4(), Key("k", bytes(32))
    sealed = sealing.seal(key, organization, user, "mfa_secret", Secret(SECRET))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing.keyfile, "load", lambda organization_id: [key])
        assert sealing.unseal(organization, user, "mfa_secret", sealed) == Secret(SECRET)
        for place in (
            (uuid4(), user, "mfa_secret"),
            (organization, uuid4(), "mfa_secret"),
            (organization, user, "password"),
        ):
            with pytest.raises(ConfigError):
                sealing.unseal(*place, sealed)


def test_enabling_at_a_terminal(acme: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture and the secret are shown, the code is asked for without being seen."""
    asked: list[str] = []

    def hidden(prompt: str) -> Secret:
        asked.append(prompt)
        return Secret(PASSWORD if "password" in prompt else code(acme))

    monkeypatch.setattr(asking, "hidden", hidden)
    shown = acme("user", "mfa", "enable", terminal=True).stdout
    assert "JBSW Y3DP" in shown and ("█" in shown or "▄" in shown or "\x1b[7m" in shown)
    assert asked == ["Current password: ", "Code of the app: "]


def test_a_change_of_keys_may_end_anywhere(acme: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken back before the commit or stopped after it, everybody still gets in; the next change tidies up."""
    enable(acme)
    [file] = (acme.program.home / "state" / "keys").iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(mfa, "claim", lambda *given, **more: 0)
        acme("user", "mfa", "rekey", exit=6)
    acme.now = "2026-03-02T10:05:00"
    acme.login(PASSWORD, code(acme))
    with monkeypatch.context() as patch:
        patch.setattr(mfa, "forget_keys", lambda *given: 1 / 0)
        acme("user", "mfa", "rekey", exit=1)
    acme.now = "2026-03-02T10:06:00"
    acme.login(PASSWORD, code(acme))
    assert len(json.loads(file.read_text())["keys"]) == 3
    acme("user", "mfa", "rekey")
    assert len(json.loads(file.read_text())["keys"]) == 1
    acme.now = "2026-03-02T10:07:00"
    acme.login(PASSWORD, code(acme))


def test_keys_in_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file says only that; keys that the keyring has lost are a clear error."""
    kept: dict[str, Secret] = {}
    monkeypatch.setenv("MYCRM_HOME", str(tmp_path))
    monkeypatch.setattr(keys, "store", kept.__setitem__)
    monkeypatch.setattr(keys, "fetch", kept.get)
    organization = uuid4()
    first = keyfile.newest(organization, keyring=True)
    second = keyfile.add(organization)
    assert [key.id for key in keyfile.load(organization)] == [second.id, first.id]
    assert Path(keyfile.path(organization)).read_text() == "keyring\n"
    keyfile.keep_only(organization, [second.id])
    assert [key.value for key in keyfile.load(organization)] == [second.value]
    kept.clear()
    with pytest.raises(ConfigError, match="has lost"):
        keyfile.load(organization)
