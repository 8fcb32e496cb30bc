"""Notes know their author and hang on a record."""

from __future__ import annotations

from mycrm_cli.errors import Invalid
from mycrm_cli.services import activities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def fill(work: Work, values: Sequence[Row]) -> None:
    """Say who wrote it."""
    activities.sign(work, values, "author_id")


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a note that hangs on nothing, or is taken from all it hung on."""
    loose = not any(after[link] for link in activities.LINKS)
    if loose and (before is None or any(before[link] for link in activities.LINKS)):
        raise Invalid(
            "a note needs a contact, a company, a lead or a deal that it is about",
            details=[{"field": "contact_id", "code": "required"}],
            hint='mycrm note add "…" --contact C-1',
        )


def follow(work: Work, written: Sequence[Written]) -> None:
    """Move the last activity of the records that new notes are about."""
    new = [after for before, after, _ in written if before is None]
    activities.advance(work, [activities.Happening(row, row["created_at"]) for row in new])
