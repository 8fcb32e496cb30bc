"""Writes records to a file or to stdout, as they come from the database."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from mycrm_cli import query
from mycrm_cli.errors import UsageError
from mycrm_cli.query import travelling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.reader import Reader

FORMATS = ("csv", "tsv", "json", "jsonl", "plain", "ids")
ENDINGS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def export(state: State, entity: Entity, where: Node | None, given: dict[str, Any]) -> None:
    """Write the records that fit; all fields unless told otherwise, in a form that imports again."""
    format = chosen_format(state, given)
    reader = state.reader
    names = fields(reader, entity, given.get("fields"), format)
    limit = given.get("limit")
    if limit is not None and not limit.isdigit():
        raise UsageError(f"--limit takes a number, not {limit!r}")
    extras = [travelling.column(entity, name) for name in names]
    own = [name for name, extra in zip(names, extras, strict=True) if extra is None]
    select = query.Select(
        entity,
        ["id", *own] if any(extras) else own,
        where=since(where, given.get("since")),
        sort=given.get("sort") or ("id" if "id" in entity.fields else None),
        limit=int(limit) or None if limit else None,
        deleted=bool(given.get("deleted")),
    )
    found = reader.rows(select)
    columns: list[Any] = list(found.columns)
    rows: Iterable[Sequence[Any]] = found
    if any(extras):
        rest = iter(columns[1:])
        columns = [extra or next(rest) for extra in extras]
        rows = travelling.joined(reader, found, extras)
    count = write(state, format, columns, rows, given)
    if given.get("file"):
        state.out.say(f"{count:,} {entity.plural if count != 1 else entity.noun} written to {given['file']}")


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


def fields(reader: Reader, entity: Entity, asked: str | None, format: str) -> list[str]:
    """Return the columns to write: those asked for, or all, users by their e-mail address."""
    if format == "ids":
        return ["id"]
    if asked:
        return [name.strip() for name in asked.split(",") if name.strip()]
    names = []
    for name in query.full(entity):
        field = entity.fields.get(name)
        if field is None or (name == "organization_id" and entity.tenant):
            continue  # what is computed comes by itself
        names.append(f"{field.relation}.email" if field.relation and field.table == "users" else name)
    return [*names, *travelling.names(reader, entity)]


def since(where: Node | None, moment: str | None) -> Node | None:
    """Add to a filter that the record was changed since a date."""
    if moment is None:
        return where
    from mycrm_cli.query.nodes import Compare, Value, all_of

    changed = Compare("updated_at", ">=", [Value(moment)])
    return changed if where is None else all_of([where, changed])


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
    end = "\r\n" if given.get("excel") else "\n"
    delimiter = "\t" if format == "tsv" else ","
    formats.write_separated(out, columns, rows, delimiter, end=end, raw=bool(given.get("raw")))
