"""Tells whether a text has one of a person's addresses in it, as a whole: jan@corp.com has no an@corp.com in it."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LOCAL = r"\w.!#$%&'*+/=?^`{|}~-"
FOUND = re.compile(rf"(?<![{LOCAL}])([{LOCAL}]+)@([\w-]+(?:\.[\w-]+)*)")
"""The longest text around an @ that may be an address."""
AROUND = "!#$%&'*+/=?^`{|}~-._"
"""What stands before an address as often as inside one: quotes, bullets, emphasis."""
ESCAPED = re.compile(r"\\[nrtbf\"/]")
"""Ends of lines inside JSON, which would look like letters."""


def in_text(text: str, addresses: Iterable[str]) -> bool:
    """Return whether one of the addresses stands in a text, in whatever case."""
    wanted = {address.lower() for address in addresses}
    lower = text.lower()
    return any(address in lower for address in wanted) and not wanted.isdisjoint(found(lower))


def found(text: str) -> set[str]:
    """Return what may be an address in a text, with and without the signs around it."""
    told: set[str] = set()
    for local, domain in FOUND.findall(ESCAPED.sub(" ", text)):
        # What follows = / or | is an address of its own in links and lists of values.
        for name in {local, local.lstrip(AROUND), *re.split(r"[=/|]", local)}:
            told |= {f"{name}@{domain}", f"{name}@{domain.rstrip('_-')}"}
    return told


def inside(value: object, addresses: Iterable[str]) -> bool:
    """Return whether one of the addresses stands in a value as JSON has it, at whatever depth."""
    if isinstance(value, str):
        return in_text(value, addresses)
    if isinstance(value, dict):
        return any(inside(each, addresses) for pair in value.items() for each in pair)
    return isinstance(value, list | tuple) and any(inside(each, addresses) for each in value)
