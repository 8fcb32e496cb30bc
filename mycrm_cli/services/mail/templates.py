"""Templates as they are stored: each edit is a new version, and the versions before are read back from the journal."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Duplicate, Invalid, NotFound
from mycrm_cli.query import recorded
from mycrm_cli.services import records, rows
from mycrm_cli.services.mail import templating
from mycrm_cli.services.mail.templating import NAME, PARTS, Template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

FIELDS = ("name", *PARTS, "description", "is_active")


class Version(NamedTuple):
    """A version of a template: who made it, when, in which change."""

    version: int
    at: datetime | None
    who: str | None
    change: str | None
    values: Row


def add(work: Work, values: Row) -> UUID:
    """Add a template and return its id; raises Invalid for what is none."""
    check(work, values)
    with called(values["name"]):
        [row] = records.add(work, catalog.entity(NAME), [values])
    id: UUID = row["id"]
    return id


def edit(work: Work, id: UUID, values: Row, version: int | None = None) -> bool:
    """Change a template and return whether it is different now."""
    entity = catalog.entity(NAME)
    stored = rows.required_images(work.connection, work.scope, entity, [id], lock=True)[id]
    check(work, stored | values)
    with called(values.get("name")):
        return bool(records.edit(work, entity, [(id, values)], version=version))


@contextmanager
def called(name: str | None) -> Iterator[None]:
    """Name a template that is there already as people call it."""
    try:
        yield
    except Duplicate as error:
        raise Duplicate(
            f"a template with name {name} exists already",
            candidates=error.candidates,
            details=error.details,
            hint=f"mycrm email template view {name!r}",
        ) from None


def check(work: Work, values: Row) -> None:
    """Refuse a template without a subject or a text, one that cannot be read, and fields that there are not."""
    for part in ("subject", "body_text"):
        if not (values.get(part) or "").strip():
            label = "a subject" if part == "subject" else "a text"
            raise Invalid(f"a template needs {label}", details=[{"field": part, "code": "required"}])
    if "\n" in values["subject"].strip():
        raise Invalid("subject: it is one line", details=[{"field": "subject", "code": "several_lines"}])
    templating.names(work.reader, {part: values[part] for part in PARTS if values.get(part)})


def remove(work: Work, ids: Sequence[UUID]) -> None:
    """Remove templates; raises Conflict for one that a sequence sends."""
    steps, sequences = catalog.entity("email_sequence_steps"), catalog.entity("sequence")
    found = rows.fetch(work.connection, work.scope, steps, "template_id", ids, ["sequence_id", "position"])
    used = sorted((str(sequence), position, sequence) for sequence, position in found)
    if used:
        _, position, sequence = used[0]
        image = rows.images(work.connection, work.scope, sequences, [sequence], ("id", "name"))[sequence]
        more = f", and {len(used) - 1:,} more steps do" if len(used) > 1 else ""
        raise Conflict(
            f"step {position} of sequence {image['name']} sends this template{more}",
            details=[{"field": "template", "code": "in_use"}],
            hint=f"mycrm sequence step edit {image['name']!r} {position} --template NAME, or --active no here",
        )
    records.remove(work, catalog.entity(NAME), ids)


def versions(reader: Reader, id: UUID) -> Iterator[Version]:
    """Yield the versions of a template, the newest first; a value that was erased is ``...``."""
    stored = rows.images(reader.connection, reader.scope, catalog.entity(NAME), [id])[id]
    values: dict[str, Any] = {name: stored[name] for name in FIELDS}
    version: int = stored["version"]
    for entry in recorded.entries(reader, catalog.entity(NAME), id):
        yield Version(version, entry["at"], entry["who"], entry["change"], dict(values))
        if version == 1 or not entry["fields"]:
            return
        values |= {name: old for name, old, _ in entry["fields"] if name in values}
        version -= 1


def version_of(reader: Reader, template: Template, number: int) -> Template:
    """Return a template as a version of it was; raises NotFound."""
    if number == template.version:
        return template
    for one in versions(reader, template.id):
        if one.version == number and ... not in one.values.values():
            told = {name: value for name, value in one.values.items() if name in Template._fields}
            return template._replace(**told, version=number)
    raise NotFound(
        f"template {template.name} has no version {number}",
        hint=f"mycrm email template history {template.name!r}",
    )
