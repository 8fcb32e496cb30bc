"""Where files lie: the same places as platformdirs says, or MYCRM_HOME."""

import itertools
from pathlib import Path

import platformdirs.macos
import platformdirs.unix
import pytest

from mycrm_cli.config import paths
from mycrm_cli.errors import ConfigError
from tests.config.conftest import Home, mode

XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
SYSTEMS = {"linux": platformdirs.unix.Unix, "darwin": platformdirs.macos.MacOS}


def folders() -> dict[str, str]:
    return {
        "config": paths.config_dir(),
        "data": paths.data_dir(),
        "state": paths.state_dir(),
        "cache": paths.cache_dir(),
    }


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("values", list(itertools.product(("", "/xdg", "relative"), (None, "/other"))))
def test_the_places_are_those_of_platformdirs(
    home: Home, monkeypatch: pytest.MonkeyPatch, system: str, values: tuple[str, str | None]
) -> None:
    monkeypatch.delenv("MYCRM_HOME")
    monkeypatch.setenv("HOME", "/home/ana")
    monkeypatch.setattr("sys.platform", system)
    for name, value in zip(XDG, itertools.cycle(values), strict=False):
        if value is not None:
            monkeypatch.setenv(name, value)
    peer = SYSTEMS[system]("mycrm", appauthor=False)
    assert folders() == {kind: getattr(peer, f"user_{kind}_dir") for kind in ("config", "data", "state", "cache")}


def test_mycrm_home_moves_everything(home: Home) -> None:
    root = str(home.root)
    assert folders() == {"config": root, "data": f"{root}/data", "state": f"{root}/state", "cache": f"{root}/cache"}
    assert paths.config_file() == f"{root}/config.toml"
    assert paths.backups_dir() == f"{root}/data/backups"
    assert paths.database_file("work") == f"{root}/data/work.db"


def test_a_relative_mycrm_home_starts_at_the_working_folder(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYCRM_HOME", "here")
    assert paths.state_dir() == str(home.work / "here" / "state")


@pytest.mark.parametrize("value", [None, "", "relative"])
def test_no_home_says_to_set_mycrm_home(home: Home, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("MYCRM_HOME")
    monkeypatch.delenv("HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("HOME", value)
    with pytest.raises(ConfigError, match="HOME is not set") as caught:
        paths.config_file()
    assert caught.value.exit == 78
    assert "MYCRM_HOME" in str(caught.value.hint)


def test_folders_are_made_for_their_owner_alone(home: Home) -> None:
    made = Path(paths.ensure(paths.backups_dir()))
    assert [mode(folder) for folder in (made, made.parent, home.root)] == [0o700] * 3


def test_a_file_in_a_folders_place_is_a_clear_error(home: Home) -> None:
    home.root.write_text("not a folder")
    with pytest.raises(ConfigError, match=r"cannot make the folder|is a file"):
        paths.ensure(paths.state_dir())


def test_the_nearest_project_file_counts(home: Home) -> None:
    assert paths.project_file() is None
    above = home.project('profile = "a"', up=1)
    assert paths.project_file() == str(above)
    near = home.project('profile = "b"')
    assert paths.project_file() == str(near)
