"""Writes beside runs of scores: events, edits, companies, leads that come and go.

python -m tests.faults.scorewriter HOME DATABASE LEADS SECONDS SEED
"""

import random
import sys
import time
from pathlib import Path

from tests.faults.scores import CHANGED, environment
from tests.program import Program
from tests.scoring.place import events_csv

REFUSED = frozenset((3, 4, 5, 6, 7, 75))
"""Exits of what could not be: a lead that is gone or closed, a database that is busy."""


def line(choose: random.Random, leads: int) -> tuple[tuple[str, ...], str]:
    """Return a command and its standard input."""
    one, other = (f"L-{choose.randint(1, leads)}" for _ in range(2))
    n = choose.randrange(9)
    events = "\n".join(events_csv(choose.randint(1, 40), leads, choose.randrange(10**6)))
    return choose.choice(
        (
            (("log", "meeting", one, "Met", "--at", "2026-05-31"), ""),
            (("log", "call", one, "Rang", "--direction", "in", "--at", "2026-05-31"), ""),
            (("activity", "import", "-", "--format", "csv", "--on-error", "skip"), events),
            (("activity", "import", "-", "--format", "csv", "--on-error", "skip"), events),
            (("lead", "edit", one, "--job-title", choose.choice(("CEO", "Clerk"))), ""),
            (("lead", "edit", "-w", f"number<{choose.randint(2, 60)}", "--source", "event", "--yes"), ""),
            (("company", "edit", f"CO-{n}", "--employee-count", str(choose.randint(1, 9999))), ""),
            (("lead", "disqualify", one, "--reason", "no budget"), ""),
            (("lead", "delete", one, other, "--yes"), ""),
            (("lead", "restore", one), ""),
            (("lead", "purge", one, "--confirm", "acme"), ""),
            (("lead", "merge", one, other, "--yes"), ""),
            (("score", "set", one, str(choose.randint(0, 100))), ""),
            (("score", "release", "-w", f"number<{choose.randint(2, 60)} score_locked=yes", "--yes"), ""),
        )
    )


def main(home: str, database: str, leads: str, seconds: str, seed: str) -> int:
    """Write until the time is over; tell how much was done and how much was refused."""
    program, choose = Program(Path(home), database), random.Random(seed)
    until, done, refused = time.monotonic() + float(seconds), 0, 0
    while time.monotonic() < until:
        words, stdin = line(choose, int(leads))
        found = program(*words, stdin=stdin, env=environment(CHANGED), exit=None)
        if found.exit in REFUSED:
            refused += 1
        elif found.exit:
            print(found, file=sys.stderr)
            return found.exit
        else:
            done += 1
    print(done, refused)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
