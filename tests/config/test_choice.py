"""Which profile is meant, why, and what contradicts it."""

import itertools
import os
from pathlib import Path

import pytest

from mycrm_cli.config import profiles
from mycrm_cli.config.profile import ORIGINS
from mycrm_cli.errors import ConfigError, CrmError, UsageError
from tests.config.conftest import Home

LEVELS = ("flag", "environment", "project", "use", "default")


@pytest.mark.parametrize("given", [each for n in range(6) for each in itertools.combinations(LEVELS, n)])
def test_precedence(home: Home, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...]) -> None:
    """Every combination of the five places that may name a profile, each naming another one."""
    names = [f"by-{level}" for level in LEVELS]
    home.profiles(*names, default="by-default" if "default" in given else "")
    if "environment" in given:
        monkeypatch.setenv("MYCRM_PROFILE", "by-environment")
    if "project" in given:
        home.project('profile = "by-project"', up=1)
    if "use" in given:
        profiles.use("by-use")
    flag = "by-flag" if "flag" in given else None
    if not given:
        with pytest.raises(ConfigError, match="several profiles exist and none is chosen: by-default, by-env"):
            profiles.choose(flag)
        return
    chosen = profiles.choose(flag)
    first = min(given, key=LEVELS.index)
    assert (chosen.name, chosen.origin, chosen.choice.count) == (f"by-{first}", first, 5)
    assert chosen.database == f"sqlite:////srv/by-{first}.db"
    if first == "project":
        assert chosen.choice.where == str(home.work.parent / ".mycrm.toml")


def test_the_only_profile(home: Home) -> None:
    home.profiles("work")
    assert (profiles.choose().name, profiles.choose().origin) == ("work", "only")


def test_no_profile(home: Home) -> None:
    with pytest.raises(ConfigError, match="there is no profile yet") as caught:
        profiles.choose()
    assert caught.value.exit == 78
    assert "mycrm init" in str(caught.value.hint)
    assert not home.root.exists()


@pytest.mark.parametrize("level", LEVELS)
def test_an_unknown_profile_names_near_ones(home: Home, monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    home.profiles("work", "globex", default="wrk" if level == "default" else "")
    if level == "environment":
        monkeypatch.setenv("MYCRM_PROFILE", "wrk")
    if level == "project":
        home.project('profile = "wrk"')
    if level == "use":
        home.current.parent.mkdir()
        home.current.write_text("wrk\n")
    with pytest.raises(ConfigError, match='no profile "wrk"') as caught:
        profiles.choose("wrk" if level == "flag" else None)
    assert caught.value.exit == 78
    assert caught.value.candidates == ["work"]
    assert (".mycrm.toml" if level == "project" else ORIGINS[level]) in caught.value.message


@pytest.mark.parametrize(
    "name", ["", "../x", "a b", "$(id)", "-x", "x" * 41, "é", "a\n", "environment", "a/b", "\x1b[1m"]
)
def test_hostile_names(home: Home, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    home.profiles("work")
    for call in (profiles.choose, lambda n: profiles.add(n, {}), lambda n: profiles.rename("work", n)):
        with pytest.raises(UsageError) as caught:
            call(name)
        assert "\x1b" not in caught.value.message
    for known in (profiles.use, profiles.get, profiles.delete, profiles.shell_line):
        with pytest.raises(ConfigError) as caught_known:
            known(name)
        assert "\x1b" not in caught_known.value.message
    assert profiles.names() == ["work"]
    if name:
        monkeypatch.setenv("MYCRM_PROFILE", name)
        with pytest.raises(ConfigError):
            profiles.choose()


@pytest.mark.parametrize("name", ["../x", "-x", "a b"])
def test_hostile_names_in_the_file(home: Home, name: str) -> None:
    home.write(f'[profiles.work]\n[profiles."{name}"]\n')
    with pytest.raises(ConfigError, match=r"config\.toml.*cannot be the name of a profile"):
        profiles.choose("work")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('profile = "work"\ndatabase = "/x.db"', r'\.mycrm\.toml may set only profile, not "database"'),
        ('[settings]\npager = "evil"', 'not "settings"'),
        ('[hooks]\non_deal_won = ["evil"]\n', 'not "hooks"'),
        ("", "names no profile"),
        ("profile = 5", "names no profile"),
        ('profile = "work', r"not valid TOML.*line 1"),
    ],
)
def test_a_project_file_sets_the_profile_and_nothing_else(home: Home, text: str, words: str) -> None:
    home.profiles("work", "other")
    path = home.project(text)
    with pytest.raises(ConfigError, match=words) as caught:
        profiles.choose()
    assert str(path) in caught.value.message
    assert caught.value.exit == 78
    assert profiles.choose("other").name == "other"


