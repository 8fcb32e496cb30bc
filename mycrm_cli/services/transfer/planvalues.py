"""The values of a plan: what a row sets, as JSON holds it, and back again word for word."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli.errors import Invalid
from mycrm_cli.kinds.base import Kind
from mycrm_cli.services import nouns
from mycrm_cli.services.transfer import keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.reader import Reader

TAGS = ("+tags", "-tags")
TYPES: dict[str, type] = {"integer": int, "boolean": bool, "tags": list}
"""What JSON holds of kinds that need no conversion; all others but JSON are texts."""


class Values:
    """The values of one entity's records."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        fields = [field for field in entity.fields.values() if not field.secret]
        self.dumps: dict[str, Callable[[Any], Any] | None] = {
            field.name: None if type(field.kind).dump is Kind.dump else field.kind.dump for field in fields
        }

    def dump(self, name: str, value: Any) -> Any:
        """Return a value as JSON holds it; what the noun itself reads is kept as the text that was typed."""
        function = self.dumps.get(name)
        if value is None or function is None:
            return value
        return str(value) if is_word(self.entity.fields[name], value) else function(value)

    def load(self, reader: Reader, name: str, value: Any) -> Any:
        """Return the value that was dumped; raises Invalid for what was not."""
        if name.startswith("cf."):
            return value
        if name in TAGS:
            return _typed(name, value, list)
        field = self.entity.fields.get(name)
        if field is None or field.secret or name in ("organization_id", "id"):
            raise Invalid(f"a plan of this version sets no {name!r}", hint="make the plan again")
        if value is None:
            return None
        if self.dumps[name] is None:
            kind = field.kind_name
            return value if kind == "json" else _typed(name, value, TYPES.get(kind, str))
        try:
            return field.kind.undump(value)
        except (ValueError, ArithmeticError, TypeError, AttributeError):
            read = nouns.read(reader, self.entity, field, str(value))
        if read is None:
            raise Invalid(f"{name} cannot be {value!r}")
        return read

    def dump_key(self, step: str, key: Any) -> Any:
        """Return a key by which a row is known."""
        if keys.JOINED in step:
            return [self.dump(name, part) for name, part in zip(step.split(keys.JOINED), key, strict=True)]
        return str(key) if isinstance(key, UUID) else key

    def load_key(self, reader: Reader, step: str, key: Any) -> Any:
        """Return the key that was dumped."""
        if keys.JOINED in step:
            names = step.split(keys.JOINED)
            return tuple(self.load(reader, name, part) for name, part in zip(names, key, strict=True))
        return UUID(key) if step == "id" else key


def is_word(field: Field | None, value: Any) -> bool:
    """Whether a value is a word that only the noun understands: a stage's name, ``items`` for a deal's value."""
    if field is None or value is None:
        return False
    return (field.kind_name == "reference" and not isinstance(value, UUID)) or (
        field.kind_name == "money" and isinstance(value, str)
    )


def _typed(name: str, value: Any, wanted: type) -> Any:
    """Return a value of the type that JSON has for it; raises Invalid."""
    if type(value) is not wanted:
        raise Invalid(f"{name} cannot be {value!r}")
    return value
