"""Refusals of calls and mail go one way: files add them, only people take them away."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

MARKS = ("do_not_call", "do_not_email")


def keep(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Take out of what an import brings what would take a refusal away: (row before, what is given)."""
    if work.journal.kind != "import":
        return
    for before, changes in edits:
        for mark in MARKS:
            if mark in changes and before[mark] and not changes[mark]:
                del changes[mark]
