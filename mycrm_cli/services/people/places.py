"""Files of this machine that may still speak of a person: rows that wait to be imported, and files of rejects."""

from __future__ import annotations

import marshal
import os
import stat
from contextlib import suppress

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.people import exact
from mycrm_cli.services.transfer import staging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import BinaryIO

    from mycrm_cli.query.reader import Reader

PIECE = 1 << 20
"""Bytes that are read at a time."""


def tidy(reader: Reader, folder: str, addresses: Collection[str]) -> tuple[list[str], list[str]]:
    """Remove the organization's staged rows with one of the addresses that nobody works with.

    Returns (removed, what still has them). Rows of other organizations are neither looked at nor named.
    """
    removed, left = [], []
    waiting = [os.path.join(folder, os.path.basename(path)) for path in known(reader, "staging_path")]
    for path in waiting:
        if not is_file(path) or not holds_staged(path, addresses):
            continue
        if not staging.is_held(path):
            with suppress(OSError):
                os.unlink(path)
                removed.append(path)
        if path not in removed:
            left.append(path)
    told = [path for name in ("file_name", "rejects_path") for path in known(reader, name) if os.path.isabs(path)]
    return removed, left + [path for path in sorted({*told}) if is_file(path) and holds(path, addresses)]


def known(reader: Reader, column: str) -> list[str]:
    """Return the files of the organization's imports, as the database knows them."""
    table = catalog.entity("import_jobs")
    states = table.fields["state"].options["choices"]
    found = rows.fetch(reader.connection, reader.scope, table, "state", states, [column])
    return sorted({row[0] for row in found if row[0]})


def is_file(path: str) -> bool:
    """Return whether a path is of a usual file: reading a pipe or a terminal would wait for ever."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def holds(path: str, addresses: Collection[str]) -> bool:
    """Return whether a file has one of the addresses in it, in whatever case."""
    try:
        with open(path, "rb") as file:
            # To the end of a line, so that no address is cut in two.
            while piece := file.read(PIECE):
                text = piece + file.readline(PIECE)
                if may_hold(text, addresses) and exact.in_text(text.decode(errors="replace"), addresses):
                    return True
    except OSError:
        pass
    return False


def holds_staged(path: str, addresses: Collection[str]) -> bool:
    """Return whether staged rows have one of the addresses; of a damaged file its bytes are enough to tell."""
    try:
        with open(path, "rb") as file:
            return any(_batch_holds(data, addresses) for data in batches(file) if may_hold(data, addresses))
    except OSError:
        return False


def may_hold(data: bytes, addresses: Collection[str]) -> bool:
    """Return whether one of the addresses is somewhere among bytes, be it inside a longer one."""
    lower = data.lower()
    return any(address.encode() in lower for address in addresses)


def batches(file: BinaryIO) -> Iterator[bytes]:
    """Yield the batches of staged rows, and what follows them."""
    while size := int.from_bytes(file.read(staging.LENGTH), "big"):
        yield file.read(min(size, os.fstat(file.fileno()).st_size))
    yield file.read()


def _batch_holds(data: bytes, addresses: Collection[str]) -> bool:
    try:
        return exact.inside(marshal.loads(data), addresses)  # noqa: S302 - the file is ours alone
    except (ValueError, EOFError, TypeError):
        return True
