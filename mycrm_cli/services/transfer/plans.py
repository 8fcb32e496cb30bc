"""Plans: an import that only says what it would do, row by row, so that it can be looked at and applied later.

The import runs the whole way inside a transaction that is taken back. ``planfile`` is the file,
``applying`` does what it says.
"""

from __future__ import annotations

from mycrm_cli import __version__, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.services.transfer import jobs, planfile
from mycrm_cli.services.transfer.conflicts import current
from mycrm_cli.services.transfer.job import Job
from mycrm_cli.services.transfer.mapping import Mapping
from mycrm_cli.services.transfer.planvalues import TAGS, Values, is_word
from mycrm_cli.services.transfer.running import digest
from mycrm_cli.services.transfer.summary import RESTORED, STATUSES
from mycrm_cli.services.updating import difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.planfile import Document, Draft
    from mycrm_cli.services.transfer.reading import Reading
    from mycrm_cli.services.transfer.summary import Summary
    from mycrm_cli.services.work import Work

APART = frozenset(("id", "emails", "+external"))
"""What the lines say in another place than among the values."""


class Planner:
    """Writes down what an import does with each row. ``watch`` comes first, ``step`` after every batch."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.batch = 1

    def watch(self, job: Job) -> None:
        """Look over the shoulder of an import."""
        self.entity = job.entity
        self.values = Values(job.entity)
        self.parents = job.parents.planned = []
        self.planned: dict[int, Row] = {}
        self.added: dict[int, dict[str, Any]] = {}
        job.writer.planned, job.writer.extras.added = self.planned, self.added

    def step(self) -> None:
        """Begin the next batch."""
        self._write_parents()
        self.planned.clear()
        self.added.clear()
        self.batch += 1

    def row(self, record: Record, status: str) -> None:
        """Write down what becomes of a row."""
        self._write_parents()
        document: Document = {"line": record.line, "batch": self.batch, "action": planfile.ACTIONS[status]}
        wanted = self.planned.get(record.place, {})
        if status == "created":
            document |= self._created(record, wanted)
        elif record.matched is not None:
            document["id"] = str(record.matched)
            if self.entity.numbered:
                document["number"] = (record.image or {}).get("number")
            if status != "skipped":
                document |= self._changed(record, wanted, is_changed=status in ("updated", RESTORED))
        self.draft.add(document)

    def error(self, record: Record) -> None:
        """Write down why a row cannot be imported."""
        assert record.problem is not None
        self._write_parents()
        details = [problem.detail() for problem in record.problem.all]
        for detail in details:
            del detail["line"]
        self.draft.add({"line": record.line, "batch": self.batch, "action": "error", "errors": details})

    def _write_parents(self) -> None:
        """Write down the records that are created because rows point to them."""
        for entity, values in self.parents:
            own = Values(entity)
            said = {name: own.dump(name, value) for name, value in values.items() if name != "id"}
            document = {"batch": self.batch, "action": planfile.PARENT, "entity": entity.name}
            self.draft.add(document | {"id": str(values["id"]), "values": said})
        self.parents.clear()

    def _created(self, record: Record, wanted: Row) -> Document:
        """Return what a new record gets, and the keys by which no other is to be known."""
        extras = dict(self.added.get(record.place, {}))
        if wanted.get("emails"):
            extras["emails"] = wanted["emails"]
        document: Document = {
            "id": str(wanted["id"]),
            "values": {name: self.values.dump(name, v) for name, v in wanted.items() if name not in APART},
            "keys": [[step, self.values.dump_key(step, key)] for step, key in record.keys],
        }
        return document | ({"extras": extras} if extras else {})

    def _changed(self, record: Record, wanted: Row, *, is_changed: bool) -> Document:
        """Return what a stored record gets, old and new, and what it has already."""
        image = record.image or {}
        touched = difference(self.entity, image, wanted)
        values: Document = {}
        same: Document = {}
        for name, new in wanted.items():
            if name in APART:
                continue
            column = "tags" if name in TAGS else name
            old = current(image, column)
            differs = old != new if name.startswith("cf.") else column in touched
            if differs and is_changed:
                after = touched["tags"] if column == "tags" else new
                values[column] = [self.values.dump(column, old), self.values.dump(column, after)]
            elif not differs or is_word(self.entity.fields.get(name), new):
                same[name] = self.values.dump(name, new)
        found = {"values": values, "same": same, "extras": self.added.get(record.place)}
        return {name: part for name, part in found.items() if part}


def write(path: str, begin: Callable[[], Work], reading: Reading, progress: Callable[[int], None]) -> Summary:
    """Write the plan of an import; raises Invalid where rows cannot be imported, once the plan is written."""
    refused: Invalid | None = None
    job: Job | None = None
    try:
        with planfile.written(path) as (draft, stream):
            with begin() as work:
                if not work.dry_run:
                    raise AssertionError("a plan is made by a dry run")
                job = Job(work, reading, progress=progress, planner=Planner(draft))
                try:
                    job.run()
                except Invalid as error:
                    if not job.problems:
                        raise
                    refused = error
            job.results.publish()
            draft.finish(stream, header(job))
    finally:
        if job is not None:
            job.results.close()
        reading.staging.close()
    if refused is not None:
        refused.hint = f"{path} lists all of them; {refused.hint}"
        raise refused
    return job.summary


def header(job: Job) -> Document:
    """Return what a plan says of itself."""
    reading, summary, last = job.reading, job.summary, job.reading.last
    used = Mapping(last.specs(), reading.mapping.set, reading.mapping.default) if last else reading.mapping
    return {
        "plan": planfile.VERSION,
        "program": __version__,
        "entity": job.entity.name,
        "organization_id": str(job.work.scope.organization_id),
        "made_at": clock.now().isoformat(),
        "file": {"name": reading.rows.name, "sha256": digest(reading.rows.source.path or "")},
        "counts": {name: getattr(summary, name) for name in ("rows", *STATUSES, RESTORED)},
        "parents": summary.parents,
        "preset": summary.preset,
        "custom_fields": reading.defined,
        "checked": sorted(job.writer.checked),
        "warnings": job.warnings.state(),
        "mapping": jobs.mapping_document(used),
        "options": jobs.options_document(job.options),
    }
