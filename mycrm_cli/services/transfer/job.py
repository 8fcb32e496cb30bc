"""An import from its first row to its last: the stages in their order, and the account of every row."""

from __future__ import annotations

import time

from mycrm_cli.errors import Invalid
from mycrm_cli.scope import Locale
from mycrm_cli.services import custom, nouns
from mycrm_cli.services.transfer import plan as planning
from mycrm_cli.services.transfer import selfrefs, statistics
from mycrm_cli.services.transfer.convert import Converter
from mycrm_cli.services.transfer.match import Matcher
from mycrm_cli.services.transfer.model import BATCH, STRUCTURAL, Batch, Problem, Record
from mycrm_cli.services.transfer.parents import Parents
from mycrm_cli.services.transfer.reports import Rejects, Results
from mycrm_cli.services.transfer.summary import Summary
from mycrm_cli.services.transfer.warnings import Warnings
from mycrm_cli.services.transfer.within import Within
from mycrm_cli.services.transfer.write import Writer, values_for_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.csvs import CsvRows
    from mycrm_cli.services.transfer.jsons import JsonRows
    from mycrm_cli.services.transfer.mapping import Mapping
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.work import Work

    Rows = CsvRows | JsonRows

LISTED = 1000
"""Problems that are kept to be listed; all are counted."""


