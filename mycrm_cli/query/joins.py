"""The tables that the columns and the order of a list need beside its own."""

from __future__ import annotations

from mycrm_cli.query.sql import Sql, column, compose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.frame import Frame


class Joins:
    """Left joins, one for each relation that is followed; each keeps to the organization."""

    __slots__ = ("_aliases", "frame", "parts", "root")

    def __init__(self, frame: Frame, root: str) -> None:
        self.frame = frame
        self.root = root
        self.parts: list[Sql] = []
        self._aliases: dict[tuple[str, ...], str] = {}

    def follow(self, steps: list[tuple[Field, Entity]]) -> str:
        """Return the alias of the table that the relations lead to."""
        alias = self.root
        way: tuple[str, ...] = ()
        for field, target in steps:
            way = (*way, field.name)
            if way not in self._aliases:
                self._aliases[way] = self._join(alias, field, target)
            alias = self._aliases[way]
        return alias

    def _join(self, alias: str, field: Field, target: Entity) -> str:
        joined = self.frame.alias()
        self.parts.append(
            compose(
                "LEFT JOIN {} AS {} ON {} AND {} = {}",
                target.table,
                joined,
                self.frame.within(target, joined),
                f"{joined}.id",
                column(alias, field.name),
            )
        )
        return joined
