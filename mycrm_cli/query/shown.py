"""Columns of answers that are no field's."""

from __future__ import annotations

from mycrm_cli import kinds


class Shown:
    """A column that a command makes up: its name for machines, its label for people, its kind."""

    __slots__ = ("kind", "label", "load", "name", "prefix")

    def __init__(self, name: str, kind: str = "text", prefix: str | None = None) -> None:
        self.name = name
        self.kind = kinds.make(kind)
        self.label = name.replace("_", " ")
        self.load = None
        self.prefix = prefix
