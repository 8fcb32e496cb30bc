"""What a check found."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

OK, WARN, FAIL = "ok", "warn", "fail"
SHOWN = 5
"""Names of what is wrong that stand in one line."""


class Finding:
    """One line: what was looked at, how it is, and what to do about it; ``tried`` is how many single checks it was."""

    __slots__ = ("check", "hint", "level", "said", "tried")

    def __init__(self, check: str, level: str, said: str, hint: str = "", tried: int = 1) -> None:
        self.check = check
        self.level = level
        self.said = said
        self.hint = hint
        self.tried = tried

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "check": self.check,
            "level": self.level,
            "message": self.said,
            "hint": self.hint or None,
            "checks": self.tried,
        }


def verdict(check: str, wrong: Sequence[str], fine: str, hint: str, tried: int, level: str = FAIL) -> Finding:
    """Return a finding that is fine where nothing is wrong, and names what is."""
    if not wrong:
        return Finding(check, OK, fine, tried=tried)
    more = f" and {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else ""
    return Finding(check, level, f"{', '.join(wrong[:SHOWN])}{more}", hint, tried)
