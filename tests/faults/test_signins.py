"""A short run of the races and guesses."""

import os
from pathlib import Path

import pytest

from tests.conftest import Templates
from tests.faults import signins
from tests.faults.worlds import Worlds

RACES = int(os.environ.get("MYCRM_TEST_RACES", "12"))
GUESSES = int(os.environ.get("MYCRM_TEST_GUESSES", "480"))


def test_a_code_is_accepted_once_and_guesses_end(
    dialect: str, templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signins, "PROCESSES", 2)  # starting one takes a second
    account = signins.run(Worlds(templates, dialect, tmp_path / "worlds"), RACES, GUESSES)
    assert (account.races, account.accepted_twice, account.never_accepted) == (RACES, 0, 0)
    assert account.guesses == GUESSES
    assert account.evaluated["hurried"] == 1
    assert account.evaluated["patient"] == account.evaluated["unknown address"] == 100
    assert 0 < account.evaluated["several at once"] <= 100
