"""A short run of the harness of hostile places, and what it found once."""

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.attacks.reads import tree
from tests.conftest import Templates
from tests.faults import hostile
from tests.faults.hostilelines import GIVEN, STDIN
from tests.faults.worlds import Worlds
from tests.program import Program

PAIRS = int(os.environ.get("MYCRM_TEST_HOSTILE", "6"))
SEED = int(os.environ.get("MYCRM_SEED", "11"))


def test_commands_in_hostile_places(dialect: str, templates: Templates, tmp_path: Path) -> None:
    account = hostile.sampled(Worlds(templates, dialect, tmp_path / "worlds"), PAIRS, random.Random(SEED))
    assert account.tried == PAIRS
    assert not account.faults, "\n".join(account.faults)


def test_every_line_is_of_a_command() -> None:
    assert {*GIVEN, *STDIN} <= {*tree()}


@pytest.mark.parametrize(
    ("shell", "status", "said"),
    [
        ("<&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        (">/dev/full", 75, "the change is written"),
        ("-v 2>/dev/full", 0, ""),
    ],
)
def test_writes_with_broken_streams(sqlite_crm: Program, shell: str, status: int, said: str) -> None:
    """A stream that is closed or full is no reason to fail before the write, or to let it be made twice."""
    words = f"{sys.executable} -m mycrm_cli contact add Ana {shell}"
    # What is held back until the end fails at another place than what is written at once.
    buffered = {name: text for name, text in sqlite_crm.environment().items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(["bash", "-c", words], env=buffered, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stderr, "bug" in done.stderr) == (status, True, False), done
    assert sqlite_crm("contact", "count").stdout == "1\n"


def test_damage_that_is_no_text(sqlite_crm: Program) -> None:
    """SQLite quotes what it finds in a damaged schema, and that need not be text."""
    file = Path(sqlite_crm.database.removeprefix("sqlite:///"))
    content = bytearray(file.read_bytes())
    for place in range(len(content) // 3, len(content) // 2, 97):
        content[place] ^= 0xFF
    file.write_bytes(content)
    for line in (("contact", "list"), ("contact", "add", "Ana"), ("deal", "board"), ("db", "check")):
        assert sqlite_crm(*line, exit=None).exit in (0, 8, 78), line


def test_a_busy_database_is_not_a_damaged_one(sqlite_crm: Program) -> None:
    with closing(sqlite3.connect(sqlite_crm.database.removeprefix("sqlite:///"), isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        done = sqlite_crm("db", "check", exit=75)
        assert ("locked" in done.stderr, "restore" in done.stdout) == (True, False)
    assert "0 wrong" in sqlite_crm("db", "check").stderr
