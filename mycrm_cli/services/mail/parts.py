"""The parts of a message, taken apart without trust: so many, so deep and no further, whatever the message says."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
from email.message import Message
from email.parser import BytesHeaderParser
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 8
MOST = 40
"""Parts of a message that are looked at; letters and reports have a handful."""
LONGEST_HEADERS = 64 * 1024
NO_TEXTS = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")
"""Codecs that are no encodings of text."""


class Part(NamedTuple):
    """A part that is not made of others: its type, its headers, and its bytes as they came."""

    kind: str
    headers: Message
    raw: bytes

    @property
    def content(self) -> bytes:
        """What is in it, unpacked; as it came where it is not what it says."""
        how = one(self.headers, "Content-Transfer-Encoding").strip().lower()
        try:
            if how == "base64":
                kept = b"".join(self.raw.split())
                return base64.b64decode(kept[: len(kept) // 4 * 4])
            if how == "quoted-printable":
                return quopri.decodestring(self.raw)
        except (binascii.Error, ValueError):
            pass
        return self.raw

    @property
    def text(self) -> str:
        """What is in it as text, in the encoding it names where there is one."""
        return decoded(self.content, parameter(self.headers, "charset"))


def headers_of(raw: bytes) -> Message:
    """Return the headers with which bytes begin."""
    return BytesHeaderParser().parsebytes(raw[:LONGEST_HEADERS].replace(b"\0", b""))


def one(headers: Message, name: str) -> str:
    """Return the first header of a name as text, empty where there is none."""
    try:
        return str(headers.get(name) or "")
    except (ValueError, LookupError):
        return ""


def parameter(headers: Message, name: str) -> str:
    """Return a parameter of the type of a part, empty where there is none or it cannot be read."""
    try:
        found = headers.get_param(name)
    except (ValueError, LookupError, TypeError, IndexError):
        return ""
    text = found[2] if isinstance(found, tuple) else found
    return str(text or "").strip().strip('"')


def kind_of(headers: Message) -> str:
    """Return the media type, as text where nothing sensible is said."""
    kind = one(headers, "Content-Type").partition(";")[0].strip().lower()
    return kind if kind.count("/") == 1 else "text/plain"


def decoded(content: bytes, charset: str) -> str:
    """Return bytes as text: in the encoding they are said to have, else UTF-8, with marks for what is neither."""
    name = "utf-8"
    try:
        found = codecs.lookup(charset[:40]) if charset.isascii() and charset else None
        "".encode(found.name if found else name)
        if found is not None and found.name.replace("-", "_") not in NO_TEXTS:
            name = found.name
        return content.decode(name, "replace").replace("\0", "")
    except (LookupError, ValueError, TypeError, AssertionError):
        return content.decode("utf-8", "replace").replace("\0", "")


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Return the headers and the rest of a message or a part."""
    ends = [(place, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (place := raw.find(mark)) >= 0]
    if raw.startswith((b"\r\n", b"\n")):
        return b"", raw.lstrip(b"\r\n")
    if not ends:
        return raw, b""
    place, width = min(ends)
    return raw[:place] + b"\n", raw[place + width :]


def leaves(headers: Message, body: bytes) -> list[Part]:
    """Return the parts of a message that are not made of others, in their order."""
    found: list[Part] = []
    waiting = [(0, headers, body)]
    looked = 0
    while waiting and looked < MOST:
        depth, head, raw = waiting.pop(0)
        looked += 1
        boundary, kind = parameter(head, "boundary"), kind_of(head)
        if kind.startswith("multipart/") and boundary and depth < DEPTH:
            inner = [split(each) for each in pieces(raw, boundary.encode("ascii", "replace"))]
            waiting[:0] = [(depth + 1, headers_of(top), rest) for top, rest in inner]
        else:
            found.append(Part(kind, head, raw))
    return found


def pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what stands between the lines of a boundary; a message that was cut short has no last line."""
    mark, count = b"--" + boundary[:200], 0
    place = 0 if body.startswith(mark) else body.find(b"\n" + mark) + 1
    while 0 <= place < len(body) and count < MOST and body[place : place + len(mark)] == mark:
        after = place + len(mark)
        if body[after : after + 2] == b"--":
            return
        begin = body.find(b"\n", after)
        if begin < 0:
            return
        end = body.find(b"\n" + mark, begin)
        yield body[begin + 1 : end if end >= 0 else len(body)].removesuffix(b"\r")
        place, count = (end + 1 if end >= 0 else -1), count + 1
