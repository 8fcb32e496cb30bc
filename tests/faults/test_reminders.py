"""A short run of overlapping and killed runs of reminders."""

import os
import random
from pathlib import Path

import pytest

from tests.conftest import Templates
from tests.faults import reminders
from tests.faults.worlds import Worlds

COUNT = int(os.environ.get("MYCRM_TEST_REMINDERS", "300"))


@pytest.mark.parametrize("free", [False, True], ids=["locked", "free"])
def test_none_goes_out_twice_and_none_is_missed(
    dialect: str, free: bool, templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "PROCESSES", 3)  # starting one takes a while
    random.seed(1)
    kept = Worlds(templates, dialect, tmp_path / "worlds")
    account = reminders.run(kept, COUNT, 1, 0 if free else 1, free=free)
    assert (account.twice, account.missed, account.errors) == (0, 0, []), reminders.told(account)
