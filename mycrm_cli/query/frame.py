"""What a statement is compiled for: the scope, the dialect, and a fresh alias for every table."""

from __future__ import annotations

from mycrm_cli import catalog, roles
from mycrm_cli.query.sql import NEVER, Sql, all_hold, column, compose, one_holds, value
from mycrm_cli.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.query.saved import SavedFilter

    Definitions = Callable[[Entity], dict[str, Custom]]
    Filters = Callable[[Entity], dict[str, SavedFilter]]
    Ask = Callable[[Sql], int]


class Frame:
    """The context of one statement; without a scope there is none.

    ``definitions`` looks up the organization's own fields of an entity, ``saved`` its saved filters;
    ``ask`` runs a statement that answers a number.
    """

    __slots__ = ("_used", "ask", "definitions", "dialect", "organization", "saved", "scope")

    def __init__(
        self, scope: Scope, dialect: str, definitions: Definitions, ask: Ask, saved: Filters = lambda entity: {}
    ) -> None:
        if not isinstance(scope, Scope):
            raise TypeError("a statement needs a scope")
        self.scope = scope
        self.dialect = dialect
        self.definitions = definitions
        self.ask = ask
        self.saved = saved
        self.organization = self.id(scope.organization_id)
        self._used = 0

    def id(self, identifier: UUID) -> Any:
        """Return an id as a parameter."""
        return identifier.bytes if self.dialect == "sqlite" else identifier

    def alias(self) -> str:
        """Return a name for one more table of the statement."""
        self._used += 1
        return f"t{self._used}"

    def within(self, entity: Entity, alias: str) -> Sql:
        """Return the condition that keeps a table to the organization, and to what the user's role may read of it."""
        if not entity.tenant and entity.table != "organizations":
            raise TypeError(f"{entity.table} belongs to no organization")
        own = compose("{} = {}", f"{alias}.{'organization_id' if entity.tenant else 'id'}", value(self.organization))
        reach = roles.allowed(self.scope.role, entity.name, roles.READ)
        return own if reach == roles.ALL else all_hold([own, self._theirs(entity, alias, reach)])

    def _theirs(self, entity: Entity, alias: str, reach: str | None) -> Sql:
        """Return the condition for what the user has of an entity that not everybody may read."""
        if reach is None or entity.name not in roles.OWNERS:
            return NEVER
        me = value(self.id(self.scope.user_id))
        return one_holds([compose("{} = {}", column(alias, name), me) for name in roles.OWNERS[entity.name]])

    def live(self, entity: Entity, alias: str, deleted: bool | None) -> list[Sql]:
        """Return the condition for records outside the trash, inside it (True), or none for both (None).

        Written as the partial indexes of live rows are, so that they serve.
        """
        if deleted is None:
            return []
        if not entity.soft_delete:
            return [Sql("1 = 0")] if deleted else []
        if self.dialect == "sqlite":
            return [Sql(f"{alias}.is_deleted = {int(deleted)}")]
        return [Sql(f"{alias}.is_deleted" if deleted else f"NOT {alias}.is_deleted")]

    def linked(self, table: str, link: str, own: str, make: Callable[[str], Sql]) -> Sql:
        """Return ``own IN (SELECT link FROM table …)`` with the condition that ``make`` builds for its alias."""
        target = catalog.by_table(table)
        alias = self.alias()
        return compose(
            "{} IN (SELECT {} FROM {} AS {} WHERE {} AND {})",
            own,
            column(alias, link),
            target.table,
            alias,
            self.within(target, alias),
            make(alias),
        )
