"""Finds the keys that a file has more than once, in eight bytes for each: ten million rows fit into memory."""

from __future__ import annotations

from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Key = tuple[str, object]

BUCKETS = 64
"""Parts in which the keys are looked through one after the other, so that only one is unpacked at a time."""


class Repeats:
    """Gathers the hashes of keys. Two keys of one hash would be one in a hundred thousand files of ten million rows."""

    def __init__(self) -> None:
        self.buckets = [array("q") for _ in range(BUCKETS)]
        self.beside = [array("q") for _ in range(BUCKETS)]

    def add(self, keys: Iterable[Key], beside: Iterable[Key] = ()) -> None:
        """Take the keys of a row, and those ``beside`` them that other rows may have for want of a better one."""
        for buckets, given in ((self.buckets, keys), (self.beside, beside)):
            for key in given:
                digest = hash(key)
                buckets[digest % BUCKETS].append(digest)

    def found(self) -> frozenset[int]:
        """Return the hashes that were there several times, and forget all."""
        several: set[int] = set()
        for place, bucket in enumerate(self.buckets):
            once = set(bucket)
            several |= once.intersection(self.beside[place])
            if len(once) < len(bucket):
                for digest in bucket:
                    if digest in once:
                        once.remove(digest)
                    else:
                        several.add(digest)
            self.buckets[place], self.beside[place] = array("q"), array("q")
        return frozenset(several)
