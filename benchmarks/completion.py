"""``python -m benchmarks.completion [CONTACTS]``: how long TAB takes for each kind of question, in detail."""

import sys
from contextlib import closing

from benchmarks.bench import SHORT, Bench
from benchmarks.timing import MYCRM, PASS, compare

TARGET = 4.0
QUESTIONS = (
    ("commands", ("",)),
    ("options of contact list", ("contact", "list", "--")),
    ("a filter's field", ("contact", "list", "-w", "stat")),
    ("the newest contacts", ("contact", "view", "")),
    ("contacts by number", ("contact", "view", "C-1")),
    ("contacts by name or address", ("contact", "view", "an")),
    ("users", ("contact", "add", "--owner", "")),
    ("a deal's next stage", ("deal", "move", "D-1", "")),
    ("anything to log", ("log", "call", "")),
    ("tags", ("contact", "tag", "")),
    ("changes to undo", ("undo", "X-")),
)


def main() -> None:
    """Print one line for each kind of question."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with closing(Bench(count, 1)) as bench:
        env = bench.filled("sqlite", "contact", count).env
        for name, words in QUESTIONS:
            mine, theirs = compare((MYCRM, "__complete", "fish", "--", *words), PASS, env, SHORT)
            ratio = f"{mine / theirs:5.2f} of {theirs * 1000:.1f} ms"
            print(f"{name:<30} {mine * 1000:6.1f} ms  {ratio} (target {TARGET:g})")


if __name__ == "__main__":
    main()
