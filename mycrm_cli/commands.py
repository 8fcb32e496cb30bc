"""The command tree as data: ``commands.json``, of which only the lines in question are parsed.

Importing ``json`` would cost as much as everything else together, so its scanner is used as it is.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Scanner:
    """What the scanner of ``json`` wants to be told."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


_texts: list[str] = []


def read(name: str) -> dict[str, Any]:
    """Return a line of the file: ``:root``, a command's node, or ``@noun`` for an entity; empty if there is none."""
    if not _texts:
        path = os.path.join(os.path.dirname(__file__), "commands.json")
        with open(path, encoding="utf-8") as file:
            _texts.append(file.read())
    key = f'\n"{name}": '
    start = _texts[0].find(key) if name.isprintable() and '"' not in name else -1
    found: dict[str, Any] = parse(_texts[0], start + len(key)) if start >= 0 else {}
    return found


def parse(text: str, start: int) -> Any:
    """Return the JSON value at a place of the text."""
    try:
        from _json import make_scanner
    except ImportError:  # another Python than CPython
        import json

        return json.JSONDecoder().raw_decode(text, start)[0]
    return make_scanner(_Scanner())(text, start)[0]  # type: ignore[arg-type]
