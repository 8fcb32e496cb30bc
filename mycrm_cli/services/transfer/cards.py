"""Reads vCard 2.1, 3.0 and 4.0 into cards of properties: folded lines, quoted-printable, character sets, escapes.

No library on PyPI reads all three versions and goes on behind a broken card, so the few rules stand here.
"""

from __future__ import annotations

import re

from mycrm_cli.services.transfer.lines import BYTEWISE, LONGEST, undecoded
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.services.transfer.sources import Source

VALUE = r'(?:"[^"]*"|[^";:,]*)'
PROPERTY = re.compile(rf"(?:[\w-]+\.)?([\w-]+)((?:;[^=:;]+(?:={VALUE}(?:,{VALUE})*)?)*):(.*)", re.DOTALL)
PARAMETER = re.compile(rf";([^=:;]+)(?:=({VALUE}(?:,{VALUE})*))?")
ENCODINGS = ("QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B", "Q")
BINARY = frozenset(("PHOTO", "LOGO", "SOUND", "KEY"))
"""Properties whose content is not kept."""
BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]*")
ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Property:
    """One line of a card: its name, its types in lower case, its preference (1 is first), and its value."""

    __slots__ = ("name", "order", "types", "value")

    def __init__(self, name: str, types: set[str], order: int, value: str) -> None:
        self.name = name
        self.types = types
        self.order = order
        self.value = value

    def text(self) -> str:
        """Return the value with its escapes undone."""
        return unescaped(self.value).strip()

    def parts(self, mark: str = ";") -> list[str]:
        """Return the parts of a structured value."""
        found = re.findall(rf"((?:\\.|[^\\{mark}])*)(?:{mark}|$)", self.value, re.DOTALL)
        return [unescaped(part).strip() for part in (found[:-1] if len(found) > 1 else found)]


def unescaped(text: str) -> str:
    """Undo the escapes of a value."""
    return ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)


class Card:
    """The lines of a card as they were read; ``problem`` says why they are none."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.lines: list[bytes] = []
        self.size = 0
        self.problem: Problem | None = None
        self.is_old = False

    def refuse(self, code: str, message: str) -> None:
        """Say what is wrong; the first reason counts."""
        self.problem = self.problem or Problem(code, message, line=self.line)

    @property
    def source(self) -> str:
        """The card as it stands in the file."""
        return b"\r\n".join(self.lines).decode("utf-8", "replace")


def cards(source: Source) -> Iterator[Card]:
    """Yield the cards of a file; what stands between them and is not blank is a broken one."""
    card: Card | None = None
    depth, is_indented = 0, False
    for number, line in enumerate(undecoded(source), 1):
        # A line that begins with a space goes on with the one before: what stands in a text ends nothing.
        is_folded = card is not None and not is_indented and line[:1] in (b" ", b"\t")
        word = b"" if is_folded else line.strip().upper()
        if word == b"BEGIN:VCARD":
            if card is not None and depth and b"AGENT" in b"".join(card.lines[-1:]).upper():
                depth += 1  # a card inside another one
                continue
            if card is not None:
                card.refuse("not_vcard", "the card has no END:VCARD")
                yield card
            card, depth, is_indented = Card(number), 1, line[:1] in (b" ", b"\t")
        elif card is None:
            if word:
                card, depth = Card(number), 0
                card.refuse("not_vcard", "a line outside of a card: BEGIN:VCARD is missing")
                card.lines.append(line)
        elif word == b"END:VCARD":
            depth -= 1
            if depth <= 0:
                yield card
                card = None
        elif depth <= 1:
            _take(card, line)
    if card is not None:
        card.refuse("not_vcard", "the card has no END:VCARD")
        yield card


def _take(card: Card, line: bytes) -> None:
    """Put a line into a card: a new property, or more of the last one."""
    last = card.lines[-1] if card.lines else b""
    head = last.split(b":", 1)[0].upper()
    is_binary = head.split(b";", 1)[0].split(b".")[-1].decode("latin-1") in BINARY
    if line.strip().upper() == b"VERSION:2.1":
        card.is_old = True
    card.size += 0 if is_binary else len(line)
    if card.size > LONGEST:
        card.refuse("long_line", f"the card is longer than {LONGEST:,} bytes")
        card.lines.clear()
        card.size = 0
    elif last.endswith(b"=") and b"QUOTED-PRINTABLE" in head:
        card.lines[-1] = last[:-1] + line
    elif line[:1] in (b" ", b"\t") and card.lines:
        if not is_binary:
            card.lines[-1] += line if card.is_old else line[1:]
    elif b":" not in line and (is_binary or (b"BASE64" in head or b"ENCODING=B" in head)) and BASE64.fullmatch(line):
        pass
    elif line.strip():
        card.lines.append(line)


def properties(card: Card, encoding: str) -> list[Property]:
    """Return what a card says; raises Problem for a line that is not understood."""
    if card.problem is not None:
        raise card.problem
    return [_property(line, encoding, card.line) for line in card.lines]


def _property(line: bytes, encoding: str, place: int) -> Property:
    match = PROPERTY.fullmatch(line.decode("latin-1"))
    if match is None:
        shown = line[:60].decode("utf-8", "replace")
        raise Problem("not_vcard", f"the card has a line that is no property: {shown!r}", line=place)
    name, types, order = match[1].upper(), set[str](), 100
    said = {"ENCODING": "", "CHARSET": encoding if encoding.startswith(BYTEWISE) else "utf-8"}
    for key, value in PARAMETER.findall(match[2]):
        word = key.strip().upper()
        plain = value.replace('"', "")
        if not plain and word in ENCODINGS:
            said["ENCODING"] = word
        elif not plain or word == "TYPE":
            types |= {part.strip().lower() for part in (plain or word).split(",")}
        elif word == "PREF" and plain.isdigit():
            order = int(plain[:3])
        else:
            said[word] = plain
    if "pref" in types:
        order = 1
    raw = b"" if name in BINARY else match[3].encode("latin-1")
    return Property(name, types, order, _decoded(raw, said, place, name))


def _decoded(raw: bytes, said: dict[str, str], place: int, name: str) -> str:
    """Return a value as text, by its encoding and its character set."""
    if said["ENCODING"].upper() in ("QUOTED-PRINTABLE", "Q"):
        import quopri

        raw = quopri.decodestring(raw)
    try:
        text = raw.decode(said["CHARSET"])
    except UnicodeDecodeError as error:
        message = f"is not {said['CHARSET'].upper()}: byte {raw[error.start]:#04x}"
        raise Problem("encoding", message, line=place, column=name) from None
    except (LookupError, ValueError):
        raise Problem("encoding", f"unknown character set {said['CHARSET']!r}", line=place, column=name) from None
    if "\0" in text:
        raise Problem("nul", "contains a NUL character", line=place, column=name)
    return text.replace("\r\n", "\n")
