"""Files that nobody else may read, and that have their name once they are whole and on the disk."""

from __future__ import annotations

import hashlib
import os

from mycrm_cli.config.storage import flush

UNFINISHED = ".part"
BLOCK = 1 << 20


def empty(path: str) -> None:
    """Make an empty file that only its owner may read; raises OSError where there is one."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def name(part: str, target: str) -> None:
    """Give a file its name once its bytes, and then its name, are on the disk."""
    flush(part)
    os.rename(part, target)
    flush(os.path.dirname(os.path.abspath(target)))


def forget(path: str) -> None:
    """Remove a file, if it is there."""
    if os.path.lexists(path):
        os.remove(path)


def write(path: str, text: str) -> None:
    """Write a file that nobody else may read; it has its name once it is whole."""
    part = f"{path}{UNFINISHED}"
    with open(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    name(part, path)


def sha256(path: str) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: str, target: str) -> str:
    """Copy a file into a new one that nobody else may read, and return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    with open(source, "rb") as read, open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        while block := read.read(BLOCK):
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
