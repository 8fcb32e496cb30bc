"""Cells that are put together from others of their row: ``{first}.{last}@acme.example``."""

from __future__ import annotations

import re

from mycrm_cli.errors import Invalid
from mycrm_cli.kinds.folding import search_words
from mycrm_cli.services.transfer.model import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from mycrm_cli.services.transfer.plan import Column

FORMS: dict[str, Callable[[str], str]] = {
    "dotted": lambda text: ".".join(search_words(text)),
    "lower": str.lower,
}
"""Forms of a cell in a template: ``{name:dotted}`` makes ``ana.berg`` of ``Ana Berg``."""


def cell(places: dict[str, int], column: Column, cells: Sequence[Any]) -> str:
    """Return a column's template with cells of the row in it; empty where one of them is empty."""
    return fill(str(column.spec.template), lambda name: _named(places, name, cells))


def _named(places: dict[str, int], name: str, cells: Sequence[Any]) -> str:
    """Return the text of a row's cell that a template names, in the form that it asks for."""
    column, mark, form = name.rpartition(":")
    is_formed = bool(mark) and form in FORMS and name not in places
    place = places.get(column if is_formed else name)
    if place is None:
        raise Invalid(f"the template names a column {name!r} that the file has not", candidates=list(places)[:5])
    found = cells[place] if place < len(cells) else ""
    text = "" if found is ABSENT or found is None else str(found).strip()
    return FORMS[form](text) if is_formed else text


def fill(template: str, cell: Callable[[str], str]) -> str:
    """Return a template with its ``{column}`` marks filled, or nothing where one of the cells is empty."""
    parts = [cell(name) for name in re.findall(r"\{([^{}]+)\}", template)]
    if not all(parts):
        return ""
    texts = iter(parts)
    return re.sub(r"\{[^{}]+\}", lambda _: next(texts), template)
