"""The keys by which a row may be known: what it says of itself, and what the file says of nothing else."""

from __future__ import annotations

import hashlib
from uuid import UUID

from mycrm_cli.query.attached import FINGERPRINT
from mycrm_cli.services.transfer import keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Plan

    Key = tuple[str, Any]

CONTENT = "content"
"""The key of rows that are to be known by nothing but what they say."""
NAME = "name"
"""A name tells records apart only where a row has no other key: many deals may be called the same."""


class RowKeys:
    """The keys of one import. Those of several columns need what references mean, and come later than the others."""

    def __init__(self, entity: Entity, options: Options) -> None:
        self.entity = entity
        self.asked = [step if step == CONTENT else keys.check_step(entity, step) for step in options.match]
        self.plan: Plan | None = None
        self.own: list[str] = []
        self.joined: list[str] = []

    def steps(self, plan: Plan) -> list[str]:
        """Return the names of the keys in their order: as asked, or our id, other systems' ids, the entity's own."""
        if self.asked:
            return [step for step in self.asked if step != CONTENT]
        external = dict.fromkeys(t.name for c in plan.columns for t in c.targets if t.what == "external")
        own = ["id"] if "id" in plan.given else []
        return [*own, *external, *keys.usual_steps(self.entity)]

    def learn(self, plan: Plan) -> None:
        """Find out which keys the rows of a plan have."""
        if plan is self.plan:
            return
        steps, self.plan = self.steps(plan), plan
        self.own = [step for step in steps if keys.JOINED not in step]
        self.joined = [step for step in steps if keys.JOINED in step]

    def of(self, record: Record) -> list[Key]:
        """Return the keys of single columns; a row without any key at all gets one of all that it says."""
        values, externals = record.values, record.externals
        found = [(step, key) for step in self.own for key in keys.of_row(self.entity, step, values, externals)]
        return found or ([] if self.joined else [fingerprinted(record)])

    def later(self, record: Record, always: Row, default: Row) -> list[Key]:
        """Return all keys, now that references are known, and the values that all rows get."""
        if not self.joined:
            return record.keys
        values = {**default, **record.values, **always}
        found = [(step, key) for step in self.joined for key in keys.of_row(self.entity, step, values, ())]
        return [*record.keys, *found] or [fingerprinted(record)]


def fingerprinted(record: Record) -> Key:
    """Give a row its fingerprint as a key."""
    key = fingerprint(record)
    record.externals = [*record.externals, (FINGERPRINT, key)]
    return f"ext:{FINGERPRINT}", key


def sure(found: Sequence[Key]) -> list[Key]:
    """Return the keys that a file may have only once: a name counts where it is the only one."""
    strong = [(step, key) for step, key in found if step != NAME]
    return strong or list(found)


def beside(found: Sequence[Key]) -> list[Key]:
    """Return the name that a row has beside better keys: it may be all that another row has."""
    if len(found) < 2 or all(step == NAME for step, _ in found):
        return []
    return [(step, key) for step, key in found if step == NAME]


def telling(record: Record) -> set[str]:
    """Return the kinds of a row's keys that tell its record from others of the same name."""
    steps = {step for step, _ in record.keys if keys.JOINED not in step} | {
        f"ext:{source}" for source, _ in record.externals
    }
    return steps - {NAME, "id", "number", f"ext:{FINGERPRINT}"}


def fingerprint(record: Record) -> str:
    """Return the SHA-256 over what the file says in a row; what references mean today does not count."""
    said = [
        (name, str(value))
        for name, value in sorted(record.values.items())
        if value is not None and name != "id" and not isinstance(value, UUID)
    ]
    references = sorted(text for texts in record.references.values() for text in texts)
    return hashlib.sha256(repr((said, references, record.notes)).encode("utf-8", "surrogatepass")).hexdigest()
