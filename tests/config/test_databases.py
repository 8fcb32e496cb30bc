"""Addresses of databases: their forms, what is the same, and that passwords are refused without an echo."""

import pytest

from mycrm_cli.config import databases
from mycrm_cli.config.sources import PlainSecret
from mycrm_cli.errors import UsageError
from tests.config.conftest import Home


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("/srv/crm.db", "sqlite:////srv/crm.db"),
        ("sqlite:////srv/crm.db", "sqlite:////srv/crm.db"),
        ("/srv/a/../crm.db", "sqlite:////srv/crm.db"),
        ("crm.db", "sqlite:////base/crm.db"),
        ("sqlite:///crm.db", "sqlite:////base/crm.db"),
        ("/srv/a b#c%20.db", "sqlite:////srv/a b#c%20.db"),
        ("~/crm.db", "sqlite:////home/ana/crm.db"),
        ("postgres://ana@db/crm", "postgresql://ana@db/crm"),
        ("POSTGRESQL://db", "postgresql://db"),
        ("postgresql:///crm?host=/var/run/postgresql", "postgresql:///crm?host=/var/run/postgresql"),
        ("postgresql://ana@db1:5432,db2/crm", "postgresql://ana@db1:5432,db2/crm"),
        ("postgresql://ana@[::1]:5433/crm", "postgresql://ana@[::1]:5433/crm"),
        ("postgresql://ana@%2Ftmp%2Fpg:5432/crm", "postgresql://ana@%2Ftmp%2Fpg:5432/crm"),
    ],
)
def test_forms(monkeypatch: pytest.MonkeyPatch, typed: str, stored: str) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    assert databases.canonical(typed, "/base") == stored
    assert databases.canonical(stored, "/elsewhere") == stored


@pytest.mark.parametrize(
    "typed",
    [
        "", "  ", "sqlite://", "sqlite:///", ":memory:", "sqlite:///:memory:", "sqlite:crm.db", "mysql://db/crm",
        "postgresql+psycopg://db/crm", "postgresql:crm", "host=db dbname=crm", "/srv/crm.db?mode=ro", "a\nb", "a\0b",
        "postgresql://db:port/crm", "postgresql://db:70000/crm", "postgresql://db/a/b", "postgresql://db/crm?sslmode",
        "postgresql://my host/crm", "file:crm.db",
    ],
)  # fmt: skip
def test_other_forms_are_refused(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        databases.canonical(typed, "/base")
    assert caught.value.exit == 2


@pytest.mark.parametrize(
    "typed",
    [
        "postgresql://ana:hunter2@db/crm",
        "postgres://ana:hunter2@db",
        "postgresql://ana:hunter2/@db/crm",
        "postgresql://:hunter2@db/crm",
        "postgresql://ana@db/crm?password=hunter2",
        "postgresql://ana@db/crm?sslmode=require&%70assword=hunter2",
        "postgresql://ana@db/crm?sslpassword=hunter2",
        "postgresql://ana:hunter2?@db/crm",
        "host=db password=hunter2",
        "mysql://ana:hunter2@db/crm",
    ],
)
def test_passwords_are_refused_and_never_repeated(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        databases.canonical(typed, "/base")
    assert "hunter2" not in f"{caught.value} {caught.value.hint} {caught.value.candidates}"


def test_the_refusal_names_the_sources() -> None:
    with pytest.raises(PlainSecret) as caught:
        databases.canonical("postgresql://ana:hunter2@db/crm", "/base")
    assert all(word in str(caught.value.hint) for word in ("keyring", "pgpass", "command:", "file:", "env:"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("postgres://ana@DB/crm", "postgresql://ana@db:5432/crm", True),
        ("postgresql://ana@db/crm?a=1&b=2", "postgresql://ana@db/crm?b=2&a=1", True),
        ("postgresql://a%6Ea@db/crm", "postgresql://ana@db/crm", True),
        ("postgresql://db/crm?user=ana", "postgresql://ana@db/crm", True),
        ("postgresql://ana@db/crm", "postgresql://ben@db/crm", False),
        ("postgresql://ana@db/crm", "postgresql://ana@db/other", False),
        ("postgresql://ana@db/crm", "postgresql://ana@db:5433/crm", False),
        ("/srv/x/../crm.db", "sqlite:////srv/crm.db", True),
        ("/srv/crm.db", "/srv/CRM.db", False),
        ("/srv/crm.db", "postgresql:///srv", False),
    ],
)
def test_what_is_the_same_database(one: str, other: str, same: bool) -> None:
    assert databases.same(databases.canonical(one, "/"), databases.canonical(other, "/")) is same


def test_dialect_path_and_login(home: Home) -> None:
    assert databases.dialect(databases.canonical("crm.db")) == "sqlite"
    assert databases.sqlite_path(databases.canonical("crm.db")) == str(home.work / "crm.db")
    assert databases.dialect("postgresql://db/crm") == "postgresql"
    assert databases.sqlite_path("postgresql://db/crm") is None
    assert databases.login("postgresql://ana@db/crm?sslmode=require") == "postgresql://ana@db/crm"
