"""An import from its beginning to its end: the file is read, then written in one transaction, or part by part.

Large imports are known to the database as jobs. One that is killed leaves its job and the rows that were
staged, and is taken up again where it was.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress

from mycrm_cli import clock
from mycrm_cli.errors import CrmError, NotFound, Unavailable, UsageError
from mycrm_cli.ids import uuid7
from mycrm_cli.services.transfer import ahead, jobs, read_rows
from mycrm_cli.services.transfer.job import Job
from mycrm_cli.services.transfer.reading import Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer import Rows
    from mycrm_cli.services.transfer.mapping import Mapping
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.summary import Summary
    from mycrm_cli.services.work import Work


class Run:
    """One import. ``begin`` opens a unit of work; ``folder`` is where rows are staged, None for a dry run.

    ``job`` is the row of the import in the database, once it is large enough to have one.
    """

    def __init__(
        self,
        begin: Callable[[], Work],
        reader: Reader,
        entity: Entity,
        *,
        folder: str | None,
        unguard: Callable[[str], str],
        progress: Callable[[int], None],
    ) -> None:
        self.begin = begin
        self.entity = entity
        self.folder = folder
        self.unguard = unguard
        self.progress = progress
        self.locale = reader.scope.locale
        self.known = reader.custom_fields(entity) if "custom_fields" in entity.fields else {}
        self.job: Row | None = None
        self.reading: Reading | None = None
        self.reference: str | None = None

    def read(self, rows: Rows, mapping: Mapping, options: Options, *, alone: bool = False) -> Reading:
        """Read a file, ``alone`` in this process; raises Invalid for what nothing can be made of."""
        self._sweep()
        path = os.path.join(self.folder, f"{uuid7()}.rows") if self.folder else None
        self.reading = reading = self._reading(rows, mapping, options, path)
        try:
            if not alone and ahead.possible(reading):
                reading.ahead = ahead.Ahead(reading)
                self._register(reading)
                reading.ahead.start()
                return reading
            reading.run()
        except CrmError as error:
            self._fail(error)
            raise
        if self.job is not None:
            with self.begin() as work:
                jobs.move(work, self.job["id"], "staged")
        return reading

    @property
    def is_resumable(self) -> bool:
        """Whether an import that is cut off now can be taken up again: its file, or all of its rows are there."""
        return self.job is not None and bool(self.job["file_hash"] or (self.reading and self.reading.complete))

    def _reading(self, rows: Rows, mapping: Mapping, options: Options, path: str | None) -> Reading:
        reading = Reading(
            self.entity,
            rows,
            mapping,
            options,
            self.locale,
            self.known,
            unguard=self.unguard,
            progress=self.progress,
            path=path,
            grown=lambda: self._register(reading),
        )
        return reading

    def _register(self, reading: Reading) -> None:
        """Let the database know of a large import, before anything of it is written."""
        if reading.staging.path is not None and self.job is None:
            known_again = digest(reading.rows.source.path or "")
            with self.begin() as work:
                self.job = jobs.begin(work, reading, known_again)

    def _sweep(self) -> None:
        """Remove what imports left behind that were killed before they could do so, or were cut off long ago."""
        if self.folder is not None and (names := jobs.lying(self.folder)):
            with self.begin() as work:
                jobs.sweep(work, self.folder, names)

    def resume(self, reader: Reader, text: str) -> Reading:
        """Take up an import that was cut off; raises NotFound for one that there is not."""
        try:
            found = jobs.find(reader, self.entity, text)
            with self.begin() as work:
                self.job = job = jobs.claim(work, found, self.folder)
        except NotFound:
            self._sweep()
            raise
        mapping, options = jobs.mapping_of(job), jobs.options_of(job)
        path = jobs.staged(job, self.folder)
        self.reading = reading = self._reading(Left(str(job["file_name"])), mapping, options, path)  # type: ignore[arg-type]
        if reading.restore():
            return reading
        return self._read_again(job, mapping, options)

    def _read_again(self, job: Row, mapping: Mapping, options: Options) -> Reading:
        """Read the file of an import that was cut off while it was read; raises UsageError where it is another now."""
        name = str(job["file_name"])
        if job["file_hash"] is None or digest(name) != job["file_hash"]:
            is_old = clock.now() - job["started_at"] > jobs.KEPT
            why = f"has expired ({jobs.EXPIRED})" if is_old else f"was cut off while {name} was read"
            left = "nothing of it was written" if job["change_id"] is None else "what was written is found unchanged"
            raise UsageError(
                f"J-{job['number']} {why}, and that file is not there any more", hint=f"import it again: {left}"
            )
        rows = read_rows(self.entity, name, options)
        self.reading = reading = self._reading(rows, mapping, options, jobs.staged(job, self.folder))
        try:
            reading.run()
        except CrmError as error:
            self._fail(error)
            raise
        return reading

    def write(self, reading: Reading) -> Summary:
        """Write what was read; raises Invalid with all problems where errors abort."""
        keep, job = False, None
        try:
            try:
                summary, job = self._written(reading)
            except ahead.Again:
                summary, job = self._written(self._again(reading))
            job.results.publish()
            self.reference = job.reference
            return summary
        except BaseException as error:
            # What is busy now may be free later; a file that is wrong stays so.
            keep = self.job is not None and not self._is_lost(error)
            raise
        finally:
            if job is not None:
                job.results.close()
            if reading.ahead is not None:
                reading.ahead.stop()
            reading.staging.close(keep=keep)

    def _is_lost(self, error: BaseException) -> bool:
        """Return whether an import cannot be finished as it is, and write that down."""
        lost = isinstance(error, CrmError) and not isinstance(error, Unavailable)
        if isinstance(error, CrmError) and lost:
            self._fail(error)
        return lost

    def _written(self, reading: Reading) -> tuple[Summary, Job]:
        """Write what was read in one unit of work, or in several parts."""
        with self.begin() as work:
            if self.job is not None:
                work.label = work.label or self.job["options"].get("label")
                jobs.hold(work, self.job["id"])
            job = Job(work, reading, progress=self.progress, row=self.job)
            try:
                return job.run(), job
            except BaseException:
                job.results.close()
                raise

    def _again(self, reading: Reading) -> Reading:
        """Return the rows that are to be gone through again: those that were staged, else the file's own."""
        if not reading.staging.rows:
            reading.staging.clear()
            reading.rows = reading.rows.again()
            reading.run()
        return reading

    def _fail(self, error: CrmError) -> None:
        """Write down that an import cannot be finished as it is."""
        if self.job is not None:
            with suppress(Unavailable), self.begin() as work:
                jobs.move(work, self.job["id"], "failed", error=error.message)


class Left:
    """Rows that were staged by another process: what is still to be known of the file they came from."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.header: list[str] = []
        self.delimiter: str | None = None
        self.settled: dict[str, object] = {}


def digest(name: str) -> str | None:
    """Return the SHA-256 of a file; None for what can be read only once."""
    if not os.path.isfile(name):
        return None
    with open(name, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
