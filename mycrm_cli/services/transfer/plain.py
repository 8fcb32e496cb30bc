"""Columns that need no setter of their own: each cell is one value under a name, or the texts of references."""

from __future__ import annotations

import re
from typing import NamedTuple

from mycrm_cli.query import attached
from mycrm_cli.services.transfer.cells import REFERENCES
from mycrm_cli.services.transfer.setters import splitter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.services.transfer.cells import ReadCell
    from mycrm_cli.services.transfer.convert import Converter
    from mycrm_cli.services.transfer.plan import Column
    from mycrm_cli.services.transfer.targets import Target


class Plain(NamedTuple):
    """Where the cells go: the value under a name, its texts at the place of a reference."""

    read: ReadCell
    name: str | None
    place: int | None = None


ELABORATE = object()
"""What a plain setter reads in a cell that is not plain."""


def of(converter: Converter, column: Column, target: Target, read: ReadCell) -> Plain | None:
    """Return the same as ``setter`` for a column whose cells are single values, or None for other columns."""
    spec, what = column.spec, target.what
    if spec.append or spec.fallback or spec.several:
        return None
    if what in ("twin", "reference", "links"):
        place = converter.plan.columns.index(column)
        if what == "twin":
            return Plain(read, target.name, place)
        has_roles = target.name in attached.links(converter.plan.entity.name) or what == "links"
        return None if has_roles else Plain(_texts(splitter(column, REFERENCES)), None, place)
    if what == "custom" and target.custom is not None:
        dump = target.custom.kind.dump
        return Plain(lambda cell: dump(read(cell)), target.name)
    if what != "field" or target.name == "custom_fields":
        return None
    if target.field is not None and target.field.kind_name == "email":
        return Plain(_one_address(read), target.name)
    return Plain(read, target.name)


def _texts(split: Callable[[Any], list[str]]) -> ReadCell:
    """Return the function from a cell to the texts of its references; a cell may hold none."""
    return lambda cell: split(cell) or ELABORATE


def _one_address(read: ReadCell) -> ReadCell:
    """Return the function that reads a cell with one address in it."""
    several = re.compile(r"[,;\s<]").search

    def single(cell: Any) -> Any:
        return ELABORATE if not isinstance(cell, str) or several(cell.strip()) else read(cell)

    return single
