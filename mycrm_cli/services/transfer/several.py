"""Imports several files in one change: each in its turn, then what pointed to records that came later."""

from __future__ import annotations

import time
from dataclasses import replace

from mycrm_cli.errors import Invalid
from mycrm_cli.services.transfer import manifestwords, queueing
from mycrm_cli.services.transfer.job import Job
from mycrm_cli.services.transfer.mapping import Mapping
from mycrm_cli.services.transfer.reading import Reading
from mycrm_cli.services.transfer.summary import STATUSES
from mycrm_cli.services.transfer.warnings import LISTED, Warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.scope import Locale
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.sequence import Part
    from mycrm_cli.services.work import Work

    Unguard = Callable[[str], str]
    Progress = Callable[[int], None]

UNRESOLVED = frozenset(("not_found", "ambiguous", "several"))


class Round(Warnings):
    """The warnings of one round: of references to what may come later, only the last round's count."""

    def __init__(self, columns: Collection[str], *, last: bool) -> None:
        super().__init__()
        self.columns = columns
        self.last = last

    def add(self, line: int, column: str, message: str, code: str = "kept") -> None:
        """Remember a warning about one cell."""
        if (column in self.columns and code in UNRESOLVED) == self.last:
            super().add(line, column, message, code)

    def adopt(self, others: Warnings) -> None:
        """Take over what another round has to say."""
        self.count += others.count
        self.first = [*self.first, *others.first][:LISTED]


class Account:
    """What became of all files."""

    def __init__(self, parts: Sequence[Part], seconds: float) -> None:
        self.parts = parts
        self.seconds = seconds

    def total(self, status: str) -> int:
        """Return the count of a status over all files."""
        return sum(getattr(part.summary, status) for part in self.parts)

    def document(self, change: str | None) -> dict[str, object]:
        """Return the account for programs."""
        files = []
        for part in self.parts:
            assert part.summary is not None
            told = {"file": part.entry.name, "entity": part.entity.noun, "linked_later": part.linked}
            rest = part.summary.document(None)
            del rest["change"]
            for name in ("warning_details", "rejected_details"):
                rest[name] = manifestwords.details(rest[name])  # type: ignore[arg-type]
            files.append(told | rest)
        sums = {name: self.total(name) for name in ("rows", *STATUSES)}
        return {**sums, "seconds": round(self.seconds, 3), "change": change, "files": files}


def prepare(part: Part, reader: Reader, locale: Locale, unguard: Unguard, progress: Progress) -> None:
    """Read and convert a file, which touches no records; what is wrong with it is told when all are through."""
    try:
        part.reading = _reading(part, reader, locale, unguard, progress, second=False)
    except Invalid as error:
        part.problems += told(part, error.details or [{"code": error.code, "message": error.message}])
        part.advice = error.hint


def run(work: Work, parts: Sequence[Part], unguard: Unguard, progress: Progress) -> Account:
    """Import all files; raises Invalid with what is wrong in all of them where errors abort."""
    started = time.monotonic()
    # Where a file could not be read at all, rows of others would only miss what it holds.
    if broken := [part for part in parts if part.problems]:
        raise refused(broken, len(parts))
    turns = (queueing.written(part.entity, part.entry.options.create_missing, [part.plan]) for part in parts)
    queueing.wait(work, *(entity for entities in turns for entity in entities))
    for part in parts:
        _first(work, part, unguard, progress)
    for part in parts:
        if part.later and part.summary is not None:
            _second(work, part, unguard, progress)
    failed = [p for p in parts if p.problems and (p.summary is None or p.entry.options.on_error == "abort")]
    if failed:
        raise refused(failed, len(parts))
    return Account(parts, time.monotonic() - started)


def _first(work: Work, part: Part, unguard: Unguard, progress: Progress) -> None:
    """Import a file; what it points to in a later one stays empty so far."""
    if part.reading is None and not part.problems:
        prepare(part, work.reader, work.scope.locale, unguard, progress)
    if part.reading is None:
        return
    job = Job(work, part.reading, progress=progress)
    try:
        part.summary = job.run()
    finally:
        part.results = job.results
    part.problems += told(part, [problem.detail() for problem in part.summary.problems])


def _second(work: Work, part: Part, unguard: Unguard, progress: Progress) -> None:
    """Go through a file again and fill in what it points to, and nothing else."""
    assert part.summary is not None
    warnings = part.summary.warnings
    reading = _reading(part, work.reader, work.scope.locale, unguard, progress, second=True)
    again = Job(work, reading, progress=progress).run()
    part.linked = again.updated
    if isinstance(warnings, Round):
        warnings.adopt(again.warnings)
    if part.entry.options.on_error == "skip":
        return
    known = {(problem["line"], problem["code"]) for problem in part.problems}
    new = [problem.detail() for problem in again.problems if problem.column in part.later]
    part.problems += told(part, [detail for detail in new if (detail["line"], detail["code"]) not in known])


def told(part: Part, details: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return details that name the file."""
    return [{"file": part.entry.name, **detail} for detail in manifestwords.details(details)]


def refused(failed: Sequence[Part], files: int) -> Invalid:
    """Return the error that lists what is wrong in all files."""
    count = sum(part.summary.rejected if part.summary else 1 for part in failed)
    count = max(count, sum(len(part.problems) for part in failed))
    found = f"{count:,} problem{'s' if count != 1 else ''}"
    ways = 'put the files right; rejects = FILE lists all rows, on_error = "skip" imports the good ones'
    advice = next((part.advice for part in failed if part.advice), None)
    return Invalid(
        f"{len(failed)} of {files} files cannot be imported ({found}); nothing was written",
        hint=manifestwords.worded(advice) if advice else ways,
        details=[detail for part in failed for detail in part.problems],
    )


def _reading(
    part: Part, reader: Reader, locale: Locale, unguard: Unguard, progress: Progress, *, second: bool
) -> Reading:
    """Return a file that was read and converted, for the first or the second round."""
    entry = part.entry
    known = reader.custom_fields(entry.entity) if "custom_fields" in entry.entity.fields else {}
    rows = part.rows.again() if second else part.rows
    lenient = not second or entry.options.on_error == "skip"
    reading = Reading(
        entry.entity,
        rows,
        _mapping(entry.mapping, part.later if lenient else ()),
        _options(entry.options, part.later, second=second),
        locale,
        known,
        unguard=unguard,
        progress=progress,
    )
    reading.warnings = Round(part.later, last=second)
    try:
        reading.run()
    finally:
        if second:
            rows.close()
    return reading


def _mapping(mapping: Mapping, lenient: Collection[str]) -> Mapping:
    """Return a copy of a mapping, in which some columns may point to nothing."""
    copy = Mapping(
        {name: replace(spec) for name, spec in mapping.columns.items()}, {**mapping.set}, {**mapping.default}
    )
    for name in lenient:
        copy.entry(name).lenient = True
    return copy


def _options(options: Options, later: Collection[str], *, second: bool) -> Options:
    """Return the options of a round: whether errors abort is decided when all files are through.

    The second one touches nothing but the columns that may have pointed to what came later.
    """
    if not second:
        return replace(options, on_error="skip")
    rules = dict.fromkeys(later, "fill" if options.mode == "insert" else "overwrite")
    rules |= {name: rule for name, rule in options.on_conflict.items() if name in later}
    conflicts = {"*": "keep", **rules}
    return replace(options, on_error="skip", mode="update", on_conflict=conflicts, rejects=None, results=None)
