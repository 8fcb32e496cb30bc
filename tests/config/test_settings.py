"""Preferences: flag > environment > profile > file > other programs' variables > default, each with its origin."""

import pytest

from mycrm_cli.config import listing, profiles, settings
from mycrm_cli.errors import ConfigError, UsageError
from tests.config.conftest import Home

VALUES = {
    "timezone": ("Europe/Rome", "Europe/Paris", "Europe/Berlin", "Europe/Madrid"),
    "output": ("csv", "json", None, "tsv"),
    "pager": ("a", "b", None, "d"),
    "editor": ("a", "b", None, "d"),
}
ORDER = ("flag", "environment", "profile", "file")


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("mask", range(16))
def test_precedence(home: Home, monkeypatch: pytest.MonkeyPatch, name: str, mask: int) -> None:
    flag, variable, own, file = (value if mask >> bit & 1 else None for bit, value in enumerate(VALUES[name]))
    profiles.add("work", {"timezone": own} if own else {})
    if variable:
        monkeypatch.setenv(settings.PREFERENCES[name].variables[0], variable)
    if file:
        profiles.set_preference(name, file)
    given = [value for value in zip((flag, variable, own, file), ORDER, strict=True) if value[0]]
    expected = given[0] if given else (settings.PREFERENCES[name].default, "default")
    found = settings.resolve(name, flag, profiles.choose())
    assert (found.value, found.origin) == expected


def test_other_programs_variables_come_after_ours(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "nano")
    assert settings.resolve("editor").value == "nano"
    monkeypatch.setenv("VISUAL", "emacs")
    assert settings.resolve("editor").where == "VISUAL"
    assert settings.resolve("editor", stored={"editor": "ed"}).value == "ed"


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("MYCRM_NO_INPUT", "1", "no_input", True), ("MYCRM_NO_INPUT", "0", "no_input", False),
        ("CI", "true", "no_input", True), ("CI", "woodpecker", "no_input", True), ("CI", "false", "no_input", False),
        ("MYCRM_DEBUG", "on", "debug", True), ("MYCRM_PAGER", "", "pager", ""), ("MYCRM_OUTPUT", "JSON", "output", "json"),
        ("MYCRM_OUTPUT", "", "output", None), ("MYCRM_TZ", "UTC", "timezone", "UTC"),
    ],
)  # fmt: skip
def test_variables(
    home: Home, monkeypatch: pytest.MonkeyPatch, variable: str, text: str, name: str, value: object
) -> None:
    monkeypatch.setenv(variable, text)
    assert settings.resolve(name).value == value


@pytest.mark.parametrize(
    ("variable", "text", "name"),
    [("MYCRM_TZ", "Mars/X", "timezone"), ("MYCRM_OUTPUT", "xml", "output"), ("MYCRM_DEBUG", "perhaps", "debug")],
)
def test_wrong_variables_are_named(
    home: Home, monkeypatch: pytest.MonkeyPatch, variable: str, text: str, name: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(ConfigError, match=variable) as caught:
        settings.resolve(name)
    assert caught.value.exit == 78


def test_wrong_flags_are_usage_errors(home: Home) -> None:
    with pytest.raises(UsageError) as caught:
        settings.resolve("output", "jsn")
    assert "json" in caught.value.candidates


def test_the_list_shows_every_origin_and_no_secret(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles.add("work", {"user": "a@b.c", "timezone": "UTC", "token": "env"})
    profiles.set_preference("pager", "most")
    monkeypatch.setenv("MYCRM_TOKEN", "canary")
    monkeypatch.setenv("MYCRM_OUTPUT", "json")
    found = {value.name: (value.value, value.origin) for value in listing.values(profiles.choose(), {"debug": True})}
    assert found["debug"] == (True, "flag")
    assert found["output"] == ("json", "environment")
    assert found["timezone"] == ("UTC", "profile")
    assert found["pager"] == ("most", "file")
    assert found["editor"] == ("vi", "default")
    assert found["profile"] == ("work", "only")
    assert found["user"] == ("a@b.c", "profile")
    assert found["imap"] == (None, "default")
    assert found["MYCRM_TOKEN"] == ("[secret]", "environment")
    assert found["config_file"] == (str(home.config), "environment")
    assert set(found) > {*settings.SETTINGS, *settings.PREFERENCES}
    assert "canary" not in repr(listing.values(profiles.choose()))


def test_the_list_works_without_a_profile(home: Home) -> None:
    names = {value.name for value in listing.values(None, stored=profiles.preferences())}
    assert names > set(settings.PREFERENCES)
