"""The cached choice is always the uncached one, and starts without the libraries that read files."""

import binascii
import marshal
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mycrm_cli.config import cache, profiles
from mycrm_cli.errors import CrmError
from tests.config.conftest import Home, mode, settle

FORBIDDEN = ("platformdirs", "tomllib", "tomlkit", "keyring", "typing", "dataclasses", "pathlib", "re", "json")


def is_cached(flag: str | None = None) -> bool:
    return cache.find(cache.key(flag)) is not None


def warm(home: Home, *names: str) -> None:
    home.profiles(*names)
    settle()
    profiles.choose(names[0])
    assert is_cached(names[0])


def test_a_cached_choice_imports_nothing_heavy(home: Home) -> None:
    warm(home, "work")
    code = "import sys; from mycrm_cli.config import profiles; profiles.choose('work'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(Path(profiles.__file__).parents[2])})  # fmt: skip
    assert set(done.stdout.split()) & set(FORBIDDEN) == set()
    assert "mycrm_cli.config.document" not in done.stdout


def test_the_cached_profile_is_whole(home: Home) -> None:
    home.write("[profiles.work]\nuser = 'a@b.c'\nprotected = true\n[settings]\noutput = 'csv'\n")
    settle()
    first, second = profiles.choose(), profiles.choose()
    assert is_cached()
    assert first.values() == second.values()
    assert (second.preferences, second.origins, second.origin) == ({"output": "csv"}, {"database": "default"}, "only")


def test_the_cache_is_private(home: Home) -> None:
    warm(home, "work")
    assert (mode(home.cache), mode(home.cache.parent)) == (0o600, 0o700)


def test_changes_of_the_last_moment_are_not_cached(home: Home) -> None:
    """Two edits of one length within a tick of the file system's clock cannot be told apart."""
    for number in range(200):
        name = "ab"[number % 2]
        home.profiles(name)
        assert profiles.choose().name == name


