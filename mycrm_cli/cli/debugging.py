"""``--debug``: what the database is asked goes to stderr."""

from __future__ import annotations

import sys

from mycrm_cli.db import timing
from mycrm_cli.output.safe import safe


def watch(begun: float) -> timing.Ledger:
    """Tell each statement from now on, in a run that began at a moment."""
    return timing.watch(begun, tell)


def tell(text: str) -> None:
    """Write a line to stderr; a closed one is no reason to fail."""
    try:
        sys.stderr.write(f"sql: {safe(text)}\n")
    except OSError:
        return
