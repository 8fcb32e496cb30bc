"""References whose names are unique only inside another reference of the row: a stage inside the deal's pipeline."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services import rows
from mycrm_cli.services.transfer.model import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.parents import Parents
    from mycrm_cli.services.transfer.plan import Column, Plan
    from mycrm_cli.services.work import Work


def scope(entity: Entity, column: Column) -> Field | None:
    """Return the entity's reference that the column's records are parts of as well, or None."""
    target = column.target
    if target.entity is None or target.what != "reference":
        return None
    for part in target.entity.fields.values():
        if part.part and part.name in entity.fields and entity.fields[part.name].table == part.table:
            return entity.fields[part.name]
    return None


def inner(entity: Entity, column: Column) -> bool:
    """Whether the column's names mean something only inside another reference of the row."""
    return column.target.step in ("", "name") and scope(entity, column) is not None


class Within:
    """The stage that resolves such references once the rows are matched. ``fixed`` is what ``--set`` gives."""

    def __init__(self, parents: Parents, always: Row, default: Row) -> None:
        self.parents = parents
        self.work: Work = parents.work
        self.always = always
        self.default = default
        self.known: dict[UUID, dict[str, list[UUID]]] = {}
        self.usual: dict[str, UUID | None] = {}

    def resolve(self, plan: Plan, batch: Sequence[Record]) -> None:
        """Set the references of a batch's rows, and for new ones the reference that they are inside of."""
        for place, column in enumerate(plan.columns):
            outer = scope(plan.entity, column) if inner(plan.entity, column) else None
            if outer is None:
                continue
            for record in batch:
                texts = record.references.get(place)
                if texts and record.problem is None:
                    self._set(record, column, outer, texts[0])

    def _set(self, record: Record, column: Column, outer: Field, text: str) -> None:
        """Set one reference; raises nothing, but may refuse the row."""
        target = column.target
        assert target.entity is not None
        group = self._group(record, outer)
        found = self._members(target.entity, outer, group).get(fold_key(text), []) if group else []
        if found:
            record.values[target.name] = found[0]
            if record.matched is None:
                record.values.setdefault(outer.name, group)
            return
        # Any other reference, such as an id, needs nothing around it.
        answer = [] if target.step else self.parents.answers(column, [text])[text]
        if isinstance(answer, list) and len(answer) == 1:
            record.values[target.name] = answer[0]
        else:
            self.parents.refuse(record, column, text, self._unknown(target.entity, outer, group, text))

    def _group(self, record: Record, outer: Field) -> UUID | None:
        """Return the record that a row's reference is to be found in: the row's, the stored one's, or the usual one."""
        said = self.always.get(outer.name) or record.values.get(outer.name)
        stored = (record.image or {}).get(outer.name)
        return said or stored or self.default.get(outer.name) or self._usual(outer)

    def _usual(self, outer: Field) -> UUID | None:
        """Return the default record, where its entity marks one (the default pipeline)."""
        if outer.name not in self.usual:
            other, marked = catalog.by_table(str(outer.table)), []
            if "is_default" in other.fields:
                marked = list(rows.fetch(self.work.connection, self.work.scope, other, "is_default", [True], ["id"]))
            self.usual[outer.name] = marked[0][0] if marked else None
        return self.usual[outer.name]

    def _members(self, entity: Entity, outer: Field, group: UUID) -> dict[str, list[UUID]]:
        """Return the records inside one by their folded names."""
        if group not in self.known:
            members: dict[str, list[UUID]] = {}
            columns = ["id", "name_key"]
            for id, key in rows.fetch(self.work.connection, self.work.scope, entity, outer.name, [group], columns):
                members.setdefault(key, []).append(id)
            self.known[group] = members
        return self.known[group]

    def _unknown(self, entity: Entity, outer: Field, group: UUID | None, text: str) -> BadValue:
        """Return what is said of a name that is not there, with the names that are."""
        other = catalog.by_table(str(outer.table))
        if group is None:
            return BadValue("not_found", f"no {entity.noun} matches {short(text)!r}: the row names no {other.noun}")
        ids = [id for several in self.known[group].values() for id in several]
        names = [entity.titled(row) for row in rows.images(self.work.connection, self.work.scope, entity, ids).values()]
        [outside] = rows.images(self.work.connection, self.work.scope, other, [group]).values()
        where = f"{other.noun} {other.titled(outside)}"
        there = f"it has {', '.join(names)}" if names else f"it has no {entity.plural}"
        return BadValue("not_found", f"no {entity.noun} {short(text)!r} in the {where}: {there}")
