"""Asks for completion as the shells' scripts do, in this process."""

import os
from unittest.mock import patch

from mycrm_cli import completing
from tests.program import Program

PAYLOADS = (
    "$(touch x)",
    "`touch x`",
    '"; touch x; "',
    "'; touch x; '",
    "a; touch x",
    "a & touch x &",
    "a | touch x",
    "a && touch x",
    "a > x",
    "> x",
    "* ? [a-z] **",
    "{a,b}{c,d}",
    "~root ~",
    "!touch x !! !$",
    "\\$(touch x)",
    "ends in \\",
    'it\'s "both" `kinds`',
    "# no comment",
    "$HOME ${HOME} $((1+1))",
    "José $(touch x) 名前",
    "%F{red} %(?.a.b) %n",
    "=ls =(touch x)",
    "<(touch x)",
    "$'\\ntouch x'",
    "a:b=c,d^e",
    "two\nlines $(touch x)",
    "tab\t$(touch x)",
    "--help $(touch x)",
)
"""Names of records that would do something if a shell evaluated them; white space counts as one space."""

UNTYPABLE = ("esc \x1b]0;owned\x07\x1b[31m", "bidi \u202egnp.exe", "c1 \x9b31m", "\x01\x02 bell \x07")
"""Names that cannot be typed; they are only shown, and made visible."""


def ask(program: Program, *words: str) -> tuple[str, dict[str, str]]:
    """Return the mode and the candidates with their descriptions for a line's words, the last one at the cursor."""
    with patch.dict(os.environ, program.environment(), clear=True):
        lines = completing.answered(["zsh", "--", *words]).split("\n")
    assert lines.pop() == ""
    return lines[0], {value: text for value, _, text in (line.partition("\t") for line in lines[1:])}


def offered(program: Program, *words: str) -> list[str]:
    """Return the candidates for a line's words."""
    return list(ask(program, *words)[1])


def add(program: Program, name: str, *more: str) -> str:
    """Add a contact with a last name and return its id."""
    return program("contact", "add", f"--last-name={name}", *more).lines[0]
