"""Finds out which stored record each row is about, by keys that are prefetched for a batch."""

from __future__ import annotations

import hashlib

from mycrm_cli.ids import uuid7
from mycrm_cli.services import rows
from mycrm_cli.services.transfer import keys
from mycrm_cli.services.transfer.model import Problem, Record, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.work import Work

FINGERPRINT = "fingerprint"
"""The source of keys made of a row's values, for rows that have no other."""


class Matcher:
    """The stage that matches. ``seen`` tells the line that had a key first."""

    def __init__(self, work: Work, entity: Entity, steps: Sequence[str]) -> None:
        self.work = work
        self.entity = entity
        self.asked = [keys.check_step(entity, step) for step in steps]
        self.seen: dict[int, tuple[int, int]] = {}

    def steps(self, plan: Plan) -> list[str]:
        """Return the keys in their order: as asked, or our id, other systems' ids, then the entity's own."""
        if self.asked:
            return self.asked
        external = dict.fromkeys(t.name for c in plan.columns for t in c.targets if t.what == "external")
        own = ["id"] if "id" in plan.given else []
        return [*own, *external, *(step for step in self.entity.match if not step.startswith("ext"))]

    def match(self, plan: Plan, batch: Sequence[Record]) -> None:
        """Set ``matched`` of each row that is about a stored record; give new ones an id."""
        steps = [*self.steps(plan), f"ext:{FINGERPRINT}"]
        # Rows are told apart by their place: several records of a JSON file may share a line.
        carried: list[list[tuple[str, Any]]] = []
        for record in batch:
            found = self._keys(record, steps[:-1])
            if not found:
                key = fingerprint(record)
                record.externals.append((FINGERPRINT, key))
                found = [(steps[-1], key)]
            carried.append(found)
            self._check_seen(record, found)
        hits = {
            step: keys.stored(self.work, self.entity, step, {k for found in carried for s, k in found if s == step})
            for step in steps
        }
        for record, found in zip(batch, carried, strict=True):
            if record.problem is None:
                self._decide(record, found, hits)
        self._images(batch)

    def _keys(self, record: Record, steps: Sequence[str]) -> list[tuple[str, Any]]:
        found = []
        for step in steps:
            found += [(step, key) for key in keys.of_row(self.entity, step, record.values, record.externals)]
        return found

    def _check_seen(self, record: Record, found: list[tuple[str, Any]]) -> None:
        """Refuse a row that has a key of an earlier row of the file."""
        for step, key in found:
            # The hash takes eight bytes where the key itself may take hundreds.
            place, first = self.seen.setdefault(hash((step, key)), (record.place, record.line))
            if place != record.place:
                what = "the same values" if step.endswith(FINGERPRINT) else f"the same {step} {short(str(key))!r}"
                message = f"line {first} and line {record.line} have {what}"
                column = "" if step.endswith(FINGERPRINT) else step
                record.refuse(Problem("duplicate_row", message, column=column, value=key))
                return

    def _decide(self, record: Record, found: list[tuple[str, Any]], hits: dict[str, keys.Hits]) -> None:
        """Settle which record a row is about; raises nothing, but may refuse the row."""
        ids: dict[UUID, str] = {}
        for step, key in found:
            several = hits[step].get(key, {})
            live = [id for id, deleted in several.items() if not deleted]
            if len(live) > 1:
                record.refuse(
                    Problem("ambiguous_key", f"several records have {step} {short(str(key))!r}: {self._names(live)}")
                )
                return
            if several and not live:
                hint = f"; mycrm {self.entity.name} restore takes it out"
                record.refuse(Problem("in_trash", f"the record with {step} {short(str(key))!r} is in the trash{hint}"))
                return
            for id in live:
                ids.setdefault(id, step)
        if len(ids) > 1:
            record.refuse(
                Problem("conflicting_keys", f"its keys belong to different records: {self._names(list(ids))}")
            )
        elif ids:
            record.matched = next(iter(ids))
        else:
            record.values.setdefault("id", uuid7())

    def _names(self, ids: list[UUID]) -> str:
        return " · ".join(sorted(keys.named(self.work, self.entity, ids[:5]).values()))

    def _images(self, batch: Sequence[Record]) -> None:
        """Read the stored records that rows are about."""
        wanted = {record.matched for record in batch if record.matched is not None}
        images = rows.images(self.work.connection, self.work.scope, self.entity, wanted) if wanted else {}
        for record in batch:
            if record.matched is not None:
                record.image = images[record.matched]


def fingerprint(record: Record) -> str:
    """Return the SHA-256 over what the file says in a row."""
    said = [(name, str(value)) for name, value in sorted(record.values.items()) if value is not None and name != "id"]
    references = sorted(text for texts in record.references.values() for text in texts)
    return hashlib.sha256(repr((said, references, record.notes)).encode("utf-8", "surrogatepass")).hexdigest()
