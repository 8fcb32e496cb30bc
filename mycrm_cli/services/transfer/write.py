"""Writes a batch: new records, changed ones, and what goes with them; a bad row takes no other with it."""

from __future__ import annotations

from mycrm_cli.errors import Invalid, NotFound
from mycrm_cli.services import records
from mycrm_cli.services.transfer.extras import Extras
from mycrm_cli.services.transfer.model import Problem, Record, from_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.work import Work

CREATED, UPDATED, UNCHANGED, SKIPPED = "created", "updated", "unchanged", "skipped"


class Savepoint:
    """A place to go back to inside the unit of work: rows, and the journal's entries for them."""

    def __init__(self, work: Work) -> None:
        self.work = work
        journal = work.journal
        self.journal = (journal.position, dict(journal.counts), journal.items_hash.copy())
        self.pending = (list(journal.items), list(journal.payloads), list(journal.spooled))
        work.connection.execute("SAVEPOINT mycrm_batch")

    def keep(self) -> None:
        """Let what was written since then stay."""
        self.work.connection.execute("RELEASE SAVEPOINT mycrm_batch")

    def back(self) -> None:
        """Take back what was written since then."""
        connection, journal = self.work.connection, self.work.journal
        connection.execute("ROLLBACK TO SAVEPOINT mycrm_batch")
        connection.execute("RELEASE SAVEPOINT mycrm_batch")
        journal.position, journal.counts, journal.items_hash = self.journal
        journal.items, journal.payloads, journal.spooled = self.pending


class Writer:
    """The stage that writes. ``always`` and ``default`` are the values that rows get beside the file's."""

    def __init__(self, work: Work, entity: Entity, options: Options, always: Row, default: Row) -> None:
        self.work = work
        self.entity = entity
        self.options = options
        self.always = always
        self.default = default
        self.extras = Extras(work, entity)

    def write(self, plan: Plan, batch: Sequence[Record]) -> dict[int, str]:
        """Write rows and return what became of each, by place; those that cannot be written are refused."""
        outcome = self._unwanted(batch)
        wanted = [record for record in batch if record.place not in outcome]
        if not wanted:
            return outcome
        point = Savepoint(self.work)
        try:
            written = self._write(plan, wanted)
            point.keep()
            return outcome | written
        except (Invalid, NotFound) as error:
            point.back()
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
        # External systems may hold the same address twice; our own matching has the say here.
        for row, record in zip(records.add(self.work, self.entity, [self.fresh(r) for r in new]), new, strict=True):
            record.image = row
        touched = self.extras.new_addresses(old)
        edits = [(record.matched, self.changes(plan, record)) for record in old if record.matched is not None]
        changed = set(records.edit(self.work, self.entity, edits)) if edits else set()
        ids = {record.place: (record.matched or record.values["id"]) for record in batch}
        touched |= self.extras.write(batch, ids)
        for record in old:
            is_changed = record.matched in changed or record.place in touched
            outcome[record.place] = UPDATED if is_changed else UNCHANGED
        return outcome

    def fresh(self, record: Record) -> Row:
        """Return the values of a new record: the file's, then what is set for all, then defaults."""
        given = {name: value for name, value in record.values.items() if value is not None}
        return {**self.default, **given, **self.always}

    def changes(self, plan: Plan, record: Record) -> Row:
        """Return the values that a stored record gets: without what only new ones take, as conflicts are settled."""
        image, given = record.image or {}, plan.given
        wanted = {name: value for name, value in record.values.items() if name not in given and name != "id"}
        wanted |= self.always
        if self.options.on_conflict:
            rules = rules_by_field(plan, self.options)
            wanted = {n: v for n, v in wanted.items() if allowed(rules.get(n, rules.get("*", "overwrite")), n, image)}
        return unlinked(self.entity, wanted, image)


def rules_by_field(plan: Plan, options: Options) -> dict[str, str]:
    """Return what ``--on-conflict`` says, by field; it may name columns or fields."""
    rules = dict(options.on_conflict)
    for column in plan.columns:
        for target in column.targets:
            for name in (column.name, column.spec.target):
                if name in options.on_conflict:
                    rules[target.name] = options.on_conflict[name]
                    if target.what == "twin":
                        rules[f"{target.name}_id"] = options.on_conflict[name]
    return rules


def allowed(rule: str, name: str, image: Row) -> bool:
    """Whether a field of a stored record may be changed."""
    if rule == "overwrite":
        return True
    there: Any = image.get(name)
    if name.startswith("cf."):
        there = (image.get("custom_fields") or {}).get(name[3:])
    return rule == "fill" and there in (None, "", [], {})


def unlinked(entity: Entity, wanted: Row, image: Row) -> Row:
    """Leave a link alone where the name beside it stays the same and nothing was found to link."""
    for field in entity.fields.values():
        twin = field.relation
        if twin not in entity.fields or wanted.get(field.name, field) is not None:
            continue
        if wanted.get(twin) is not None and wanted[twin] == image.get(twin):
            wanted = {name: value for name, value in wanted.items() if name != field.name}
    return wanted


def values_for_all(work: Work, entity: Entity, texts: dict[str, str]) -> Row:
    """Return the values of ``--set`` and ``--default``, references looked up once."""
    from mycrm_cli.services import custom, values

    own = {name: text for name, text in texts.items() if name.startswith("cf.")}
    rest = {name: text for name, text in texts.items() if name not in own}
    return values.typed(work.reader, entity, rest, lambda message: None) | custom.typed(work.reader, entity, own)
