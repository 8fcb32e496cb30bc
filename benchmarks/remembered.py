"""What was measured, kept beside the invented files, so that rows can be measured again one by one."""

import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.table import Figure


class Remembered:
    """The figures of a size with the days on which they were measured, and the server's version."""

    def __init__(self, path: Path, recall: bool) -> None:
        self.path = path
        self.figures: dict[str, Figure] = {}
        self.days: dict[str, str] = {}
        self.postgresql = ""
        if recall and path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.figures = {key: Figure(key, *values) for key, values in kept["figures"].items()}
            self.days, self.postgresql = kept["days"], kept["postgresql"]

    def add(self, figure: Figure, postgresql: str) -> None:
        """Keep a figure that was measured just now."""
        self.figures[figure.key] = figure
        self.days[figure.key] = f"{datetime.now(UTC):%Y-%m-%d}"
        self.postgresql = postgresql or self.postgresql
        kept = {key: figure[1:] for key, figure in self.figures.items()}
        content = {"figures": kept, "days": self.days, "postgresql": self.postgresql}
        self.path.write_text(json.dumps(content), encoding="utf-8")

    def when(self) -> str:
        """Return the day on which all was measured, or the first and the last."""
        days = sorted(set(self.days.values())) or [f"{datetime.now(UTC):%Y-%m-%d}"]
        return " to ".join(days[:1] + days[1:][-1:])
