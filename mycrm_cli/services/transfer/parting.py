"""Imports that skip bad rows are written in parts, each a transaction that also says how far the import is."""

from __future__ import annotations

from mycrm_cli.query import journal
from mycrm_cli.services.transfer import jobs, queueing, reports
from mycrm_cli.services.transfer.model import Problem
from mycrm_cli.services.transfer.warnings import Warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.transfer.job import Job
    from mycrm_cli.services.transfer.model import Batch

BATCHES = 2
"""Batches of a part."""


class Parts:
    """The parts of one import.

    A row that waits for its parent keeps its batch, and those after it, from counting as done: an import
    that is taken up again begins there, and finds what was written of them unchanged.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.first: UUID | None = None
        self.reference: str | None = None
        self.done = 0

    def resume(self) -> dict[str, Any]:
        """Take over the counts of the parts that were written before; return where the import was."""
        row = self.job.row
        assert row is not None
        where: dict[str, Any] = (row["options"] or {}).get("parts") or {}
        for name, count in (where.get("counts") or {}).items():
            setattr(self.job.summary, name, count)
        vars(self.job.warnings).update(where.get("warnings") or {})
        self.job.problems += [Problem(**detail) for detail in where.get("problems") or ()]
        self.job.parents.created |= where.get("parents") or {}
        for path, size in (
            (self.job.options.rejects, where.get("rejects")),
            (self.job.options.results, where.get("results")),
        ):
            if size and reports.still(path, size) < size:
                self.job.work.scope.locale.warn(f"{path} is not there as it was left: it tells of what comes now alone")
        self.first = self.job.work.journal.part_of = row["change_id"]
        if self.first is not None:
            self.reference = journal.by_ids(self.job.work.reader, [self.first])[self.first].reference
        return where

    def recall(self, batch: Batch) -> None:
        """Take note of what a batch said that was written before: no later row may say it again."""
        job = self.job
        plan = job.reading.plan(batch.header)
        if plan is None or not job.matcher.looks_back(plan):
            return
        # It was warned about then.
        told, job.parents.warnings = job.parents.warnings, Warnings()
        job.parents.resolve(plan, [record for record in batch.good if record.filled])
        job.parents.warnings = told
        job.matcher.recall(plan, [record for record in batch.good if record.filled])

    def step(self, batches: int) -> None:
        """Commit after so many batches, and begin the next part."""
        if self.job.held:
            return
        self.done = batches
        if batches % BATCHES == 0:
            self._commit()

    def _commit(self) -> None:
        job, work = self.job, self.job.work
        row, written = job.row, work.journal
        assert row is not None
        counts = {name: getattr(job.summary, name) for name in ("rows", *jobs.COUNTS, "restored", "errors")}
        where = {"batches": self.done, "counts": counts, "warnings": job.warnings.state()}
        where |= {"parents": job.parents.created, "problems": [problem.detail() for problem in job.problems]}
        where |= {"rejects": job.rejects.flush(), "results": job.results.flush()}
        written.part_of = self.first
        if written.position and self.first is None:
            self.first = written.id
        job.row = row | {"options": row["options"] | {"parts": where}, "change_id": self.first}
        jobs.account(work, row["id"], "running", job.summary)
        jobs.move(work, row["id"], "running", options=job.row["options"], change_id=self.first)
        warn = work.scope.locale.warn
        work.commit()
        self.reference = self.reference or written.reference
        work.begin()
        jobs.hold(work, row["id"])
        work.scope.locale.warn = warn
        queueing.wait(work, *queueing.written(job.entity, job.options.create_missing, job.reading.plans.values()))
        work.cache.clear()
        work.journal.kind, work.journal.part_of = "import", self.first
