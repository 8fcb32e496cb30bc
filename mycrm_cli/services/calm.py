"""Millions of rows come and go without a circle among them: looking for circles takes a fifth of the time."""

from __future__ import annotations

import gc
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

OFTEN = 200_000
"""New objects after which the youngest are looked at all the same, since errors make circles."""


@contextmanager
def collecting_less() -> Iterator[None]:
    """Look for circles less often inside the block."""
    before = gc.get_threshold()
    gc.set_threshold(OFTEN, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
