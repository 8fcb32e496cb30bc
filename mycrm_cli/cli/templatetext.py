"""A template as text that people edit: a few lines ``field: value``, then the text, then the HTML."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mycrm_cli.cli.edited import Edited
from mycrm_cli.errors import Cancelled, Invalid, UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.rows import Row

TEXT, HTML = "--- text", "--- html"
HEADS = ("name", "subject", "description", "active")
EMPTY: Row = {"name": "", "subject": "", "description": None, "is_active": True, "body_text": "", "body_html": None}
TOP = (
    "# Lines that start with # before the text are left out. Fields stand in {{ }}: {{ contact.first_name }}.",
    "# What may be missing: {{ contact.first_name | default('there') }}. An HTML part follows a line --- html.",
)


def compose(values: Row) -> str:
    """Return a template as text."""
    heads = {**values, "active": "yes" if values["is_active"] else "no"}
    lines = [*TOP, *(f"{name}: {' '.join(str(heads[name] or '').split())}".rstrip() for name in HEADS), TEXT]
    text = "\n".join([*lines, values["body_text"]])
    return text + (f"\n{HTML}\n{values['body_html']}" if values["body_html"] else "") + "\n"


def parse(text: str) -> Row:
    """Read it back; raises Invalid for a line that is no field."""
    top, mark, rest = text.replace("\r\n", "\n").partition(f"\n{TEXT}\n")
    if not mark:
        raise Invalid(f"the edited text has no line {TEXT!r}")
    values: dict[str, Any] = {}
    for number, line in enumerate(top.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon or name.strip().lower() not in HEADS:
            raise Invalid(f"line {number} of the edited text is none of: {', '.join(HEADS)}")
        values[name.strip().lower()] = value.strip()
    body, mark, html = rest.partition(f"\n{HTML}\n")
    values["is_active"] = values.pop("active", "yes").lower() not in ("no", "false", "0")
    values["description"] = values.get("description") or None
    return values | {"body_text": body.rstrip("\n"), "body_html": html.rstrip("\n") or None if mark else None}


def ask(state: State, before: Row) -> Edited:
    """Let the user write a template in an editor; raises UsageError where there is no terminal."""
    if not (state.interactive and sys.stdin.isatty()):
        raise UsageError("what does it say? give --subject and --body", hint="mycrm email template add --help")
    from mycrm_cli.cli import editing

    shown, editor = compose(before), str(state.preference("editor"))
    state.close()
    text = editing.ask_editor(shown, editor)
    if text == shown:
        raise Cancelled("nothing was changed")
    return Edited(text, before.get("version"))
