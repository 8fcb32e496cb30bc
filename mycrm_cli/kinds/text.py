"""Texts."""

from __future__ import annotations

from mycrm_cli.kinds.base import PLAIN, BadValue, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.kinds.base import Reader
    from mycrm_cli.scope import Locale


LONGEST = 100_000
"""Characters of a text of several lines that has no length of its own."""


def clean(text: str) -> str:
    """Strip white space; refuse what a database or a terminal cannot carry."""
    text = text.strip()
    if "\x00" in text:
        raise BadValue("nul", "contains a NUL character")
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise BadValue("encoding", "contains half of a surrogate pair")
    return text


class Text(Kind):
    """Any text up to ``max_length`` characters; ``lines`` allows several lines, and 100,000 unless told otherwise."""

    name = "text"

    def __init__(self, max_length: int | None = None, lines: bool = False, pattern: str | None = None) -> None:
        self.max_length = max_length
        self.lines = lines
        self.pattern = pattern

    def check_length(self, text: str) -> str:
        """Return ``text`` or refuse it when it is longer than the field."""
        longest = self.max_length or (LONGEST if self.lines else None)
        if longest is not None and len(text) > longest:
            raise BadValue("too_long", f"is {len(text)} characters long, at most {longest} fit")
        return text

    def reader(self, locale: Locale) -> Reader:
        """Return the function that cleans and measures a text."""
        if self.pattern is None:
            return lambda text: self.check_length(clean(text))
        import re

        match = re.compile(self.pattern).fullmatch

        def read(text: str) -> str:
            text = self.check_length(clean(text))
            if not match(text):
                raise BadValue("format", f"{text!r} does not have the form {self.pattern}")
            return text

        return read


class Secret(Text):
    """A text that is stored but never read back, shown, searched or exported."""

    name = "secret"

    def show(self, value: Any, locale: Locale = PLAIN) -> str:
        """Show that there is something, not what."""
        return "set" if value else ""

    def text(self, value: Any) -> str:
        """Write nothing."""
        return ""

    def dump(self, value: Any) -> None:
        """Write nothing."""
