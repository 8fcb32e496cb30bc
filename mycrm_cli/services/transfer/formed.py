"""What files that are no tables have in common: cards, calendars and messages, read as rows under fixed headings."""

from __future__ import annotations

from mycrm_cli.services.transfer.model import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar, Self

    from mycrm_cli.services.transfer.model import Problem, Remark, Settled
    from mycrm_cli.services.transfer.sources import Source


class Formed:
    """The pieces of a file as rows; rejected ones are written as CSV, which can be imported as it is."""

    headings: ClassVar[Sequence[str]]
    delimiter = ","
    skipped = 0

    def __init__(self, source: Source) -> None:
        self.source = source
        self.name = source.name
        self.header = list(self.headings)
        self.remarks: list[Remark] = []
        self.settled: Settled = None

    def again(self) -> Self:
        """Return the same pieces, to be read from the first one."""
        return type(self)(self.source.again())

    def close(self) -> None:
        """Close the file."""
        self.source.close()

    def broken(self, line: int, text: str, problem: Problem) -> Record:
        """Return the row of a piece that cannot be read: its text, and what is wrong with it."""
        problem.line = line
        return Record(line, [text, *[""] * (len(self.header) - 1)], problem, text)
