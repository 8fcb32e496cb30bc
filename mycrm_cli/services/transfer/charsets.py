"""Finds out how a file's text is encoded: by its byte order mark, or by where its NUL bytes stand."""

from __future__ import annotations

import codecs

from mycrm_cli.errors import Invalid, UsageError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SUGGESTED = ["utf-8", "cp1252", "utf-16", "iso-8859-1"]
NAMES_ONLY = ("idna", "punycode")
"""Codecs of domain names, which no file is written in."""
MANY = 0.1
"""Share of NUL bytes above which a file is no text in an encoding of single bytes."""


def known_encoding(name: str, head: bytes, asked: str) -> str:
    """Return the encoding that was asked for, or that of the byte order mark, else what NUL bytes tell, else UTF-8."""
    found = next((encoding for mark, encoding in MARKS if head.startswith(mark)), None)
    if asked == "auto":
        return found or _by_nuls(name, head) or "utf-8"
    try:
        encoding = codecs.lookup(asked).name
        "".encode(encoding)  # refuses codecs that are no encodings of text, such as rot13 and base64
        if encoding in NAMES_ONLY:
            raise LookupError(encoding)
    except (LookupError, ValueError):
        raise UsageError(f"no encoding {asked!r}", candidates=SUGGESTED) from None
    if encoding in ("utf-8", "utf-8-sig") and found == "utf-8-sig":
        return "utf-8-sig"
    if encoding in ("utf-16", "utf-32") and found != encoding and head:
        return _unmarked(name, head, encoding)
    return encoding.removesuffix("-sig")


def _unmarked(name: str, head: bytes, encoding: str) -> str:
    """Return which of two orders of bytes a file without a mark has; raises Invalid where nobody can tell."""
    told = [f"{encoding}-le", f"{encoding}-be"]
    for order in told:
        if _reads(head, order):
            return order
    raise Invalid(
        f"{name} is not {encoding.upper()}: it begins without a byte order mark",
        hint=f"name the order of its bytes, --encoding {told[0]}, or another encoding",
        details=[{"line": 1, "code": "encoding", "message": "there is no byte order mark"}],
    )


def _by_nuls(name: str, head: bytes) -> str | None:
    """Return UTF-16 or UTF-32 without a mark where it is sure; raises Invalid for other files full of NUL bytes."""
    count = head.count(0)
    if count <= MANY * len(head):
        return None
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        if _reads(head, encoding):
            return encoding
    raise Invalid(
        f"{name} is not a text file: {count:,} of its first {len(head):,} bytes are NUL",
        hint="if it is text, name its encoding, such as --encoding utf-16-le; else export it as CSV once more",
        details=[{"line": 1, "code": "nul", "message": f"{count:,} NUL bytes"}],
    )


def _reads(head: bytes, encoding: str) -> bool:
    """Whether an encoding makes printable text of all bytes, a line end or a delimiter among them."""
    width = 4 if "32" in encoding else 2
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head[: len(head) // width * width])
    except UnicodeDecodeError:
        return False
    plain = sum(char.isprintable() or char in "\t\r\n" for char in text)
    return plain == len(text) and sum(char.isascii() for char in text) > len(text) / 4
