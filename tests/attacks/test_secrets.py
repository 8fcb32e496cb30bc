"""Secrets with a mark in them: after every command, failing ones too, they lie in their own place and nowhere else."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyotp
import pytest

from mycrm_cli import catalog, query
from mycrm_cli.config.secrets import Secret
from mycrm_cli.db import connect
from mycrm_cli.services import mfa
from tests.accounts import INIT, START, Accounts, little_work
from tests.attacks import reads
from tests.attacks.watched import watching
from tests.program import Program

PASSWORD = "canary of seven green kettles"
SEED = "CANARYJBSWY3DPEHPK3PXPJBSWY3DPEH"
IN_URL, IN_FILE, IN_COMMAND, IN_VARIABLE = (
    "canary-url-7731",
    "canary-file-7732",
    "canary-command-7733",
    "canary-env-7734",
)
MAIL = "canary-mail-7735"
FAR = "postgresql://nobody@127.0.0.1:9/nowhere?connect_timeout=1"
WHOSE = ("--organization", "acme", "--user", "ana@acme.com")
WRONG = ("contact view nobody", "contact edit", "nonsense", "contact list --nonsense", "contact list -w x=", "sql")


class Secrets:
    """What must be seen nowhere, by a name; what each was shown by on purpose is not looked at."""

    def __init__(self, acme: Accounts) -> None:
        self.acme = acme
        self.known = {"password": PASSWORD, "seed": SEED, "grouped seed": " ".join(re.findall("....", SEED))}
        self.known |= {"url": IN_URL, "file": IN_FILE, "command": IN_COMMAND, "variable": IN_VARIABLE, "mail": MAIL}
        self.own: dict[str, set[Path]] = {}
        self.exits: Counter[int] = Counter()

    def run(self, *line: str, exit: int | None = None, shown: tuple[str, ...] = (), **options: object) -> str:
        """Run a line and look through what it printed; return its standard output."""
        result = self.acme(*line, exit=exit, **options)  # type: ignore[arg-type]
        self.exits[result.exit] += 1
        for name, secret in self.known.items():
            if name not in shown:
                assert secret not in result.stdout + result.stderr, (name, result)
        return result.stdout

    def keep(self, name: str, secret: str, *places: Path) -> None:
        """Watch for one more secret, which may lie in these files."""
        assert len(secret) > 12, name
        self.known[name] = secret
        self.own[name] = set(places)

    def files(self, folder: Path) -> int:
        """Look through every file in a folder; return how many there are."""
        seen = 0
        for name, places in self.own.items():
            assert all(self.known[name].encode() in place.read_bytes() for place in places), name  # where it belongs
        for path in filter(Path.is_file, folder.rglob("*")):
            seen += 1
            content = path.read_bytes()
            for name, secret in self.known.items():
                if path not in self.own.get(name, ()):
                    assert secret.encode() not in content, (name, path)
        return seen

    def tables(self) -> int:
        """Look through every row of every table; return how many there are."""
        known = self.acme.json("profile", "view", "work")
        organization = UUID(known["organization_id"])
        seen = 0
        with closing(connect.connect(known["database"], organization_id=organization)) as connection:
            connection.begin()
            own = organization.bytes if connection.dialect == "sqlite" else organization
            for entity in catalog.entities().values():
                if not entity.tenant:
                    continue
                rows = connection.execute(f"SELECT * FROM {entity.table} WHERE organization_id = ?", (own,)).fetchall()
                for row in rows:
                    seen += 1
                    wrong = [name for name, secret in self.known.items() if any(secret in str(cell) for cell in row)]
                    assert not wrong, (entity.table, wrong)
        return seen


@pytest.fixture
def secrets(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """Acme, founded with a password, in a process that keeps nothing from anybody (umask 0)."""
    little_work(monkeypatch)
    monkeypatch.setattr(mfa, "new_secret", lambda: Secret(SEED))
    monkeypatch.chdir(tmp_path)
    before = os.umask(0)
    acme = Accounts(Program(tmp_path / "home", migrated_database))
    found = Secrets(acme)
    given = ("--no-input", "--database", migrated_database, "--password-file", "-")
    found.run(*INIT.split(), *given, stdin=f"{PASSWORD}\n", exit=0)
    yield found
    os.umask(before)


def test_secrets_stay_in_their_places(secrets: Secrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords, sessions, tokens, codes and keys: hand each one out, run everything, search everything."""
    with watching() as watch:
        hand_out(secrets, tmp_path)
        refuse(secrets)
        sources(secrets, tmp_path)
        lines = list(everything(secrets, thorough="MYCRM_ATTACKS" in os.environ))
        for line in lines:
            secrets.run(*line)
        bugs(secrets, monkeypatch)
    assert len(lines) > 180, len(lines)
    assert not [argv for argv in watch.started if any(secret in argv for secret in secrets.known.values())]
    rows, files = secrets.tables(), secrets.files(tmp_path)
    modes = private(tmp_path / "home") + private(tmp_path / "out")
    runs = f"{sum(secrets.exits.values())} runs (exits {dict(sorted(secrets.exits.items()))})"
    print(f"\n{len(secrets.known)} secrets, {runs}, {rows} rows, {files} files searched: found 0; {modes} modes right")
    assert secrets.exits[0] > 120 and rows > 40 and files > 12


