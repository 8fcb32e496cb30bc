"""Pieces of Markdown for the generated reference."""

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 100


def cell(text: object) -> str:
    """Return text for a cell of a table: bars escaped, on one line."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("``", "`")


def code(text: object) -> str:
    """Return text as code for a cell of a table; nothing stays nothing."""
    return f"`{cell(text)}`" if str(text) else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; without rows there is none."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines]) if lines else ""


def prose(text: str) -> str:
    """Return text in lines that are not too long."""
    return textwrap.fill(
        " ".join(text.replace("``", "`").split()), WIDTH, break_long_words=False, break_on_hyphens=False
    )


def block(lines: Iterable[str]) -> str:
    """Return lines as they are typed or printed."""
    text = "\n".join(lines)
    return f"```\n{text}\n```" if text else ""


def page(*parts: str) -> str:
    """Return the text of a page; parts that are empty are left out."""
    return "\n\n".join(part for part in parts if part) + "\n"
