"""A short run of the harness for scores."""

import os
from pathlib import Path

import pytest

from tests.conftest import Templates
from tests.faults import scores
from tests.faults.worlds import Worlds

COUNT = int(os.environ.get("MYCRM_TEST_KILLS", "1"))
SECONDS = float(os.environ.get("MYCRM_TEST_SECONDS", "2"))
LEADS, BATCH = 600, 50


def test_killed_runs_are_taken_up_again(
    dialect: str, templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, half scored or written twice, also where several run at once and others write."""
    monkeypatch.setattr(scores, "AT_ONCE", 3)
    monkeypatch.setattr(scores, "KILLS", 2)
    account = scores.run(Worlds(templates, dialect, tmp_path / "worlds"), COUNT, LEADS, 4, BATCH, SECONDS)
    assert not account.faults
    assert (account.lost, account.half, account.doubled) == (0, 0, 0)
    assert account.kills >= COUNT
    assert account.written["done"]
