"""``python -m benchmarks.startup [CONTACTS]``: how long a rep waits, as ratios to peers in the same run."""

import sys
import tempfile
from pathlib import Path

from benchmarks.data import prepare
from benchmarks.timing import BIN, PASS, compare, environment


def main() -> None:
    """Print one line for each measured command."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    home = Path(tempfile.gettempdir()) / f"mycrm-bench-{count}"
    database = prepare(str(home), count)
    env = environment(str(home))
    mycrm = f"{BIN}/mycrm"
    peer = (f"{BIN}/sqlite-utils", "rows", database, "contacts", "--limit", "50")
    measured = (
        ("mycrm --version", (mycrm, "--version"), PASS, 3.0),
        ("mycrm --help", (mycrm, "--help"), PASS, 8.0),
        ("mycrm contact --help", (mycrm, "contact", "--help"), PASS, 8.0),
        (f"contact list, piped, {count:,} contacts", (mycrm, "contact", "list"), peer, 1.0),
        ("contact view by number", (mycrm, "contact", "view", "C-77"), peer, 1.0),
        ("contact count", (mycrm, "contact", "count"), peer, 1.0),
        ("contact list sorted by creation", (mycrm, "contact", "list", "-s", "-created_at"), peer, 1.0),
        (
            "contact edit (a write)",
            (mycrm, "contact", "edit", "C-5", "--score", "7"),
            (sys.executable, "-c", "import sqlmodel"),
            2.0,
        ),
    )
    for name, ours, other, target in measured:
        mine, theirs = compare(ours, other, env)
        print(f"{name:<45} {mine * 1000:7.1f} ms  {mine / theirs:5.2f} of {theirs * 1000:.1f} ms (target {target})")


if __name__ == "__main__":
    main()
