"""Checks the journal: every hash is worked out again, so that an edit, a deletion or a reordering shows."""

from __future__ import annotations

import hashlib
from itertools import groupby

from mycrm_cli.query import chains
from mycrm_cli.query.sheets import mark, size_of
from mycrm_cli.services import links
from mycrm_cli.services.entries import canonical, line, payload_hash, sheet_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row

LISTED = 100
"""Faults that are kept to be listed; all are counted."""


class Verdict:
    """What the check found: how many changes there are, the head of the chain, what is wrong."""

    def __init__(self) -> None:
        self.changes = 0
        self.items = 0
        self.missing = 0
        self.erasing: set[UUID] = set()
        self.erased: dict[UUID, set[str]] = {}
        self.head = ""
        self.kept = False
        self.count = 0
        self.faults: list[str] = []

    def fault(self, text: str) -> None:
        """Note something that is wrong."""
        self.count += 1
        if len(self.faults) < LISTED:
            self.faults.append(text)


def verify(reader: Reader, head: str | None = None) -> Verdict:
    """Walk the chain, then the items of each change; ``head`` is a hash that was kept from an earlier time."""
    verdict = Verdict()
    _check_links(reader, verdict, head)
    if head and not verdict.kept:
        verdict.fault(f"no change has the hash {head[:64]}: what it stood for was replaced or removed")
    for erasing, change, marks in chains.erased(reader):
        if erasing in verdict.erasing:
            verdict.erased.setdefault(change, set()).update(marks)
    _check_items(reader, verdict)
    if verdict.missing:
        verdict.fault(f"{verdict.missing:,} before-images are missing, and no change erased them")
    return verdict


def _check_links(reader: Reader, verdict: Verdict, head: str | None) -> None:
    """Check that each change follows the one before and is as it was written."""
    previous: Row = {"hash": "", "position": 0, "number": 0}
    for row in chains.changes(reader, "position"):
        verdict.changes += 1
        name = f"X-{row['number']}"
        if row["position"] != previous["position"] + 1:
            verdict.fault(f"{name} is number {row['position']} of the chain and follows {previous['position']}")
        if row["previous_hash"] != previous["hash"]:
            verdict.fault(f"{name} does not follow X-{previous['number']}")
        if links.digest(row) != row["hash"]:
            verdict.fault(f"{name} was altered")
        verdict.kept = verdict.kept or row["hash"] == head
        if row["kind"] == "erase":
            verdict.erasing.add(row["id"])
        previous = row
    verdict.head = str(previous["hash"])
    if (taken := chains.last_number(reader)) != previous["number"]:
        verdict.fault(f"the newest change is X-{previous['number']}, but numbers were given up to X-{taken}")


def _check_items(reader: Reader, verdict: Verdict) -> None:
    """Check the items and images of each change; all three come in the order of the changes' ids."""
    items = groupby(chains.items(reader), key=lambda row: row[0])
    payloads = groupby(chains.payloads(reader), key=lambda row: row[0])
    of_item, of_payload = next(items, None), next(payloads, None)
    for row in chains.changes(reader, "id"):
        id, name = row["id"], f"X-{row['number']}"
        while of_item and of_item[0] < id:
            verdict.fault(f"there are items of a change that is not there ({of_item[0]})")
            of_item = next(items, None)
        while of_payload and of_payload[0] < id:
            of_payload = next(payloads, None)
        mine = of_item[1] if of_item and of_item[0] == id else iter(())
        images = of_payload[1] if of_payload and of_payload[0] == id else iter(())
        if _digest(name, mine, images, verdict, verdict.erased.get(id, set())) != row["items_hash"]:
            verdict.fault(f"the items of {name} were altered")
        of_item = next(items, None) if of_item and of_item[0] == id else of_item
        of_payload = next(payloads, None) if of_payload and of_payload[0] == id else of_payload
    if of_item:
        verdict.fault(f"there are items of a change that is not there ({of_item[0]})")


def _digest(name: str, items: Iterator[Any], payloads: Iterator[Any], verdict: Verdict, erased: set[str]) -> str:
    """Return the hash over the items of a change, after comparing each with its image; ``erased`` are to be missing."""
    digest = hashlib.sha256()
    image = next(payloads, None)
    for _, position, entity, record, action, touched, expected, last, members in items:
        verdict.items += 1 if members is None else size_of(members)
        digest.update(line(position, entity, record, action, touched, expected, last, members))
        while image and image[1] < position:
            image = next(payloads, None)
        held = image if image and image[1] == position else None
        if expected and held is None:
            verdict.missing += mark(position) not in erased
        elif held and members is not None:
            if not _is_sheet(held[3], size_of(members)) or sheet_hash(held[3]) != expected:
                verdict.fault(f"the before-images of item {position} of {name} were altered")
            else:
                empty = (place for place, row in enumerate(held[3]["rows"], 1) if row is None)
                verdict.missing += sum(mark(position, place) not in erased for place in empty)
        elif held and payload_hash(held[2], canonical(held[3])) != expected:
            verdict.fault(f"the before-image of item {position} of {name} was altered")
    return digest.hexdigest()


def _is_sheet(held: Row, size: int) -> bool:
    """Return whether a payload has the form of a sheet for so many records."""
    if not isinstance(held, dict) or held.keys() != {"columns", "rows", "salts"}:
        return False
    return all(isinstance(part, list) for part in held.values()) and len(held["rows"]) == len(held["salts"]) == size
