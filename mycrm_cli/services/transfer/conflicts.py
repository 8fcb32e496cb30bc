"""Settles what a row may change in a stored record: ``--on-conflict``, and what a source said the last time."""

from __future__ import annotations

from mycrm_cli.kinds.base import EMPTY, BadValue
from mycrm_cli.services.transfer.conflictrules import ALL, rules, twins
from mycrm_cli.services.transfer.model import Problem, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Column, Plan
    from mycrm_cli.services.transfer.warnings import Warnings


class Conflicts:
    """The rules of one import, by field."""

    def __init__(self, entity: Entity, options: Options, warnings: Warnings) -> None:
        self.entity = entity
        self.options = options
        self.warnings = warnings
        self.needs_last = "changed" in options.on_conflict.values()
        self.plan: Plan | None = None
        self.rules: dict[str, str] = {}
        self.columns: dict[str, Column] = {}

    def settle(self, plan: Plan, record: Record, wanted: Row, last: dict[str, Any]) -> Row:
        """Return the values that a stored record gets; ``last`` is what the source said the last time.

        A row that adds more to a text than fits is refused.
        """
        if not self.options.on_conflict:
            return wanted
        if plan is not self.plan:
            self._learn(plan)
        image: Row = record.image or {}
        allowed: Row = {}
        for name, value in wanted.items():
            if name == "custom_fields" and isinstance(value, dict):
                allowed |= self._own_fields(record, value, last)
                continue
            rule = self.rules.get(name) or self.rules.get(ALL, "overwrite")
            self._take(allowed, record, name, value, rule, last)
        return self._paired(image, wanted, allowed)

    def _take(self, allowed: Row, record: Record, name: str, value: Any, rule: str, last: dict[str, Any]) -> None:
        """Take a value among those that are allowed, if its rule says so."""
        there = current(record.image or {}, "tags" if name == "+tags" else name)
        if rule == "append":
            try:
                allowed[name] = value if name == "+tags" else self._appended(name, there, value)
            except BadValue as error:
                self._refuse(record, name, value, error)
        is_open = rule == "overwrite" or (rule == "fill" and there in EMPTY)
        if rule != "append" and (is_open or (rule == "changed" and self._is_news(record, name, value, last))):
            allowed[name] = value

    def _own_fields(self, record: Record, given: dict[str, Any], last: dict[str, Any]) -> Row:
        """Return custom fields that come as one: each follows its own rule."""
        usual = self.rules.get("custom_fields") or self.rules.get(ALL, "overwrite")
        rules = {key: self.rules.get(f"cf.{key}") or usual for key in given}
        if usual == "overwrite" and set(rules.values()) <= {"overwrite"}:
            return {"custom_fields": given}
        last = last | {f"cf.{key}": value for key, value in (last.get("custom_fields") or {}).items()}
        allowed: Row = {}
        for key, value in given.items():
            self._take(allowed, record, f"cf.{key}", value, rules[key], last)
        return allowed

    def _paired(self, image: Row, wanted: Row, allowed: Row) -> Row:
        """Let a link and the name beside it go together: one of them alone would contradict the other."""
        for link, twin in twins(self.entity):
            if not {link, twin} <= wanted.keys() or (link in allowed) == (twin in allowed):
                continue
            taken, kept = (link, twin) if link in allowed else (twin, link)
            if wanted[kept] != image.get(kept):
                del allowed[taken]
        return allowed

    def _learn(self, plan: Plan) -> None:
        """Find out the rule of each field, and what its column is called."""
        self.plan, self.rules = plan, rules(plan, self.options.on_conflict)
        self.columns = {}
        for column in plan.columns:
            for target in column.targets:
                self.columns.setdefault(target.name, column)

    def _refuse(self, record: Record, name: str, value: Any, error: BadValue) -> None:
        """Refuse a row whose value cannot be added, or leave it out with a warning where the column says so."""
        column, message = self.columns.get(name), f"with what is there it {error.message}"
        title = column.name if column is not None else name
        if column is not None and column.spec.lenient:
            self.warnings.add(record.line, title, f"{message}; left out", error.code)
        else:
            record.refuse(Problem(error.code, message, column=title, value=value))

    def _appended(self, name: str, there: Any, value: Any) -> Any:
        """Return a text or tags with what the file says added, once; raises BadValue where it does not fit."""
        if there in EMPTY or value in EMPTY:
            return value if there in EMPTY else there
        field = self.entity.fields.get(name)
        custom = self.plan.custom.get(name[3:]) if self.plan and name.startswith("cf.") else None
        between = "\n" if field is not None and field.options.get("lines") else "; "
        if isinstance(there, list):
            both: Any = [*there, *value]
        elif value in there:
            return there
        else:
            both = f"{there}{between}{value}"
        if custom is not None:
            return custom.kind.dump(custom.kind.accept(both))
        return field.kind.accept(both) if field is not None else both

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
        column = self.columns.get(name)
        self.warnings.add(record.line, column.name if column is not None else name, message, "changed_here")
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
