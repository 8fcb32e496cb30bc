"""Changes of profiles: every setting, every verb, comments kept, wrong values refused."""

import tomllib
from collections.abc import Callable

import pytest

from mycrm_cli.config import profiles, settings
from mycrm_cli.errors import ConfigError, Duplicate, UsageError
from tests.config.conftest import Home

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
EVERYTHING: dict[str, str | bool] = {
    "database": "postgresql://ana@db/crm", "admin_database": "postgresql://root@db/crm", "organization": "acme",
    "organization_id": ID, "user": "ana@acme.com", "database_password": "pgpass", "admin_password": "env:ADMIN_PASSWORD",
    "token": "command:pass show 'my crm'", "smtp": "smtps://ana%40acme.com@mail.acme.com:465",
    "smtp_from": "Ana Berg <ana@acme.com>", "smtp_password": "command:pass mail", "smtp_security": "tls", "imap": "imaps://mail.acme.com",
    "imap_password": "env:MAILBOX", "timezone": "Europe/Berlin",
    "protected": True,
}  # fmt: skip


def stored(home: Home) -> dict[str, dict[str, object]]:
    return dict(tomllib.loads(home.config.read_text())["profiles"])


def test_every_setting_round_trips(home: Home) -> None:
    assert set(EVERYTHING) == set(settings.SETTINGS)
    assert profiles.add("work", EVERYTHING).values() == EVERYTHING
    assert profiles.choose().values() == EVERYTHING
    assert stored(home) == {"work": EVERYTHING}
    cleared = profiles.edit("work", {}, list(EVERYTHING)).values()
    assert cleared.pop("database") == f"sqlite:///{home.root}/data/work.db"
    assert set(cleared.values()) == {None, False}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organization", "two words"), ("organization_id", "7"), ("user", "ana"), ("user", "a b@c"),
        ("smtp", "http://mail"), ("smtp", "smtp://:25"), ("smtp", "smtp://a:hunter2@mail"), ("smtp", "smtp://mail:x"),
        ("imap", "smtp://mail"), ("imap", "imap://mail/path?password=hunter2"), ("smtp_from", "Ana <ana>"),
        ("smtp_from", "Ana <a@b.c"), ("smtp_from", "a@b.c\nBcc: x@y.z"), ("timezone", "Europe/Berln"),
        ("timezone", "../../etc/passwd"), ("timezone", "/etc/localtime"), ("protected", "maybe"), ("nonsense", "x"),
        ("password", "hunter2"), ("database", "mysql://x"),
    ],
)  # fmt: skip
def test_wrong_values_write_nothing(home: Home, name: str, value: str) -> None:
    profiles.add("work", {})
    before = home.config.read_bytes()
    calls: list[Callable[[], object]] = [
        lambda: profiles.add("other", {name: value}),
        lambda: profiles.edit("work", {name: value}),
    ]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert "hunter2" not in f"{caught.value}{caught.value.hint}"
    assert home.config.read_bytes() == before


def test_a_near_time_zone_is_named(home: Home) -> None:
    with pytest.raises(UsageError) as caught:
        profiles.add("work", {"timezone": "Europe/Berln"})
    assert "Europe/Berlin" in caught.value.candidates


def test_relative_paths_start_where_the_command_runs(home: Home) -> None:
    added = profiles.add("work", {"database": "crm.db", "token": "file:token"})
    assert added.database == f"sqlite:///{home.work}/crm.db"
    assert added.token_source == f"file:{home.work}/token"


def test_relative_paths_in_the_file_start_at_the_file(home: Home) -> None:
    home.write('[profiles.work]\ndatabase = "mine/crm.db"\n')
    assert profiles.choose().database == f"sqlite:///{home.root}/mine/crm.db"


def test_adding_twice(home: Home) -> None:
    profiles.add("work", {})
    for name in ("work", "WORK"):
        with pytest.raises(Duplicate) as caught:
            profiles.add(name, {})
        assert caught.value.exit == 6


def test_editing(home: Home) -> None:
    profiles.add("work", {"user": "a@b.c", "timezone": "UTC"})
    edited = profiles.edit("work", {"protected": "yes"}, ["timezone"])
    assert (edited.user, edited.timezone, edited.protected) == ("a@b.c", None, True)
    with pytest.raises(UsageError, match="set and cleared"):
        profiles.edit("work", {"user": "x@y.z"}, ["user"])
    with pytest.raises(UsageError, match="there is no setting"):
        profiles.edit("work", {}, ["usr"])
    with pytest.raises(ConfigError, match="no profile"):
        profiles.edit("wrk", {"user": "x@y.z"})


def test_the_organizations_id_goes_with_its_organization(home: Home) -> None:
    bound = {"organization": "acme", "organization_id": ID, "database": "/srv/a.db"}
    profiles.add("work", bound)
    assert profiles.edit("work", {"organization": "acme", "user": "a@b.c"}).organization_id == ID
    assert profiles.edit("work", {"organization": "globex"}).organization_id is None
    assert profiles.edit("work", {"organization": "acme", "organization_id": ID}).organization_id == ID
    assert profiles.edit("work", {"database": "/srv/b.db"}).organization_id is None
    profiles.edit("work", {"organization_id": ID})
    assert profiles.edit("work", {}, ["organization"]).organization_id is None


