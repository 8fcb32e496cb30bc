"""Imports broken files into SQLite and PostgreSQL at once, and compares what the two make of them.

    python -m tests.faults.fuzz --count 20000 --seed 1

Whatever a file is like, an import ends with a documented status and without a traceback, writes nothing where
it reports an error, accounts for every row, and says the same on both databases.
"""

import argparse
import json
import re
import shutil
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.faults import checks, worlds
from tests.faults.asked import CASES, Case
from tests.faults.worlds import World, Worlds
from tests.program import Result

COUNTS = checks.COUNTS
EXITS = (0, 2, 6, 7)
"""How an import of a bad file may end."""
TOGETHER = 400
"""Files that come into one database, one after the other."""
REFERENCE = re.compile(r"\b[A-Z]+-\d+ .*")
"""Records that are named by their numbers: which numbers those have, and hence their order, depends on what failed before."""
SLOW = 20.0
"""Seconds that no import of a few rows takes."""


@dataclass
class Account:
    """What was tried and what was found."""

    files: int = 0
    exits: Counter[int] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    again: int = 0
    faults: list[str] = field(default_factory=list)


class Wrong(AssertionError):
    """What must not happen."""


class Done(Exception):
    """As many files were tried as were asked for."""


class Fuzz:
    """Pairs of databases that get the same files."""

    def __init__(self, pair: list[Worlds], folder: Path) -> None:
        self.pair = pair
        self.folder = folder
        self.account = Account()
        self.worlds: list[World] = []
        self.seen: set[int] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, case: Case) -> None:
        """Import one file into both databases; raises Wrong."""
        if self.account.files % TOGETHER == 0:
            self.renew()
        digest = hash((case.noun, case.name, case.data, *case.words))
        if digest in self.seen:
            return
        self.seen.add(digest)
        self.account.files += 1
        self.account.formats[case.name.partition(".")[2]] += 1
        file = self.folder / case.name
        file.write_bytes(case.data)
        line = [case.noun, "import", str(file), "--json", "--no-input", *case.words]
        try:
            first, second = (self.checked(world, line) for world in self.worlds)
            if first != second:
                raise Wrong(f"the databases differ:\n{first}\n{second}")
            self.account.exits[first[0]] += 1
            if first[0] in (0, 7):
                self.account.rows.update(dict(zip(("rows", *COUNTS), first[1], strict=True)))
            if first[0] == 0 and not {"--dry-run", "insert"} & set(line):
                self.again(line)
        except BaseException:
            self.renew()
            raise

    def checked(self, world: World, line: list[str]) -> tuple[Any, ...]:
        """Import into one database, check what came of it, and return the verdict."""
        before, started = written(world), time.monotonic()
        result = world.program(*line, exit=None)
        if time.monotonic() - started > SLOW:
            raise Wrong(f"took {time.monotonic() - started:.0f} s")
        if result.exit not in EXITS or "Traceback" in result.stderr or "bug" in result.stderr:
            raise Wrong(str(result))
        after = written(world)
        if result.exit in (0, 7):
            if "--dry-run" in line and after != before:
                raise Wrong(f"a dry run wrote: {result}")
            return accounted(result)
        if after != before:
            raise Wrong(f"an error was reported and rows were written: {result}")
        return refused(result)

    def again(self, line: list[str]) -> None:
        """Import a file once more: nothing changes."""
        self.account.again += 1
        for world in self.worlds:
            verdict = self.checked(world, line)
            if verdict[0] != 0 or verdict[1][1:3] != (0, 0):
                raise Wrong(f"the same file a second time: {verdict}")

    def renew(self) -> None:
        """Compare the databases as they are now, and begin with new ones."""
        try:
            if self.worlds:
                self.compare()
        finally:
            for world in self.worlds:
                world.drop()
            self.worlds = [kept.copy() for kept in self.pair]
            for world in self.worlds:
                world.program("company", "add", "Acme", "--domain", "acme.example.org")
                world.program("contact", "add", "Ana Berg", "--email", "p0@x.example.org", "--phone", "+4930123456")
                world.program("contact", "add", "Bo Berg", "--email", "trash@x.example.org")
                world.program("contact", "delete", "C-2", "-y")

    def compare(self) -> None:
        """Check that both databases hold the same people, and that each is sound."""
        first, second = (people(world) for world in self.worlds)
        if first != second:
            different = [pair for pair in zip(first, second, strict=False) if pair[0] != pair[1]]
            raise Wrong(f"the databases hold different people: {different[:2]} of {len(first)} and {len(second)}")
        for world in self.worlds:
            if "the chain is whole" not in world.program("change", "verify", exit=None).stderr:
                raise Wrong("the journal is broken")
            if world.name is None:
                checks.sound_file(world)


