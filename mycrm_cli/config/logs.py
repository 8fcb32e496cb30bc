"""The program's log: lines with a time, without secrets and personal data, in files that take turns."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from mycrm_cli import clock
from mycrm_cli.config import paths, storage
from mycrm_cli.errors import CrmError

NAME = "mycrm.log"
FULL = 1_000_000
"""Bytes after which the next file begins."""
KEPT = 5
"""Older files that stay beside the newest."""
LONGEST = 4_000
"""Characters of one line."""
ELIDED = "[secret]"
SECRETS = (
    re.compile(r"\bmc[a-z]_[A-Za-z0-9_-]{8,}"),
    re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"),
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?i)\b(?:password|passwd|secret|token|api[_-]?key)[\"']?\s*[=:]\s*[\"']?[^\s\"',;]+"),
    re.compile(r"(?i)(?<!\S)--[\w-]*(?:password|passwd|secret|token)\s+(?!-|keyring|pgpass|command:|file:|env)\S+"),
)
PERSONAL = (
    (re.compile(r"[^\s@<>\"'=,;:|]+@[^\s@<>\"'=,;:|]+\.[^\s@<>\"'=,;:|]+"), "[address]"),
    (re.compile(r"(?<![\w.+])\+\d(?:[ ()./-]{0,2}\d){6,14}(?!\w)"), "[phone]"),
)
"""What belongs to a person: a log says what happened, not to whom."""


def file() -> str:
    """Return the path of the log."""
    return os.path.join(paths.state_dir(), NAME)


def write(source: str, text: str) -> None:
    """Append lines to the log; one that cannot be written to loses nothing else."""
    with suppress(OSError, CrmError):
        append(source, text)


def append(source: str, text: str) -> None:
    """Append lines that say when and by whom they were written; raises OSError or ConfigError."""
    stamp = f"{clock.now():%Y-%m-%dT%H:%M:%SZ} {source}[{os.getpid()}]"
    lines = [f"{stamp} {visible(impersonal(redacted(line)))[:LONGEST]}\n" for line in text.splitlines() if line.strip()]
    paths.ensure(paths.state_dir())
    make_room()
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(file(), flags, 0o600)
    try:
        os.write(descriptor, "".join(lines).encode("utf-8", "replace"))
    finally:
        os.close(descriptor)


def visible(text: str) -> str:
    """Return a text in which what a terminal would act on is escaped."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def redacted(text: str) -> str:
    """Return a text without what looks like a secret."""
    for pattern in SECRETS:
        text = pattern.sub(ELIDED, text)
    return text


def impersonal(text: str) -> str:
    """Return a text without e-mail addresses and phone numbers."""
    for pattern, name in PERSONAL:
        text = pattern.sub(name, text)
    return text


def make_room() -> None:
    """Begin a new file where the log is full; only one process at a time turns them over."""
    path = file()
    if _size(path) < FULL:
        return
    with storage.Lock(f"{NAME}.lock"):
        if _size(path) < FULL:
            return
        for place in range(KEPT - 1, 0, -1):
            with suppress(FileNotFoundError):
                os.replace(f"{path}.{place}", f"{path}.{place + 1}")
        os.replace(path, f"{path}.1")


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
