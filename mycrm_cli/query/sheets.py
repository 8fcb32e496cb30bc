"""Items of many records, as the journal holds them: their ids in one text, their images as a sheet.

A sheet is an object with the names of its ``columns``, a row of values for each record in ``rows``, and in
``salts`` what goes into the hash of each row. A person who was erased leaves no row, and the hash as salt.
"""

from __future__ import annotations

from uuid import UUID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    Sheet = dict[str, Any]

DIGITS = 32
"""Digits of an id."""
ERASED = "erased"
"""What an item is about that says which images of a change an erasure took: their marks are what it touched."""


def packed(keys: Iterable[bytes]) -> str:
    """Return the text that holds ids, given as sixteen bytes each."""
    return b"".join(keys).hex()


def keys_of(members: str) -> list[bytes]:
    """Return the ids of a text as sixteen bytes each."""
    held = bytes.fromhex(members)
    return [held[start : start + 16] for start in range(0, len(held), 16)]


def ids_of(members: str) -> list[UUID]:
    """Return the ids of a text."""
    return [UUID(bytes=key) for key in keys_of(members)]


def mark(position: int, place: int = 0) -> str:
    """Return how an erasure calls the image of an item, or of one of its records, which count from 1."""
    return f"{position}.{place}" if place else str(position)


def size_of(members: str) -> int:
    """Return how many ids a text holds."""
    return len(members) // DIGITS


def places_of(members: str, ids: Iterable[UUID]) -> Iterator[tuple[UUID, int]]:
    """Yield those ids that a text holds, with their places in it."""
    wanted = {id.bytes: id for id in ids}
    if len(wanted) > 1:
        yield from ((wanted[key], place) for place, key in enumerate(keys_of(members)) if key in wanted)
        return
    for id in wanted.values():
        found = members.find(id.hex)
        while found % DIGITS and found > 0:
            found = members.find(id.hex, found + 1)
        if found >= 0:
            yield id, found // DIGITS


def image(sheet: Sheet | None, place: int) -> dict[str, Any] | None:
    """Return the image of one record of a sheet, None where it is not there any more."""
    row = sheet["rows"][place] if sheet else None
    return None if row is None or sheet is None else dict(zip(sheet["columns"], row, strict=True))
