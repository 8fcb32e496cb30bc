"""Every command of the tree where nothing is as it should be: no disk, no home, no server, no stream, no schema.

    python -m tests.faults.hostile --database sqlite [--only NAME] [--count N] [--seed S]

Each command runs as a process of its own in each place, on a copy of a world that is whole. It must end with a
status that is documented for what is wrong, say so in one sentence with a hint, and leave the rows as they were.
"""

import argparse
import hashlib
import os
import pty
import random
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, NamedTuple

from tests.faults import worlds
from tests.faults.hostilelines import Line, lines, settle
from tests.faults.hostileplaces import PLACES, Place, admin, possible, words
from tests.faults.worlds import World, Worlds

SECONDS = 60
"""In which every command ends."""
SILENT = frozenset((0, 7, 8, 143, 130))
"""Statuses that need no message."""
HINTED = frozenset((75, 78))
MOVING = ("login_attempts", "api_tokens", "sessions", "maintenance_windows")
"""Tables that count what was tried, whatever became of it."""


class Ended(NamedTuple):
    """How a run ended: without a status it did not end in time."""

    status: int | None
    stdout: str
    stderr: str


class Account:
    """What was tried and what was wrong; each fault is a sentence."""

    def __init__(self) -> None:
        self.tried = self.tracebacks = self.undocumented = self.changed = self.unsaid = 0
        self.faults: list[str] = []

    def add(self, other: "Account") -> None:
        """Count what another one found."""
        for name in ("tried", "tracebacks", "undocumented", "changed", "unsaid"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults += other.faults

    def told(self) -> str:
        """Return the account in a sentence."""
        return (
            f"tried {self.tried}, tracebacks {self.tracebacks}, undocumented exits {self.undocumented},"
            f" rows changed by what failed {self.changed}, without a clear sentence {self.unsaid}"
        )


class Ground:
    """A world that can be had again as it was."""

    def __init__(self, kept: Worlds) -> None:
        self.world = world = kept.copy()
        self.lines = lines(settle(world.program, world.folder), world.program, world.folder)
        self.usual: dict[str, Ended] = {}
        self.copy = world.folder.parent / f"{world.folder.name}-whole"
        shutil.copytree(world.folder, self.copy)
        self.template = ""
        if world.name is not None:
            self.template = kept.templates.server.create(template=world.name)
        self.mark = self.now()

    def now(self) -> str:
        """Return a hash over the database: an SQLite file's bytes, or the rows of all tables."""
        if self.world.name is None:
            file = Path(self.world.location)
            return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""
        with admin(self.world) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            parts = [
                f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{name}\" t"
                for (name,) in found.fetchall()
                if name not in MOVING
            ]
            return str(sorted(connection.execute(" UNION ALL ".join(parts)).fetchall()))

    def renew(self, *, rows: bool) -> None:
        """Put everything back as it was; rows of PostgreSQL only where they were changed."""
        for path in (self.world.folder, *self.world.folder.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(self.world.folder)
        shutil.rmtree(f"{self.world.program.home}.all", ignore_errors=True)
        shutil.copytree(self.copy, self.world.folder)
        if rows and self.world.name is not None:
            self.world.quiet()
            self.world.worlds.templates.server.create(template=self.template, name=self.world.name)

    def ordinarily(self, line: Line) -> Ended:
        """Return how a line ends where nothing is wrong."""
        if line.command not in self.usual:
            self.usual[line.command] = start(Place("whole"), self.world, line)
            self.renew(rows=self.now() != self.mark)
        return self.usual[line.command]

    def attempt(self, place: Place, line: Line, account: Account) -> None:
        """Run a line in a place and judge how it ended."""
        usual = self.ordinarily(line)
        place.prepare(self.world)
        before = self.now()
        ended = start(place, self.world, line)
        after = self.now()
        judge(place, line, usual, ended, account, changed=before != after)
        self.renew(rows=after != self.mark)


def judge(place: Place, line: Line, usual: Ended, ended: Ended, account: Account, *, changed: bool) -> None:
    """Count a run and what is wrong about it."""
    account.tried += 1
    said = ended.stdout + ended.stderr
    faults = []
    if "Traceback" in said or ended.status == 1 or "bug in mycrm" in said or "Exception ignored" in said:
        account.tracebacks += 1
        faults.append("traceback")
    allowed = place.ends(line, usual.status or 0, bool(usual.stdout))
    if ended.status not in allowed:
        account.undocumented += 1
        faults.append(f"exit {ended.status}, not {sorted(allowed)}")
    if changed and ended.status not in (*SILENT, usual.status) and "is written" not in said:
        account.changed += 1
        faults.append("rows changed")
    if ended.status not in SILENT and not clear(place, ended):
        account.unsaid += 1
        faults.append("no clear sentence")
    if faults:
        text = said.strip()[-700:] if "traceback" in faults else said.strip()[-250:]
        account.faults.append(f"{place.name} · {' '.join(line.words)}: {', '.join(faults)}\n    {text!r}")


def clear(place: Place, ended: Ended) -> bool:
    """Return whether one sentence says what is wrong, with a hint where it is the place that is."""
    if place.mute:
        return True
    told = [text for text in ended.stderr.splitlines() if text.startswith(("error: ", '{"error"'))]
    hinted = ended.status not in HINTED or "  try: " in ended.stderr or '"hint"' in ended.stderr
    return (len(told) == 1 and hinted) or ended.status == 10


def start(place: Place, world: World, line: Line) -> Ended:
    """Run a line in a place."""
    known = {**world.program.environment(), **place.env}
    environment = {key: value for key, value in known.items() if value is not None}
    held = place.during(world) if place.during else None
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, held_up(held):
        with screen() if place.terminal else nullcontext(out.fileno()) as end:
            process = subprocess.Popen(
                [*place.wrap(world), *words(place, line)],
                stdin=subprocess.PIPE,
                stdout=end,
                stderr=err,
                env=environment,
                cwd="/",
            )
            try:
                process.communicate(line.stdin.encode(), timeout=SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                return Ended(None, "", "")
        return Ended(process.returncode, text(out), text(err))


def text(file: IO[bytes]) -> str:
    """Return what was written to a file."""
    file.seek(0)
    return file.read().decode("utf-8", "replace")


@contextmanager
def held_up(held: Iterator[None] | None) -> Iterator[None]:
    """Keep up what goes on while the program runs."""
    if held is not None:
        next(held)
    try:
        yield
    finally:
        if held is not None:
            next(held, None)


@contextmanager
def screen() -> Iterator[int]:
    """Yield the end of a terminal whose other end somebody reads."""
    reader, end = pty.openpty()

    def drain() -> None:
        with suppress(OSError):
            while os.read(reader, 65536):
                pass

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()
    try:
        yield end
    finally:
        os.close(end)
        thread.join(5)
        os.close(reader)


def run(kept: Worlds, *, count: int | None = None, only: str = "", command: str = "", seed: int = 1) -> Account:
    """Try commands in every place that can be made here, and return what was found; ``count`` in each place."""
    ground, whole, choose = Ground(kept), Account(), random.Random(seed)
    for place in PLACES:
        if only not in place.name or not possible(place, kept.dialect):
            continue
        account = Account()
        found = [line for line in ground.lines if line.command.startswith(command)]
        for line in found if count is None else choose.sample(found, min(count, len(found))):
            ground.attempt(place, line, account)
        if count is None or account.faults:
            worlds.say(f"{place.name}: {account.told()}")
        for fault in account.faults:
            worlds.say(f"  {fault}")
        whole.add(account)
    return whole


def sampled(kept: Worlds, pairs: int, choose: random.Random) -> Account:
    """Try a few commands, each in a place of its own."""
    ground, account = Ground(kept), Account()
    found = [place for place in PLACES if possible(place, kept.dialect)]
    for place in choose.sample(found, pairs):
        ground.attempt(place, choose.choice(ground.lines), account)
    return account


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, help="commands in each place, all unless told")
    parser.add_argument("--only", default="", metavar="NAME", help="places whose name has this in it")
    parser.add_argument("--command", default="", help="commands that begin so")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with worlds.opened(given.database) as kept:
        account = run(kept, count=given.count, only=given.only, command=given.command, seed=given.seed)
    worlds.say(f"{given.database}, seed {given.seed}: {account.told()}")
    return 1 if account.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
