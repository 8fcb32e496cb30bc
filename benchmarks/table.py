"""The table: rows with targets, what was measured, and the machine it was measured on."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from benchmarks.memory import of_machine

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
HEAD = ("what", "target", "ratio", "met", "measured", "against", "its measure", "runs")


class Row(NamedTuple):
    """A line of the table: what is measured, what it may take at most, and what it is compared with."""

    key: str
    what: str
    limit: float | None
    unit: str = "×"
    against: str = ""


class Figure(NamedTuple):
    """What was measured for a row: seconds, or bytes where the unit is MiB; or why there is nothing."""

    key: str
    ours: float | None = None
    peer: float | None = None
    runs: int = 1
    remark: str = ""


def ratio(row: Row, figure: Figure) -> float | None:
    """Return what is compared with the limit."""
    if figure.ours is None:
        return None
    if row.unit == "×":
        return figure.ours / figure.peer if figure.peer else None
    return figure.ours / 2**20 if row.unit == "MiB" else figure.ours


def amount(value: float | None, unit: str) -> str:
    """Return seconds or bytes for people."""
    if value is None:
        return ""
    if unit == "MiB":
        return f"{value / 2**20:.0f} MiB"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def cells(row: Row, figure: Figure) -> tuple[str, ...]:
    """Return the cells of a line."""
    found = ratio(row, figure)
    target = f"<= {row.limit:g}{'' if row.unit == '×' else ' '}{row.unit}" if row.limit is not None else "-"
    if found is None:
        measure = amount(figure.ours, row.unit)
        state = figure.remark.partition(":")[0] or "not measured"
        return row.what, target, "", state, measure, row.against, "", ""
    met = "-" if row.limit is None else "yes" if found <= row.limit else "no"
    shown = f"{found:.2f}" if row.unit == "×" else ""
    peer = amount(figure.peer, row.unit)
    return row.what, target, shown, met, amount(figure.ours, row.unit), row.against, peer, str(figure.runs)


def lines(rows: Iterable[Row], figures: Mapping[str, Figure]) -> list[str]:
    """Return the table as Markdown; every row is in it, measured or not."""
    table = [HEAD, *(cells(row, figures.get(row.key, Figure(row.key))) for row in rows)]
    table = [tuple(cell.replace("|", "\\|") for cell in line) for line in table]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEAD))]
    shown = [_line(line, widths) for line in table]
    shown.insert(1, _line(["-" * width for width in widths], widths))
    return shown


def _line(line: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"


def remarks(figures: Iterable[Figure]) -> list[str]:
    """Return what there is to say of rows that were not measured, each thing once."""
    said = dict.fromkeys(figure.remark for figure in figures if ":" in figure.remark)
    return [f"- {remark}" for remark in said]


def machine(seed: int, rows: int, postgresql: str, when: str, load: float) -> list[str]:
    """Return what the figures depend on: the machine, the versions, the day, the data."""
    programs = ", ".join(
        part
        for part in (
            f"Python {platform.python_version()}",
            f"SQLite {sqlite3.sqlite_version}",
            f"PostgreSQL {postgresql}" if postgresql else "",
            f"mycrm {_version('mycrm')}",
            f"sqlite-utils {_version('sqlite-utils')}",
        )
        if part
    )
    memory = f"{of_machine() / 2**30:.0f} GiB memory"
    return [
        f"- Machine: {processor()}, {os.cpu_count()} cores, {memory}, {platform.system()} {platform.release()}",
        f"- Programs: {programs}",
        f"- Measured on {when}, {rows:,} rows, seed {seed}, load average {load:.1f} before it began",
    ]


def processor() -> str:
    """Return what the processor is called."""
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
