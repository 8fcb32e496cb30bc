"""What templates see: groups of fields, the values in them, and fields without a value."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from jinja2 import Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class NotThere(Exception):
    """A template asks for a field that has no value."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Missing(Undefined):
    """A field without a value: it is false, unlike anything, and cannot be written."""

    __slots__ = ()

    def __str__(self) -> str:
        """Refuse to be written."""
        raise NotThere(str(self._undefined_name))

    def __bool__(self) -> bool:
        """Return that there is nothing."""
        return False

    def __eq__(self, other: object) -> bool:
        """Be unlike anything."""
        return False

    def __ne__(self, other: object) -> bool:
        """Be unlike anything."""
        return True

    def __lt__(self, other: object) -> bool:  # type: ignore[override]
        """Have no place in any order."""
        return False

    __le__ = __gt__ = __ge__ = __lt__  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


class Value:
    """A value: as people see it, and as it is compared. ``currency`` goes with money; moments are local."""

    __slots__ = ("currency", "raw", "shown")

    def __init__(self, raw: Any, shown: str, currency: str | None = None) -> None:
        self.raw = raw
        self.shown = shown
        self.currency = currency

    def __str__(self) -> str:
        """Return what people see."""
        return self.shown

    def __bool__(self) -> bool:
        """Return whether there is something: no, nothing and zero are not."""
        return bool(self.raw)

    def __eq__(self, other: object) -> bool:
        """Compare as people would: numbers by their amount, words in any case."""
        return self._compared(other, lambda one, two: bool(one == two))

    def __lt__(self, other: object) -> bool:
        """Compare by size, by time or by the alphabet."""
        return self._compared(other, lambda one, two: bool(one < two))

    def __le__(self, other: object) -> bool:
        """Compare by size, by time or by the alphabet."""
        return self._compared(other, lambda one, two: bool(one <= two))

    def __gt__(self, other: object) -> bool:
        """Compare by size, by time or by the alphabet."""
        return self._compared(other, lambda one, two: bool(one > two))

    def __ge__(self, other: object) -> bool:
        """Compare by size, by time or by the alphabet."""
        return self._compared(other, lambda one, two: bool(one >= two))

    __hash__ = None  # type: ignore[assignment]

    def _compared(self, other: object, by: Callable[[Any, Any], bool]) -> bool:
        if isinstance(other, Missing):
            return False
        theirs = other.raw if isinstance(other, Value) else other
        if isinstance(self.raw, (int, Decimal)) and not isinstance(theirs, str):
            return isinstance(theirs, (int, float, Decimal)) and by(self.raw, theirs)
        return by(words(self.raw), words(theirs))


def words(value: Any) -> str:
    """Return what a value is compared by beside text: days and moments in the order of time, words in any case."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)).casefold()
    return str(value).casefold()


class Group:
    """Fields by their names, among them groups of fields (``contact.cf.tier``); all other names are missing.

    A relation (``contact.owner``) has fields and is called something: its ``title`` stands for it.
    """

    __slots__ = ("name", "title", "values")

    def __init__(self, name: str, values: Mapping[str, Any], title: Value | None = None) -> None:
        self.name = name
        self.values = values
        self.title = title

    def at(self, name: str) -> Any:
        """Return a value, a group, or what stands for a field without a value."""
        found = self.values.get(name)
        return Missing(name=f"{self.name}.{name}") if found is None else found

    def __str__(self) -> str:
        """Return the title; a group without one cannot be written."""
        if self.title is None:
            raise NotThere(self.name)
        return str(self.title)

    def __bool__(self) -> bool:
        """Return whether there is such a record."""
        return self.title is not None


def grouped(name: str, values: Mapping[str, Value | None], title: Value | None = None) -> Group:
    """Return the group of a record's fields, given by their dotted names."""
    here: dict[str, Any] = {}
    below: dict[str, dict[str, Value | None]] = {}
    for path, value in values.items():
        first, _, rest = path.partition(".")
        if rest:
            below.setdefault(first, {})[rest] = value
        else:
            here[first] = value
    for first, members in below.items():
        here[first] = grouped(f"{name}.{first}", members, here.get(first))
    return Group(name, here, title)