def hand_out(secrets: Secrets, tmp_path: Path) -> None:
    """Make a session, tokens, a second factor, recovery codes and an invitation, each printed once."""
    acme, home = secrets.acme, tmp_path / "home"
    code = pyotp.TOTP(SEED).at(datetime.fromisoformat(START).replace(tzinfo=UTC))
    shown = secrets.run(
        *("user", "mfa", "enable", "--password-file", "-"),
        stdin=f"{PASSWORD}\n{code}\n",
        terminal=True,
        exit=0,
        shown=("grouped seed",),
    )
    for place, recovery in enumerate(re.findall(r"^(?:[a-z2-9]{6}-){3}[a-z2-9]{6}$", shown, re.MULTILINE)):
        secrets.keep(f"recovery code {place}", recovery)
    assert "recovery code 9" in secrets.known
    [session] = (home / "state" / "sessions").iterdir()
    secrets.keep("session", re.findall(r"mcs_[\w-]+", session.read_text())[0], session)
    [key] = [path for path in (home / "state" / "keys").iterdir() if path.suffix == ".json"]
    for text in re.findall(r'"([A-Za-z0-9+/=_-]{40,})"', key.read_text()):
        secrets.keep("key", text, key)
    assert "key" in secrets.known, key.read_text()
    token = re.findall(r"mct_[\w-]+", secrets.run("user", "token", "create", "--name", "canary", exit=0))[0]
    secrets.keep("token", token)
    invited = secrets.run("user", "invite", "ben@acme.com", "--role", "readonly", exit=0)
    secrets.keep("invitation", re.findall(r"mci_[\w-]+", invited)[0])
    secrets.run("contact", "list", env={"MYCRM_TOKEN": token})
    secrets.run("contact", "list", env={"MYCRM_TOKEN": f"{token[:-1]}x"}, exit=4)
    secrets.run("auth", "login", "--user", "ana@acme.com", "--password-file", "-", stdin=f"{PASSWORD}\nbad\n", exit=4)
    secrets.run("auth", "accept", "--password-file", "-", stdin="mci_wrong\neleven tall windows\n", exit=4)
    acme.now = "2026-03-02T10:30:00"


def refuse(secrets: Secrets) -> None:
    """Write secrets where they do not belong; they are refused, and not repeated."""
    url = f"postgresql://nobody:{IN_URL}@127.0.0.1:9/nowhere"
    for more in ((), ("--json",), ("--debug",)):
        for option, value in (
            ("--database", url),
            ("--admin-database", url),
            ("--database-password", IN_URL),
            ("--admin-password", IN_URL),
            ("--token", secrets.known["token"]),
            ("--token", f"env:{IN_URL}"),
            ("--smtp", f"smtp://mail:{MAIL}@mail.example"),
            ("--imap", f"imaps://mail:{MAIL}@mail.example"),
        ):
            secrets.run("profile", "add", "bad", *WHOSE, option, value, *more, exit=2)
            secrets.run("profile", "edit", "work", option, value, *more, exit=2)
        secrets.run("db", "init", "--database", url, *more, exit=2)
        secrets.run("contact", "list", *more, env={"MYCRM_DATABASE_URL": url})


