"""How a record is called in one line, as SQL over its entity's ``title``."""

from __future__ import annotations

from mycrm_cli.query.sql import Sql, column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity

TEXTS = frozenset(("choice", "country", "currency", "domain", "email", "phone", "text", "url"))


def title(entity: Entity, alias: str) -> Sql:
    """Return the first of the title's items that is not empty; the fields of an item are joined with spaces."""
    items = [_item(entity, alias, item.split()) for item in entity.title] or ["CAST(NULL AS TEXT)"]
    return Sql(items[0] if len(items) == 1 else f"COALESCE({', '.join(items)})")


def _item(entity: Entity, alias: str, names: list[str]) -> str:
    if len(names) == 1:
        return _text(entity, alias, names[0])
    words = " || ".join(f"COALESCE({_text(entity, alias, name)} || ' ', '')" for name in names)
    return f"NULLIF(RTRIM({words}), '')"


def _text(entity: Entity, alias: str, name: str) -> str:
    """Return a field as text that is NULL rather than empty."""
    own = column(alias, name)
    if entity.fields[name].kind_name in TEXTS:
        return f"NULLIF({own}, '')"
    return f"CAST({own} AS TEXT)"
