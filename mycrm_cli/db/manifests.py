"""What lies beside a backup and says what it is: its size and SHA-256, and a seal over the manifest itself.

A backup that is not what its manifest says is an input that is wrong (exit 6): nothing is the matter with the
configuration, the profile or the schema, which exit 78 is for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import datetime
from typing import Any, NamedTuple

from mycrm_cli.db import placing
from mycrm_cli.errors import Invalid, UsageError

ENDING = ".json"
SEAL = "seal"
STAMP = r"-\d{8}T\d{12}Z"
MOST = 65_536
"""Bytes of a manifest; more is none of ours."""
OTHER = "mycrm db list --verify shows which ones are whole"


class Damaged(Invalid):
    """A backup is not what was saved."""

    code = "damaged"


class Kept(NamedTuple):
    """A backup that was found; ``state`` is ``ok``, or what is wrong with it."""

    file: str
    path: str
    made_at: str | None
    size: int
    schema: str | None
    reason: str | None
    state: str


def text(told: dict[str, Any]) -> str:
    """Return a manifest as it is written: any other byte of it is a fault."""
    seal = hashlib.sha256(json.dumps(told, indent=2).encode()).hexdigest()
    return json.dumps(told | {SEAL: seal}, indent=2) + "\n"


def write(path: str, told: dict[str, Any]) -> None:
    """Write the manifest of a backup."""
    placing.write(f"{path}{ENDING}", text(told))


def read(path: str) -> dict[str, Any]:
    """Return what the manifest of a backup says; raises Damaged for one that is missing or was altered."""
    place = f"{path}{ENDING}"
    try:
        with open(place, "rb") as file:
            data = file.read(MOST)
    except FileNotFoundError:
        raise Damaged(
            f"{path} has no manifest: nobody can tell whether it is whole",
            hint=f"keep FILE and FILE{ENDING} together, or take another: {OTHER}",
        ) from None
    except OSError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror}") from None
    try:
        told = json.loads(data)
        told.pop(SEAL)
        known = {"bytes": int, "sha256": str, "schema": str, "made_at": str}
        is_whole = all(isinstance(told[name], kind) for name, kind in known.items()) and text(told).encode() == data
        is_whole = is_whole and all(isinstance(told.get(name), str | None) for name in ("reason", "min_program"))
        is_whole = is_whole and isinstance(told.get("organizations"), dict | None)
        datetime.fromisoformat(told["made_at"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_whole = False
    if not is_whole:
        raise Damaged(f"the manifest {place} was damaged or altered", hint=OTHER)
    return dict(told)


def database(path: str) -> str | None:
    """Return which database a backup is of; None where its manifest is missing or was altered."""
    try:
        return read(path).get("database")
    except (Damaged, UsageError):
        return None


def check_size(path: str, told: dict[str, Any]) -> None:
    """Raise Damaged for a backup whose size is another."""
    if os.path.getsize(path) != told["bytes"]:
        raise Damaged(f"{path} has {os.path.getsize(path):,} bytes, and {told['bytes']:,} were saved", hint=OTHER)


def check(path: str) -> dict[str, Any]:
    """Read a backup whole and return what its manifest says; raises Damaged where it is not what was saved."""
    if not os.path.isfile(path):
        raise UsageError(f"there is no backup {path}", hint="mycrm db list")
    told = read(path)
    try:
        check_size(path, told)
        compare(path, told, placing.sha256(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    return told


def compare(path: str, told: dict[str, Any], digest: str) -> None:
    """Raise Damaged where the SHA-256 of a backup is another."""
    if digest != told["sha256"]:
        raise Damaged(f"{path} was damaged or altered: its SHA-256 is not the one of what was saved", hint=OTHER)


def no_backup(path: str, reason: str) -> Damaged:
    """Return the error for a file that is no backup, whatever lies beside it."""
    return Damaged(f"{path} is no backup of mycrm: {reason}", hint=OTHER)


def named(folder: str, stem: str, ending: str) -> list[str]:
    """Return the paths of a database's backups, the oldest first."""
    pattern = re.compile(re.escape(stem) + STAMP + re.escape(ending))
    found = sorted(filter(pattern.fullmatch, os.listdir(folder))) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in found]


def found(folder: str, stem: str, ending: str, *, whole: bool = False) -> list[Kept]:
    """Return a database's backups, the newest first; ``whole`` reads each from its first byte to its last."""
    return [_looked_at(path, whole) for path in reversed(named(folder, stem, ending))]


def _looked_at(path: str, whole: bool) -> Kept:
    told: dict[str, Any] = {}
    state = "ok"
    try:
        told = read(path)
        check_size(path, told)
        if whole:
            check(path)
    except Damaged:
        is_there = os.path.exists(f"{path}{ENDING}")
        state = "damaged" if is_there else "no manifest"
    except UsageError:
        state = "unreadable"
    size = os.path.getsize(path) if os.path.exists(path) else 0
    named = os.path.basename(path)
    return Kept(named, path, told.get("made_at"), size, told.get("schema"), told.get("reason"), state)
