"""Hostile places to run the program in: what each does to a process, and how a command may end there."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.faults.hostilelines import Line
from tests.faults.worlds import World

RIGHTS = "-dac_override,-dac_read_search"
HUMBLE = ("setpriv", "--bounding-set", RIGHTS, "--inh-caps", RIGHTS) if os.geteuid() == 0 else ()
"""Root gives up the right to write everywhere."""
QUICK = (
    "from mycrm_cli.db import connect; connect.BUSY_SECONDS = 0.2;"
    " from mycrm_cli.__main__ import main; raise SystemExit(main())"
)
"""Starts a program that waits less for locks."""
MOUNT = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
SMALL = (
    'cp -a "$1" "$1.all" && mount -t tmpfs -o size=256k,mode=700 none "$1" && cp -a "$1.all/." "$1"'
    ' && { head -c 1000000 /dev/zero > "$1/fill" 2>/dev/null; shift; exec "$@"; }'
)


NOTHING: Mapping[str, str | None] = MappingProxyType({})


class Place(NamedTuple):
    """What is wrong in a place."""

    name: str
    shell: str = ""
    """A redirection."""
    env: Mapping[str, str | None] = NOTHING
    """Variables that are set, or taken away."""
    wrap: Callable[[World], list[str]] = lambda world: []
    """Words that start the program."""
    quick: bool = False
    prepare: Callable[[World], None] = lambda world: None
    """Breaks a fresh world, before each run."""
    during: Callable[[World], Iterator[None]] | None = None
    """Goes on while the program runs."""
    terminal: bool = False
    mute: bool = False
    """Whether nothing can be said there."""
    ends: Callable[[Line, int, bool], set[int]] = lambda line, usual, told: {usual}
    """The statuses that are right, from the usual one and whether it usually prints."""
    dialects: tuple[str, ...] = ("sqlite", "postgresql")
    root: bool = False


def or_else(*statuses: int) -> Callable[[Line, int, bool], set[int]]:
    """Return what lets a command end as usual or with one of these."""
    return lambda line, usual, told: {usual, *statuses}


NO_DATABASE = ("help", "completion", "config", "profile", "auth", "init", "demo", "shell", "cron print", "import")
OPERATING = ("db", "doctor", "cron")


def refused(status: int) -> Callable[[Line, int, bool], set[int]]:
    """Return what asks of everything that opens the database to end with one status."""

    def ends(line: Line, usual: int, told: bool) -> set[int]:
        free = line.command.startswith(NO_DATABASE + OPERATING)
        return {usual, status, 8, 75, 78} if free else {status, *({usual} if usual in (2, 78) else ())}

    return ends


def read_only(line: Line, usual: int, told: bool) -> set[int]:
    """Reading works as usual, and a write is told to try later."""
    free = line.command.startswith((*NO_DATABASE, *OPERATING, "user", "org", "report dashboard"))
    if free:  # what it keeps beside the database cannot be kept
        return {usual, 8, 75, 78}
    return {usual, 75} if line.writes else {usual}


def chmod(world: World) -> None:
    """Take away the right to write."""
    for path in (world.folder, *world.folder.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)


def database(world: World) -> Path:
    """Return the SQLite file."""
    return Path(world.location)


def execute(world: World, *statements: str) -> None:
    """Change the schema's own tables."""
    if world.name is None:
        with closing(sqlite3.connect(world.location, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)
        return
    with admin(world) as connection:
        for statement in statements:
            connection.execute(statement)


def admin(world: World) -> Any:
    """Connect to the world's database as the server's owner."""
    import psycopg

    server = world.worlds.templates.server
    return psycopg.connect(server.admin_url, dbname=world.name, autocommit=True)


def damage(world: World) -> None:
    """Turn bytes in the middle of the file over."""
    content = bytearray(database(world).read_bytes())
    for place in range(len(content) // 3, len(content) // 2, 97):
        content[place] ^= 0xFF
    database(world).write_bytes(content)


def filled(content: bytes) -> Callable[[World], None]:
    """Return what puts something else in the place of the file."""

    def prepare(world: World) -> None:
        database(world).write_bytes(content)

    return prepare


def locked(world: World) -> Iterator[None]:
    """Hold the write lock, or every table."""
    if world.name is None:
        with closing(sqlite3.connect(world.location, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield
        return
    with admin(world) as holder, holder.transaction():
        found = holder.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'").fetchall()
        holder.execute(f"LOCK TABLE {', '.join(name for (name,) in found)} IN ACCESS EXCLUSIVE MODE")
        yield


def limited(world: World) -> Iterator[None]:
    """Let no further connection in."""
    main = world.worlds.templates.server.admin
    main.execute(f'ALTER DATABASE "{world.name}" CONNECTION LIMIT 0')
    yield
    main.execute(f'ALTER DATABASE "{world.name}" CONNECTION LIMIT -1')


def moved(url: Callable[[World], str]) -> Callable[[World], None]:
    """Return what lets the profile name another database."""

    def prepare(world: World) -> None:
        file = world.program.home / "config.toml"
        file.write_text(file.read_text().replace(world.program.database, url(world)))

    return prepare


def locked_ends(line: Line, usual: int, told: bool) -> set[int]:
    """SQLite's readers go on; a writer, and anybody where tables are locked, is told to try again."""
    return {usual, 75}


def full(line: Line, usual: int, told: bool) -> set[int]:
    """What cannot be printed is a failure; what prints nothing ends as usual."""
    return {75, *({usual} if usual else ())} if told else {usual}


def unread(line: Line, usual: int, told: bool) -> set[int]:
    """What reads stdin finds it empty where it is closed."""
    return {usual, 2, 3, 6} if line.stdin else {usual}


NEWER = "UPDATE schema_info SET min_program = '99.0'"
REVISION = "UPDATE alembic_version SET version_num = 'zzzz'"
OLDER = "UPDATE alembic_version SET version_num = '0000'"
CLOSED = {"stdout": ">&-", "stderr": "2>&-", "stdin": "<&-", "streams": "<&- >&- 2>&-"}
POSIX: dict[str, str | None] = {
    **dict.fromkeys(("LC_ALL", "LANG"), "POSIX"),
    **dict.fromkeys(("PYTHONUTF8", "PYTHONCOERCECLOCALE", "PYTHONIOENCODING")),
}
NO_HOME: dict[str, str | None] = dict.fromkeys(
    ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
)
UNSHARED = ["unshare", "-m", "sh", "-c"]

PLACES = [
    Place("read-only folder", prepare=chmod, wrap=lambda world: list(HUMBLE), ends=read_only, dialects=("sqlite",)),
    Place(
        "read-only mount",
        wrap=lambda world: [*UNSHARED, MOUNT, "sh", str(world.folder)],
        ends=read_only,
        root=True,
    ),
    Place("no home", env=NO_HOME | {"MYCRM_HOME": None}, ends=refused(78)),
    Place("no HOME but MYCRM_HOME", env=NO_HOME),
    Place("HOME nowhere", env=NO_HOME | {"HOME": "/dev/null/home", "MYCRM_HOME": None}, ends=refused(78)),
    *(
        Place(f"{name} closed", shell=shell, mute="2>" in shell, ends=unread if "<" in shell else or_else())
        for name, shell in CLOSED.items()
    ),
    Place("stdout full", shell=">/dev/full", ends=full),
    Place("stderr full", shell="2>/dev/full", mute=True),
    Place("reader gone", shell="| head -c 0; exit ${PIPESTATUS[0]}"),
    Place("POSIX locale", env=POSIX),
    Place("ASCII streams", env={"PYTHONIOENCODING": "ascii", "LC_ALL": "POSIX"}),
    Place("newer program needed", prepare=lambda world: execute(world, NEWER), ends=refused(78)),
    # A newer schema that this program still understands: min_program decides, not the revision.
    Place("unknown revision", prepare=lambda world: execute(world, REVISION), ends=or_else(8, 78)),
    Place("older schema", prepare=lambda world: execute(world, OLDER), ends=refused(78)),
    Place("no file", prepare=lambda world: database(world).unlink(), ends=refused(78), dialects=("sqlite",)),
    Place("empty file", prepare=filled(b""), ends=refused(78), dialects=("sqlite",)),
    Place(
        "no database",
        prepare=filled(b"no database at all\n" * 999),
        ends=refused(78),
        dialects=("sqlite",),
    ),
    Place("damaged", prepare=damage, ends=or_else(8, 78, 3, 4, 6), dialects=("sqlite",)),
    Place(
        "cut in half",
        prepare=lambda world: os.truncate(world.location, database(world).stat().st_size // 2 // 4096 * 4096),
        ends=or_else(8, 78),
        dialects=("sqlite",),
    ),
    Place("locked", during=locked, quick=True, ends=locked_ends),
    Place(
        "server gone",
        prepare=moved(lambda world: "postgresql://crm@127.0.0.1:1/crm"),
        ends=refused(75),
        dialects=("postgresql",),
    ),
    Place(
        "database gone",
        prepare=moved(lambda world: world.program.database + "_gone"),
        ends=refused(78),
        dialects=("postgresql",),
    ),
    Place("no more connections", during=limited, ends=refused(75), dialects=("postgresql",)),
    Place("keyring fails", env={"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}),
    Place("no such keyring", env={"PYTHON_KEYRING_BACKEND": "nowhere.at.all.Keyring"}),
    Place("tiny terminal", env={"TERM": "dumb", "COLUMNS": "1", "LINES": "1"}, terminal=True),
    Place("unknown terminal", env={"TERM": "nothing", "COLUMNS": "x"}, terminal=True),
    Place("no TERM", env={"TERM": None, "PATH": ""}, ends=or_else(78)),
    Place("wrong TZ", env={"TZ": "No/Where"}),
    Place("open umask", shell="umask"),
    Place(
        "full state folder",
        wrap=lambda world: [*UNSHARED, SMALL, "sh", str(world.program.home)],
        ends=or_else(75, 78),
        root=True,
    ),
    Place("open files", shell="ulimit"),
]
LIMITS = {"umask": "umask 0; ", "ulimit": "ulimit -n 24; "}


def possible(place: Place, dialect: str) -> bool:
    """Return whether a place can be made here."""
    if dialect not in place.dialects:
        return False
    return not place.root or (os.geteuid() == 0 and mounts())


def mounts() -> bool:
    """Return whether this machine lets root mount in a namespace of its own."""
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def words(place: Place, line: Line) -> list[str]:
    """Return the words that start a line in a place, without what goes around them."""
    starter = ["-c", QUICK] if place.quick else ["-m", "mycrm_cli"]
    start = [sys.executable, *starter, *line.words]
    if not place.shell:
        return start
    if place.shell in LIMITS:
        return ["bash", "-c", f'{LIMITS[place.shell]}exec "$@"', "bash", *start]
    return ["bash", "-c", f'"$@" {place.shell}', "bash", *start]
