"""Rejects files: they are imported with the options of the file they come from, and are not written as that one was."""

from __future__ import annotations

import os
from dataclasses import replace

from mycrm_cli.services.transfer.model import REJECT_COLUMNS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.transfer.options import Options

LOOKED_AT = 1 << 20
"""Bytes of a file in which its first line ends."""


def adapted(path: str, options: Options) -> Options:
    """Return options without what is about the file that the rejected rows come from: they are UTF-8, header first."""
    if not is_rejects(path):
        return options
    return replace(options, format="auto", encoding="auto", header_line=None, sheet=None, member=None)


def is_rejects(path: str) -> bool:
    """Whether a file holds rejected rows as we write them; one that was saved in another encoding is not ours."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        head = file.read(LOOKED_AT)
    try:
        first = head.decode("utf-8-sig", "strict" if len(head) < LOOKED_AT else "ignore").partition("\n")[0].strip()
    except UnicodeDecodeError:
        return False
    if first.startswith("{"):
        return all(f'"{name}": ' in first for name in REJECT_COLUMNS)
    return any(first.endswith(mark.join(REJECT_COLUMNS)) for mark in ",;\t|")
