"""Bash's command line: its words with the quotes taken away, and candidates quoted so that they fit in.

Bash splits words at ``:``, ``=`` and ``@`` and hands them over quoted, and what is inserted replaces only
``region``, the end of the line that readline takes for the word. So the line is read here, as data: nothing
in it is expanded. A candidate becomes the text that, after what stays in front of the region, makes the
shell read exactly the candidate.
"""

from __future__ import annotations

PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-")
"""ASCII characters that mean nothing to bash; letters of other alphabets do not either."""
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Quoting:
    """What stays of the current word: so many characters, and the quote that is open after them."""

    __slots__ = ("kept", "quote")

    def __init__(self, kept: int, quote: str) -> None:
        self.kept = kept
        self.quote = quote


def read(line: str, region: str) -> tuple[list[str], str, Quoting]:
    """Return the words after the program's, the current one, and how its candidates must be quoted."""
    words, _ = split(line)
    kept = line[: len(line) - len(region)] if region and line.endswith(region) else line
    stays, quote = split(kept)
    same = len(stays) == len(words)
    return words[1:-1], words[-1], Quoting(len(stays[-1]) if same else 0, quote if same else "")


def split(line: str) -> tuple[list[str], str]:
    """Return the words of a line, the last one being typed and maybe empty, and the quote it is in."""
    words, word, quote, begun = [], "", "", False
    letters = iter(line)
    for letter in letters:
        if quote:
            quote, more = _inside(letter, quote, letters)
            word += more
        elif letter in " \t\n":
            if begun:
                words.append(word)
            word, begun = "", False
            continue
        elif letter in "'\"":
            if letter == "'" and word.endswith("$"):
                word, letter = word[:-1], "$"  # noqa: PLW2901 - $'…' is a quote of its own
            quote = letter
        else:
            word += next(letters, "") if letter == "\\" else letter
        begun = True
    return [*words, word], quote


def _inside(letter: str, quote: str, letters: object) -> tuple[str, str]:
    """Return the quote that is open after a letter inside it, and the text that the letter means."""
    if letter == ("'" if quote == "$" else quote):
        return "", ""
    if letter != "\\" or quote == "'":
        return quote, letter
    following: str = next(letters, "")  # type: ignore[call-overload]
    if quote == "$":
        return quote, ESCAPES.get(following, following)
    return quote, following if following in '$`"\\' else letter + following


def quoted(values: list[str], quoting: Quoting) -> list[str]:
    """Return the texts to insert for whole words.

    Where readline would insert only what several have in common, and that would end in the middle of a
    quoted character, they are made to differ before it.
    """
    rests = [value[quoting.kept :] for value in values]
    texts = [escaped(rest, quoting.quote) for rest in rests]
    closing = "'" if quoting.quote == "$" else quoting.quote
    if len(texts) == 1 and closing and texts[0].endswith(closing):
        return [texts[0] + closing]  # readline takes the last letter for the closing quote and adds none
    if quoting.quote or len(texts) < 2 or not _torn(texts):
        return texts
    place = len(_common(rests))
    return [texts[0], *(_apart(rest, place) for rest in rests[1:])]


def escaped(text: str, quote: str) -> str:
    """Return a text as it is written inside an open quote, or outside of quotes."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        return "".join("\"'!'\"" if c == "!" else f"\\{c}" if c in '$`"\\' else c for c in text)
    if quote == "$":
        return text.replace("\\", "\\\\").replace("'", "\\'")
    return "".join(c if c in PLAIN or not c.isascii() else f"\\{c}" for c in text)


def _torn(texts: list[str]) -> bool:
    common = _common(texts)
    return (len(common) - len(common.rstrip("\\"))) % 2 == 1


def _common(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    place = 0
    while place < min(len(first), len(last)) and first[place] == last[place]:
        place += 1
    return first[:place]


def _apart(text: str, place: int) -> str:
    """Quote one character with quotes instead of a backslash."""
    character = text[place : place + 1]
    if not character or character in PLAIN or not character.isascii():
        return escaped(text, "")
    wrapped = f'"{character}"' if character == "'" else f"'{character}'"
    return escaped(text[:place], "") + wrapped + escaped(text[place + 1 :], "")
