"""A home of its own for every test, with nothing of the real one."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from mycrm_cli.config.settings import ENVIRONMENT

OTHERS = ("CI", "PAGER", "EDITOR", "VISUAL", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


class Home:
    """The folder of MYCRM_HOME and the working folder beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root / "home"
        self.work = root / "work" / "deep"
        self.config = self.root / "config.toml"
        self.cache = self.root / "cache" / "profiles"
        self.current = self.root / "state" / "current"
        self.work.mkdir(parents=True)

    def write(self, text: str) -> Path:
        """Write config.toml as a person would, in place."""
        self.root.mkdir(exist_ok=True)
        self.config.write_text(text)
        self.config.chmod(0o600)
        return self.config

    def profiles(self, *names: str, default: str = "") -> None:
        """Write a config.toml with some profiles, each with a database of its own."""
        head = f'default = "{default}"\n' if default else ""
        self.write(head + "".join(f'[profiles.{name}]\ndatabase = "/srv/{name}.db"\n' for name in names))

    def project(self, text: str, up: int = 0) -> Path:
        """Write a .mycrm.toml into the working folder or one above it."""
        path = [self.work, *self.work.parents][up] / ".mycrm.toml"
        path.write_text(text)
        return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A MYCRM_HOME that does not exist yet."""
    for name in (*ENVIRONMENT, *OTHERS):
        monkeypatch.delenv(name, raising=False)
    made = Home(tmp_path)
    monkeypatch.setenv("MYCRM_HOME", str(made.root))
    monkeypatch.chdir(made.work)
    return made


def settle() -> None:
    """Wait until the files' times are old enough for the cache."""
    time.sleep(0.07)


class DictKeyring(KeyringBackend):
    """A keyring that keeps what it is given, loses it, hangs or breaks."""

    priority = 1

    def __init__(self, mode: str = "good") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.mode = mode
        self.kept: dict[tuple[str, str], str] = {}

    def _misbehave(self, words: str) -> None:
        if self.mode == "hang":
            time.sleep(30)
        if self.mode == "broken":
            raise RuntimeError(f"cannot keep {words}")

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept."""
        self._misbehave(username)
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it, or not."""
        self._misbehave(password)
        if self.mode != "null":
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Delete it."""
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[DictKeyring]:
    """The keyring of the process, one that keeps what it is given."""
    before = keyring.get_keyring()
    made = DictKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return os.stat(path).st_mode & 0o777
