"""The account of an import: every row of the file is counted once."""

from __future__ import annotations

from mycrm_cli import catalog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.transfer.model import Problem
    from mycrm_cli.services.transfer.warnings import Warnings

LISTED = 1000
"""Problems that are kept to be listed; all are counted."""
STATUSES = ("created", "updated", "unchanged", "skipped", "rejected")
RESTORED = "restored"
"""What becomes of a row whose record comes out of the trash: it is one of those that are updated."""


class Summary:
    """How many rows there were and what became of them; ``parents`` are records that were created for references."""

    def __init__(self, warnings: Warnings) -> None:
        self.warnings = warnings
        self.rows = 0
        self.created = self.updated = self.unchanged = self.skipped = self.rejected = 0
        self.restored = 0
        self.seconds = 0.0
        self.preset: str | None = None
        self.parents: dict[str, int] = {}
        self.errors = 0
        self.problems: list[Problem] = []

    @property
    def settled(self) -> int:
        """How many rows are accounted for."""
        return sum(getattr(self, status) for status in STATUSES)

    def count(self, status: str, rows: int = 1) -> None:
        """Count rows."""
        setattr(self, status, getattr(self, status) + rows)
        if status == RESTORED:
            self.updated += rows

    def reject(self, problems: Sequence[Problem]) -> None:
        """Count a row that cannot be imported, and keep its problems while there are few."""
        self.count("rejected")
        self.errors += len(problems)
        self.problems += problems[: max(LISTED - len(self.problems), 0)]

    def check(self) -> None:
        """Make sure that no row was lost or counted twice."""
        if self.settled != self.rows:
            raise AssertionError(f"{self.rows} rows came in and {self.settled} are accounted for")

    def document(self, change: str | None) -> dict[str, object]:
        """Return the account for programs."""
        rate = round(self.rows / self.seconds) if self.seconds > 0 else None
        return {
            "rows": self.rows,
            **{status: getattr(self, status) for status in STATUSES},
            RESTORED: self.restored,
            "warnings": self.warnings.total,
            "seconds": round(self.seconds, 3),
            "rows_per_second": rate,
            "change": change,
            "preset": self.preset,
            "created_parents": self.parents,
            "warning_details": self.warnings.details(),
            "rejected_details": [problem.detail() for problem in self.problems],
        }

    def sentence(self, plural: str, change: str | None, dry_run: bool) -> str:
        """Return the account in one line for people."""
        counts = ", ".join(f"{getattr(self, status):,} {status}" for status in STATUSES)
        also = "".join(f", {count:,} {called(name, count)} created as well" for name, count in self.parents.items())
        also += f", {self.restored:,} restored from the trash" if self.restored else ""
        rate = f", {self.rows / self.seconds:,.0f} rows/s" if self.seconds > 0 else ""
        mark = "would be: " if dry_run else ""
        where = f" ({change}; mycrm undo {change} takes it back)" if change and not dry_run else ""
        told = self.warnings.total
        warned = f", {told:,} warning{'s' if told != 1 else ''}" if told else ""
        return f"{self.rows:,} {plural}: {mark}{counts}{also}{warned}, {self.seconds:.1f} s{rate}{where}"


def called(name: str, count: int) -> str:
    """Return what so many records of an entity are called."""
    entity = catalog.entity(name)
    return entity.noun if count == 1 else entity.plural
