"""``python -m benchmarks.completion [CONTACTS]``: how long TAB takes, as ratios to a bare Python in the same run."""

import sys
import tempfile
from pathlib import Path

from benchmarks.data import prepare
from benchmarks.timing import PASS, PYTHON, compare, environment

TARGET = 2.5
ROUNDS = 15
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
    home = Path(tempfile.gettempdir()) / f"mycrm-bench-{count}"
    prepare(str(home), count)
    env = environment(str(home))
    for name, words in QUESTIONS:
        mine, theirs = compare((PYTHON, "-m", "mycrm_cli", "__complete", "fish", "--", *words), PASS, env, ROUNDS)
        print(f"{name:<30} {mine * 1000:6.1f} ms  {mine / theirs:5.2f} of {theirs * 1000:.1f} ms (target {TARGET})")


if __name__ == "__main__":
    main()
