"""Finds out which stored record each row is about, by keys that are prefetched for a batch."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.ids import uuid7s
from mycrm_cli.query.attached import FINGERPRINT
from mycrm_cli.services import nouns, rows
from mycrm_cli.services.transfer import keys, owncards, trash
from mycrm_cli.services.transfer.meant import Meant
from mycrm_cli.services.transfer.model import Problem, Record, short
from mycrm_cli.services.transfer.rowkeys import NAME, RowKeys, fingerprint, telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.work import Work

__all__ = ["FINGERPRINT", "Matcher", "fingerprint"]


NOBODY: dict[UUID, bool] = {}


class Matcher:
    """The stage that matches. ``repeated`` are the hashes of keys that the file has several times.

    ``always`` and ``default`` are the values that rows get beside the file's; ``seen`` tells the line
    that had such a key first.
    """

    def __init__(
        self,
        work: Work,
        entity: Entity,
        options: Options,
        always: Row,
        default: Row,
        repeated: Collection[int] = frozenset(),
    ) -> None:
        self.work = work
        self.entity = entity
        self.keys = RowKeys(entity, options)
        self.ignore = options.repeated == "ignore"
        self.deleted = options.deleted
        self.always = always
        self.default = default
        self.repeated = repeated
        self.seen: dict[int, tuple[int, int, str, bool]] = {}
        self.meant = Meant()
        self.alone = False
        """Whether no stored record can be meant: there is none, and the file's rows all mean different ones."""

    def match(self, plan: Plan, batch: Sequence[Record]) -> list[Record]:
        """Set ``matched`` of each row that is about a stored record; give new ones an id.

        Returns the rows that only say again what an earlier row said.
        """
        self.keys.learn(plan)
        again = self._known(batch)
        gone = {record.place for record in again}
        if not self.alone:
            said = set().union(*(record.values for record in batch))
            images = keys.Images(self._columns(said))
            self._find(batch, gone, images)
            self._take_images([record for record in batch if record.matched is not None], images)
        new = [record for record in batch if record.matched is None and record.values.get("id") is None]
        for record, key in zip(new, uuid7s(len(new)), strict=True):
            record.values["id"] = key
        return again

    def _find(self, batch: Sequence[Record], gone: Collection[int], images: keys.Images) -> None:
        """Look up the keys of a batch and settle which stored records its rows are about."""
        owncards.recognize(self.work, self.entity, batch)
        wanted: dict[str, set[Any]] = {}
        for record in batch:
            for step, key in record.keys:
                wanted.setdefault(step, set()).add(key)
        hits = {step: keys.stored(self.work, self.entity, step, several, images) for step, several in wanted.items()}
        taken = self._taken(batch, hits)
        for record in batch:
            is_open = record.problem is None and record.place not in gone
            if is_open and (NAME in hits or not _clear(record, hits)):
                self._decide(record, hits, taken)

    def recall(self, plan: Plan, batch: Sequence[Record]) -> None:
        """Take note of the keys of rows that were written before an import was cut off."""
        self.keys.learn(plan)
        self._known(batch)

    def _known(self, batch: Sequence[Record]) -> list[Record]:
        """Give rows all of their keys; return those that only say again what an earlier one said."""
        again: list[Record] = []
        for record in batch:
            record.keys = self.keys.later(record, self.always, self.default)
            if self._is_repeated(record):
                again.append(record)
        return again

    def looks_back(self, plan: Plan) -> bool:
        """Whether a row may be the same as one of an earlier batch."""
        self.keys.learn(plan)
        return bool(self.repeated or self.keys.joined)

    def _is_repeated(self, record: Record) -> bool:
        """Whether a row repeats an earlier one and that is fine; one that contradicts it is refused."""
        said = ""
        for step, key in record.keys:
            digest = hash((step, key))
            if digest not in self.repeated and keys.JOINED not in step:
                continue
            said = said or (fingerprint(record) if self.ignore else "")
            better = step == NAME and any(other != NAME for other, _ in record.keys)
            place, first, before, other = self.seen.setdefault(digest, (record.place, record.line, said, better))
            if place == record.place or (better and other):
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

    def _taken(self, batch: Sequence[Record], hits: dict[str, keys.Hits]) -> dict[UUID, set[str]]:
        """Return the kinds of keys that records have which names have hit.

        A row with another key of such a kind means another record; one with the same key needed no name.
        """
        named = hits.get(NAME, {})
        ids: set[UUID] = set()
        steps: set[str] = set()
        for record in batch:
            for step, key in record.keys:
                if step == NAME and key in named and (better := telling(record)):
                    ids.update(named[key])
                    steps |= better
        taken: dict[UUID, set[str]] = {}
        if any(step.startswith("ext:") for step in steps):
            table, columns, of = catalog.entity("external_ids"), ["record_id", "source"], {"entity": self.entity.name}
            connection, scope = self.work.connection, self.work.scope
            for id, source in rows.fetch(connection, scope, table, "record_id", ids, columns, within=of):
                taken.setdefault(id, set()).add(f"ext:{source}")
        plain = {step: keys.columns(self.entity, step) for step in steps if not step.startswith("ext:")}
        if columns := sorted({column for several in plain.values() for column in several}):
            images = rows.images(self.work.connection, self.work.scope, self.entity, ids, ["id", *columns])
            for id, image in images.items():
                held = {step for step, several in plain.items() if any(image[column] for column in several)}
                taken.setdefault(id, set()).update(held)
        return taken

    def _decide(self, record: Record, hits: dict[str, keys.Hits], taken: dict[UUID, set[str]]) -> None:
        """Settle which record a row is about; raises nothing, but may refuse the row."""
        if not any(key in hits[step] for step, key in record.keys):
            return
        ids: dict[UUID, str] = {}
        gone: set[UUID] = set()
        better = telling(record)
        for step, key in record.keys:
            if step == NAME and ids:
                break
            several = hits[step].get(key, {})
            if step == NAME and better:
                several = {id: deleted for id, deleted in several.items() if not (taken.get(id, set()) & better)}
            live = [id for id, deleted in several.items() if not deleted]
            if len(live) > 1:
                names = self._names(live)
                record.refuse(Problem("ambiguous_key", f"several records have {named(step, key)}: {names}"))
                return
            if several and not live:
                if not self._may_restore(record, same(step, key), list(several)):
                    return
                live = list(several)[:1]
                gone.update(live)
            for id in live:
                ids.setdefault(id, step)
        if len(ids) > 1:
            record.refuse(
                Problem("conflicting_keys", f"its keys belong to different records: {self._names(list(ids))}")
            )
        elif ids:
            record.matched = next(iter(ids))
            record.trashed = record.matched in gone
            if better:
                taken.setdefault(record.matched, set()).update(better)

    def _may_restore(self, record: Record, key: str, trashed: list[UUID]) -> bool:
        """Whether a row may take the record with its key out of the trash; otherwise it is left out or refused."""
        if self.deleted == "skip":
            record.matched, record.trashed = trashed[0], True
            return False
        if problem := trash.refused(self.deleted, key, len(trashed)):
            record.refuse(problem)
            return False
        return True

    def _names(self, ids: list[UUID]) -> str:
        return " · ".join(sorted(keys.named(self.work, self.entity, ids[:5]).values()))

    def _take_images(self, batch: Sequence[Record], images: keys.Images) -> None:
        """Give rows the stored records that they are about, as far as the file says something of them."""
        missing = [record for record in batch if self._take_image(record, images)]
        if missing:
            ids = {record.matched for record in missing if record.matched is not None}
            images.known |= rows.images(self.work.connection, self.work.scope, self.entity, ids, images.columns)
        for record in missing:
            self._take_image(record, images)
        for record in batch:
            if record.image is not None and self.meant.again(record.image) and record.problem is None:
                message = f"an earlier line means {self._names([record.image['id']])} as well"
                record.refuse(Problem("duplicate_row", message))

    def _take_image(self, record: Record, images: keys.Images) -> bool:
        """Give a row its stored record; return whether it is still to be read."""
        if record.matched is not None:
            record.image = images.known.get(record.matched)
        return record.matched is not None and record.image is None

    def _columns(self, said: set[str]) -> list[str]:
        """Return the columns that are compared with what a file says, and those that the rules of imports look at."""
        fields = self.entity.fields
        if nouns.own(self.entity, "take_in"):
            return list(fields)
        parts = {"tags"} | {"custom_fields" for name in (*said, *self.always) if name.startswith("cf.")}
        links = {field.name for field in fields.values() if field.relation}
        return ["id", *sorted(fields.keys() & {*said, *self.always, *parts, *links, "number"} - {"id"})]


def _clear(record: Record, hits: dict[str, keys.Hits]) -> bool:
    """Settle which record a row is about that has one key, which one live record has, or none."""
    if len(record.keys) != 1:
        return False
    step, key = record.keys[0]
    several = hits[step].get(key, NOBODY)
    if len(several) > 1 or True in several.values():
        return False
    record.matched = next(iter(several), None)
    return True


def named(step: str, key: Any) -> str:
    """Return a key as messages write it."""
    if keys.JOINED in step:
        return step.replace("_id", "").replace(keys.JOINED, " and ")
    return f"{step} {short(str(key))!r}"


def same(step: str, key: Any) -> str:
    """Return what two rows have in common."""
    return "the same values" if step.endswith(FINGERPRINT) else f"the same {named(step, key)}"
