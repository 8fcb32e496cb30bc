"""A short run of backups under writers, flipped bits, restores, and kills of restores."""

import os
import random
from pathlib import Path

import pytest

from tests.conftest import Templates
from tests.faults import backups, restorekills
from tests.faults.worlds import Worlds

COUNT = int(os.environ.get("MYCRM_TEST_BACKUPS", "2"))


def test_nothing_is_lost_and_nothing_damaged_is_taken(
    dialect: str, templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "PROCESSES", 2)  # starting one takes a while
    monkeypatch.setenv("PATH", os.environ["PATH"])
    random.seed(1)
    account = backups.run(Worlds(templates, dialect, tmp_path / "worlds"), COUNT, COUNT * 4, 1)
    assert not backups.failed(account), (backups.told(account), account.errors[:3])


def test_a_killed_restore_leaves_all_or_nothing(
    dialect: str, templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"])
    account = restorekills.run(Worlds(templates, dialect, tmp_path / "worlds"), COUNT, 20, 1)
    assert not account.faults, (restorekills.told(account), account.faults[:3])
