"""A short run of the kill harness."""

import os
from pathlib import Path

from tests.conftest import Templates
from tests.faults import kills
from tests.faults.worlds import Worlds

COUNT = int(os.environ.get("MYCRM_TEST_KILLS", "1"))
ROWS, BATCH = 2_500, 250
"""Enough for a job, and for staged rows in a file."""
VARIANTS = {"sqlite": (("csv", "skip", 1),), "postgresql": (("csv", "abort", 1),)}


def test_killed_imports_are_taken_up_again(dialect: str, templates: Templates, tmp_path: Path) -> None:
    account = kills.run(Worlds(templates, dialect, tmp_path / "worlds"), COUNT, ROWS, 4, VARIANTS[dialect], BATCH)
    assert not account.faults
    assert account.killed == COUNT  # some end before the kill, and are tried again