def test_renaming(home: Home) -> None:
    home.profiles("a", "b", default="a")
    profiles.use("a")
    profiles.rename("a", "c")
    assert sorted(profiles.names()) == ["b", "c"]
    assert profiles.current() == "c"
    assert tomllib.loads(home.config.read_text())["default"] == "c"
    with pytest.raises(Duplicate):
        profiles.rename("c", "b")
    with pytest.raises(ConfigError, match="no profile"):
        profiles.rename("nobody", "d")
    profiles.rename("c", "C")
    assert profiles.current() == "C"


def test_renaming_leaves_the_database_where_it_is(home: Home) -> None:
    home.write("[profiles.a]\nuser = 'a@b.c'\n")
    before = profiles.choose().database
    profiles.rename("a", "b")
    assert profiles.choose().database == before


def test_deleting(home: Home) -> None:
    home.profiles("a", "b", default="a")
    profiles.use("a")
    profiles.delete("a")
    assert profiles.names() == ["b"]
    assert profiles.current() is None
    assert "default" not in tomllib.loads(home.config.read_text())
    profiles.delete("b")
    assert profiles.names() == []
    with pytest.raises(ConfigError, match="no profile"):
        profiles.delete("b")


def test_defaults_and_preferences(home: Home) -> None:
    home.profiles("a", "b")
    profiles.set_default("b")
    assert profiles.choose().name == "b"
    profiles.set_default(None)
    with pytest.raises(ConfigError):
        profiles.choose()
    with pytest.raises(ConfigError):
        profiles.set_default("c")
    profiles.set_preference("output", "json")
    assert profiles.preferences() == {"output": "json"}
    profiles.set_preference("output", None)
    assert profiles.preferences() == {}
    with pytest.raises(UsageError):
        profiles.set_preference("outptu", "json")


HAND_WRITTEN = """\
# my profiles
default = "work"   # the usual one

[settings]   # habits
pager = "less -S"

# the sandbox
[profiles.play]
user = "ana@acme.com"  # me

[profiles.work]
# never delete this
database = '/srv/crm.db'
user = "ana@acme.com"

[hooks]
on_deal_won = ["/usr/bin/true"]
"""


def test_comments_and_order_stay(home: Home) -> None:
    home.write(HAND_WRITTEN)
    profiles.edit("work", {"user": "ben@acme.com"})
    assert home.config.read_text() == HAND_WRITTEN.replace("'/srv/crm.db'\nuser = \"ana", "'/srv/crm.db'\nuser = \"ben")
    profiles.add("third", {"database": "/srv/3.db"})
    profiles.rename("play", "sandbox")
    profiles.delete("third")
    text = home.config.read_text()
    comments = ("# my profiles", "# the usual one", "# habits", "# me", "# never delete this")
    assert [comment for comment in comments if comment not in text] == []
    assert set(profiles.names()) == {"work", "sandbox"}


@pytest.mark.parametrize(
    "text",
    [
        "profiles.work.user = 'a@b.c'\n",
        "profiles = {work = {user = 'a@b.c'}}\n",
        "[profiles]\nwork = {user = 'a@b.c'}\n",
        "[profiles]\nwork.user = 'a@b.c'\n",
        "[profiles.work]\nuser = 'a@b.c'\n[settings]\noutput = 'json'\n[profiles.other]\n",
        "['profiles'.\"work\"]\nuser = 'a@b.c'",
    ],
)
def test_every_way_of_writing_tables_is_edited_or_refused(home: Home, text: str) -> None:
    """No way of writing may lose anything; one that tomlkit cannot edit is refused and left alone."""
    home.write(text)
    before = tomllib.loads(text)
    try:
        profiles.edit("work", {"user": "x@y.z"})
        profiles.add("new", {"database": "/srv/new.db"})
        profiles.rename("work", "old")
        profiles.delete("new")
    except ConfigError as error:
        assert "cannot be edited safely" in error.message
        return
    table = before["profiles"].pop("work")
    before["profiles"]["old"] = {**table, "user": "x@y.z", "database": f"sqlite:///{home.root}/data/work.db"}
    assert tomllib.loads(home.config.read_text()) == before


def test_shell_lines(home: Home) -> None:
    home.profiles("work")
    assert profiles.shell_line("work") == "export MYCRM_PROFILE=work"
    assert profiles.shell_line("work", "/bin/zsh") == "export MYCRM_PROFILE=work"
    assert profiles.shell_line("work", "fish") == "set -gx MYCRM_PROFILE work"
    with pytest.raises(UsageError):
        profiles.shell_line("work", "cmd.exe")
    with pytest.raises(ConfigError):
        profiles.shell_line("other")
