"""Draws the README's pictures of the dashboard and the board from the real program: ``python -m tools.pictures``."""

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
NOW = datetime(2026, 11, 23, 15, 0)  # noqa: DTZ001 - UTC, as the program takes it
WIDTH = 108
STAGES = ("Needs analysis", "Proposal", "Negotiation")
SELLERS = ("ben@acme.example", "mara@acme.example", "yuki@acme.example")
BUYERS = "Aalto Baltic Cedar Delta Elm Fjord Grove Hanse Isar Juniper Kite Lumen Mistral Nordic Orbit Polder".split()
SHOTS = {
    "dashboard-light": ("light", 1200, 1490),
    "dashboard-dark": ("dark", 1200, 1490),
    "dashboard-phone": ("light", 375, 1100),
}


class Demo:
    """The program with the demo's data in a folder of its own."""

    def __init__(self, folder: str) -> None:
        self.program = [sys.executable, "-m", "mycrm_cli"]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MYCRM_")}
        self.environment = kept | {"MYCRM_HOME": folder, "COLUMNS": str(WIDTH), "LINES": "200"}
        self.run("demo", "--dir", folder)

    def run(self, *words: str, at: datetime = NOW, stdin: str = "") -> str:
        """Run a line at a moment and return what it prints."""
        environment = self.environment | {"MYCRM_NOW": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
        command = [*self.program, *words]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, input=stdin)
        return done.stdout


def sell(demo: Demo, chance: random.Random) -> None:
    """Add a quarter of selling: deals that come, move on and end."""
    for place, buyer in enumerate(BUYERS):
        name, at = f"{buyer} - {chance.randint(10, 90)} seats", datetime(2026, 10, 2, 9) + timedelta(days=2 * place)  # noqa: DTZ001
        value, close = str(chance.randint(60, 480) * 100), f"{NOW + timedelta(days=20 + 7 * place % 70):%Y-%m-%d}"
        demo.run("deal", "add", name, "--value", value, "--owner", SELLERS[place % 3], "--close", close, at=at)
        for stage in STAGES[: chance.randint(0, 3)]:
            at = min(at + timedelta(days=chance.randint(2, 9)), NOW)
            demo.run("deal", "move", name, stage, at=at)
        if place % 8 in (0, 2, 3, 5):
            demo.run("deal", "win", name, at=min(at + timedelta(days=4), NOW))
        elif place % 8 == 6:
            demo.run("deal", "lose", name, "--reason", "Price", at=min(at + timedelta(days=6), NOW))
    for seller in SELLERS:
        for month in ("2026-10", "2026-11", "2026-12"):
            demo.run("target", "set", seller, month, str(chance.randint(3, 6) * 10_000))


def call(demo: Demo, chance: random.Random) -> Iterator[str]:
    """Yield calls of eight weeks as lines of JSON, most of them in the hours in which people answer."""
    people = demo.run("contact", "list", "-o", "ids").split()
    for _ in range(220):
        day = NOW - timedelta(days=chance.randint(0, 52))
        hour = chance.choice((8, 9, 9, 10, 10, 10, 11, 11, 13, 14, 14, 15, 15, 16, 17))
        if day.weekday() < 5 and day.replace(hour=hour) < NOW:
            told = {
                "ref": chance.choice(people),
                "text": "Talked about it",
                "at": f"{day:%Y-%m-%d} {hour:02}:10",
            }
            yield json.dumps(told | {"duration": "15m"})


def board(demo: Demo) -> None:
    """Draw ``deal board`` as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text("$ mycrm deal board", style="bold green"))
    console.print(Text.from_ansi(demo.run("deal", "board", "-o", "table", "--color", "always")))
    text = console.export_svg(title="mycrm", unique_id="board")
    (IMAGES / "board.svg").write_text(text, encoding="utf-8")


def shoot(path: str) -> None:
    """Take the pictures of the page in a browser."""
    with sync_playwright() as play:
        is_root = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=is_root)
        for name, (scheme, width, height) in SHOTS.items():
            size = {"width": width, "height": height}
            page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(f"file://{path}")
            page.screenshot(path=str(IMAGES / f"{name}.png"))
        browser.close()


def main() -> None:
    """Make a quarter of selling and draw it."""
    chance = random.Random(5)  # noqa: S311 - a story, the same each time
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(folder)
        board(demo)
        sell(demo, chance)
        demo.run("log", "call", "-", "-y", stdin="\n".join(call(demo, chance)))
        demo.run("score", "run")
        page = os.path.join(folder, "dashboard.html")
        demo.run("report", "dashboard", "--html", page)
        shoot(page)


if __name__ == "__main__":
    main()
