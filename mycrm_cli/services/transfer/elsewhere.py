"""What to try where a file's headings are not found: another sheet of its workbook, another line."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED = 10
"""Sheets that are named; a workbook may have hundreds."""


def sheets(names: Sequence[str]) -> str:
    """Return how one of several other sheets is read; nothing where there is none."""
    if len(names) == 1:
        return f"--sheet {names[0]!r} reads the other sheet"
    listed = ", ".join(map(repr, names[:NAMED])) + (f" and {len(names) - NAMED:,} more" if names[NAMED:] else "")
    return f"--sheet NAME reads another sheet ({listed})" if names else ""


def line(rows: object) -> str:
    """Return what to try where no heading of a file is known; nothing for files that have no headings."""
    if getattr(getattr(rows, "source", None), "format", None) not in ("csv", "tsv", "xlsx"):
        return ""
    others = sheets(getattr(rows, "others", ()))
    return "; ".join(filter(None, [others, "--header-line N says in which line the headings are"]))
