"""``make bench``: measures, prints the table of targets, and fails on nothing."""

import argparse
import signal
import sys
from contextlib import closing
from pathlib import Path

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.data import SEED
from benchmarks.remembered import Remembered
from benchmarks.rows import SUBJECTS
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import Failed

PAGE = """# Performance

What `make bench` measures: commands as people run them, each a process of its own, in turn with a peer that does the
same or a part of it. *Ratio* is the median of ours by the median of the peer's, from the same run; a target without a
ratio is one in seconds or in memory. The targets are meant for 1,000,000 rows on a machine that does nothing else:
with fewer rows an import or an export is mostly the start of the program. An import validates every value, finds
contacts by their e-mail addresses and companies by their names, numbers the records, and writes every index, the full
text and the journal; the peer writes the rows. The program's memory is that of all its processes together; a database
server's is not counted.

"""


def main() -> int:
    """Measure what was asked for and print the table."""
    given = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with closing(Bench(given.rows, given.rounds, given.quick)) as bench:
        lines = measure(bench, given)
    print("\n".join(lines))
    if given.write:
        Path(given.write).write_text(PAGE + "\n".join(lines) + "\n", encoding="utf-8")
    return 0


def measure(bench: Bench, given: argparse.Namespace) -> list[str]:
    """Return the lines of the table, as far as the run came."""
    dialects = list(NAMES) if given.database == "both" else [given.database]
    asked = [(subject, dialect) for subject in given.only.split(",") for dialect in dialects]
    name = "tried" if given.quick else f"figures-{given.rows}"
    kept = Remembered(bench.scratch / f"{name}.json", given.merge)
    shown = [row for place in asked for row in of(bench, *place)]
    if given.merge:
        every = [row for subject in SUBJECTS for dialect in NAMES for row in of(bench, subject, dialect)]
        shown = [row for row in every if row.key in kept.figures or row in shown]
    try:
        for subject, dialect in asked:
            add(bench, subject, dialect, kept)
    except KeyboardInterrupt:
        bench.tell("interrupted; the rest was not measured")
    remarks = table.remarks(kept.figures.values())
    machine = table.machine(SEED, given.rows, kept.postgresql, kept.when(), bench.load)
    return [*table.lines(shown, kept.figures), "", *remarks, *machine]


def of(bench: Bench, subject: str, dialect: str) -> list[Row]:
    """Return a subject's rows."""
    rows: list[Row] = SUBJECTS[subject].rows(bench, dialect)
    return rows


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default=",".join(SUBJECTS), metavar="SUBJECTS", help=", ".join(SUBJECTS))
    parser.add_argument("--rows", type=int, default=1_000_000, help="records in the large files; 1,000,000 unless told")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each long command; short ones have 11")
    parser.add_argument("--database", choices=(*NAMES, "both"), default="both")
    parser.add_argument("--write", metavar="FILE", help="write the table to this file too")
    parser.add_argument("--merge", action="store_true", help="keep what earlier runs have measured of other rows")
    parser.add_argument("--quick", action="store_true", help="run everything once: to see whether it works")
    given = parser.parse_args()
    unknown = set(given.only.split(",")) - set(SUBJECTS)
    if unknown:
        parser.error(f"--only: {', '.join(sorted(unknown))}: there are {', '.join(SUBJECTS)}")
    given.rounds = 1 if given.quick else max(given.rounds, 1)
    return given


def add(bench: Bench, subject: str, dialect: str, kept: Remembered) -> None:
    """Measure a subject; what fails is told in the rows that are missing."""
    missing = {row.key: row for row in of(bench, subject, dialect)}
    if not missing:
        return
    bench.tell(f"{subject}, {NAMES[dialect]}")
    try:
        for figure in SUBJECTS[subject].measure(bench, dialect):
            kept.add(figure, bench.postgresql())
            row = missing.pop(figure.key)
            bench.tell("  " + " | ".join(cell for cell in table.cells(row, figure) if cell))
    except Failed as failure:
        bench.tell(f"  {failure}")
        for key in missing:
            kept.add(Figure(key, remark=str(failure)), bench.postgresql())


if __name__ == "__main__":
    sys.exit(main())