def sources(secrets: Secrets, tmp_path: Path) -> None:
    """Take passwords from a file, a command and a variable, for a database that is not there."""
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text(f"{IN_FILE}\n")
    printer = tmp_path / "printer"
    printer.touch(mode=0o600)
    printer.write_text(f"{IN_COMMAND}\n")
    secrets.own |= {"file": {file}, "command": {printer}}
    settings = tmp_path / "home" / "config.toml"
    organization = secrets.acme.json("profile", "view", "work")["organization_id"]
    for name, source in (("f", f"file:{file}"), ("c", f"command:cat {printer}"), ("e", "env:CANARY")):
        secrets.run("profile", "add", name, *WHOSE, "--database", FAR, "--database-password", source)
        with settings.open("a") as file_of_settings:  # what adding refuses, because nobody answers
            file_of_settings.write(f'\n[profiles.{name}]\ndatabase = "{FAR}"\ndatabase_password = "{source}"\n')
            file_of_settings.write(f'organization = "acme"\norganization_id = "{organization}"\nuser = "me@acme.com"\n')
        for more in ((), ("--json",), ("--debug",)):
            for line in (("contact", "list"), ("profile", "view", name), ("profile", "env", name), ("db", "status")):
                secrets.run(*line, "-P", name, *more, env={"CANARY": IN_VARIABLE})
        secrets.run("profile", "delete", name, "--yes")


def everything(secrets: Secrets, *, thorough: bool) -> Iterator[list[str]]:
    """Yield every command that reads, as people and as programs get it (a part of it), and lines that are wrong."""
    for place, command in enumerate(reads.reading()):
        line = [*command.split(), *(["me"] if command.split()[-1] in ("view", "history") else [])]
        yield line
        if not thorough and place % 3:
            continue
        yield [*line, "-o", "table", "--debug"]
        if command.endswith("export") and command != "org export":
            yield [*line, "-o", "jsonl"]
    for wrong in WRONG:
        yield from ([*wrong.split(), *more] for more in ((), ("--json",), ("--debug",)))
    out = Path.cwd() / "out"
    out.mkdir(mode=0o700, exist_ok=True)
    yield ["org", "export", "--all", "-O", str(out / "all.jsonl")]
    yield ["user", "export", "-O", str(out / "users.csv")]
    yield ["change", "export", "-O", str(out / "changes.xlsx")]
    yield ["contact", "add", "Ann", "--email", "ann@example.com"]
    bad = out / "bad.csv"
    bad.touch(mode=0o600)
    bad.write_text("first_name,status\nAnn,odd\nBob,active\n")
    reports = ["--rejects", str(out / "rejects.csv"), "--results", str(out / "results.csv")]
    yield ["contact", "import", str(bad), "--on-error", "skip", *reports, "--save-map", str(out / "map.toml")]
    yield ["contact", "import", str(bad), "--on-error", "skip", "--plan", str(out / "plan")]
    yield ["person", "export", "ann@example.com", "-O", str(out / "ann.json")]
    for id in secrets.acme("change", "list", "-o", "ids", "-L", "0").lines:
        yield ["change", "view", id, "--json"]


def bugs(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program fail with secrets at hand: neither the notice nor the log repeats a value."""

    def broken(*args: object, **options: object) -> int:
        hidden = " ".join(secrets.known.values())
        raise RuntimeError(hidden)

    with monkeypatch.context() as patched:
        patched.setattr(query.Reader, "count", broken)
        for more in ((), ("--json",), ("-v",)):
            secrets.run("contact", "count", *more, exit=1)
    assert "RuntimeError" in (secrets.acme.program.home / "state" / "mycrm.log").read_text()


def private(folder: Path) -> int:
    """Assert that nobody else may read what was written; return how many files and folders there are."""
    found = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    open_to_others = {str(path): oct(stat.S_IMODE(path.stat().st_mode)) for path in found if wide(path)}
    assert not open_to_others, open_to_others
    return len(found)


def wide(path: Path) -> bool:
    """Return whether a file is more than 0600, or a folder more than 0700."""
    return bool(stat.S_IMODE(path.stat().st_mode) & (0o077 if path.is_dir() else 0o177))
