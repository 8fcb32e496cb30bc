"""What is over is swept up when somebody signs in, a month later; what still counts stays."""

from pathlib import Path

import pytest

from tests.accounts import PASSWORD, Accounts, founded, little_work

TABLES = ("auth_sessions", "api_tokens", "invitations", "sign_in_failures")
BEN = "eleven tall windows"


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, whose first user is signed in."""
    little_work(monkeypatch)
    return founded(tmp_path / "home", migrated_database)


def counts(acme: Accounts) -> list[int]:
    """Return how many rows each table has."""
    return [acme.store(f"SELECT count(*) FROM {table} WHERE organization_id = ?")[0][0] for table in TABLES]


def names(acme: Accounts) -> list[str]:
    """Return the names of the tokens that are left."""
    return [row[0] for row in acme.store("SELECT name FROM api_tokens WHERE organization_id = ? ORDER BY name")]


def test_what_ended_a_month_ago_is_swept(acme: Accounts) -> None:
    """By an administrator for all; what is good and what counts stays."""
    code = acme("user", "invite", "ben@acme.com", "--role", "sales_rep").stdout.strip()
    acme("user", "invite", "cid@acme.com", "--role", "sales_rep")
    acme("auth", "accept", "--password-file", "-", stdin=f"{code}\n{BEN}\n")
    acme.login(PASSWORD)
    for name, days in (("short", "10d"), ("long", "200d"), ("ended", "200d")):
        acme("user", "token", "create", "--name", name, "--expires", days)
    acme("user", "token", "create", "--name", "his", "--user", "ben@acme.com", "--expires", "10d")
    acme.store(
        "UPDATE api_tokens SET revoked_at = created_at WHERE name = ? AND organization_id = ?",
        "ended",
    )
    for user, failures in (("eva@acme.com", 100), ("cid@acme.com", 11), ("typo@acme.com", 1)):
        acme.login("wrong", user=user, exit=4)
        acme.store("UPDATE sign_in_failures SET failures = ? WHERE failures = 1 AND organization_id = ?", failures)
    assert counts(acme) == [3, 4, 2, 3]
    acme.now = "2026-04-01T09:59:00"  # the session is over, and 30 days ago was the day before
    acme.login(BEN, user="ben@acme.com")
    assert counts(acme) == [4, 4, 2, 3]
    # Everybody sweeps their own; failures are nobody's.
    acme.now = "2026-04-30T12:00:00"
    acme.login(BEN, user="ben@acme.com")
    assert (names(acme), counts(acme)[1:]) == (["ended", "long", "short"], [3, 1, 2])
    acme.login(PASSWORD)
    assert (names(acme), counts(acme)) == (["long"], [3, 1, 0, 2])
    assert "locked after 100" in acme.login("wrong", user="eva@acme.com", exit=4).stderr
    assert [row["name"] for row in acme.json("user", "token", "list")] == ["long"]
