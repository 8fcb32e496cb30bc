"""A short run of mail whose server breaks off at every stage while the program is killed."""

import random
from pathlib import Path

from tests.conftest import Templates
from tests.faults import mail
from tests.faults.worlds import Worlds


def test_nobody_gets_a_message_twice_and_none_is_lost_unflagged(
    dialect: str, templates: Templates, tmp_path: Path
) -> None:
    random.seed(1)
    kept = Worlds(templates, dialect, tmp_path / "worlds")
    account = mail.run(kept, 60, 2, 0.3)
    assert not mail.failed(account) and account.kills and account.cuts, (mail.report(account), account.errors)
