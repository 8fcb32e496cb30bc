"""A line of ``mycrm shell`` as words: quotes as in other shells, but nothing is expanded, piped or run outside."""

from __future__ import annotations

import os
import re

from mycrm_cli.completing import bash
from mycrm_cli.errors import UsageError

OPERATOR = re.compile(r"(?:^|(?<=\s))(\|\|?|&&?|;|\d?>>?|<<?)(?=\s|$)")
"""Words that mean something to other shells where no quotes are around them."""
FORGIVEN = ("mycrm", "$")
"""What people paste in front of a command."""


def split(line: str) -> list[str]:
    """Return the words of a line; raises UsageError where a quote is open or a pipe is meant."""
    words, quote = bash.split(f"{line} ")
    if quote:
        sign = "'" if quote == "$" else quote
        raise UsageError(f"a quote ({sign}) is open", hint="close it; \\' is the sign itself")
    if words.pop():
        raise UsageError("the line ends in a backslash", hint="\\\\ is the sign itself")
    operator = outside(line)
    if operator:
        raise UsageError(
            f"{operator} means nothing here: there are no pipes and no files to write to",
            hint=f"quote it where it is part of a text, '{operator}'; for files, export … -O FILE",
        )
    return [expanded(word) for word in forgiven(words)]


def outside(line: str) -> str | None:
    """Return the first sign for pipes and files that is a word of its own and in no quotes."""
    for found in OPERATOR.finditer(line):
        words, quote = bash.split(line[: found.start()])
        if not quote and not words[-1]:
            return found[1]
    return None


def forgiven(words: list[str]) -> list[str]:
    """Return the words without the program's own name in front."""
    while words and words[0] in FORGIVEN:
        words = words[1:]
    return words


def expanded(word: str) -> str:
    """Return a word in which ~ in front of a path is the home."""
    return os.path.expanduser(word) if word.startswith("~/") else word
