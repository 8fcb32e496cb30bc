"""Hostile text in every field and as every argument: it is shown, exported and refused, never run.

``MYCRM_ATTACKS`` is how many lines are tried of each kind on each database; ``all`` tries all there are.
"""

import csv
import io
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from mycrm_cli import completing
from tests.attacks import arguments, incoming, reads
from tests.attacks.exports import check_cards, check_exports, check_workbooks
from tests.attacks.payloads import EXITS, PAYLOADS, faults, unguarded
from tests.attacks.watched import Watch, watching
from tests.attacks.world import World
from tests.program import Program, Result

ASKED = os.environ.get("MYCRM_ATTACKS", "60")
MOST = sys.maxsize if ASKED == "all" else int(ASKED)
FORMATS = ("jsonl", "csv") if MOST < 100 else ("json", "jsonl", "csv", "tsv")
"""In which formats everything is exported and compared."""
SEED = int(os.environ.get("MYCRM_SEED", "5"))
SCREEN = {"LINES": "1000000", "COLUMNS": "3000"}


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder so deep that paths which lead upwards end inside the test's own folder."""
    folder = tmp_path / "a" / "b" / "c" / "d" / "work"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return folder


def test_hostile_text(crm: Program, tmp_path: Path, deep: Path) -> None:
    """Filled with payloads, the program shows, exports, completes and refuses them."""
    world = World(crm, tmp_path)
    assert world.written > 4000, world.written
    choose = random.Random(SEED)
    with watching() as watch:
        tried = {
            "reading": read(world, choose),
            "exports": check_exports(world, FORMATS)
            + check_workbooks(world, deep, most=MOST // 15)
            + check_cards(world),
            "completion": complete(world, choose),
            "arguments": argue(world, choose),
            "files": bring(world, choose, deep),
        }
    assert not world.wrong, f"{len(world.wrong)} faults\n" + "\n\n".join(world.wrong[:30])
    print(f"\nfields written {world.written}, refused {world.refused}, seed {SEED}; tried {tried}, faults 0")
    nothing_happened(watch, tmp_path, deep)


def read(world: World, choose: random.Random) -> int:
    """Run every command that reads, in every format, on a pipe and on a terminal."""
    commands = reads.reading()
    assert len(commands) >= 125, len(commands)
    tries = [
        (line, format, terminal)
        for command in commands
        for line in reads.lines(world, command, choose)
        for format in reads.FORMATS
        for terminal in (False, True)
    ]
    for line, format, terminal in sampled(tries, choose):
        result = world.crm(*line, "-o", format, exit=None, terminal=terminal, env=SCREEN)
        harmless(world, result, files=format in ("csv", "tsv") or line[:2] == ["org", "export"], terminal=terminal)
        if format in ("csv", "tsv") and not terminal and line[0] not in ("completion", "help", "org"):
            guarded(world, result, "," if format == "csv" else "\t")
    return min(MOST, len(tries))


def argue(world: World, choose: random.Random) -> int:
    """Give payloads as options and arguments."""
    tries = arguments.everything()
    assert len(tries) > 100_000, len(tries)
    chosen = sampled(tries, choose)
    exits: Counter[int] = Counter()
    for place, one in enumerate(chosen):
        if place % 200 == 0:
            world.crm("profile", "add", "spare", "--organization", "acme", "--user", "ana@acme.com", exit=None)
        words = arguments.line(world, one, choose)
        terminal = choose.random() < 0.2 and "passwd" not in words
        result = world.crm(*words, "-P", "work", exit=None, terminal=terminal, env={**SCREEN, "MYCRM_NO_INPUT": "1"})
        files = not {"csv", "tsv", "export"}.isdisjoint(words) or " ".join(words[:2]) in reads.CARDS
        harmless(world, result, files=files, terminal=terminal)
        exits[result.exit] += 1
    print(f"\narguments: exits {dict(sorted(exits.items()))}")
    return len(chosen)


def complete(world: World, choose: random.Random) -> int:
    """Ask for completion as the shells do, of references, filters, tags and files."""
    # What is no text at all gets no answer; a shell is told nothing then.
    typed = ["", "Z", "@", "+", "=", "-", "city=", 'city="Z', "$(", "`", "../"]
    typed += [text for name, text in PAYLOADS.items() if name != "surrogate"]
    lines = [(noun, verb, *more) for noun in world.ids for verb in ("view", "list") for more in ((), ("-w",), ("-F",))]
    lines += [
        ("search",),
        ("deal", "move", world.ids["deal"][-1]),
        ("contact", "tag"),
        ("undo",),
        ("-P",),
        ("log", "note"),
    ]
    tries = [(shell, line, text) for shell in ("bash", "zsh", "fish") for line in lines for text in typed]
    chosen = sampled(tries, choose)
    for shell, line, text in chosen:
        words = [arguments.typable(word) for word in (*line, text)]
        asked = [" ".join(["mycrm", *words]), "x"] if shell == "bash" else words
        with patch.dict(os.environ, world.crm.environment(), clear=True):
            found = completing.answered([shell, "--", *asked])
        if wrong := faults(found):
            world.wrong.append(f"completion {shell} {line} {text!r}: {wrong}")
    return len(chosen)


def bring(world: World, choose: random.Random, folder: Path) -> int:
    """Import files with payloads in headings, cells and names."""
    chosen = sampled(incoming.tries(), choose)
    for one in chosen:
        harmless(world, incoming.run(world, one, folder, choose))
    return len(chosen)


def sampled(tries: list[Any], choose: random.Random) -> list[Any]:
    """Return as many of the tries as were asked for."""
    return tries if len(tries) <= MOST else choose.sample(tries, MOST)


def harmless(world: World, result: Result, *, files: bool = False, terminal: bool = False) -> None:
    """Take down a command that ended badly or printed something that acts."""
    wrong = faults(result.stderr) + faults(result.stdout, files=files and not terminal)
    if "--debug" in result.line:
        wrong = [fault for fault in wrong if fault != "a bug" or "this is a bug" in result.stderr]
    if result.exit not in EXITS:
        wrong.append(f"exit {result.exit}")
    if wrong:
        world.wrong.append(f"{wrong}\n{str(result)[:1500]}")


def guarded(world: World, result: Result, delimiter: str) -> None:
    """Take down cells that a spreadsheet would run."""
    rows = csv.reader(io.StringIO(result.stdout, newline=""), delimiter=delimiter)
    if risky := [cell for row in rows for cell in row if unguarded(cell)]:
        world.wrong.append(f"{' '.join(result.line)[:300]}: unguarded {risky[:5]}")


def nothing_happened(watch: Watch, tmp_path: Path, deep: Path) -> None:
    """Assert that no payload started a process, wrote elsewhere or was evaluated."""
    assert not watch.started, watch.started
    assert not watch.compiled, watch.compiled
    assert not watch.outside(tmp_path), watch.outside(tmp_path)
    assert not [path for path in tmp_path.rglob("*pwned*") if path.name == "pwned"]
