"""A short run of the harness for cron."""

import os
from pathlib import Path

from tests.conftest import Templates
from tests.faults import crons
from tests.faults.worlds import Worlds

ROUNDS = int(os.environ.get("MYCRM_TEST_ROUNDS", "2"))


def test_overlapping_runs_do_each_time_once(dialect: str, templates: Templates, tmp_path: Path) -> None:
    """Nothing is done twice, and what was killed is taken up again or told."""
    account = crons.run(Worlds(templates, dialect, tmp_path / "worlds"), ROUNDS, 5)
    print(crons.report(account))
    assert not account.faults
    assert (account.doubled, account.missed) == (0, 0)
    assert account.done + account.told >= account.due