def written(world: World) -> tuple[Any, ...]:
    """Return what every write moves: the journal's length."""
    return world.rows("SELECT count(*), max(position) FROM changes WHERE organization_id = ?")[0]


def people(world: World) -> list[str]:
    """Return the contacts as people see them, without their numbers: PostgreSQL does not use those again that fail."""
    columns = "email,first_name,last_name,phone,company,city,status,source,tags,score,job_title,do_not_email"
    result = world.program("contact", "list", "-o", "jsonl", "-F", columns, "--limit", "100000")
    rows = [json.loads(line) for line in result.lines]
    return sorted(json.dumps({name: value for name, value in row.items() if name != "id"}) for row in rows)


def accounted(result: Result) -> tuple[Any, ...]:
    """Return the verdict of an import that ran; raises Wrong where a row is not accounted for."""
    account = result.json
    counts = tuple(account[name] for name in ("rows", *COUNTS))
    if counts[0] != sum(counts[1:]):
        raise Wrong(f"{counts[0]} rows came in and {sum(counts[1:])} are accounted for: {result}")
    if bool(account["rejected"]) != (result.exit == 7) or len(account["rejected_details"]) < account["rejected"]:
        raise Wrong(f"the status does not say what was rejected: {result}")
    told = [(warning["code"], warning.get("line"), warning["column"]) for warning in account["warning_details"]]
    return result.exit, counts, details(account["rejected_details"]), told, account["created_parents"]


def refused(result: Result) -> tuple[Any, ...]:
    """Return the verdict of an import that did not run."""
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    return result.exit, error["code"], error["message"], details(error["details"])


def details(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return where rows were refused, and why."""
    return [
        (detail.get("line"), detail.get("column"), detail.get("code"), REFERENCE.sub("X", str(detail.get("message"))))
        for detail in found
    ]


def run(pair: list[Worlds], folder: Path, count: int, number: int, *, stop: bool) -> Account:
    """Try ``count`` files; ``stop`` at the first fault, or else write all down."""
    fuzz, started = Fuzz(pair, folder / "files"), time.monotonic()

    @seed(number)
    @settings(
        max_examples=100 * count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(CASES)
    def every(case: Case) -> None:
        if fuzz.account.files >= count:
            raise Done
        try:
            fuzz.run(case)
        except Exception as error:
            kept = folder / f"fault-{len(fuzz.account.faults) + 1}-{case.name}"
            kept.write_bytes(case.data)
            line = f"mycrm {case.noun} import {kept} {case.words}"
            fuzz.account.faults.append(f"{case.number} {case.wild}: {line}\n{type(error).__name__}: {error}")
            if stop:
                raise
            worlds.say(f"--- {fuzz.account.files}: {fuzz.account.faults[-1][:3000]}")
        if fuzz.account.files % 1000 == 0:
            worlds.say(f"{time.monotonic() - started:.0f} s: {report(fuzz.account)}")

    with suppress(Done):
        every()
    fuzz.renew()
    return fuzz.account


def report(account: Account) -> str:
    """Return the account in one line."""
    exits = ", ".join(f"{count} exit {status}" for status, count in sorted(account.exits.items()))
    rows = ", ".join(f"{count} {name}" for name, count in account.rows.items())
    return f"{account.files} files ({exits}; {rows}), {account.again} of them twice, {len(account.faults)} wrong"


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="where files that show a fault go")
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with ExitStack() as stack:
        pair = [stack.enter_context(worlds.opened(dialect)) for dialect in ("sqlite", "postgresql")]
        account = run(pair, given.keep, given.count, given.seed, stop=False)
    worlds.say(f"seed {given.seed}: {report(account)}, {dict(account.formats)}, {time.monotonic() - started:.0f} s")
    shutil.rmtree(given.keep / "files", ignore_errors=True)
    return 1 if account.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
