"""What a user typed in an editor: asked for where no field was given, and kept when it cannot be written."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mycrm_cli.config import paths, storage
from mycrm_cli.errors import Cancelled, CrmError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State


class Edited:
    """What came back from an editor: the text itself, its fields, and the version they were made from."""

    def __init__(self, raw: str, version: int | None) -> None:
        self.raw = raw
        self.texts: dict[str, str] = {}
        self.version = version


@contextmanager
def kept(edited: Edited | None) -> Iterator[None]:
    """Keep what was typed in an editor in a private file when it cannot be written, and say where."""
    try:
        yield
    except CrmError as error:
        if edited is not None and not isinstance(error, Cancelled):
            path = os.path.join(paths.ensure(paths.state_dir()), "edited.txt")
            storage.write(path, edited.raw.encode("utf-8", "surrogateescape"))
            error.hint = f"what you typed is kept in {path}"
        raise


def edited_in_editor(state: State, entity: Entity, ids: Sequence[UUID]) -> Edited:
    """Let the user edit one record as ``field: value`` lines; raises UsageError where there is no terminal."""
    if not (state.interactive and sys.stdin.isatty()) or len(ids) != 1:
        raise UsageError("nothing to change: no field was given", hint=f"mycrm {entity.noun} edit --help")
    from mycrm_cli.cli import editing

    return editing.edit(state, entity, ids[0])
