"""What is to be done with one column: the entry of a mapping, whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mycrm_cli.kinds.folding import fold

LEAVE_OUT = "-"


def header_key(text: str) -> str:
    """Return the form in which headers are compared: letters and digits only, no case, no accents."""
    return "".join(char for char in fold(text) if char.isalnum())


@dataclass
class Spec:
    """The entry of one column.

    ``target`` is a field, ``RELATION.key``, ``ext:SOURCE``, ``cf.KEY``, ``emails``, ``note``, ``+tags`` or
    ``-``. ``values`` replaces cells, ``scale`` multiplies numbers, ``split`` spreads a cell over several
    fields (at the last space, or at ``split_at``), ``template`` builds the cell from others,
    ``several`` separates several values in a cell.

    ``lenient`` leaves out what cannot be read, with a warning; ``fallback`` gives way to a column that
    has filled the field already; ``append`` adds to it; ``skip_if`` are cells that skip the whole row.
    """

    column: str = ""
    target: str = ""
    values: dict[str, str] = field(default_factory=dict)
    scale: str | None = None
    split: tuple[str, ...] = ()
    split_at: str | None = None
    template: str | None = None
    date_format: str | None = None
    decimal: str | None = None
    several: str | None = None
    create_missing: bool = False
    lenient: bool = False
    fallback: bool = False
    append: bool = False
    skip_if: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    preset: bool = False

    def named(self, column: str) -> Spec:
        """Return the same entry for a column of a file."""
        return replace(self, column=column)

    def merged(self, other: Spec) -> Spec:
        """Return this entry with what ``other`` says laid over it; another target replaces the whole."""
        if other.target and other.target != self.target and self.target:
            return replace(other, values={**other.values})
        said = {name: value for name, value in vars(other).items() if value not in ("", None, (), {}, False)}
        said["values"] = {**self.values, **other.values}
        return replace(self, **said)

    def document(self) -> dict[str, Any]:
        """Return what a mapping file says about the column."""
        plain: dict[str, Any] = {}
        for name, value in vars(self).items():
            if name not in ("column", "preset") and value not in ("", None, (), {}, False):
                plain[name] = list(value) if isinstance(value, tuple) else value
        return plain
