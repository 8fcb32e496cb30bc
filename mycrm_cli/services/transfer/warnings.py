"""Remarks about values that were kept or left out: all are counted, the first are listed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.transfer.model import Remark

LISTED = 20
"""Warnings that are listed one by one."""


def place(warning: dict[str, object]) -> str:
    """Return where a warning belongs: the line, and the column where it is about one."""
    return f"line {warning['line']}, {warning['column']}" if warning["column"] else f"line {warning['line']}"


class Warnings:
    """The warnings of an import. Left-out columns are told once each, with the number of their values."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[dict[str, object]] = []
        self.left_out: dict[str, int] = {}
        self.repeated = 0

    def add(self, line: int, column: str, message: str, code: str = "kept") -> None:
        """Remember a warning about one cell."""
        self.count += 1
        if len(self.first) < LISTED:
            self.first.append({"line": line, "column": column or None, "code": code, "message": message})

    def mark(self) -> int:
        """Return how many are listed so far."""
        return len(self.first)

    def sort(self, mark: int) -> None:
        """Bring those that are listed since a mark into the order of the lines."""
        self.first[mark:] = sorted(self.first[mark:], key=lambda warning: int(str(warning["line"])))

    def take(self, remarks: list[Remark]) -> None:
        """Remember what the reader of a file said, before all others."""
        first, self.first = self.first, []
        for line, column, message, code in sorted(remarks):
            self.add(line, column, message, code)
        self.first = (self.first + first)[:LISTED]

    def state(self) -> dict[str, object]:
        """Return all of it as plain values."""
        return dict(vars(self))

    def restore(self, state: dict[str, Any]) -> None:
        """Be as another process was, and forget what was remarked here."""
        vars(self).update(state)

    def merge(self, state: dict[str, Any]) -> None:
        """Add what another process remarked, in the order of the lines."""
        self.count += state["count"]
        self.first = sorted([*self.first, *state["first"]], key=lambda warning: int(str(warning["line"])))[:LISTED]
        for column, values in state["left_out"].items():
            self.left_out[column] = self.left_out.get(column, 0) + values

    def leave_out(self, column: str) -> None:
        """Count a value of a column that is left out."""
        self.left_out[column] = self.left_out.get(column, 0) + 1

    @property
    def total(self) -> int:
        """How many remarks there are."""
        return self.count + len(self.left_out) + bool(self.repeated)

    def sentences(self) -> list[str]:
        """Return the remarks as people read them."""
        told = [f"{place(w)}: {w['message']}" for w in self.first]
        if self.count > len(self.first):
            told.append(f"… and {self.count - len(self.first):,} more")
        for column, count in self.left_out.items():
            told.append(f"column {column!r} is left out: {count:,} value{'s' if count != 1 else ''}")
        if self.repeated:
            what = "row repeats" if self.repeated == 1 else "rows repeat"
            told.append(f"{self.repeated:,} {what} an earlier one; skipped")
        return told

    def details(self) -> list[dict[str, object]]:
        """Return the remarks for programs."""
        listed: list[dict[str, object]] = [
            {"column": c, "code": "left_out", "values": n} for c, n in self.left_out.items()
        ]
        again: list[dict[str, object]] = []
        if self.repeated:
            again.append({"column": None, "code": "repeated", "values": self.repeated})
        return [*self.first, *listed, *again]
