"""Applies a plan: exactly what it says, in one transaction, or nothing where the data changed since."""

from __future__ import annotations

import time
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Invalid, NotFound
from mycrm_cli.roles import EDIT
from mycrm_cli.services import custom, loading, ownership, records, statistics
from mycrm_cli.services.transfer import keys, planfile, queueing
from mycrm_cli.services.transfer.extras import Extras, tables
from mycrm_cli.services.transfer.model import joined
from mycrm_cli.services.transfer.plandiffs import APPLIED, Comparison, difference_of
from mycrm_cli.services.transfer.planned import Planned
from mycrm_cli.services.transfer.planvalues import Values
from mycrm_cli.services.transfer.reports import Results
from mycrm_cli.services.transfer.summary import Summary
from mycrm_cli.services.transfer.warnings import Warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.planfile import Document, Stored
    from mycrm_cli.services.work import Work

LISTED = 20
"""Differences that are named."""
STATUSES = {action: status for status, action in planfile.ACTIONS.items()}


class Apply:
    """One plan on its way into the database. ``results`` is the file that tells our id for every row."""

    def __init__(
        self, work: Work, entity: Entity, plan: Stored, *, results: str | None, progress: Callable[[int], None]
    ) -> None:
        check(work, entity, plan)
        queueing.wait(work, entity, *(catalog.entities()[n] for n in plan.header["parents"] if n in catalog.entities()))
        self.work = work
        self.work.journal.kind = "import"
        self.entity = entity
        self.plan = plan
        self.progress = progress
        self.started = time.monotonic()
        self.header = plan.header
        for key, label in self.header["custom_fields"].items():
            custom.define(work, entity, key, label=label)
        self.values = Values(entity)
        self.comparison = Comparison(work, entity, self.values, self.header["made_at"])
        self.extras = Extras(work, entity)
        warnings = Warnings()
        vars(warnings).update(self.header["warnings"])
        self.summary = Summary(warnings)
        self.summary.preset = self.header["preset"]
        self.results = Results(results)

    def run(self) -> Summary:
        """Do what the plan says; raises Conflict where the data changed since it was made."""
        steps = self.header["checked"]
        looked_up = {name for step in steps if not step.startswith("ext:") for name in keys.columns(self.entity, step)}
        looked_up |= set(self.entity.distinct) | {name for key in self.entity.unique for name in key}
        with loading.bulk(self.work, self.entity, self.header["counts"]["created"], keep=looked_up, checks=True):
            for count, batch in enumerate(self.plan.batches(), 1):
                self._take(batch)
                statistics.renew(self.work.connection, [self.entity, *tables()], count)
                self.results.sort()
                self.progress(self.summary.rows)
        self.summary.seconds = time.monotonic() - self.started
        self.summary.check()
        counted = {name: getattr(self.summary, name) for name in self.header["counts"]}
        if counted != self.header["counts"]:
            raise Invalid(f"{self.plan.path} does not hold what it says of itself", hint="make the plan again")
        return self.summary

    def _take(self, documents: Sequence[Document]) -> None:
        """Compare one batch with what is there, and write it."""
        parents, batch = self._read(documents)
        if found := self.comparison.differences(parents, batch):
            doing = {each.line for each in batch if each.action in ("create", "update", "restore")}
            raise self._refused(found, is_whole=doing <= {detail["line"] for detail in found})
        lines = f"lines {batch[0].line} to {batch[-1].line}" if batch else "a record that rows point to"
        try:
            self._write(parents, batch)
        except Conflict:
            raise
        except (Invalid, NotFound) as error:
            # Neither a key nor a value: the rules changed, or what they rely on.
            detail = difference_of(None, error.code, f"{lines}: {error.message}")
            raise self._refused([detail, *error.details]) from error
        for each in batch:
            self._account(each)

    def _read(self, documents: Sequence[Document]) -> tuple[list[tuple[Entity, Row]], list[Planned]]:
        """Return the records that rows point to, and the rows; raises Invalid for what no plan of ours says."""
        parents: list[tuple[Entity, Row]] = []
        batch: list[Planned] = []
        for document in documents:
            try:
                if document["action"] == planfile.PARENT:
                    parents.append(self._parent(document))
                else:
                    batch.append(Planned(document, self.values, self.work.reader))
            except (KeyError, TypeError, ValueError, AttributeError):
                raise Invalid(f"{self.plan.path} has a line that no plan has", hint="make the plan again") from None
        return parents, batch

    def _parent(self, document: Document) -> tuple[Entity, Row]:
        """Return a record that is created because rows point to it."""
        entity = catalog.entity(document["entity"])
        own = Values(entity)
        row = {name: own.load(self.work.reader, name, value) for name, value in document["values"].items()}
        return entity, row | {"id": UUID(document["id"])}

    def _write(self, parents: Sequence[tuple[Entity, Row]], batch: Sequence[Planned]) -> None:
        """Write one batch: what rows point to, new records, changed ones, and what goes with them."""
        together: dict[str, list[Row]] = {}
        for entity, row in parents:
            together.setdefault(entity.name, []).append(row)
        for name, several in together.items():
            records.add(self.work, catalog.entity(name), several)
            self.summary.parents[name] = self.summary.parents.get(name, 0) + len(several)
        new = [each for each in batch if each.action == "create"]
        added = records.add(self.work, self.entity, [each.wanted for each in new])
        for each, row in zip(new, added, strict=True):
            each.number = row.get("number")
        written = [(each, each.record()) for each in batch if each.extras]
        ownership.check(self.work, self.entity, [each.id for each, record in written if record.matched], EDIT)
        brought: dict[int, Document] = {}
        self.extras.added = brought
        self.extras.new_addresses([record for _, record in written if record.matched])
        edits = [each for each in batch if each.action in ("update", "restore")]
        if back := [each.id for each in edits if each.action == "restore"]:
            records.restore(self.work, self.entity, back)
        records.edit(self.work, self.entity, [(each.id, each.wanted) for each in edits if each.wanted])
        ids = {record.place: each.id for each, record in written}
        says = {record.place: each.extras["said"] for each, record in written if "said" in each.extras}
        says |= {record.place: {} for _, record in written if record.place not in says}
        self.extras.write([record for _, record in written], ids, says)
        found = [self._extra(each, brought.get(record.place, {})) for each, record in written]
        if differing := [detail for detail in found if detail]:
            raise self._refused(differing, is_whole=len(differing) == len(new) + len(edits))

    def _extra(self, each: Planned, brought: Document) -> Document | None:
        """Compare what a row brought beside its columns with what it was to bring."""
        wanted = dict(each.extras)
        if each.action == "create":
            wanted.pop("emails", None)
        missing = [word for word, found in wanted.items() if brought.get(word) != found]
        if not missing:
            return None
        there = ", ".join(word.replace("_", " ") for word in missing)
        return difference_of(each, APPLIED, f"the record has what the plan adds: {there}")

    def _account(self, each: Planned) -> None:
        """Account for a row."""
        status = STATUSES[each.action]
        self.summary.rows += 1
        if status == "rejected":
            problems = each.problems()
            self.summary.reject(problems)
            self.results.add(each.line, status, None, None, *joined(problems)[1:])
            return
        self.summary.count(status)
        hidden = self.work.dry_run and status == "created"
        id = each.id if each.id.int and not hidden else None
        self.results.add(each.line, status, id, None if hidden else each.number)

    def _refused(self, found: Sequence[Document], *, is_whole: bool = False) -> Conflict:
        """Return the error that names what differs; ``is_whole`` tells whether all that was to be done does."""
        path = self.plan.path
        if is_whole and all(detail.get("code") == APPLIED for detail in found):
            message = f"{path} was applied already; nothing was written"
        else:
            message = f"the data changed since {path} was made; nothing was written"
        again = f"mycrm {self.entity.noun} import FILE --plan {path} makes a new plan"
        return Conflict(message, hint=again, details=list(found[:LISTED]))


def check(work: Work, entity: Entity, plan: Stored) -> None:
    """Refuse a plan that is for others, or that must not be applied; raises Invalid."""
    header, path = plan.header, plan.path
    if header["entity"] != entity.name:
        other = catalog.entities().get(header["entity"])
        noun = other.noun if other else header["entity"]
        raise Invalid(f"{path} is a plan for {noun}, not for {entity.noun}", hint=f"mycrm {noun} import --apply {path}")
    if header["organization_id"] != str(work.scope.organization_id):
        raise Invalid(f"{path} was made for another organization", hint="-P names the profile of that one")
    rejected = header["counts"]["rejected"]
    if rejected and header["options"].get("on_error") != "skip":
        rows = "1 row that cannot" if rejected == 1 else f"{rejected:,} rows that cannot"
        raise Invalid(
            f"{path} has {rows} be imported",
            hint="put the file right, or make the plan with --on-error skip, which leaves them out",
        )
