"""The words and marks of a statement, read as both databases read them; what they read differently is refused."""

from __future__ import annotations

import re
from itertools import pairwise

from mycrm_cli.errors import Denied, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 100_000
"""Characters of a statement."""
LONGEST_NAME = 63
"""Bytes of a name; PostgreSQL cuts longer ones, so that another name might come out."""
BEGINNINGS = ("select", "with", "values")
REFUSED = "`[]$?\\"
"""Marks that begin a name, a text or a parameter on one of the databases only."""
WORD = re.compile(r"[A-Za-z0-9_$\u0080-\U0010ffff]")
TOKEN = re.compile(
    r"""(?P<space>[ \t\n\r\f\v]+|--[^\n\r]*)"""
    r"""|(?P<text>'(?:[^']|'')*')"""
    r"""|(?P<quoted>"(?:[^"]|"")*")"""
    r"""|(?P<number>0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)"""
    r"""|(?P<word>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*)"""
    r"""|(?P<mark>.)""",
    re.DOTALL,
)


class Token:
    """A piece of a statement: its kind, the text (of names: folded and without quotes), and where it stands."""

    __slots__ = ("end", "kind", "start", "text")

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end


def tokens(statement: str) -> list[Token]:
    """Return the tokens of one statement, comments and a last semicolon left out.

    Raises UsageError for what cannot be read alike everywhere, Denied for a statement that does not read.
    """
    if len(statement) > LONGEST:
        raise UsageError(f"a statement has at most {LONGEST:,} characters")
    if "\0" in statement:
        raise UsageError("a statement holds no NUL character")
    found = list(_scan(statement))
    while found and found[-1].text == ";" and found[-1].kind == "mark":
        found.pop()
    if not found:
        raise UsageError("there is no statement", hint='mycrm sql "SELECT count(*) FROM contacts"')
    first = next((token for token in found if token.text != "("), found[0])
    if first.kind != "word" or first.text not in BEGINNINGS:
        raise Denied(
            "mycrm sql reads, and nothing else: a statement begins with SELECT, WITH or VALUES",
            hint="records are changed with add, edit and import; mycrm --help",
        )
    for token in found:
        if token.kind == "mark" and token.text == ";":
            raise UsageError("one statement at a time", details=caret(statement, token.start))
    return found


def _scan(statement: str) -> Iterator[Token]:
    place = 0
    while place < len(statement):
        if statement.startswith("/*", place):
            place = _behind_comment(statement, place)
            continue
        match = TOKEN.match(statement, place)
        assert match is not None
        kind, text, start = str(match.lastgroup), match[0], place
        place = match.end()
        if kind == "space":
            continue
        yield _token(statement, kind, text, start, place)


def _behind_comment(statement: str, start: int) -> int:
    """Return the place behind a comment; nested ones, which the databases read differently, are refused."""
    end = statement.find("*/", start + 2)
    if end < 0:
        raise UsageError("a comment has no end", details=caret(statement, start))
    if "/*" in statement[start + 2 : end]:
        raise UsageError("comments cannot be nested", details=caret(statement, start))
    return end + 2


def _token(statement: str, kind: str, text: str, start: int, end: int) -> Token:
    after = statement[end : end + 1]
    if kind == "mark" and text in "'\"":
        raise UsageError("a text or a name has no end", details=caret(statement, start))
    if kind == "mark" and (text in REFUSED or (text == ":" and not _casts(statement, start))):
        raise UsageError(f"{text} is not understood here", details=caret(statement, start))
    if kind == "number" and WORD.match(after):
        raise UsageError("a number ends with a digit", details=caret(statement, end))
    escaped = statement[end : end + 2] in ("&'", '&"') and text.lower() == "u"
    if kind == "word" and (escaped or (after == "'" and text.lower() != "x")):
        raise UsageError("texts are written 'like this', without escapes", details=caret(statement, start))
    if kind == "quoted":
        name = text[1:-1].replace('""', '"')
        return Token("name", _checked(statement, name, start).lower(), start, end)
    if kind == "word":
        return Token(kind, _checked(statement, text, start).lower(), start, end)
    return Token(kind, text, start, end)


def _casts(statement: str, start: int) -> bool:
    """Tell whether a colon is part of a cast (``::``)."""
    return "::" in (statement[start : start + 2], statement[max(0, start - 1) : start + 1])


def _checked(statement: str, name: str, start: int) -> str:
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        raise UsageError(f"a name has at most {LONGEST_NAME} bytes", details=caret(statement, start))
    return name


def names(found: list[Token]) -> set[str]:
    """Return all words and names of a statement."""
    return {token.text for token in found if token.kind in ("word", "name")}


def called(found: list[Token]) -> dict[str, Token]:
    """Return what stands before a parenthesis, as a function does."""
    pairs = pairwise(found)
    return {one.text: one for one, two in pairs if one.kind in ("word", "name") and two.text == "("}


def qualifiers(found: list[Token]) -> dict[str, Token]:
    """Return what stands before a point, as a schema does."""
    pairs = pairwise(found)
    return {one.text: one for one, two in pairs if one.kind in ("word", "name") and two.text == "."}


def caret(statement: str, place: int) -> list[dict[str, object]]:
    """Return the line of a statement with a caret under a place, as details of an error."""
    before = statement[:place]
    line = statement[before.rfind("\n") + 1 :].split("\n", 1)[0]
    column = place - (before.rfind("\n") + 1)
    cut = max(0, column - 60)
    shown = " ".join(line[cut : cut + 76].split("\t"))
    return [{"message": shown}, {"message": " " * (column - cut) + "^"}]
