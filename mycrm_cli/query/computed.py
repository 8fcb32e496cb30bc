"""Fields that are no columns: worked out by the statement that reads them. A new one is a line in ``COMPUTED``.

They can be listed, filtered, sorted and exported like any other field, and never set.
"""

from __future__ import annotations

from mycrm_cli import clock, kinds
from mycrm_cli.query.sql import Sql, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.kinds import Kind
    from mycrm_cli.query.frame import Frame

    Make = Callable[[Frame, str], Sql]

DAY = 24 * 60 * 60


class Computed:
    """A field that is worked out; to those who filter, list and sort it looks like a column's ``Field``."""

    __slots__ = ("description", "kind", "make", "name", "options", "spec")

    generated, internal, nullable, part, required, secret, writable = True, False, False, False, False, False, False
    default = relation = short = table = None

    def __init__(self, name: str, kind: str, description: str, make: Make) -> None:
        self.name = name
        self.kind: Kind = kinds.make(kind)
        self.description = description
        self.make = make
        self.options: dict[str, Any] = {}
        self.spec: dict[str, Any] = {"kind": kind, "description": description, "nullable": False}

    @property
    def kind_name(self) -> str:
        """The name of the field's kind."""
        return self.kind.name

    @property
    def label(self) -> str:
        """The column's heading for people."""
        return self.name.replace("_", " ")


def seconds_since(frame: Frame, moment: str) -> Sql:
    """Return the whole seconds from a moment in a column until now."""
    now = value(int(clock.now().timestamp()))
    return compose("(CAST({} AS BIGINT) - {})", now, seconds(frame, moment))


def seconds(frame: Frame, moment: str) -> str:
    """Return the whole seconds of a moment in a column since 1970."""
    if frame.dialect == "sqlite":
        return f"CAST(strftime('%s', {moment}) AS INTEGER)"
    return f"CAST(floor(extract(epoch FROM {moment})) AS BIGINT)"


def days_in_stage(frame: Frame, alias: str) -> Sql:
    """Return the whole days since a deal came to its stage."""
    return compose("({} / {})", seconds_since(frame, f"{alias}.stage_changed_at"), str(DAY))


COMPUTED = {
    "deal": {
        "days_in_stage": Computed("days_in_stage", "integer", "Whole days since it came to its stage.", days_in_stage),
    },
}
"""Entity -> its computed fields by name."""


def of(entity: Entity) -> dict[str, Computed]:
    """Return the computed fields of an entity."""
    return COMPUTED.get(entity.name, {})
