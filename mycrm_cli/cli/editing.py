"""Editing a record in ``$EDITOR``: one ``field: value`` line for each field."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from typing import TYPE_CHECKING

from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.edited import Edited, kept
from mycrm_cli.cli.reading import one
from mycrm_cli.errors import Cancelled, ConfigError, Invalid

if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State


def edit(state: State, entity: Entity, id: UUID) -> Edited:
    """Open the record in the editor and return the fields that were changed; raises Cancelled for none."""
    fields = [field.relation or field.name for field in sig.settable(entity)]
    columns, row = one(state.reader, entity, id, [*fields, "version"] if entity.versioned else fields)
    before = {}
    for column, value in zip(columns, row, strict=True):
        before[column.name] = "" if value is None else column.kind.text(value)
    version = before.pop("version", None)
    state.close()
    text = ask_editor(compose(before), str(state.preference("editor")))
    edited = Edited(text, int(version) if version else None)
    with kept(edited):
        edited.texts = changes(before, parse(text))
    return edited


def changes(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """Return the fields that were changed; raises Invalid for unknown ones, Cancelled for none."""
    changed = {name: text for name, text in after.items() if name in before and text != before[name]}
    unknown = sorted(after.keys() - before.keys())
    if unknown:
        raise Invalid(f"the edited text has unknown fields: {', '.join(unknown)}")
    if not changed:
        raise Cancelled("nothing was changed")
    return changed


def compose(values: dict[str, str]) -> str:
    """Write the text to be edited; further lines of a value are indented."""
    lines = [f"{name}: {value.replace(chr(10), chr(10) + '    ')}".rstrip() for name, value in values.items()]
    return "\n".join(["# Lines that start with # are left out. An emptied value empties the field.", *lines, ""])


def parse(text: str) -> dict[str, str]:
    """Read the edited text back; raises Invalid for a line that is neither a field nor its continuation."""
    values: dict[str, str] = {}
    name = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("    ") and name:
            values[name] += "\n" + line[4:]
        elif line.strip() and not line.startswith("#"):
            name, mark, value = line.partition(":")
            name = name.strip()
            if not mark:
                raise Invalid(f"line {number} of the edited text is not 'field: value'")
            values[name] = value.strip()
    return values


def ask_editor(text: str, editor: str) -> str:
    """Return the text as the user left it; the temporary file is readable by nobody else."""
    descriptor, path = tempfile.mkstemp(prefix="mycrm-", suffix=".txt")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([*shlex.split(editor), path], check=False)
        if done.returncode != 0:
            raise Cancelled(f"the editor ended with status {done.returncode}; nothing was changed")
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        raise ConfigError(f"the editor {editor!r} cannot be started", hint="set EDITOR") from None
    finally:
        os.unlink(path)
