"""Finds the keys that a file has more than once; a hash of each waits in a file, whatever their number."""

from __future__ import annotations

from array import array
from tempfile import TemporaryFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    Key = tuple[str, object]

BUCKETS = 64
"""Parts in which the keys are looked through one after the other, so that only one is unpacked at a time."""
FULL = 4096
"""Hashes of a bucket that wait in memory."""


class Bucket:
    """Hashes that were added, in eight bytes each."""

    def __init__(self) -> None:
        self.waiting = array("q")
        self.places: list[int] = []

    def put_aside(self, file: BinaryIO) -> None:
        """Write what waits to the end of a file."""
        self.places.append(file.tell())
        self.waiting.tofile(file)
        self.waiting = array("q")

    def all(self, file: BinaryIO | None) -> array[int]:
        """Return all hashes, and keep none."""
        hashes, self.waiting = self.waiting, array("q")
        for place in self.places if file is not None else ():
            file.seek(place)  # type: ignore[union-attr]
            hashes.fromfile(file, FULL)  # type: ignore[arg-type]
        return hashes


class Repeats:
    """Gathers the hashes of keys. Two keys of one hash would be one in a hundred thousand files of ten million rows."""

    def __init__(self) -> None:
        self.file: BinaryIO | None = None
        self._clear()

    def _clear(self) -> None:
        self.buckets = [Bucket() for _ in range(BUCKETS)]
        self.beside = [Bucket() for _ in range(BUCKETS)]
        if self.file is not None:
            self.file.close()
        self.file = None

    def add(self, keys: Iterable[Key], beside: Iterable[Key] = ()) -> None:
        """Take the keys of a row, and those ``beside`` them that other rows may have for want of a better one."""
        for buckets, given in ((self.buckets, keys), (self.beside, beside)):
            for key in given:
                digest = hash(key)
                bucket = buckets[digest % BUCKETS]
                bucket.waiting.append(digest)
                if len(bucket.waiting) == FULL:
                    self._put_aside(bucket)

    def _put_aside(self, bucket: Bucket) -> None:
        if self.file is None:
            self.file = TemporaryFile()  # noqa: SIM115 - closed when all are forgotten
        bucket.put_aside(self.file)

    def found(self) -> frozenset[int]:
        """Return the hashes that were there several times, and forget all."""
        several: set[int] = set()
        for bucket, beside in zip(self.buckets, self.beside, strict=True):
            hashes = bucket.all(self.file)
            once = set(hashes)
            several |= once.intersection(beside.all(self.file))
            if len(once) < len(hashes):
                for digest in hashes:
                    if digest in once:
                        once.remove(digest)
                    else:
                        several.add(digest)
        self._clear()
        return frozenset(several)
