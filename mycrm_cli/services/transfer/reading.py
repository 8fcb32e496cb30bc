"""The first half of an import, which touches no database: rows are read, mapped and converted, and staged."""

from __future__ import annotations

from mycrm_cli.query import custom as query_custom
from mycrm_cli.scope import Locale
from mycrm_cli.services import custom, derived
from mycrm_cli.services.transfer import conflictrules, elsewhere, settling
from mycrm_cli.services.transfer import plan as planning
from mycrm_cli.services.transfer.convert import Converter
from mycrm_cli.services.transfer.model import BATCH, STRUCTURAL, Batch, Problem, Record
from mycrm_cli.services.transfer.repeats import Repeats
from mycrm_cli.services.transfer.rowkeys import RowKeys, beside, sure
from mycrm_cli.services.transfer.staging import Staging
from mycrm_cli.services.transfer.warnings import Warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.services.transfer import Rows
    from mycrm_cli.services.transfer.ahead import Ahead
    from mycrm_cli.services.transfer.mapping import Mapping
    from mycrm_cli.services.transfer.options import Options


class Reading:
    """One file on its way into a staging. ``known`` are the organization's own fields of the entity.

    ``plans`` are the mappings over the columns by the number of columns: a JSON file's columns are known
    when its last record is read. ``defined`` are own fields that the file calls for, with their headings;
    ``repeated`` the hashes of keys that the file has several times.
    """

    def __init__(
        self,
        entity: Entity,
        rows: Rows,
        mapping: Mapping,
        options: Options,
        locale: Locale,
        known: dict[str, Custom],
        *,
        unguard: Callable[[str], str] = lambda text: text,
        progress: Callable[[int], None] = lambda count: None,
        path: str | None = None,
        grown: Callable[[], None] = lambda: None,
    ) -> None:
        self.entity = entity
        self.rows = rows
        self.mapping = mapping
        self.options = options
        self.known = dict(known)
        self.unguard = unguard
        self.progress = progress
        self.grown = grown
        region = (options.region or locale.region).upper()
        self.locale = Locale(locale.timezone, region, locale.currency, decimal=options.decimal)
        self.warnings = Warnings()
        self.staging = Staging(entity, cells=options.rejects is not None, path=path)
        self.plans: dict[int, planning.Plan] = {}
        self.defined: dict[str, str] = {}
        self.keys = RowKeys(entity, options)
        self.ahead: Ahead | None = None
        self.complete = False
        self.repeats = Repeats()
        self.repeated: frozenset[int] = frozenset()

    def run(self) -> None:
        """Read the file to its end; raises Invalid for a file or a column that nothing is known about."""
        try:
            for batch in self._batches():
                self._take(batch)
                self.progress(self.staging.rows)
            if (last := self.plan(self.rows.header)) is not None:
                conflictrules.check(last, self.options.on_conflict)
            self.warnings.take(self.rows.remarks)
        except BaseException:
            self.staging.close()
            raise
        self.repeated = self.repeats.found()
        names = ("name", "header", "delimiter")
        read = {name: getattr(self.rows, name) for name in names}
        self.staging.seal({"read": read, "warnings": self.warnings.state(), "defined": self.defined})
        self.complete = True

    def restore(self) -> bool:
        """Take up what was staged before; return whether it is complete."""
        known = self.staging.restore()
        if known is None:
            return False
        vars(self.rows).update(known["read"])
        vars(self.warnings).update(known["warnings"])
        self.defined = known["defined"]
        for key, label in self.defined.items():
            self.known.setdefault(key, query_custom.make(key, label, "text", []))
        for batch in self.staging:
            for record in batch.good:
                self.repeats.add(sure(record.keys), beside(record.keys))
        self.repeated = self.repeats.found()
        self.plan(self.rows.header)
        self.complete = True
        return True

    def batches(self) -> Iterable[Batch]:
        """Return the staged rows, as they come where the file is still being read."""
        return self.ahead or self.staging

    @property
    def expected(self) -> int:
        """How many rows there are, or about how many where that is not known yet."""
        return self.ahead.expected if self.ahead else self.staging.rows

    @property
    def last(self) -> planning.Plan | None:
        """The mapping over all columns, once the file is read."""
        return self.plans.get(len(self.rows.header))

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

    def _take(self, batch: Batch) -> None:
        """Convert a batch and put it into the staging."""
        plan = self.plan(batch.header)
        self._refuse_broken_rejects(batch)
        if plan is not None:
            for record in self.converter.convert(batch.records):
                record.filled = False
                self.warnings.add(record.line, "", "there is nothing to import in this row", "blank_row")
            self.keys.learn(plan)
            for record in batch.good:
                record.keys = self.keys.of(record)
                self.repeats.add(sure(record.keys), beside(record.keys))
                if self.ahead is not None:
                    record.computed = derived.beforehand(self.entity, record.values)
        # Whoever finds the file must find the job as well.
        if self.staging.is_full:
            self.grown()
        self.staging.add(batch)

    def plan(self, header: Sequence[str]) -> planning.Plan | None:
        """Return the mapping over columns as far as they are known; raises Invalid for unknown ones."""
        if not header or len(header) in self.plans:
            return self.plans.get(len(header))
        # A JSON file's columns are known when its last record is read.
        complete = self.rows.delimiter is not None
        plan = planning.make(
            self.entity, header, self.mapping, preset=self.options.preset, custom=self.known, complete=complete
        )
        if plan.unknown:
            plan = self._settled(plan, header)
        for column in plan.columns:
            for target in column.targets:
                if target.what == "custom":
                    target.custom = custom.known(self.entity, self.known, target.name)
        settling.settle(self.rows, plan, self.options)
        self.plans[len(header)] = plan
        unguard = self.unguard if complete else None
        self.converter = Converter(plan, self.options, self.locale, self.warnings, unguard, self.mapping.set)
        return plan

    def _settled(self, plan: planning.Plan, header: Sequence[str]) -> planning.Plan:
        """Settle the columns that nobody knows, as ``--unknown`` says."""
        if self.options.unknown == "error":
            line, way = getattr(self.rows, "skipped", 0) + 1, elsewhere.line(self.rows)
            raise planning.refuse_unknown(plan, self.rows.name, line, way)
        if self.options.unknown == "ignore" or "custom_fields" not in self.entity.fields:
            plan.ignore_unknown()
            return plan
        for _, name in plan.unknown:
            key = custom.key_for(name[3:] if name.lower().startswith("cf.") else name)
            if key not in self.known:
                self.known[key] = query_custom.make(key, name[:100], "text", [])
                self.defined[key] = name[:100]
            self.mapping.entry(name).target = f"cf.{key}"
        return planning.make(
            self.entity, header, self.mapping, preset=self.options.preset, custom=self.known, complete=False
        )

    def _refuse_broken_rejects(self, batch: Batch) -> None:
        """Refuse rows of a rejects file whose cells could not be told apart, until somebody has mended them."""
        if "_code" not in batch.header:
            return
        place = batch.header.index("_code")
        for record in batch.good:
            if place < len(record.cells) and record.cells[place] in STRUCTURAL:
                message = "the row was broken in the original file: put its cells right and empty _code"
                record.refuse(Problem(str(record.cells[place]), message, column="_code"))
