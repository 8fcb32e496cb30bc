"""The peers: other programs that do the same, or a part of it."""

import csv
import functools
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import data
from benchmarks.homes import Home
from benchmarks.timing import BIN, PYTHON, Failed

SQLITE_UTILS = f"{BIN}/sqlite-utils"
PSYCOPG = (PYTHON, "-c", "import psycopg")
SQLMODEL = (PYTHON, "-c", "import sqlmodel")


def sqlite3(home: Home, statement: str) -> tuple[str, ...]:
    """Return the command that prints what a statement finds as CSV."""
    program = shutil.which("sqlite3")
    if program is None:
        raise Failed("peer missing: sqlite3")
    return (program, "-header", "-csv", home.database, statement)


@functools.cache
def khard(scratch: Path, install: bool) -> tuple[str, ...]:
    """Return the command of khard with an address book of 200 contacts; it may be installed in a place of its own."""
    place = scratch / "khard"
    program = place / "venv" / "bin" / "khard"
    if not program.exists():
        if not install:
            raise Failed("peer missing: khard")
        try:
            subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True, capture_output=True)
            pip = (f"{place}/venv/bin/python", "-m", "pip", "install", "--quiet", "khard")
            subprocess.run(pip, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError):
            raise Failed("peer missing: khard") from None
    config = place / "khard.conf"
    config.write_text(f"[addressbooks]\n[[book]]\npath = {_address_book(place / 'book')}\n")
    return (str(program), "-c", str(config), "list")


def _address_book(folder: Path) -> Path:
    """Write 200 contacts as vCards."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(data.file(folder.parent, "contact", 200, 20), encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            name = f"{row['First name']} {row['Last name']}"
            lines = [
                *("BEGIN:VCARD", "VERSION:3.0", f"UID:{number}", f"FN:{name}"),
                f"N:{row['Last name']};{row['First name']};;;",
                *(f"EMAIL:{row['Email']}", f"TEL:{row['Phone'] or '+4930123456'}", f"ORG:{row['Company']}"),
                "END:VCARD",
            ]
            (folder / f"{number}.vcf").write_text("\r\n".join([*lines, ""]), encoding="utf-8")
    return folder


def statements(home: Home, words: tuple[str, ...]) -> str:
    """Return the statements that a command sends to PostgreSQL, those aside that find out who asks."""
    command = (PYTHON, "-m", "benchmarks.recording", *words)
    root = Path(__file__).parents[1]
    done = subprocess.run(command, env=home.env, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"failed: recording {' '.join(words)}: {done.stderr[-200:]}")
    return done.stdout
