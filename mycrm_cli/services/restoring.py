"""Restores a backup: what is there is saved first, and nobody who was erased since comes back.

All sessions end: some of them had been ended, or were stolen, after the backup was made.
"""

from __future__ import annotations

import json
import os

from mycrm_cli import clock
from mycrm_cli.config import storage
from mycrm_cli.db import backups, directory, dumps, gate, loading, manifests, migrate, placing, putback
from mycrm_cli.db.connect import Connection, connect
from mycrm_cli.db.revision import REVISION
from mycrm_cli.errors import ConfigError, Invalid
from mycrm_cli.kinds.times import stamp
from mycrm_cli.services import grants, tombs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.tombs import Stones

REASON = "before a restore"
SESSIONS = "UPDATE auth_sessions SET revoked_at = ? WHERE organization_id = ? AND revoked_at IS NULL"
LOGINS = "SELECT CAST(login AS text) FROM mycrm_logins ORDER BY 1"


class Restored:
    """What a restore did: ``before`` is where the state before it is, ``left`` are people still to be erased.

    ``unknown`` is true where nobody can tell who was erased since, ``again`` the file with whom to erase after an
    upgrade, ``logins`` are PostgreSQL's logins of people that the backup does not know.
    """

    def __init__(self, file: str, told: dict[str, Any]) -> None:
        self.file = file
        self.schema = str(told["schema"])
        self.made_at = str(told["made_at"])
        self.before: str | None = None
        self.sessions = 0
        self.erased: list[str] = []
        self.left: list[str] = []
        self.unknown = False
        self.again: str | None = None
        self.logins: list[str] = []

    @property
    def is_older(self) -> bool:
        """Whether the database needs an upgrade before this program works with it."""
        return self.schema < REVISION


def check(url: str, file: str) -> dict[str, Any]:
    """Read a backup whole and return its manifest; raises Damaged, Invalid for one of another kind of database."""
    told = manifests.check(file)
    is_file = _is_file(file)
    if is_file != url.startswith("sqlite:"):
        kinds = ("SQLite", "PostgreSQL") if is_file else ("PostgreSQL", "SQLite")
        raise Invalid(
            f"{file} is a backup of {kinds[0]}, and this profile is on {kinds[1]}",
            hint="mycrm org export --all, and mycrm org import, go from one to the other",
        )
    if told["schema"] > REVISION:
        said = f"the backup has schema {told['schema']}, and this program knows {REVISION}"
        raise ConfigError(said, hint="update mycrm, then restore")
    directory.compare_versions(REVISION, told.get("min_program"))
    if (found := _schema_in(file) if is_file else dumps.schema(file)) != told["schema"]:
        raise manifests.no_backup(file, f"it has schema {found or 'none'}, and its manifest says {told['schema']}")
    return told


def _is_file(file: str) -> bool:
    """Return whether a backup is of SQLite, and not of PostgreSQL; raises Damaged for what is of neither."""
    with open(file, "rb") as opened:
        begins = opened.read(6)
    if not begins.startswith((b"SQLite", b"PGDMP")):
        raise manifests.no_backup(file, "it is a copy of neither SQLite nor PostgreSQL")
    return begins == b"SQLite"


def _schema_in(file: str) -> str | None:
    """Return the version of the schema in an SQLite file, or None; raises Damaged for one that cannot be read."""
    try:
        connection = connect(f"sqlite:///{file}")
        try:
            return migrate.current(connection)
        finally:
            connection.close()
    except ConfigError as error:
        raise manifests.no_backup(file, error.message) from error


def restore(url: str, password: str | None, file: str, told: dict[str, Any], folder: str) -> Restored:
    """Put a backup in the place of what a database holds, all or nothing."""
    result = Restored(file, told)
    if url.startswith("sqlite:"):
        _sqlite(url, result, told, folder)
    else:
        _postgresql(url, password, result, folder)
    return result


def _sqlite(url: str, result: Restored, told: dict[str, Any], folder: str) -> None:
    path = url.removeprefix("sqlite:///")
    with gate.closed(path), putback.alone(url) as connection:
        stones = _saved(connection, url, path, result, folder)
        part = putback.fetch(result.file, told, path)
        try:
            _amended(part, stones, result, folder)
            putback.put(connection, part, path)
        finally:
            putback.drop(part)


def _saved(connection: Connection | None, url: str, path: str, result: Restored, folder: str) -> Stones:
    """Save what is there, as a backup or, where it is past reading, as it is; return whom it knows as erased."""
    stones: Stones = {}
    try:
        if connection is None:
            raise ConfigError("there is no database")
        stones = tombs.read(connection)
        result.before = backups.save(connection, url, None, folder, reason=REASON).path
    except ConfigError:
        result.unknown = not stones
        result.before = putback.set_aside(path, folder)
    return stones


def _amended(part: str, stones: Stones, result: Restored, folder: str) -> None:
    """Change in the copy what must not come back, and write it anew so that nothing of that stays in it."""
    connection = connect(f"sqlite:///{part}", write=True)
    try:
        connection.begin()
        new = _amend(connection, stones, result, folder)
        connection.commit()
        if new:
            connection.execute("VACUUM")
    finally:
        connection.close()
    backups.check(part)
    storage.flush(part)


def _postgresql(url: str, password: str | None, result: Restored, folder: str) -> None:
    connection, door = (connect(url, write=True, password=password) for _ in range(2))
    try:
        stones: Stones = {}
        logins: set[str] = set()
        if loading.hold(connection, door):
            stones, logins = tombs.read(connection), _logins(connection)
            result.before = backups.save(connection, url, password, folder, reason=REASON).path
        else:
            result.unknown = True
        loading.replace(connection, door, result.file)
        if not result.is_older:
            grants.renew(connection)
            result.logins = sorted(logins - _logins(connection))
        new = _amend(connection, stones, result, folder)
        connection.commit()
        if new:
            from mycrm_cli.services.people import cleaning

            cleaning.clean(connection, ())
    finally:
        door.close()
        connection.close()


def _logins(connection: Connection) -> set[str]:
    return {str(row[0]) for row in connection.execute(LOGINS).fetchall()}


def _amend(connection: Connection, stones: Stones, result: Restored, folder: str) -> bool:
    """End all sessions and carry the erasures over; return whether there were any that the backup does not know."""
    for organization in directory.organization_ids(connection):
        own = organization.bytes if connection.dialect == "sqlite" else organization
        moment = stamp(clock.now()) if connection.dialect == "sqlite" else clock.now()
        result.sessions += connection.execute(SESSIONS, (moment, own)).rowcount
    new = tombs.carry(connection, stones)
    if not new:
        return False
    if result.is_older:
        result.again = _kept_for_later(new, folder)
        return True
    for organization in new:
        tombs.erase(connection, organization, result)
    return True


def _kept_for_later(new: Stones, folder: str) -> str:
    """Write down whom to erase once the database has this program's schema."""
    path = os.path.join(folder, f"erased-{clock.real():%Y%m%dT%H%M%S%fZ}.jsonl")
    lines = [
        {"type": kind, "digest": hashed, "salt": salt} for rows in new.values() for _, kind, hashed, salt, *_ in rows
    ]
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        placing.write(path, "".join(json.dumps(line) + "\n" for line in lines))
    except OSError as error:
        raise backups.cannot(folder, error) from error
    return path
