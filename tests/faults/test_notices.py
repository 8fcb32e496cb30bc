"""Short runs of reminders, alerts and digests that overlap and are killed, by mail and by command."""

import random
from pathlib import Path

import pytest

from tests.conftest import Templates
from tests.faults import notices
from tests.faults.worlds import Worlds


@pytest.mark.parametrize(("what", "channel"), [("reminders", "email"), ("alerts", "command"), ("digests", "email")])
def test_none_goes_out_twice_and_what_is_in_doubt_keeps_its_name(
    dialect: str, what: str, channel: str, templates: Templates, tmp_path: Path
) -> None:
    random.seed(1)
    kept = Worlds(templates, dialect, tmp_path / "worlds")
    account = notices.run(kept, what, channel, rounds=1, processes=2, count=60, kills=1)
    assert not notices.failed(account) and account.kills, (notices.report(account), account.errors)
