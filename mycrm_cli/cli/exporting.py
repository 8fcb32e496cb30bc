"""Writes records to a file or to stdout, as they come from the database."""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import islice
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds, query
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.reader import Reader

FORMATS = ("csv", "tsv", "json", "jsonl", "plain", "ids")
ENDINGS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
ADDRESSES = "emails"
"""The column with a contact's further addresses."""
BATCH = 1000


class Extra:
    """A column that is not one of the query's."""

    def __init__(self, name: str, kind: kinds.Kind) -> None:
        self.name = name
        self.kind = kind


def export(state: State, entity: Entity, where: Node | None, given: dict[str, Any]) -> None:
    """Write the records that fit; all fields unless told otherwise, in a form that imports again."""
    format = chosen_format(state, given)
    names = fields(entity, given.get("fields"), format)
    further = ADDRESSES in names and entity.name == "contact"
    limit = given.get("limit")
    if limit is not None and not limit.isdigit():
        raise UsageError(f"--limit takes a number, not {limit!r}")
    select = query.Select(
        entity,
        ["id", *(name for name in names if name != ADDRESSES)] if further else names,
        where=since(where, given.get("since")),
        sort=given.get("sort") or ("id" if "id" in entity.fields else None),
        limit=int(limit) or None if limit else None,
        deleted=bool(given.get("deleted")),
    )
    reader = state.reader
    found = reader.rows(select)
    columns: list[Any] = list(found.columns)
    rows: Iterable[Sequence[Any]] = found
    if further:
        columns = [*columns[1:], Extra(ADDRESSES, kinds.make("tags"))]
        rows = with_addresses(reader, found)
    count = write(state, format, columns, rows, given)
    if given.get("file"):
        state.out.say(f"{count:,} {entity.plural if count != 1 else entity.name} written to {given['file']}")


def chosen_format(state: State, given: dict[str, Any]) -> str:
    """Return the format that ``-o`` or the file's ending asks for; CSV where neither does."""
    asked = state.format()
    ending = os.path.splitext(given.get("file") or "")[1].lower()
    format = asked or ENDINGS.get(ending)
    if format is None and ending in (".xlsx", ".vcf"):
        raise UsageError(f"{ending} files are not written yet", candidates=sorted(ENDINGS))
    format = format or "csv"
    if format not in FORMATS:
        raise UsageError(f"an export cannot be written as {format}", candidates=list(FORMATS))
    if given.get("excel") and format != "csv":
        raise UsageError("--excel goes with CSV")
    return format


def fields(entity: Entity, asked: str | None, format: str) -> list[str]:
    """Return the columns to write: those asked for, or all, users by their e-mail address."""
    if format == "ids":
        return ["id"]
    if asked:
        return [name.strip() for name in asked.split(",") if name.strip()]
    names = []
    for name in query.full(entity):
        field = entity.fields[name]
        if name == "organization_id" and entity.tenant:
            continue
        names.append(f"{field.relation}.email" if field.relation and field.table == "users" else name)
    return [*names, ADDRESSES] if entity.name == "contact" else names


def since(where: Node | None, moment: str | None) -> Node | None:
    """Add to a filter that the record was changed since a date."""
    if moment is None:
        return where
    from mycrm_cli.query.nodes import Compare, Value, all_of

    changed = Compare("updated_at", ">=", [Value(moment)])
    return changed if where is None else all_of([where, changed])


def with_addresses(reader: Reader, found: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Yield rows without their id, which comes first, and with the contact's further addresses at the end."""
    from mycrm_cli.services import rows as stored

    table = catalog.entity("contact_emails")
    names = ["contact_id", "email", "is_primary", "id"]
    source = iter(found)
    while batch := list(islice(source, BATCH)):
        addresses: dict[UUID, list[tuple[Any, str]]] = {}
        ids = [row[0] for row in batch]
        for owner, email, primary, id in stored.fetch(reader.connection, reader.scope, table, "contact_id", ids, names):
            if not primary:
                addresses.setdefault(owner, []).append((id, email))
        for row in batch:
            yield [*row[1:], [email for _, email in sorted(addresses.get(row[0], ()))] or None]


def write(state: State, format: str, columns: list[Any], rows: Iterable[Sequence[Any]], given: dict[str, Any]) -> int:
    """Write rows to the file that was named, or to stdout; return how many there were."""
    counted = Counted(rows)
    path = given.get("file")
    if not path or path == "-":
        if given.get("excel"):
            sys.stdout.write("\ufeff")
        _write(format, sys.stdout, columns, counted, state, given)
        return counted.count
    special = os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
    path = path if special else os.path.realpath(path)
    folder = os.path.dirname(path)
    if os.path.isdir(path) or not os.path.isdir(folder):
        raise UsageError(f"{path} cannot be written: it is no file's name in a folder that exists")
    encoding = "utf-8-sig" if given.get("excel") else "utf-8"
    if special:
        with open(path, "w", encoding=encoding, newline="") as device:  # a pipe or a device stays what it is
            _write(format, device, columns, counted, state, given)
        return counted.count
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".mycrm-", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
            _write(format, file, columns, counted, state, given)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return counted.count


class Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Yield the rows."""
        for row in self.rows:
            self.count += 1
            yield row


def _write(
    format: str, out: TextIO, columns: list[Any], rows: Iterable[Sequence[Any]], state: State, given: dict[str, Any]
) -> None:
    from mycrm_cli.output import formats

    if format not in ("csv", "tsv"):
        formats.write(format, out, columns, rows, state.scope.locale.currency)
        return
    import csv

    from mycrm_cli.output.formulas import guard

    end = "\r\n" if given.get("excel") else "\n"
    writer = csv.writer(out, delimiter="\t" if format == "tsv" else ",", lineterminator=end)
    writer.writerow([column.name for column in columns])
    cells = [formats.cell(c) if given.get("raw") else guard(c.kind, formats.cell(c)) for c in columns]
    writer.writerows([text(value) for text, value in zip(cells, row, strict=True)] for row in rows)