def test_project_files_that_are_none(home: Home) -> None:
    home.profiles("work")
    path = home.work / ".mycrm.toml"
    path.mkdir()
    with pytest.raises(ConfigError, match="is not a file"):
        profiles.choose()
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="is not a file"):
        profiles.choose()
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(ConfigError, match="link to nothing"):
        profiles.choose()


def test_a_working_folder_that_was_deleted(home: Home, tmp_path: Path) -> None:
    home.profiles("work")
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    assert profiles.choose().name == "work"
    with pytest.raises(UsageError, match="no longer exists"):
        profiles.add("other", {"database": "crm.db"})


def test_a_write_without_a_terminal_must_name_its_profile(home: Home) -> None:
    home.profiles("work", "globex")
    profiles.use("work")
    chosen = profiles.choose().choice
    profiles.check_write(chosen, terminal=True)
    with pytest.raises(ConfigError, match="must name its profile") as caught:
        profiles.check_write(chosen, terminal=False)
    assert (caught.value.exit, "-P work" in str(caught.value.hint)) == (78, True)
    profiles.check_write(profiles.choose("work").choice, terminal=False)
    profiles.delete("globex")
    profiles.check_write(profiles.choose().choice, terminal=False)


def set_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("MYCRM_DATABASE_URL", url)


