"""Reads the smallest parts of a filter: names, operators, quoted texts, bare words."""

from __future__ import annotations

import re

from mycrm_cli.query.spots import Spot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

LONGEST = 65_536
"""Characters of one expression; more is refused before anything is read."""

SPACE = re.compile(r"\s*")
NAME = re.compile(r"[^\W\d]\w*(?:[-.]\w+)*")
SYMBOL = re.compile(r"\s*(!=|!~|\^=|>=|<=|[=:~<>])")
MEMBERSHIP = re.compile(r"\s+(not\s+)?in\s*\(", re.IGNORECASE)
KEYWORD = re.compile(r"(and|or|not)(?=[\s()]|$)", re.IGNORECASE)
BARE = re.compile(r"[^\s()\"]+")
ITEM = re.compile(r"[^,()\"]*")
PART = re.compile(r"[^\s,()\"]+")
ESCAPED = re.compile(r"\\([\"'\\])")
QUOTED = {'"': re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL), "'": re.compile(r"'((?:[^'\\]|\\.)*+)'", re.DOTALL)}


class Scanner:
    """A position in the text of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        if len(text) > LONGEST:
            Spot(text, LONGEST).fail(f"the filter is longer than {LONGEST} characters")
        if not text.isascii() or "\0" in text:
            self._refuse_what_no_database_takes()

    def _refuse_what_no_database_takes(self) -> None:
        for index, char in enumerate(self.text):
            if char == "\0" or "\ud800" <= char <= "\udfff":
                Spot(self.text, index).fail("the filter contains a character that is no text")

    def spot(self, start: int | None = None) -> Spot:
        """Return the current place, or the one given."""
        return Spot(self.text, self.at if start is None else start)

    def fail(self, message: str, start: int | None = None) -> NoReturn:
        """Raise UsageError with a caret under the current place, or the one given."""
        self.spot(start).fail(message)

    def skip_space(self) -> None:
        """Move on to the next character that is no white space."""
        match = SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def peek(self) -> str:
        """Return the next character, or nothing at the end."""
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the match of the pattern here and move behind it."""
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def keyword(self) -> str | None:
        """Return ``and``, ``or`` or ``not`` if one comes next, without taking it."""
        match = KEYWORD.match(self.text, self.at)
        return match[1].lower() if match else None

    def comparison(self) -> tuple[str, str] | None:
        """Take ``name operator``; the operator is ``in`` or ``not in`` for a list. None if there is none."""
        name = NAME.match(self.text, self.at)
        if not name:
            return None
        if symbol := SYMBOL.match(self.text, name.end()):
            self.at = symbol.end()
            return name[0], symbol[1]
        if self.keyword() is None and (member := MEMBERSHIP.match(self.text, name.end())):
            self.at = member.end()
            return name[0], "not in" if member[1] else "in"
        return None

    def quoted(self) -> str | None:
        """Take a text in quotes and return what is inside, or None if there is none here."""
        pattern = QUOTED.get(self.peek())
        if pattern is None:
            return None
        match = self.take(pattern)
        if match is None:
            self.fail("this quote is never closed")
        return ESCAPED.sub(r"\1", match[1])

    def bare(self, pattern: re.Pattern[str] = BARE) -> str:
        """Take a run of characters without quotes, brackets and white space; may be empty."""
        match = self.take(pattern)
        return match[0] if match else ""
