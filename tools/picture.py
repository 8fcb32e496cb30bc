"""Draws the README's picture from the real program: ``python -m tools.picture``."""

import io
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "images" / "tour.svg"
WIDTH = 108
LINES = (
    "contact view ana.petrova@petrova.example",
    'log call ana.petrova@petrova.example "Wants a quote" --next "Send the quote" --due fri',
    "deal board",
    "deal move D-1 next",
    "undo X-{newest}",
)


def main() -> None:
    """Run the lines in a demo of their own and write what they print as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MYCRM_")}
        environment = kept | {"MYCRM_HOME": folder, "COLUMNS": str(WIDTH), "LINES": "200"}
        program = [sys.executable, "-m", "mycrm_cli"]
        subprocess.run([*program, "demo", "--dir", folder], check=True, stdout=subprocess.DEVNULL, env=environment)
        console = Console(record=True, width=WIDTH, file=io.StringIO())
        for text in LINES:
            newest = [*program, *shlex.split("change list -L 1 -F number -o plain")]
            done = subprocess.run(newest, env=environment, check=True, capture_output=True, text=True)
            line = text.replace("{newest}", done.stdout.strip())
            command = [*program, *shlex.split(line), "-o", "table", "--color", "always"]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            console.print(Text(f"$ mycrm {line}", style="bold green"))
            console.print(Text.from_ansi(done.stdout + done.stderr))
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(console.export_svg(title="mycrm", unique_id="mycrm"), encoding="utf-8")


if __name__ == "__main__":
    main()
