"""Files of this machine that may still speak of a person: rows that wait to be imported, and files of rejects."""

from __future__ import annotations

import os
from contextlib import suppress

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.transfer import jobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mycrm_cli.query.reader import Reader

PIECE = 1 << 20
"""Bytes that are read at a time."""


def tidy(reader: Reader, folder: str, addresses: Iterable[str]) -> tuple[list[str], list[str]]:
    """Remove staged rows with one of the addresses that nobody works with; return (removed, what still has them)."""
    wanted = [address.encode() for address in addresses]
    removed = []
    for name in jobs.lying(folder):
        path = os.path.join(folder, name)
        if holds(path, wanted):
            with suppress(OSError):
                os.unlink(path)
                removed.append(path)
    waiting = [os.path.join(folder, name) for name in os.listdir(folder)] if os.path.isdir(folder) else []
    return removed, [path for path in (*waiting, *told(reader)) if holds(path, wanted)]


def told(reader: Reader) -> list[str]:
    """Return the files that imports read and wrote, as the database knows them."""
    table = catalog.entity("import_jobs")
    states = table.fields["state"].options["choices"]
    found = rows.fetch(reader.connection, reader.scope, table, "state", states, ["file_name", "rejects_path"])
    return sorted({path for row in found for path in row if path and os.path.isabs(path)})


def holds(path: str, wanted: list[bytes]) -> bool:
    """Return whether a file has one of the texts in it, in whatever case."""
    longest = max(map(len, wanted), default=0)
    end = b""
    try:
        with open(path, "rb") as file:
            while piece := file.read(PIECE):
                text = end + piece.lower()
                if any(each in text for each in wanted):
                    return True
                end = text[-longest:]
    except OSError:
        return False
    return False
