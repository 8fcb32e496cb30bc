"""The one way in which texts are compared: without case and without accents.

PostgreSQL gets the same function as SQL (``mycrm_fold``), generated from :func:`folding_table`.
"""

from __future__ import annotations

import re
import unicodedata

PLAIN_WORDS = re.compile(r"[a-z0-9]+")

ACCENTS = dict.fromkeys(range(0x300, 0x370))
"""Combining diacritical marks, which folding removes."""


def fold(text: str) -> str:
    """Return ``text`` in the form in which texts are compared (NFKD, no accents, casefold, NFC)."""
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFKD", text).translate(ACCENTS)
    return unicodedata.normalize("NFC", bare.casefold())


def fold_key(text: str) -> str:
    """Return the folded text with runs of white space as one space: the key of a name."""
    return " ".join(fold(text).split())


def search_words(text: str) -> list[str]:
    """Split folded text at everything that is neither letter nor digit, as full-text search does."""
    folded = fold(text)
    if folded.isascii():
        return PLAIN_WORDS.findall(folded)
    return "".join(c if c.isalnum() else " " for c in folded).split()


def folding_table() -> tuple[str, str, list[tuple[str, str]]]:
    """Return single characters and what they fold to, then those that fold to several characters.

    Only characters that NFKD leaves alone are listed, because NFKD runs first.
    """
    single_from, single_to, several = "", "", []
    for code in range(0x80, 0x1E944):
        char = chr(code)
        folded = char.casefold()
        if folded == char or unicodedata.normalize("NFKD", char) != char:
            continue
        if len(folded) == 1:
            single_from += char
            single_to += folded
        else:
            several.append((char, folded))
    return single_from, single_to, several
