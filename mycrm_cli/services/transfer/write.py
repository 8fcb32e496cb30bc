"""Writes a batch: new records, changed ones, and what goes with them; a bad row takes no other with it."""

from __future__ import annotations

from mycrm_cli.errors import Invalid, NotFound
from mycrm_cli.roles import EDIT
from mycrm_cli.services import correspondents, ownership, records
from mycrm_cli.services.savepoint import Savepoint
from mycrm_cli.services.transfer import numbers, trash
from mycrm_cli.services.transfer.conflictrules import twins
from mycrm_cli.services.transfer.conflicts import Conflicts, said
from mycrm_cli.services.transfer.extras import Extras
from mycrm_cli.services.transfer.match import FINGERPRINT
from mycrm_cli.services.transfer.model import Problem, Record, from_error
from mycrm_cli.services.transfer.summary import RESTORED
from mycrm_cli.services.updating import difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.transfer.warnings import Warnings
    from mycrm_cli.services.work import Work

CREATED, UPDATED, UNCHANGED, SKIPPED = "created", "updated", "unchanged", "skipped"


class Writer:
    """The stage that writes. ``always`` and ``default`` are the values that rows get beside the file's.

    ``checked`` are fields by which the rows were matched: no other record has their values.
    """

    def __init__(
        self,
        work: Work,
        entity: Entity,
        options: Options,
        always: Row,
        default: Row,
        warnings: Warnings,
        checked: frozenset[str],
    ) -> None:
        self.work = work
        self.checked = checked
        self.entity = entity
        self.options = options
        self.always = always
        self.default = default
        self.extras = Extras(work, entity)
        self.planned: dict[int, Row] | None = None
        """What rows set, by their place, where a plan is made."""
        self.conflicts = Conflicts(entity, options, warnings)

    def write(self, plan: Plan, batch: Sequence[Record]) -> dict[int, str]:
        """Write rows and return what became of each, by place; those that cannot be written are refused."""
        outcome = self._unwanted(batch)
        numbers.refuse_taken(self.work, self.entity, plan, [r for r in batch if r.place not in outcome])
        wanted = [record for record in batch if record.place not in outcome and record.problem is None]
        if not wanted:
            return outcome
        point = Savepoint(self.work)
        try:
            written = self._write(plan, wanted)
            point.keep()
            return outcome | written
        except (records.Refused, ownership.NotYours) as error:
            point.back()
            self.extras.forget(wanted)
            refuse(wanted, error)
            return outcome | self.write(plan, [record for record in wanted if record.problem is None])
        except (Invalid, NotFound) as error:
            point.back()
            self.extras.forget(wanted)
            if len(wanted) == 1:
                wanted[0].refuse(
                    from_error(error) if isinstance(error, Invalid) else Problem(error.code, error.message)
                )
                return outcome
        for half in (wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]):
            outcome |= self.write(plan, half)
        return outcome

    def _unwanted(self, batch: Sequence[Record]) -> dict[int, str]:
        """Return the rows that the mode leaves alone."""
        mode = self.options.mode
        return {
            record.place: SKIPPED
            for record in batch
            if (mode == "insert" and record.matched) or (mode == "update" and not record.matched)
        }

    def _write(self, plan: Plan, batch: Sequence[Record]) -> dict[int, str]:
        new = [record for record in batch if record.matched is None]
        old = [record for record in batch if record.matched is not None]
        outcome = dict.fromkeys((record.place for record in new), CREATED)
        fresh = [self.fresh(r) for r in new]
        if self.entity.name == "email" and "id" not in plan.given:
            correspondents.link(self.work, fresh)
        if self.planned is not None:
            self.planned.update((r.place, dict(values)) for r, values in zip(new, fresh, strict=True))
        known = [record.computed for record in new]
        added = records.add(self.work, self.entity, fresh, checked=self.checked, known=known)
        for row, record in zip(added, new, strict=True):
            record.image = row
        last = self.extras.last(old) if self.conflicts.needs_last else {}
        edits, giving = [], []
        for record in old:
            wanted = self.changes(plan, record, last.get(record.place, {}))
            if record.problem is not None:
                continue
            if self.planned is not None:
                self.planned[record.place] = dict(wanted)
            if record.matched and (wanted.get("emails") or difference(self.entity, record.image or {}, wanted)):
                edits.append((record.matched, wanted))
            if wanted.get("emails"):
                giving.append(record)
        touched = self.extras.new_addresses(giving)
        back = trash.restore(self.work, self.entity, [r for r in old if r.trashed and r.problem is None])
        changed = set(records.edit(self.work, self.entity, edits)) if edits else set()
        touched |= self._extras(plan, [r for r in batch if r.problem is None and (r.externals or r.notes or r.links)])
        if touched:
            beside = {record.matched for record in old if record.matched and record.place in touched}
            ownership.check(self.work, self.entity, beside - {id for id, _ in edits}, EDIT)
        for record in old:
            is_changed = (changed and record.matched in changed) or record.place in touched
            outcome[record.place] = RESTORED if record.place in back else UPDATED if is_changed else UNCHANGED
        return outcome

    def _extras(self, plan: Plan, batch: Sequence[Record]) -> set[int]:
        """Write what rows bring beside the record's own columns; return the places of those with something new."""
        if not batch:
            return set()
        ids = {record.place: (record.matched or record.values["id"]) for record in batch}
        telling = [r for r in batch if any(source != FINGERPRINT for source, _ in r.externals)]
        says = {r.place: said(self.entity, r.values | self.always, plan.given) for r in telling}
        return self.extras.write(batch, ids, says, own=plan.own)

    def fresh(self, record: Record) -> Row:
        """Return the values of a new record: the file's, then what is set for all, then defaults."""
        given = {name: value for name, value in record.values.items() if value is not None}
        # The key of another system is the name of a lead that has no other.
        named = [key for source, key in record.externals if source != FINGERPRINT]
        if named:
            given["+external"] = named[-1]
        return {**self.default, **given, **self.always}

    def changes(self, plan: Plan, record: Record, last: dict[str, Any]) -> Row:
        """Return the values that a stored record gets: without what only new ones take, as conflicts are settled."""
        image, fields, given = record.image or {}, self.entity.fields, plan.given
        # What only new records take also fills a link that is still empty: a lead's deal may come after the lead.
        if given:
            given = given - {n for n in given if n in fields and fields[n].relation and image.get(n) is None}
        wanted = record.values
        if given or "id" in wanted:
            wanted = {name: value for name, value in wanted.items() if name not in given and name != "id"}
        if self.always:
            wanted = wanted | self.always
        wanted = self.conflicts.settle(plan, record, wanted, last)
        return unlinked(self.entity, wanted, record.image or {})


