"""Whether a message came back for good or for now: by the codes of RFC 3463 and the words of mail servers."""

from __future__ import annotations

import re

ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-#;:.]|$)")
LATER = frozenset(("5.2.2", "5.2.3", "5.3.1", "5.3.2", "5.3.4", "5.4.5", "5.4.7", "5.5.3", "5.6.1", "5.6.2", "5.6.3"))
"""Final answers about a full mailbox, a large message or a busy server: the address itself is good."""
POLICY = "5.7."
"""Refused for what it says or where it comes from, which says nothing about the address."""
NOBODY = (
    "user unknown", "unknown user", "no such user", "no such recipient", "no such mailbox", "does not exist",
    "doesn't exist", "recipnotfound", "recipient not found", "unknown recipient", "mailbox not found",
    "no mailbox here", "invalid recipient", "user not found", "unrouteable address", "unroutable address",
    "mailbox unavailable", "account has been disabled", "account is disabled", "host or domain name not found",
    "domain not found", "couldn't be found", "could not be found", "wasn't found", "address rejected: undeliverable",
    "not a valid mailbox", "is not a known user", "this account has been", "address couldn't be found",
)  # fmt: skip
FULL = (
    "mailbox full", "mailbox is full", "over quota", "overquota", "quota exceeded", "exceeded storage",
    "out of storage", "inbox is full", "insufficient storage", "quota", "message too large", "size limit",
    "message size exceeds", "try again later", "temporarily", "greylist", "delivery time expired", "retry timeout",
)  # fmt: skip


def code(text: str) -> str | None:
    """Return the first code of RFC 3463 in a text, such as 5.1.1."""
    found = ENHANCED.search(text[:4000])
    return ".".join(found.groups()) if found else None


def clearest(status: str | None, said: str) -> str | None:
    """Return the code that says most: a report's own, unless the other server's words have a clearer one."""
    own = code(said)
    if status is None or (status.endswith(".0.0") and own is not None):
        return own or status
    return status


def judged(status: str | None, said: str, *, is_final: bool = False) -> str:
    """Return hard where nobody can be reached at the address, soft where a later message may arrive.

    ``is_final`` says that the server gave up for good in words without a code.
    """
    words, best = said.lower(), clearest(status, said)
    if any(word in words for word in FULL) or best in LATER:
        return "soft"
    if best is not None and best.startswith(("4", "2")):
        return "soft"
    if any(word in words for word in NOBODY):
        return "hard"
    if best is not None:
        return "soft" if best.startswith(POLICY) else "hard"
    if reply := REPLY.search(said[:4000]):
        return "hard" if reply[1] in ("550", "551", "553", "511") else "soft"
    return "hard" if is_final else "soft"


def told(status: str | None, said: str) -> str | None:
    """Return what people are told: the code and the words of the server."""
    best = clearest(status, said)
    text = said if best is None or best in said else f"{best} {said}"
    return text.strip()[:255] or None
