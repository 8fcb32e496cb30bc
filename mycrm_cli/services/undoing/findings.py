"""What taking back came upon: what stands in the way, what is gone, what has to be looked at afterwards."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row

KEPT = 1000
"""Problems that are kept to be listed; all are counted."""


class Problem:
    """A record, or some fields of it, that cannot be put back, and the changes that are the reason."""

    __slots__ = ("entity", "fields", "id", "label", "numbers", "reason")

    def __init__(
        self, entity: Entity, id: UUID, reason: str, *, image: Row | None, fields: Iterable[str] = (), numbers: Any = ()
    ) -> None:
        self.entity = entity
        self.id = id
        self.reason = reason
        self.fields = sorted(fields)
        self.numbers = sorted(set(numbers))
        self.label = label(entity, id, image)

    @property
    def changes(self) -> list[str]:
        """The changes that are the reason, as people refer to them."""
        return [f"X-{number}" for number in self.numbers]

    @property
    def message(self) -> str:
        """What stands in the way, in one line."""
        fields = f": {', '.join(name.removesuffix('_id').replace('_', ' ') for name in self.fields)}"
        return f"{self.label}{fields if self.fields else ''} {self.reason} {' '.join(self.changes)}".rstrip()

    def detail(self) -> dict[str, object]:
        """Return it for machines."""
        return {
            "code": "changed_later",
            "entity": self.entity.noun,
            "record": str(self.id),
            "fields": self.fields,
            "changes": self.changes,
            "message": self.message,
        }


def label(entity: Entity, id: UUID, image: Row | None) -> str:
    """Return how a record is called: number and title where they are known."""
    image = image or {}
    number, title = image.get("number"), entity.titled(image)
    return entity.called(number, title) if entity.prefix and number else f"{entity.noun} {title or id}"


class Problems:
    """Problems with their number; only the first ones are kept, unless all are needed."""

    def __init__(self, *, kept: int | None = KEPT) -> None:
        self.kept = kept
        self.count = 0
        self.first: list[Problem] = []
        self.numbers: set[int] = set()

    def add(self, problem: Problem) -> None:
        """Add one."""
        self.count += 1
        self.numbers.update(problem.numbers)
        if self.kept is None or len(self.first) < self.kept:
            self.first.append(problem)

    def extend(self, other: Problems) -> None:
        """Add those of another list."""
        for problem in other.first:
            self.add(problem)
        self.count += other.count - len(other.first)
        self.numbers |= other.numbers


class Findings:
    """What came up while records were put back.

    ``removed`` are the ids of records that are gone, sixteen bytes each, by entity; ``missing`` are
    references that were put back and lead nowhere yet; ``users`` are users as they were and are.
    ``astray`` are deals that do not go with their stage yet (with whether they came back whole), ``ends`` the
    stages that became won, lost or open again.
    """

    def __init__(self) -> None:
        self.problems = Problems()
        self.removed: dict[str, bytearray] = {}
        self.missing: list[tuple[Entity, UUID, str, str, UUID]] = []
        self.users: list[tuple[Row, Row]] = []
        self.astray: dict[UUID, bool] = {}
        self.ends: set[UUID] = set()
        self.remarks: dict[str, int] = {}

    def remark(self, text: str) -> None:
        """Count something that people should know."""
        self.remarks[text] = self.remarks.get(text, 0) + 1

    def extend(self, other: Findings) -> None:
        """Add what another part came upon."""
        self.problems.extend(other.problems)
        for name, ids in other.removed.items():
            self.removed.setdefault(name, bytearray()).extend(ids)
        self.missing += other.missing
        self.users += other.users
        self.astray |= other.astray
        self.ends |= other.ends
        for text, count in other.remarks.items():
            self.remarks[text] = self.remarks.get(text, 0) + count