def refuse(batch: Sequence[Record], error: records.Refused | ownership.NotYours) -> None:
    """Refuse the rows that an error is about; raises it where it is about none of them."""
    new = [record for record in batch if record.matched is None]
    if isinstance(error, records.Refused):
        for place, reason in error.rows.items():
            new[place].refuse(from_error(reason))
        return
    foreign = [new[place] for place in error.places] + [record for record in batch if record.matched in error.ids]
    if not foreign:
        raise error
    for record in foreign:
        record.refuse(Problem(ownership.CODE, error.reason))


def unlinked(entity: Entity, wanted: Row, image: Row) -> Row:
    """Leave a link alone where the name beside it stays the same and nothing was found to link."""
    for link, twin in twins(entity):
        empty = link in wanted and wanted[link] is None
        if empty and wanted.get(twin) is not None and wanted[twin] == image.get(twin):
            wanted = {name: value for name, value in wanted.items() if name != link}
    return wanted


def values_for_all(work: Work, entity: Entity, texts: dict[str, str]) -> Row:
    """Return the values of ``--set`` and ``--default``, references looked up once."""
    from mycrm_cli.services import custom, values

    own = {name: text for name, text in texts.items() if name.startswith("cf.")}
    rest = {name: text for name, text in texts.items() if name not in own}
    return values.typed(work.reader, entity, rest, lambda message: None) | custom.typed(work.reader, entity, own)
