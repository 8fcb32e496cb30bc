"""How far a long command is, for those who watch it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State


WIDTH = 30


class Progress:
    """A count of rows on stderr, only on a terminal and only after half a second."""

    def __init__(self, state: State) -> None:
        self.shown = False
        self.next = time.monotonic() + 0.5
        self.wanted = sys.stderr.isatty() and not state.out.quiet

    def __call__(self, count: int, total: int = 0) -> None:
        """Show the count, and a bar where the total is known; -1 takes the line away."""
        now = time.monotonic()
        if count < 0 and self.shown:
            sys.stderr.write("\r\x1b[K")
        elif count >= 0 and self.wanted and now >= self.next:
            sys.stderr.write(f"\r{bar(count, total)}" if total else f"\r{count:,} rows")
            sys.stderr.flush()
            self.shown, self.next = True, now + 0.1


def bar(count: int, total: int) -> str:
    """Return how far a command is as a bar of ``WIDTH`` characters, with the share and the numbers."""
    done = min(count / total, 1.0)
    full = int(done * WIDTH)
    return f"{'█' * full}{'░' * (WIDTH - full)} {done:4.0%}  {count:,} of {total:,}"
