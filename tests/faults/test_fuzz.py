"""A short run of the fuzz harness."""

import os
from pathlib import Path

from tests.conftest import DIALECTS, Templates
from tests.faults import fuzz
from tests.faults.worlds import Worlds

COUNT = int(os.environ.get("MYCRM_TEST_FUZZ", "30"))


def test_fuzzed_files(templates: Templates, tmp_path: Path) -> None:
    pair = [Worlds(templates, dialect, tmp_path / "worlds") for dialect in DIALECTS]
    account = fuzz.run(pair, tmp_path, COUNT, 7, stop=True)
    assert account.files == COUNT
    assert account.exits[0]
    assert account.exits[6]
    assert account.exits[7]
