"""Guards text cells that a spreadsheet would run as a formula (CWE-1236), and takes the guard off again.

A cell that begins with ``= + - @``, a tab or a carriage return gets an apostrophe in front; so does
one that already begins with an apostrophe followed by such a character, so that taking the guard off
gives back what was there. Numbers and dates are exempt: their kinds cannot hold a formula. So are phone
numbers that can be dialled; others were kept as they were typed, and may be anything.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.kinds import Kind

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
GUARDED_KINDS = frozenset(("text", "tags", "json", "choice", "email", "url", "domain", "phone"))
DIALLED = re.compile(r"\+[0-9][0-9 ().-]*(?:;ext=[0-9]+)?")


def needs_guard(text: str) -> bool:
    """Return whether a spreadsheet might run the text."""
    return text.lstrip("'").startswith(RISKY)


def guard(kind: Kind, text: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return the cell function with the guard added where the kind calls for it."""
    if kind.name not in GUARDED_KINDS:
        return text

    is_phone = kind.name == "phone"

    def guarded(value: Any) -> str:
        cell = text(value)
        if not needs_guard(cell) or (is_phone and DIALLED.fullmatch(cell)):
            return cell
        return f"'{cell}"

    return guarded


def unguard(text: str) -> str:
    """Take off the guard that an export put on."""
    return text[1:] if text.startswith("'") and needs_guard(text) else text
