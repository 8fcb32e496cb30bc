"""config.toml on disk: whole or not at all, nobody's edit lost, open to nobody else."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mycrm_cli.config import profiles, storage
from mycrm_cli.errors import ConfigError, Unavailable
from tests.config.conftest import Home, mode


def test_modes(home: Home) -> None:
    old = os.umask(0)
    try:
        profiles.add("work", {})
        profiles.use("work")
    finally:
        os.umask(old)
    files = [path for path in home.root.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"config.toml", "current", "config.lock"}
    assert {mode(path) for path in files} == {0o600}
    assert {mode(path) for path in [home.root, *home.root.iterdir()] if path.is_dir()} == {0o700}


def test_a_file_open_to_others_is_told_by_doctor_and_tightened_by_a_write(home: Home) -> None:
    home.profiles("work")
    home.config.chmod(0o644)
    assert profiles.choose().name == "work"
    assert [problem for problem in profiles.problems() if f"chmod 600 {home.config}" in problem]
    profiles.edit("work", {"timezone": "UTC"})
    assert mode(home.config) == 0o600
    assert profiles.problems() == []


def test_a_symbolic_link_stays_one(home: Home, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "mycrm.toml"
    real.parent.mkdir()
    real.write_text("[profiles.work]\n")
    home.root.mkdir()
    home.config.symlink_to(real)
    profiles.edit("work", {"timezone": "UTC"})
    assert home.config.is_symlink()
    assert "UTC" in real.read_text()


def test_a_full_disk_leaves_the_old_file(home: Home) -> None:
    profiles.add("work", {"user": "a@b.c"})
    before = home.config.read_bytes()
    code = (
        "import resource, signal; from mycrm_cli.config import profiles; from mycrm_cli.errors import ConfigError\n"
        "import tomlkit, tomllib\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "try: profiles.edit('work', {'timezone': 'UTC'})\n"
        "except ConfigError as error: print(error.exit, error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"78 cannot write {home.config}: File too large" in done.stdout
    assert home.config.read_bytes() == before
    assert [path.name for path in home.root.iterdir() if path.name.endswith(".tmp")] == []


TWENTY = """
import sys
from mycrm_cli.config import profiles
for number in range(20):
    profiles.add(f"{sys.argv[1]}{number}", {"user": "a@b.c"})
    profiles.edit("shared", {"timezone" if sys.argv[1] == "a" else "user": "UTC" if sys.argv[1] == "a" else "b@b.c"})
"""


def test_two_processes_lose_nothing(home: Home) -> None:
    profiles.add("shared", {})
    running = [subprocess.Popen([sys.executable, "-c", TWENTY, name]) for name in "ab"]
    assert [process.wait(60) for process in running] == [0, 0]
    assert set(profiles.names()) == {"shared", *(f"{name}{number}" for name in "ab" for number in range(20))}
    shared = profiles.get("shared")
    assert (shared.timezone, shared.user) == ("UTC", "b@b.c")


def test_readers_never_see_half_a_file(home: Home) -> None:
    profiles.add("shared", {})
    writer = subprocess.Popen([sys.executable, "-c", TWENTY, "a"])
    reads = 0
    while writer.poll() is None:
        assert "shared" in profiles.names()
        reads += 1
    assert writer.returncode == 0
    assert reads > 20


def test_a_lock_that_stays_taken_is_reported(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.profiles("work")
    monkeypatch.setattr(storage, "LOCK_SECONDS", 0.1)
    with storage.Lock("config.lock"), pytest.raises(Unavailable) as caught:
        profiles.use("work")
    assert caught.value.exit == 75
    profiles.use("work")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user whom modes stop; root is stopped by nothing."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_read_only_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "config.toml").write_text("[profiles.work]\n")
        (root / "state").mkdir()
        monkeypatch.setenv("MYCRM_HOME", folder)
        profiles.edit("work", {})  # loads what nobody may not be able to read
        (root / "config.toml").chmod(0o644)
        (root / "state" / "config.lock").chmod(0o666)
        for path in (root / "state", root):
            path.chmod(0o555)
        with as_nobody():
            assert profiles.choose("work").choice.count == 1
            for call in (lambda: profiles.use("work"), lambda: profiles.edit("work", {"timezone": "UTC"})):
                with pytest.raises(ConfigError, match="cannot write .*: Permission denied") as caught:
                    call()
                assert caught.value.exit == 78
        for path in (root, root / "state"):
            path.chmod(0o755)


def test_unreadable_files(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_text("[profiles.work]\n")
        monkeypatch.setenv("MYCRM_HOME", folder)
        profiles.choose()
        os.chmod(folder, 0o755)
        path.chmod(0)
        with as_nobody(), pytest.raises(ConfigError, match="cannot read .*: Permission denied"):
            profiles.choose("work")
