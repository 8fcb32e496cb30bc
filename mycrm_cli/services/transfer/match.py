"""Finds out which stored record each row is about, by keys that are prefetched for a batch."""

from __future__ import annotations

import hashlib
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.ids import uuid7
from mycrm_cli.query.attached import FINGERPRINT
from mycrm_cli.services import rows
from mycrm_cli.services.transfer import keys
from mycrm_cli.services.transfer.model import Problem, Record, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.work import Work

__all__ = ["FINGERPRINT", "Matcher", "fingerprint"]

CONTENT = "content"
"""The key of rows that are to be known by nothing but what they say."""
NAME = "name"
"""A name tells records apart only where a row has no other key: many deals may be called the same."""


class Matcher:
    """The stage that matches. ``seen`` tells the line that had a key first.

    ``always`` and ``default`` are the values that rows get beside the file's.
    """

    def __init__(self, work: Work, entity: Entity, options: Options, always: Row, default: Row) -> None:
        self.work = work
        self.entity = entity
        self.asked = [step if step == CONTENT else keys.check_step(entity, step) for step in options.match]
        self.repeated = options.repeated
        self.always = always
        self.default = default
        self.seen: dict[int, tuple[int, int, str]] = {}

    def steps(self, plan: Plan) -> list[str]:
        """Return the keys in their order: as asked, or our id, other systems' ids, then the entity's own."""
        if self.asked:
            return [step for step in self.asked if step != CONTENT]
        external = dict.fromkeys(t.name for c in plan.columns for t in c.targets if t.what == "external")
        own = ["id"] if "id" in plan.given else []
        return [*own, *external, *keys.usual_steps(self.entity)]

    def match(self, plan: Plan, batch: Sequence[Record]) -> list[Record]:
        """Set ``matched`` of each row that is about a stored record; give new ones an id.

        Returns the rows that only say again what an earlier row said.
        """
        steps = [*self.steps(plan), f"ext:{FINGERPRINT}"]
        # Rows are told apart by their place: several records of a JSON file may share a line.
        carried: list[list[tuple[str, Any]]] = []
        again: list[Record] = []
        for record in batch:
            found = self._keys(record, steps[:-1])
            if not found:
                key = fingerprint(record)
                record.externals = [*record.externals, (FINGERPRINT, key)]
                found = [(steps[-1], key)]
            carried.append(found)
            if self._is_repeated(record, found):
                again.append(record)
        hits = {
            step: keys.stored(self.work, self.entity, step, {k for found in carried for s, k in found if s == step})
            for step in steps
        }
        gone = set(map(id, again))
        taken = self._taken(batch, carried, hits)
        for record, found in zip(batch, carried, strict=True):
            if record.problem is None and id(record) not in gone:
                self._decide(record, found, hits, taken)
        self._images([record for record in batch if id(record) not in gone])
        return again

    def _keys(self, record: Record, steps: Sequence[str]) -> list[tuple[str, Any]]:
        found = []
        for step in steps:
            values = {**self.default, **record.values, **self.always} if keys.JOINED in step else record.values
            found += [(step, key) for key in keys.of_row(self.entity, step, values, record.externals)]
        return found

    def _is_repeated(self, record: Record, found: list[tuple[str, Any]]) -> bool:
        """Whether a row repeats an earlier one and that is fine; one that contradicts it is refused."""
        said = fingerprint(record) if self.repeated == "ignore" else ""
        for step, key in sure(found):
            # The hash takes eight bytes where the key itself may take hundreds.
            place, first, before = self.seen.setdefault(hash((step, key)), (record.place, record.line, said))
            if place == record.place:
                continue
            if said and said == before:
                return True
            column = "" if step.endswith(FINGERPRINT) else step
            shown = self.entity.titled(record.values) if step == NAME else key
            message = f"line {first} and line {record.line} have {same(step, shown)}"
            if said:
                message += " and differ in other columns"
            record.refuse(
                Problem("duplicate_row", message, column=column, value=None if keys.JOINED in step else shown)
            )
            return False
        return False

    def _taken(
        self, batch: Sequence[Record], carried: list[list[tuple[str, Any]]], hits: dict[str, keys.Hits]
    ) -> dict[UUID, set[str]]:
        """Return the systems whose keys the records have that names have hit: those are not meant by a new key."""
        ids = {
            id
            for record, found in zip(batch, carried, strict=True)
            if record.externals
            for step, key in found
            if step == NAME
            for id in hits[NAME].get(key, {})
        }
        taken: dict[UUID, set[str]] = {}
        if ids:
            table, columns = catalog.entity("external_ids"), ["record_id", "entity", "source"]
            for id, of, source in rows.fetch(self.work.connection, self.work.scope, table, "record_id", ids, columns):
                if of == self.entity.name:
                    taken.setdefault(id, set()).add(source)
        return taken

    def _decide(
        self,
        record: Record,
        found: list[tuple[str, Any]],
        hits: dict[str, keys.Hits],
        taken: dict[UUID, set[str]],
    ) -> None:
        """Settle which record a row is about; raises nothing, but may refuse the row."""
        ids: dict[UUID, str] = {}
        sources = {source for source, _ in record.externals if source != FINGERPRINT}
        for step, key in found:
            if step == NAME and ids:
                break
            several = hits[step].get(key, {})
            if step == NAME and sources:
                several = {id: deleted for id, deleted in several.items() if not (taken.get(id, set()) & sources)}
            live = [id for id, deleted in several.items() if not deleted]
            if len(live) > 1:
                names = self._names(live)
                record.refuse(Problem("ambiguous_key", f"several records have {named(step, key)}: {names}"))
                return
            if several and not live:
                hint = f"; mycrm {self.entity.noun} restore takes it out"
                record.refuse(Problem("in_trash", f"the record with {named(step, key)} is in the trash{hint}"))
                return
            for id in live:
                ids.setdefault(id, step)
        if len(ids) > 1:
            record.refuse(
                Problem("conflicting_keys", f"its keys belong to different records: {self._names(list(ids))}")
            )
        elif ids:
            record.matched = next(iter(ids))
            if sources:
                taken.setdefault(record.matched, set()).update(sources)
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


def sure(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the keys that a file may have only once: a name counts where it is the only one."""
    strong = [(step, key) for step, key in found if step != NAME]
    return strong or found


def named(step: str, key: Any) -> str:
    """Return a key as messages write it."""
    if keys.JOINED in step:
        return step.replace("_id", "").replace(keys.JOINED, " and ")
    return f"{step} {short(str(key))!r}"


def same(step: str, key: Any) -> str:
    """Return what two rows have in common."""
    return "the same values" if step.endswith(FINGERPRINT) else f"the same {named(step, key)}"


def fingerprint(record: Record) -> str:
    """Return the SHA-256 over what the file says in a row; what references mean today does not count."""
    said = [
        (name, str(value))
        for name, value in sorted(record.values.items())
        if value is not None and name != "id" and not isinstance(value, UUID)
    ]
    references = sorted(text for texts in record.references.values() for text in texts)
    return hashlib.sha256(repr((said, references, record.notes)).encode("utf-8", "surrogatepass")).hexdigest()
