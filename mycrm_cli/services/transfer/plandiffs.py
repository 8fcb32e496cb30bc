"""Compares a plan with what is stored now, batch by batch: whatever differs is a reason to refuse."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query import attached
from mycrm_cli.services import nouns, rows
from mycrm_cli.services.transfer import keys, trash
from mycrm_cli.services.transfer.conflicts import current
from mycrm_cli.services.transfer.match import Matcher
from mycrm_cli.services.transfer.model import Record, short
from mycrm_cli.services.transfer.options import Options
from mycrm_cli.services.transfer.planvalues import is_word
from mycrm_cli.services.updating import difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.planfile import Document
    from mycrm_cli.services.transfer.planned import Planned
    from mycrm_cli.services.transfer.planvalues import Values
    from mycrm_cli.services.work import Work

APPLIED = "applied"
"""The code of what is there as the plan wants it."""
LARGEST_CACHE = 100_000


class Finder(Matcher):
    """Finds the records that new rows would be about by now."""

    def find(self, batch: Sequence[Record]) -> None:
        """Settle which records rows are about, by the keys that they had when the plan was made."""
        wanted: dict[str, set[Any]] = {}
        for record in batch:
            for step, key in record.keys:
                wanted.setdefault(step, set()).add(key)
        hits = {step: keys.stored(self.work, self.entity, step, several) for step, several in wanted.items()}
        taken = self._taken(batch, hits)
        for record in batch:
            self._decide(record, hits, taken)


class Comparison:
    """What a plan, made at a time, is compared with. ``values`` are those of the entity."""

    def __init__(self, work: Work, entity: Entity, values: Values, made_at: str) -> None:
        self.work = work
        self.entity = entity
        self.values = values
        self.made_at = datetime.fromisoformat(made_at).astimezone(UTC)
        self.finder = Finder(work, entity, Options(), {}, {})
        self.there: dict[str, set[UUID]] = {}
        self.own = work.reader.custom_fields(entity) if "custom_fields" in entity.fields else {}

    def differences(self, parents: Sequence[tuple[Entity, Row]], batch: Sequence[Planned]) -> list[Document]:
        """Return what differs; the records that are to be changed stay locked."""
        new = [each for each in batch if each.action == "create"]
        old = [each for each in batch if each.action in ("update", "restore", "unchanged")]
        found = list(self._parents(parents))
        found += self._created(new)
        found += self._changed(old)
        made = {row["id"] for _, row in parents} | {each.id for each in new}
        found += self._references([each for each in batch if each.action in ("create", "update", "restore")], made)
        found += self._fields(batch)
        return sorted(found, key=lambda detail: int(str(detail["line"] or 0)))

    def _parents(self, parents: Sequence[tuple[Entity, Row]]) -> Iterator[Document]:
        """Compare the records that are to be created for references: nobody else made them meanwhile."""
        for entity, row in parents:
            title = entity.titled(row)
            by = {"name": fold_key(title), "domain": row.get("domain")} if title else {"domain": row.get("domain")}
            there = {id for step, key in by.items() if key for id in self._live(entity, step, key)}
            if row["id"] in there:
                yield difference_of(None, APPLIED, f"{entity.noun} {title or row.get('domain')} was created already")
            elif there:
                name = " · ".join(sorted(keys.named(self.work, entity, list(there)[:3]).values()))
                yield difference_of(None, "in_the_way", f"{entity.noun} {name} is there now")

    def _live(self, entity: Entity, step: str, key: Any) -> list[UUID]:
        hits = keys.stored(self.work, entity, step, [key]).get(key, {})
        return [id for id, deleted in hits.items() if not deleted]

    def _created(self, new: Sequence[Planned]) -> Iterator[Document]:
        """Compare new records: neither they nor others with their keys are there."""
        work, entity = self.work, self.entity
        there = rows.images(work.connection, work.scope, entity, [each.id for each in new], ["id"])
        names = keys.named(work, entity, there) if there else {}
        open_ones = []
        for each in new:
            if each.id in there:
                yield difference_of(each, APPLIED, "was created already", names.get(each.id))
            else:
                open_ones.append((each, each.record()))
        self.finder.find([record for _, record in open_ones])
        for each, record in open_ones:
            if record.matched is not None:
                name = keys.named(work, entity, [record.matched])[record.matched]
                yield difference_of(each, "in_the_way", "is there now, with a key of the new record", name)
            elif record.problem is not None:
                message = trash.NOW if record.problem.code == trash.CODE else record.problem.message
                yield difference_of(each, record.problem.code, message)

    def _changed(self, old: Sequence[Planned]) -> Iterator[Document]:
        """Compare stored records: they hold what the plan found in them."""
        work, entity = self.work, self.entity
        nouns.hold(work, entity, [(each.id, each.wanted) for each in old])
        images = rows.images(work.connection, work.scope, entity, {each.id for each in old}, lock=True)
        back = {each.id for each in old if each.action == "restore"}
        for each in old:
            image = images.get(each.id)
            if image is None:
                yield difference_of(each, "gone", "the record is not there any more")
            elif image.get("is_deleted") and each.id not in back:
                yield difference_of(each, "in_trash", "was put into the trash", _name(entity, image))
            else:
                if each.action == "restore" and not image["is_deleted"]:
                    yield difference_of(each, APPLIED, "was restored already", _name(entity, image))
                for field, code, message in self._fields_changed(each, image):
                    yield difference_of(each, code, message, _name(entity, image)) | {"field": field}

    def _fields_changed(self, each: Planned, image: Row) -> Iterator[tuple[str, str, str]]:
        """Yield the fields of a record that hold something else than the plan found."""
        for name, (old, new) in each.values.items():
            now = self.values.dump(name, current(image, name))
            if now != old:
                code = APPLIED if now == new else "changed"
                yield name, code, f"{name} is {_shown(now)} now; the plan found {_shown(old)}"
        same = {name: value for name, value in each.same.items() if not is_word(self.entity.fields.get(name), value)}
        touched = difference(self.entity, image, same)
        for column in touched:
            now, planned = self.values.dump(column, image[column]), self.values.dump(column, touched[column])
            yield column, "changed", f"{column} is {_shown(now)} now; the plan found {_shown(planned)}"

    def _references(self, batch: Sequence[Planned], made: set[UUID]) -> Iterator[Document]:
        """Compare what rows point to: it is there, unless the plan creates it."""
        pointing: dict[str, dict[UUID, tuple[Planned, str]]] = {}
        for each in batch:
            for table, name, id in self._pointers(each):
                if id not in made and id not in self.there.get(table, ()):
                    pointing.setdefault(table, {}).setdefault(id, (each, name))
        for table, wanted in pointing.items():
            other = catalog.by_table(table)
            live = self._there(other, wanted)
            known = self.there.setdefault(table, set())
            if len(known) > LARGEST_CACHE:
                known.clear()
            known |= live
            for id in wanted.keys() - live:
                each, name = wanted[id]
                what = f"the {other.noun} that {name.removesuffix('_id')} points to is not there any more"
                yield difference_of(each, "not_found", what) | {"field": name}

    def _pointers(self, each: Planned) -> Iterator[tuple[str, str, UUID]]:
        """Yield what a row points to: table, field and id."""
        for name, value in each.wanted.items():
            field = self.entity.fields.get(name)
            if isinstance(value, UUID) and field is not None and field.table and name not in each.same:
                yield str(field.table), name, value
        links = attached.links(self.entity.name)
        for main, id, _ in each.extras.get("links", ()):
            yield links[main].other.table, main, UUID(id)

    def _there(self, other: Entity, ids: Iterable[UUID]) -> set[UUID]:
        """Return which records are there, and not in the trash since the plan was made."""
        columns = ["id", "is_deleted", "deleted_at"] if other.soft_delete else ["id"]
        found = rows.images(self.work.connection, self.work.scope, other, ids, columns)
        return {
            id
            for id, row in found.items()
            if not row.get("is_deleted") or (row["deleted_at"] is not None and row["deleted_at"] < self.made_at)
        }

    def _fields(self, batch: Sequence[Planned]) -> Iterator[Document]:
        """Compare the organization's own fields: they are defined still."""
        told = set(self.own)
        for each in batch:
            for name in each.wanted:
                if name.startswith("cf.") and name[3:] not in told:
                    told.add(name[3:])
                    yield difference_of(each, "not_found", f"custom field {name[3:]} is not there any more")


def difference_of(each: Planned | None, code: str, message: str, name: str | None = None) -> Document:
    """Return a difference as errors list it."""
    told = f"{name}: {message}" if name else message
    found: Document = {"line": each.line if each else None, "record": name, "code": code, "message": told}
    return {key: value for key, value in found.items() if value is not None or key == "line"}


def _name(entity: Entity, image: Row) -> str:
    return entity.called(image.get("number"), entity.titled(image))


def _shown(value: Any) -> str:
    """Return a value as messages quote it."""
    return "empty" if value in (None, "", [], {}) else repr(short(str(value)))