@pytest.mark.parametrize("change", ["config", "touch-back", "use", "project", "variable", "url", "cwd", "flag", "home"])
def test_stale_after(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str) -> None:
    warm(home, "work")
    profiles.choose()
    assert is_cached()
    if change == "config":
        home.write("[profiles.work]\nuser = 'x@y.z'\n")
    elif change == "touch-back":
        before = home.config.stat()
        home.config.write_text(home.config.read_text().replace("/srv/work", "/opt/work"))
        os.utime(home.config, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif change == "use":
        home.current.parent.mkdir(exist_ok=True)
        home.current.write_text("work")
    elif change == "project":
        home.project("profile = 'work'", up=1)
    elif change == "variable":
        monkeypatch.setenv("MYCRM_PROFILE", "work")
    elif change == "url":
        monkeypatch.setenv("MYCRM_DATABASE_URL", "/srv/work.db")
    elif change == "cwd":
        (tmp_path / ".mycrm.toml").write_text("profile = 'work'")
        monkeypatch.chdir(tmp_path)
    elif change == "flag":
        assert not is_cached("other")
        return
    elif change == "home":
        monkeypatch.setenv("HOME", "/elsewhere")
    assert not is_cached()
    assert profiles.choose().origin in ("only", "use", "project", "environment")


def test_several_choices_are_kept_at_once(home: Home) -> None:
    warm(home, "a", "b")
    profiles.choose("b")
    assert is_cached("a")
    assert is_cached("b")
    assert len(cache._entries()) <= cache.ENTRIES


def poison(path: Path, entries: Any, *, crc: bool = True) -> None:
    content = marshal.dumps(entries)
    path.write_bytes((binascii.crc32(content).to_bytes(4, "big") if crc else b"\0\0\0\0") + content)
    path.chmod(0o600)


def test_a_cache_that_cannot_be_trusted_is_ignored(home: Home) -> None:
    warm(home, "work")
    good = home.cache.read_bytes()
    evil: Any = {cache.key("work"): (("evil", "flag", 1, ""), {"database": "sqlite:////evil.db"}, {}, {}, {})}
    poison(home.cache, evil)
    assert profiles.choose("work").name == "evil"  # what follows is not ignored for another reason
    for spoil in (
        lambda: poison(home.cache, evil, crc=False),
        lambda: home.cache.chmod(0o644),
        lambda: home.cache.write_bytes(b""),
        lambda: home.cache.write_bytes(b"\0\0\0\0"),
        lambda: home.cache.write_bytes(good[:-3]),
        lambda: home.cache.write_bytes(os.urandom(300)),
        lambda: poison(home.cache, ["no", "table"]),
    ):
        poison(home.cache, evil)
        spoil()
        assert cache.find(cache.key("work")) is None
        assert profiles.choose("work").name == "work"
    home.cache.unlink()
    os.mkfifo(home.cache)
    assert profiles.choose("work").name == "work"
    home.cache.unlink(missing_ok=True)
    home.cache.symlink_to(home.config)
    assert profiles.choose("work").name == "work"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_cache_of_somebody_else_is_ignored(home: Home) -> None:
    warm(home, "work")
    poison(home.cache, {cache.key("work"): (("evil", "flag", 1, ""), {"database": "x"}, {}, {}, {})})
    os.chown(home.cache, 12345, -1)
    assert profiles.choose("work").name == "work"


def test_a_cache_that_cannot_be_written_is_no_error(home: Home) -> None:
    home.profiles("work")
    (home.root / "cache").write_text("in the way")
    settle()
    assert profiles.choose("work").name == "work"


@given(content=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_content_of_the_cache_breaks_a_start(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYCRM_HOME", folder)
        path = Path(folder, "cache", "profiles")
        path.parent.mkdir()
        path.write_bytes(content)
        path.chmod(0o600)
        assert cache._entries() == {}


STEPS = st.lists(
    st.sampled_from(
        [
            ("write", "ab"), ("write", "abc"), ("write", "b"), ("write", ""), ("broken", ""), ("add", "c"), ("add", "d"),
            ("delete", "a"), ("rename", "b"), ("use", "a"), ("use", "b"), ("default", "a"), ("timezone", "UTC"),
            ("project", "a"), ("project", "b"), ("project", ""), ("above", "b"), ("above", ""), ("profile", "a"),
            ("profile", "b"), ("profile", ""), ("url", "/srv/a.db"), ("url", "a.db"), ("url", ""), ("folder", "x"),
            ("folder", ""), ("remove", ""), ("preference", "csv"), ("wait", ""), ("wait", ""),
        ]
    ),
    min_size=3,
    max_size=14,
)  # fmt: skip


class Walk:
    """One sequence of edits in a home of its own, with the environment restored at its end."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.home = Home(root)
        self.patch = patch
        (self.home.work / "x").mkdir()
        for name in ("MYCRM_PROFILE", "MYCRM_DATABASE_URL", "MYCRM_TZ"):
            patch.delenv(name, raising=False)
        patch.setenv("MYCRM_HOME", str(self.home.root))
        patch.chdir(self.home.work)

    def step(self, verb: str, word: str) -> None:
        """Do one edit; edits that are refused are no edits."""
        files = {"project": self.home.work / ".mycrm.toml", "above": self.home.work.parent / ".mycrm.toml"}
        variables = {"profile": "MYCRM_PROFILE", "url": "MYCRM_DATABASE_URL"}
        calls: dict[str, Callable[[], object]] = {
            "add": lambda: profiles.add(word, {}),
            "delete": lambda: profiles.delete(word),
            "rename": lambda: profiles.rename(word, "r"),
            "use": lambda: profiles.use(word),
            "default": lambda: profiles.set_default(word),
            "timezone": lambda: profiles.edit(profiles.names()[0], {"timezone": word}),
            "preference": lambda: profiles.set_preference("output", word),
        }
        if verb in files:
            files[verb].write_text(f'profile = "{word}"') if word else files[verb].unlink(missing_ok=True)
        elif verb in variables:
            self.patch.setenv(variables[verb], word)
        elif verb in calls:
            try:
                calls[verb]()
            except (CrmError, IndexError):
                return
        elif verb == "write":
            self.home.profiles(*word)
        elif verb == "broken":
            self.home.write("[profiles")
        elif verb == "remove":
            self.home.config.unlink(missing_ok=True)
        elif verb == "folder":
            self.patch.chdir(self.home.work / word)
        elif verb == "wait":
            settle()


def answer(flag: str | None, chooser: object) -> object:
    """Return all that a choice tells, or its error."""
    try:
        found = chooser(flag)  # type: ignore[operator]
    except CrmError as error:
        return type(error).__name__, error.message
    if isinstance(found, profiles.Profile):
        choice = found.choice
        return (
            (choice.name, choice.origin, choice.count, choice.where),
            found.values(),
            found.origins,
            found.preferences,
            found.hooks,
        )
    choice, values, origins, preferences, hooks = found
    return answer(None, lambda _: profiles.Profile(profiles.Choice(*choice), values, origins, preferences, hooks))


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_whatever_changes_the_cached_choice_is_the_uncached_one(steps: list[tuple[str, str]]) -> None:
    here = os.getcwd()
    try:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            walk = Walk(Path(folder), patch)
            for verb, word in steps:
                walk.step(verb, word)
                for flag in (None, "a"):
                    assert answer(flag, profiles.choose) == answer(flag, profiles._chosen)
    finally:
        os.chdir(here)
