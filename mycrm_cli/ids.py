"""Identifiers: UUID version 7 (RFC 9562, section 5.7), which sort by the time they were made."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = [0]


def uuid7() -> UUID:
    """Return a new UUID, larger than every one this process has made before.

    Milliseconds in the first 48 bits; the next 12 bits count ids of one millisecond (method 1 of
    section 6.2) and borrow from the next millisecond when they run out.
    """
    with _lock:
        ticks = _last[0] = max(_last[0] + 1, time.time_ns() // 1_000_000 << 12)
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | random)