class Job:
    """One import inside a unit of work. ``progress`` is told the number of rows that are settled."""

    def __init__(
        self,
        work: Work,
        entity: Entity,
        source: Rows,
        mapping: Mapping,
        options: Options,
        *,
        unguard: Callable[[str], str] = lambda text: text,
        progress: Callable[[int], None] = lambda count: None,
    ) -> None:
        self.work = work
        self.work.journal.kind = "import"
        self.entity = entity
        self.rows = source
        self.mapping = mapping
        self.options = options
        self.unguard = unguard
        self.progress = progress
        self.started = time.monotonic()
        self.warnings = Warnings()
        self.summary = Summary(self.warnings)
        self.problems: list[Problem] = []
        self.held: list[Record] = []
        self.width = -1
        locale = self._locale()
        always = values_for_all(work, entity, mapping.set)
        default = values_for_all(work, entity, mapping.default)
        self.matcher = Matcher(work, entity, options, always, default)
        self.parents = Parents(work, entity, locale, options.create_missing, self.warnings)
        self.locale = locale
        self.within = Within(self.parents, always, default)
        self.writer = Writer(work, entity, options, always, default, self.warnings)

    def _locale(self) -> Locale:
        base, options = self.work.scope.locale, self.options
        region = (options.region or base.region).upper()
        return Locale(base.timezone, region, base.currency, decimal=options.decimal)

    def run(self) -> Summary:
        """Import everything; raises Invalid with all problems where errors abort."""
        self.rejects = Rejects(self.options.rejects, self.rows.delimiter)
        self.results = Results(self.options.results)
        try:
            self._make_plan()
            for count, batch in enumerate(self._batches(), 1):
                self._stage(batch)
                statistics.gather(self.work, self.entity, count)
                self.progress(self.summary.rows)
            self._settle(Batch(self.rows.header, self.held), last=True)
            if self.width < 0:
                self._make_plan()
        finally:
            self.rejects.close()
            self.results.close()
        self.summary.parents = self.parents.created
        self.summary.problems = self.problems
        self.summary.seconds = time.monotonic() - self.started
        self.summary.check()
        if self.problems and self.options.on_error == "abort":
            raise self._aborted()
        return self.summary

    def _batches(self) -> Iterator[Batch]:
        """Yield the file's rows in batches."""
        records: list[Record] = []
        for record in self.rows:
            records.append(record)
            if len(records) == BATCH:
                yield Batch(list(self.rows.header), records)
                records = []
        if records:
            yield Batch(list(self.rows.header), records)

    def _make_plan(self) -> None:
        """Lay the mapping over the header as far as it is known; raises Invalid for unknown columns."""
        header = self.rows.header
        if not header:
            return
        self.width = len(header)
        # A JSON file's columns are known when its last record is read.
        complete = self.rows.delimiter is not None
        known = self.work.reader.custom_fields(self.entity) if "custom_fields" in self.entity.fields else {}
        plan = planning.make(
            self.entity, header, self.mapping, preset=self.options.preset, custom=known, complete=complete
        )
        if plan.unknown:
            plan = self._known(plan)
        for column in plan.columns:
            for target in column.targets:
                if target.what == "custom":
                    target.custom = custom.definition(self.work.reader, self.entity, target.name)
        self.plan = plan
        self.summary.preset = plan.preset.name if plan.preset else None
        self.converter = Converter(plan, self.options, self.locale, self.warnings, self.unguard if complete else None)

    def _known(self, plan: planning.Plan) -> planning.Plan:
        """Settle the columns that nobody knows, as ``--unknown`` says."""
        if self.options.unknown == "error":
            raise planning.refuse_unknown(plan, self.rows.name, getattr(self.rows, "skipped", 0) + 1)
        if self.options.unknown == "ignore" or "custom_fields" not in self.entity.fields:
            plan.ignore_unknown()
            return plan
        for _, name in plan.unknown:
            key = custom.define(
                self.work,
                self.entity,
                custom.key_for(name[3:] if name.lower().startswith("cf.") else name),
                label=name[:100],
            )
            self.mapping.entry(name).target = f"cf.{key}"
        known = self.work.reader.custom_fields(self.entity)
        return planning.make(
            self.entity, self.rows.header, self.mapping, preset=self.options.preset, custom=known, complete=False
        )

    def _stage(self, batch: Batch) -> None:
        """Take one batch of the file through the stages."""
        self.summary.rows += len(batch.records)
        if len(batch.header) != self.width:
            self._make_plan()
        self._refuse_broken_rejects(batch)
        if self.width >= 0:
            for record in self.converter.convert(batch.records):
                self.warnings.add(record.line, "", "there is nothing to import in this row", "blank_row")
                self.settle(record, "skipped")
                batch.records.remove(record)
            self.parents.resolve(self.plan, batch.good)
            for record in self.matcher.match(self.plan, batch.good):
                self.warnings.repeated += 1
                self.settle(record, "skipped")
                batch.records.remove(record)
            self.within.resolve(self.plan, batch.good)
            nouns.take_in(self.work, self.entity, [(record.image, record.values) for record in batch.good])
        self._settle(batch, last=False)

    def _settle(self, batch: Batch, *, last: bool) -> None:
        """Write the good rows of a batch and account for all; rows that wait for their parent come later."""
        waiting: list[Record] = []
        if batch.good:
            waiting = selfrefs.resolve(self.parents, self.plan, batch.good, last=last)
            held = set(map(id, waiting))
            ready = [record for record in batch.good if id(record) not in held]
            self._write(ready)
        held = set(map(id, waiting))
        for record in batch.records:
            if record.problem is not None:
                self._reject(batch, record)
        if not last:
            self.held += waiting

    def _write(self, ready: list[Record]) -> None:
        """Write rows and account for those that went well."""
        outcome = self.writer.write(self.plan, ready) if ready else {}
        for record in ready:
            if record.problem is None:
                self.settle(record, outcome[record.place])

    def settle(self, record: Record, status: str) -> None:
        """Account for a row that is done."""
        self.summary.count(status)
        if self.results.file is not None:
            image = record.image or {}
            hidden = status == "skipped" or (self.work.dry_run and status == "created")
            self.results.add(
                record.line, status, None if hidden else image.get("id"), None if hidden else image.get("number")
            )

    def _reject(self, batch: Batch, record: Record) -> None:
        """Account for a row that cannot be imported."""
        problem = record.problem
        assert problem is not None
        self.summary.count("rejected")
        if len(self.problems) < LISTED:
            self.problems.append(problem)
        self.rejects.add(batch.header, record)
        self.results.add(record.line, "rejected", None, None, problem.code, problem.message)

    def _refuse_broken_rejects(self, batch: Batch) -> None:
        """Refuse rows of a rejects file whose cells could not be told apart, until somebody has mended them."""
        if "_code" not in batch.header:
            return
        place = batch.header.index("_code")
        for record in batch.good:
            if place < len(record.cells) and record.cells[place] in STRUCTURAL:
                message = "the row was broken in the original file: put its cells right and empty _code"
                record.refuse(Problem(str(record.cells[place]), message, column="_code"))

    def _aborted(self) -> Invalid:
        """Return the error that lists what is wrong; the unit of work takes everything back."""
        count = self.summary.rejected
        message = f"{count:,} of {self.summary.rows:,} rows cannot be imported; nothing was written"
        ways = "put the file right; --rejects FILE lists all, --on-error skip imports the good rows"
        if any(problem.code == "encoding" for problem in self.problems):
            ways = "name the encoding with --encoding, such as --encoding cp1252"
        return Invalid(message, hint=ways, details=[problem.detail() for problem in self.problems])
