"""Settles what a row may change in a stored record: ``--on-conflict``, and what a source said the last time."""

from __future__ import annotations

from mycrm_cli.errors import UsageError
from mycrm_cli.kinds.base import EMPTY
from mycrm_cli.services.transfer.model import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.transfer.warnings import Warnings

ALL = "*"


class Conflicts:
    """The rules of one import, by field."""

    def __init__(self, entity: Entity, options: Options, warnings: Warnings) -> None:
        self.entity = entity
        self.options = options
        self.warnings = warnings
        self.needs_last = "changed" in options.on_conflict.values()
        self.plan: Plan | None = None
        self.rules: dict[str, str] = {}
        self.columns: dict[str, str] = {}

    def settle(self, plan: Plan, record: Record, wanted: Row, last: dict[str, Any]) -> Row:
        """Return the values that a stored record gets; ``last`` is what the source said the last time."""
        if not self.options.on_conflict:
            return wanted
        if plan is not self.plan:
            self._learn(plan)
        image: Row = record.image or {}
        allowed: Row = {}
        for name, value in wanted.items():
            rule = self.rules.get(name) or self.rules.get(ALL, "overwrite")
            is_open = rule == "overwrite" or (rule == "fill" and current(image, name) in EMPTY)
            if rule == "append":
                allowed[name] = self._appended(name, image.get(name), value)
            elif is_open or (rule == "changed" and self._is_news(record, name, value, last)):
                allowed[name] = value
        return allowed

    def _learn(self, plan: Plan) -> None:
        """Find out the rule of each field; they may name columns or fields. Raises UsageError."""
        asked = self.options.on_conflict
        self.plan, self.rules, self.columns = plan, dict(asked), {}
        for column in plan.columns:
            for target in column.targets:
                self.columns.setdefault(target.name, column.name)
                for name in (column.name, column.spec.target):
                    if name in asked:
                        self.rules[target.name] = asked[name]
                        if target.what == "twin":
                            self.rules[f"{target.name}_id"] = asked[name]
        for name, rule in self.rules.items():
            field = self.entity.fields.get(name)
            if rule == "append" and field is not None and field.kind_name not in ("text", "tags"):
                raise UsageError(f"--on-conflict {name}=append: only texts and tags can be added to")

    def _appended(self, name: str, there: Any, value: Any) -> Any:
        """Return a text or tags with what the file says added, once."""
        if there in EMPTY or value in EMPTY:
            return value if there in EMPTY else there
        if isinstance(there, list):
            return list(dict.fromkeys([*there, *value]))
        if value in there:
            return there
        between = "\n" if self.entity.fields[name].options.get("lines") else "; "
        return f"{there}{between}{value}"

    def _is_news(self, record: Record, name: str, value: Any, last: dict[str, Any]) -> bool:
        """Whether the source says something new that nobody here has changed meanwhile."""
        if name not in self.entity.fields and not name.startswith("cf."):
            return True  # addresses and tags are only added
        says, ours = dumped(self.entity, name, value), dumped(self.entity, name, current(record.image or {}, name))
        if says == ours or (name in last and says == last[name]):
            return False
        if ours in EMPTY or (name in last and ours == last[name]):
            return True
        field = self.entity.fields.get(name)
        theirs = "" if field is not None and field.relation else f" (the file says {short(str(says))!r})"
        label = field.label if field is not None else name
        message = f"{label} was changed here as well; ours is kept{theirs}"
        self.warnings.add(record.line, self.columns.get(name, name), message, "changed_here")
        return False


def current(image: Row, name: str) -> Any:
    """Return what a stored record holds."""
    if name.startswith("cf."):
        return (image.get("custom_fields") or {}).get(name[3:])
    return image.get(name)


def dumped(entity: Entity, name: str, value: Any) -> Any:
    """Return a value as JSON holds it, in which two are compared."""
    field = entity.fields.get(name)
    return value if value is None or field is None else field.kind.dump(value)


def said(entity: Entity, values: Row, given: set[str]) -> dict[str, Any]:
    """Return what a source says in a row, as the record's external id remembers it."""
    return {
        name: dumped(entity, name, value)
        for name, value in values.items()
        if name not in given and name != "id" and (name in entity.fields or name.startswith("cf."))
    }
