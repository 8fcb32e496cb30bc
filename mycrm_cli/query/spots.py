"""Where in a filter something is wrong, shown with a caret under the spot."""

from __future__ import annotations

from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

AROUND = 60
"""How many characters on each side of the spot are shown of a long expression."""


class Spot:
    """A place in the text of a filter; typed flags have no text and so no caret."""

    __slots__ = ("start", "text")

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start

    def picture(self) -> str:
        """Return the expression on one line and a caret below the spot, or nothing for a flag."""
        if not self.text:
            return ""
        first, last = max(0, self.start - AROUND), self.start + AROUND
        before = _one_line(("…" if first else "") + self.text[first : self.start])
        after = _one_line(self.text[self.start : last] + ("…" if last < len(self.text) else ""))
        return f"\n    {before}{after}\n    {' ' * _width(before)}^"

    def fail(self, message: str, *, hint: str | None = None, candidates: list[str] | tuple[str, ...] = ()) -> NoReturn:
        """Raise UsageError with the message and the picture of the spot."""
        raise UsageError(message + self.picture(), hint=hint, candidates=candidates)


NOWHERE = Spot("", 0)


def _one_line(text: str) -> str:
    """Return the text with everything that would move the cursor replaced by one visible character."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