@pytest.mark.parametrize("url", ["postgres://ana@DB:5432/crm", "postgresql://ana@db/crm"])
def test_the_same_database_in_the_environment_is_no_contradiction(
    home: Home, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    profiles.add("work", {"database": "postgresql://ana@db/crm"})
    set_url(monkeypatch, url)
    assert profiles.choose().database == "postgresql://ana@db/crm"


@pytest.mark.parametrize("flag", [None, "work"])
@pytest.mark.parametrize("url", ["postgresql://ana@db/other", "/srv/crm.db"])
def test_another_database_in_the_environment_contradicts(
    home: Home, monkeypatch: pytest.MonkeyPatch, url: str, flag: str | None
) -> None:
    profiles.add("work", {"database": "postgresql://ana@db/crm"})
    set_url(monkeypatch, url)
    with pytest.raises(ConfigError, match="MYCRM_DATABASE_URL contradicts profile work") as caught:
        profiles.choose(flag)
    assert caught.value.exit == 78
    assert profiles.get("work").database == "postgresql://ana@db/crm"


def test_the_environment_gives_the_database_of_a_profile_without_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write('[profiles.work]\norganization = "acme"\n')
    assert profiles.choose().database == f"sqlite:///{home.root}/data/work.db"
    set_url(monkeypatch, "crm.db")
    chosen = profiles.choose()
    assert (chosen.database, chosen.organization) == (f"sqlite:///{home.work}/crm.db", "acme")
    assert chosen.origins == {"database": "environment"}


def test_a_profile_made_without_a_database_keeps_its_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles.add("work", {"organization": "acme"})
    set_url(monkeypatch, "/srv/other.db")
    with pytest.raises(ConfigError, match="contradicts"):
        profiles.choose()


def test_the_environment_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    set_url(monkeypatch, "postgresql://ana@db/crm")
    monkeypatch.setenv("MYCRM_TOKEN", "t0ken")
    chosen = profiles.choose()
    token = chosen.token()
    assert (chosen.name, chosen.origin, chosen.choice.count) == ("environment", "url", 0)
    assert (chosen.database, token and token.reveal()) == ("postgresql://ana@db/crm", "t0ken")
    with pytest.raises(ConfigError, match="no profile"):
        profiles.choose("work")


@pytest.mark.parametrize("url", ["postgresql://ana:hunter2@db/crm", "postgresql://ana@db/crm?password=hunter2"])
def test_a_password_in_the_environments_address(home: Home, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    home.profiles("work")
    set_url(monkeypatch, url)
    with pytest.raises(UsageError, match="MYCRM_DATABASE_URL: a password") as caught:
        profiles.choose()
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"


def test_a_new_profile_inherits_the_database_in_use(home: Home) -> None:
    assert profiles.inherited() == {}
    profiles.add("work", {"database": "postgresql://ana@db/crm", "database_password": "pgpass", "user": "a@b.c"})
    assert profiles.inherited() == {"database": "postgresql://ana@db/crm", "database_password": "pgpass"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[profiles.work\n", r"not valid TOML.*line 1, column \d+"),
        ('a = 1\nb = "open', r"not valid TOML.*line 2"),
        ("x = [", "line 1, the end of the file"),
        ("x = " + "[" * 5000, "not valid TOML"),
        ("x = " + "1" * 5000, "not valid TOML"),
        ("[profiles]\nwork = 5", "profiles.work must be a table"),
        ("profiles = 5", "profiles must be a table"),
        ("default = 5", "default must be a text"),
        ("[profile.work]", 'unknown entry "profile"'),
        ("[profiles.work]\nuser = 5", r"profile work in .*: user must be a text"),
        ("[profiles.work]\nprotected = 'yes please'", "neither true nor false"),
        ("[profiles.work]\nusr = 'a@b.c'", 'there is no setting "usr"'),
        ("[profiles.work]\ntimezone = 'Europe/Berln'", "not an IANA time zone"),
        ("[profiles.work]\n[settings]\noutput = 'xml'", r"\[settings\] in .*not an output format"),
    ],
)
def test_broken_files(home: Home, text: str, words: str) -> None:
    path = home.write(text)
    with pytest.raises(ConfigError, match=words) as caught:
        profiles.choose()
    assert str(path) in caught.value.message
    assert profiles.problems()


def test_files_that_are_no_text(home: Home) -> None:
    home.write("").write_bytes(b"# fine\n# \xff\n")
    with pytest.raises(ConfigError, match="line 2, column 3"):
        profiles.choose()
    home.config.write_bytes(b"#" * 2_000_000)
    with pytest.raises(ConfigError, match="too large"):
        profiles.choose()
    home.config.unlink()
    home.config.mkdir()
    with pytest.raises(CrmError, match="is not a file"):
        profiles.choose()


def test_a_byte_order_mark_and_windows_lines_are_read(home: Home) -> None:
    home.write("").write_bytes(b"\xef\xbb\xbf[profiles.work]\r\nuser = 'a@b.c'\r\n")
    assert profiles.choose().user == "a@b.c"
    profiles.edit("work", {"user": "b@b.c"})
    assert profiles.choose().user == "b@b.c"


def test_one_broken_profile_does_not_stop_the_others(home: Home) -> None:
    home.write("[profiles.good]\n[profiles.bad]\ntimezone = 'nowhere'\n")
    assert profiles.choose("good").name == "good"
    assert profiles.names() == ["good", "bad"]
    assert [problem for problem in profiles.problems() if "profile bad" in problem]
    profiles.edit("bad", {"timezone": "UTC"})
    assert profiles.choose("bad").timezone == "UTC"
    assert profiles.problems() == []
