"""The rows of the table, by subject: each module names its rows and measures them.

``rows(bench, dialect)`` returns the rows, ``measure(bench, dialect)`` yields a figure for each. A row whose
command does not exist yet is shown as such.
"""

from benchmarks.rows import (
    bulk,
    exports,
    imports,
    listing,
    nouns,
    reads,
    reminders,
    reports,
    scores,
    startup,
    sums,
    undo,
    write,
)

SUBJECTS = {
    "startup": startup,
    "list": listing,
    "reads": reads,
    "write": write,
    "import": imports,
    "undo": undo,
    "nouns": nouns,
    "export": exports,
    "bulk": bulk,
    "sums": sums,
    "score": scores,
    "reports": reports,
    "remind": reminders,
}
"""In the order of the table; homes that one has filled serve those that follow."""
