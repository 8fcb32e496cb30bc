"""Refusals of calls and mail go one way: files add them, only people take them away."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
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


def hold(work: Work, written: Sequence[Written]) -> None:
    """Put the addresses of people of whom an import says that they refuse mail on the list of those that get none.

    There they stay, whatever becomes of the records.
    """
    if work.journal.kind != "import":
        return
    refused = [
        after["email"]
        for before, after, _ in written
        if after["do_not_email"]
        and after["email"]
        and not (before and before["do_not_email"] and before["email"] == after["email"])
    ]
    if refused:
        from mycrm_cli.services.mail import suppressing

        with work.on_behalf():
            suppressing.enter(work, refused, "imported")
