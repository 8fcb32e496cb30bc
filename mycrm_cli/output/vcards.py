"""Writes people as vCards: 4.0 (RFC 6350), 3.0 (RFC 2426) or 2.1."""

from __future__ import annotations

import re

from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, TextIO

VERSIONS = ("4.0", "3.0", "2.1")
FIELDS = (
    "id name first_name last_name email emails phone mobile company department job_title website linkedin_url"
    " twitter_handle address_line1 address_line2 city state postal_code country notes tags updated_at"
).split()
"""What a card is made of; those that an entity has not are left out."""
WIDTH = 75
"""Octets of a line."""
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})
SPACE = re.compile(r"[\x00-\x20\x7f]")
OLD_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;"})
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Property = tuple[str, dict[str, str], "str | list[str]"]
"""Name, parameters, and the text; or the parts of a structured value."""


def write(out: TextIO, names: Sequence[str], rows: Iterable[Sequence[Any]], version: str) -> int:
    """Write a card for each record and return how many there were; raises UsageError for an unknown version."""
    if version not in VERSIONS:
        raise UsageError(f"no vCard version {version!r}", candidates=list(VERSIONS))
    count = 0
    for row in rows:
        person = {name: value for name, value in zip(names, row, strict=True) if value not in (None, "", [])}
        lines = ["BEGIN:VCARD", f"VERSION:{version}"]
        for name, parameters, value in properties(person):
            lines += line(name, parameters, value, version)
        out.write("\r\n".join([*lines, "END:VCARD", ""]))
        count += 1
    return count


def properties(person: dict[str, Any]) -> Iterator[Property]:
    """Yield what a card says of a person."""
    yield "UID", {}, f"urn:uuid:{person['id']}"
    yield "FN", {}, full_name(person)
    yield "N", {}, [person.get("last_name", ""), person.get("first_name", ""), "", "", ""]
    addresses = [person["email"]] if "email" in person else []
    for place, address in enumerate([*addresses, *person.get("emails", ())]):
        yield "EMAIL", {"PREF": "1"} if place == 0 else {}, address
    for field, type in (("phone", "work"), ("mobile", "cell")):
        if field in person:
            yield "TEL", {"TYPE": type}, person[field]
    if "company" in person or "department" in person:
        parts = [person.get("company", "")]
        yield "ORG", {}, [*parts, person["department"]] if "department" in person else parts
    address = [person.get(field, "") for field in ("city", "state", "postal_code", "country")]
    street = "\n".join(person[field] for field in ("address_line1", "address_line2") if field in person)
    if street or any(address):
        yield "ADR", {"TYPE": "work"}, ["", "", street, *address]
    yield from links(person)


def links(person: dict[str, Any]) -> Iterator[Property]:
    """Yield the rest: pages, remarks, keywords, and when it was changed."""
    if "job_title" in person:
        yield "TITLE", {}, person["job_title"]
    if "website" in person:
        yield "URL", {}, person["website"]
    if "linkedin_url" in person:
        yield "X-SOCIALPROFILE", {"TYPE": "linkedin"}, person["linkedin_url"]
    if "twitter_handle" in person:
        yield "X-TWITTER", {}, person["twitter_handle"]
    if "notes" in person:
        yield "NOTE", {}, person["notes"]
    if "tags" in person:
        yield "CATEGORIES", {}, ",".join(tag.translate(ESCAPES) for tag in person["tags"])
    if "updated_at" in person:
        yield "REV", {}, f"{person['updated_at']:%Y%m%dT%H%M%SZ}"


def full_name(person: dict[str, Any]) -> str:
    """Return what a person is called; a card must have it."""
    own = " ".join(person[field] for field in ("first_name", "last_name") if field in person)
    named = person.get("name") or own
    return named or next((person[field] for field in ("company", "email", "phone") if field in person), "?")


def line(name: str, parameters: dict[str, str], value: str | list[str], version: str) -> list[str]:
    """Return the lines of a property in a version of vCard."""
    if version == "2.1":
        return _old(name, parameters, value)
    said = "".join(f";{key}={word}" for key, word in parameters.items())
    if version == "3.0":
        said = said.replace("PREF=1", "TYPE=internet,pref" if name == "EMAIL" else "TYPE=pref")
    if name == "CATEGORIES":
        text = str(value)
    else:
        text = ";".join(map(escaped, value)) if isinstance(value, list) else as_text(name, value)
    return folded(f"{name}{said}:{text}")


def as_text(name: str, value: str) -> str:
    """Return a value that is no structure; addresses in the Internet have no escapes, and no room for spaces."""
    return SPACE.sub("", value) if name in ("UID", "URL", "REV", "X-SOCIALPROFILE") else escaped(value)


def escaped(text: str) -> str:
    """Return a text as it stands in a value; what no reader expects in one is left out."""
    return CONTROL.sub("", text.replace("\r\n", "\n")).translate(ESCAPES)


def folded(text: str) -> list[str]:
    """Return a line as several that are short enough, none of which ends within a character."""
    data = text.encode()
    lines, start, width = [], 0, WIDTH
    while len(data) - start > width:
        end = start + width
        while data[end] & 0xC0 == 0x80:
            end -= 1
        lines.append(data[start:end].decode())
        start, width = end, WIDTH - 1
    lines.append(data[start:].decode())
    return [lines[0], *(f" {rest}" for rest in lines[1:])]


def _old(name: str, parameters: dict[str, str], value: str | list[str]) -> list[str]:
    """Return the lines of a property in vCard 2.1, which has quoted-printable for all that is not ASCII."""
    import quopri

    said = "".join(f";{'PREF' if key == 'PREF' else word.upper()}" for key, word in parameters.items())
    parts = value if isinstance(value, list) else [SPACE.sub("", value) if name in ("UID", "URL", "REV") else value]
    text = ";".join(CONTROL.sub("", part.replace("\r", "")).translate(OLD_ESCAPES) for part in parts)
    if name == "CATEGORIES":
        text = str(value).replace("\\,", ",")
    if text.isascii() and "\n" not in text:
        return [f"{name}{said}:{text}"]
    quoted = quopri.encodestring(text.encode()).decode().replace("=\n", "").replace("\n", "=0D=0A")
    return _soft(f"{name}{said};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted}")


def _soft(text: str) -> list[str]:
    """Break a quoted-printable line into several, none of which ends within ``=XX``."""
    lines = []
    while len(text) > WIDTH:
        end = WIDTH - 1
        begun = text.rfind("=", end - 2, end)
        end = begun if begun > 0 else end
        lines.append(f"{text[:end]}=")
        text = text[end:]
    return [*lines, text]
