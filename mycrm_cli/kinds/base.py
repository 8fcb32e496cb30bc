"""What every kind of value can do."""

from __future__ import annotations

from mycrm_cli.scope import Locale

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Converter = Callable[[Any], Any]
    Reader = Callable[[str], Any]

PLAIN = Locale()

EMPTY: tuple[Any, ...] = (None, "", [], {})
"""What a field without a value holds."""


class BadValue(ValueError):
    """A text or a value that is not of its kind; ``code`` is stable, for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Kind:
    """A kind of value. Converters that would change nothing are ``None``, so that bulk work skips them."""

    name = "any"
    ordered = False
    """Whether ``<`` and ``>`` mean something."""
    metavar = "TEXT"
    right = False
    """Whether tables align it to the right."""

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads text typed by people; it raises BadValue."""
        raise NotImplementedError(self.name)

    def read(self, text: str, locale: Locale = PLAIN) -> Any:
        """Read one text typed by people."""
        return self.reader(locale)(text)

    def accept(self, value: Any, locale: Locale = PLAIN) -> Any:
        """Take a value as JSON carries it; by default only text is understood."""
        if isinstance(value, str):
            return self.read(value, locale)
        raise BadValue("wrong_type", f"expected text, not {type(value).__name__}")

    def saver(self, dialect: str) -> Converter | None:
        """Return the function from a value to a database parameter, or None where they are the same."""
        return None

    def loader(self, dialect: str) -> Converter | None:
        """Return the function from a database value to a value, or None where they are the same."""
        return None

    def show(self, value: Any, locale: Locale = PLAIN) -> str:
        """Show a value to people."""
        return self.text(value)

    def text(self, value: Any) -> str:
        """Write a value as text that ``read`` understands again, whatever the reader's habits."""
        return str(value)

    def dump(self, value: Any) -> Any:
        """Write a value as JSON carries it."""
        return value

    def undump(self, value: Any) -> Any:
        """Return what ``dump`` wrote as it was: nothing is checked, nothing is tidied."""
        return value
