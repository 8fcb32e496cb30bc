"""Reads lists of addresses that get no mail: an address a line, CSV with a column for it, or JSON."""

from __future__ import annotations

from mycrm_cli.errors import Invalid
from mycrm_cli.services.mail.providers import cells, files
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAMES = ("email", "e-mail", "address", "recipient", "emailaddress", "email address", "e-mail address", "to")
"""What the column or the member with the address may be called."""


class Listed:
    """What was read: addresses, each once, how many lines there were, and what is no address."""

    def __init__(self) -> None:
        self.entries = 0
        self.addresses: dict[str, None] = {}
        self.problems: list[Problem] = []


def read(path: str) -> Listed:
    """Read a list (``-`` is stdin); raises UsageError for what is no file, Invalid for what is no list."""
    name, listed = "stdin" if path == "-" else path, Listed()
    for line, value in _entries(files.text_of(path), name):
        listed.entries += 1
        if isinstance(value, Problem):
            listed.problems.append(Problem(value.code, value.message, line=line))
            continue
        address = cells.address(value)
        if address is None:
            said = f"{cells.text(value, 80)} is no e-mail address" if value else "has no address"
            listed.problems.append(Problem("not_an_email", said, line=line))
        else:
            listed.addresses[address] = None
    return listed


def _entries(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Yield what stands where an address should be, each with its line."""
    head = text.lstrip(files.SPACE)
    if head[:1] in ("{", "["):
        for line, value in files.values(text, name):
            yield line, _named(value) if isinstance(value, dict) else value
    elif not any(mark in head.split("\n", 1)[0] for mark in ",;\t") and not _is_heading(head.split("\n", 1)[0]):
        for line, value in enumerate(text.split("\n"), 1):
            if value.strip(files.SPACE):
                yield line, value.strip(files.SPACE)
    else:
        for line, row in files.rows(text, name):
            if isinstance(row, dict) and not any(_is_heading(key) for key in row):
                raise Invalid(f"{name} has no column with addresses", hint=f"call it {NAMES[0]}")
            yield line, _named(row) if isinstance(row, dict) else row


def _is_heading(text: str) -> bool:
    return text.strip(files.SPACE + '"').lower() in NAMES


def _named(row: dict[str, Any]) -> Any:
    """Return the address of a row: suppression lists of providers call it differently."""
    low = {str(key).strip(files.SPACE).lower(): value for key, value in row.items()}
    return next((low[name] for name in NAMES if low.get(name)), None)
