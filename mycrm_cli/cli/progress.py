"""How far a long command is, for those who watch it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State


class Progress:
    """A count of rows on stderr, only on a terminal and only after half a second."""

    def __init__(self, state: State) -> None:
        self.shown = False
        self.next = time.monotonic() + 0.5
        self.wanted = sys.stderr.isatty() and not state.out.quiet

    def __call__(self, count: int) -> None:
        """Show the count; -1 takes the line away."""
        now = time.monotonic()
        if count < 0 and self.shown:
            sys.stderr.write("\r\x1b[K")
        elif count >= 0 and self.wanted and now >= self.next:
            sys.stderr.write(f"\r{count:,} rows")
            sys.stderr.flush()
            self.shown, self.next = True, now + 0.1
