"""The second half of an import: staged rows find their records and are written, and every row is accounted for."""

from __future__ import annotations

import time
from collections import Counter

from mycrm_cli.errors import Invalid
from mycrm_cli.services import custom, loading, nouns, statistics
from mycrm_cli.services.transfer import extras, jobs, keys, queueing, selfrefs, wayout
from mycrm_cli.services.transfer.match import Matcher
from mycrm_cli.services.transfer.model import Batch, Record, joined
from mycrm_cli.services.transfer.parents import Parents
from mycrm_cli.services.transfer.parting import Parts
from mycrm_cli.services.transfer.reading import Reading
from mycrm_cli.services.transfer.reports import Rejects, Results, flushed
from mycrm_cli.services.transfer.rowkeys import NAME
from mycrm_cli.services.transfer.summary import Summary
from mycrm_cli.services.transfer.within import Within
from mycrm_cli.services.transfer.write import Writer, values_for_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.transfer.plans import Planner
    from mycrm_cli.services.work import Work


class Job:
    """One import inside a unit of work. ``progress`` is told the number of rows that are settled."""

    def __init__(
        self,
        work: Work,
        reading: Reading,
        *,
        progress: Callable[[int], None] = lambda count: None,
        row: Row | None = None,
        planner: Planner | None = None,
    ) -> None:
        self.work = work
        self.planner = planner
        self.work.journal.kind = "import"
        self.row = row
        in_parts = row is not None and reading.options.on_error == "skip" and not work.dry_run
        self.parts = Parts(self) if in_parts else None
        self.reading = reading
        self.entity = reading.entity
        self.options = reading.options
        self.progress = progress
        self.started = time.monotonic()
        self.warnings = reading.warnings
        self.summary = Summary(self.warnings)
        self.problems = self.summary.problems
        self.held: list[Record] = []
        self.plan: Plan | None = None
        for key, label in reading.defined.items():
            custom.define(work, self.entity, key, label=label)
        always = values_for_all(work, self.entity, reading.mapping.set)
        default = values_for_all(work, self.entity, reading.mapping.default)
        self.matcher = Matcher(work, self.entity, self.options, always, default, reading.repeated)
        self.parents = Parents(work, self.entity, reading.locale, self.options.create_missing, self.warnings)
        self.within = Within(self.parents, always, default)
        checked = frozenset(self._steps()) - always.keys() - default.keys()
        self.writer = Writer(work, self.entity, self.options, always, default, self.warnings, checked)
        self.results = Results(None)
        if planner is not None:
            planner.watch(self)

    def run(self) -> Summary:
        """Write everything; raises Invalid with all problems where errors abort."""
        queueing.wait(
            self.work, *queueing.written(self.entity, self.options.create_missing, self.reading.plans.values())
        )
        done = self.parts.resume() if self.parts else {}
        self.rejects = Rejects(self.options.rejects, self.reading.rows.delimiter, done.get("rejects"))
        key = self.row["id"] if self.row else None
        self.results = Results(self.options.results, done.get("results"), parts=self.parts is not None, key=key)
        # Between parts everybody sees the tables: they stay whole.
        size = 0 if self.parts else self.reading.expected
        written = [self.entity, *extras.tables()]
        self.matcher.alone = self._tells_all() and loading.alone(self.work, self.entity, size)
        try:
            with loading.bulk(self.work, self.entity, size, keep=self._looked_up()):
                for count, batch in enumerate(self.reading.batches(), 1):
                    if self.parts and count <= done.get("batches", 0):
                        self.parts.recall(batch)
                        continue
                    self._stage(batch)
                    statistics.renew(self.work.connection, written, count)
                    self.progress(self.summary.rows)
                    if self.parts:
                        self.parts.step(count)
                self._settle(Batch(self.reading.rows.header, self.held), last=True)
        finally:
            self.rejects.close()
        last = self.reading.last
        self.summary.preset = last.preset.name if last and last.preset else None
        self.summary.parents = self.parents.created
        self.summary.seconds = time.monotonic() - self.started
        self.summary.check()
        if self.problems and self.options.on_error == "abort":
            raise self._aborted()
        # What the database calls finished stands in the files, whenever the program is killed.
        self.results.sort()
        flushed(self.results.file)
        if self.row is not None:
            jobs.account(self.work, self.row["id"], "finished", self.summary)
        return self.summary

    @property
    def reference(self) -> str | None:
        """How people refer to the change, or to the first one of several parts."""
        return (self.parts and self.parts.reference) or self.work.journal.reference

    def _steps(self) -> set[str]:
        """Return the keys by which rows are matched."""
        return {step for plan in self.reading.plans.values() for step in self.matcher.keys.steps(plan)}

    def _tells_all(self) -> bool:
        """Whether two rows of the file that mean the same record are known by the file alone."""
        steps = self._steps()
        points = any(c.target.entity is self.entity for plan in self.reading.plans.values() for c in plan.columns)
        return not points and (NAME not in steps or len(steps) < 3)

    def _looked_up(self) -> set[str]:
        """Return the columns by which records of the entity are looked up meanwhile."""
        plans, steps = self.reading.plans.values(), set() if self.matcher.alone else self._steps()
        steps |= {c.target.step for plan in plans for c in plan.columns if c.target.entity is self.entity}
        columns = {name for step in steps if not step.startswith("ext:") for name in keys.columns(self.entity, step)}
        distinct = set(self.entity.distinct) - self.writer.checked
        return columns | distinct | {name for key in self.entity.unique for name in key}

    def _stage(self, batch: Batch) -> None:
        """Take one batch through the stages."""
        self.summary.rows += len(batch.records)
        self.plan = self.reading.plan(batch.header)
        self._skip(batch, [record for record in batch.good if not record.filled])
        if self.plan is not None:
            self.parents.resolve(self.plan, batch.good)
            self.parents.look(self.plan, [r for r in batch.records if r.problem is not None and r.references])
            again = self.matcher.match(self.plan, batch.good)
            self.warnings.repeated += len(again)
            self._skip(batch, again)
            self._skip(batch, [r for r in batch.good if r.trashed and self.options.deleted == "skip"])
            self.within.resolve(self.plan, batch.good)
            nouns.take_in(self.work, self.entity, [(record.image, record.values) for record in batch.good])
        self._settle(batch, last=False)

    def _skip(self, batch: Batch, unwanted: list[Record]) -> None:
        """Leave rows out that nobody wants."""
        if unwanted:
            for record in unwanted:
                self.settle(record, "skipped")
            gone = {record.place for record in unwanted}
            batch.records = [record for record in batch.records if record.place not in gone]

    def _settle(self, batch: Batch, *, last: bool) -> None:
        """Write the good rows of a batch and account for all; rows that wait for their parent come later."""
        waiting: list[Record] = []
        if batch.good and self.plan is not None:
            waiting = selfrefs.resolve(self.parents, self.plan, batch.good, last=last)
            held = set(map(id, waiting))
            ready = [record for record in batch.good if id(record) not in held]
            self._write(ready)
        held = set(map(id, waiting))
        for record in batch.records:
            if record.problem is not None:
                self._reject(batch, record)
        self.results.sort()
        if not last:
            self.held += waiting
        if self.planner is not None:
            self.planner.step()

    def _write(self, ready: list[Record]) -> None:
        """Write rows and account for those that went well."""
        outcome = self.writer.write(self.plan, ready) if ready and self.plan is not None else {}
        settled = [(record, outcome[record.place]) for record in ready if record.problem is None]
        if self.planner is None and self.results.file is None:
            for status, rows in Counter(status for _, status in settled).items():
                self.summary.count(status, rows)
            return
        for record, status in settled:
            self.settle(record, status)

    def settle(self, record: Record, status: str) -> None:
        """Account for a row that is done."""
        self.summary.count(status)
        if self.planner is not None:
            self.planner.row(record, status)
        if self.results.file is not None:
            image = record.image or {}
            hidden = self.work.dry_run and status == "created"
            self.results.add(
                record.line, status, None if hidden else image.get("id"), None if hidden else image.get("number")
            )

    def _reject(self, batch: Batch, record: Record) -> None:
        """Account for a row that cannot be imported."""
        assert record.problem is not None
        problems = record.problem.all
        self.summary.reject(problems)
        if self.planner is not None:
            self.planner.error(record)
        self.rejects.add(batch.header, record)
        self.results.add(record.line, "rejected", None, None, *joined(problems)[1:])

    def _aborted(self) -> Invalid:
        """Return the error that lists what is wrong; the unit of work takes everything back."""
        count = self.summary.rejected
        message = f"{count:,} of {self.summary.rows:,} rows cannot be imported; nothing was written"
        ways = "put the file right; --rejects FILE lists all, --on-error skip imports the good rows"
        if any(problem.code == "encoding" for problem in self.problems):
            ways = "name the encoding with --encoding, such as --encoding cp1252"
        elif way := wayout.of(self.reading.last, self.problems):
            ways = f"{way}; --rejects FILE lists all, --on-error skip imports the good rows"
        return Invalid(message, hint=ways, details=[problem.detail() for problem in self.problems])
