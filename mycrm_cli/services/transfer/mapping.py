"""A mapping: which column goes where, what all rows get, and how it is written in a file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.output.files import refuse_folder
from mycrm_cli.services.transfer.options import FILE_KEYS, Options
from mycrm_cli.services.transfer.specs import Spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

SPEC_KEYS = {f.name for f in fields(Spec)} - {"column", "preset"}
TEXTS = ("target", "scale", "split_at", "template", "date_format", "decimal", "several")
LISTS = ("match", "create_missing")
TABLES = ("columns", "set", "default", "on_conflict")


@dataclass
class Mapping:
    """Entries by column, the values that every row gets, and those that new records get where nothing is given."""

    columns: dict[str, Spec] = field(default_factory=dict)
    set: dict[str, str] = field(default_factory=dict)
    default: dict[str, str] = field(default_factory=dict)

    def entry(self, column: str) -> Spec:
        """Return the entry of a column, made where there is none yet."""
        return self.columns.setdefault(column, Spec(column=column))

    def add_targets(self, pairs: Iterable[str]) -> None:
        """Take ``COLUMN=target`` words; a column may contain ``=``."""
        for pair in pairs:
            column, mark, target = pair.rpartition("=")
            if not mark or not column.strip() or not target.strip():
                raise UsageError(f"--map takes COLUMN=FIELD, not {pair!r}", hint="COLUMN=- leaves a column out")
            name = " ".join(column.split())
            self.columns[name] = self.entry(name).merged(Spec(target=target.strip()))

    def add_values(self, words: Iterable[str]) -> None:
        """Take ``COLUMN:old=new`` words."""
        for word in words:
            column, mark, rest = word.partition(":")
            old, equals, new = rest.rpartition("=")
            if not mark or not equals or not column.strip():
                raise UsageError(f"--map-value takes COLUMN:OLD=NEW, not {word!r}")
            self.entry(" ".join(column.split())).values[old] = new


def read(path: str, options: Options) -> tuple[Mapping, Options]:
    """Read a mapping file and the options it sets; raises Invalid for one that is not as it should be."""
    return parse(path, document(path), options)


def document(path: str) -> dict[str, Any]:
    """Return what a TOML file holds; raises Invalid for one that is none."""
    import tomllib

    with open(path, "rb") as file:
        try:
            return tomllib.load(file)
        except UnicodeDecodeError:
            raise Invalid(f"{path} is not UTF-8", hint="save it as UTF-8") from None
        except tomllib.TOMLDecodeError as error:
            hint = 'texts, and names with spaces in them, stand in quotes: "E-Mail address" = "email"'
            raise Invalid(f"{path} is not valid TOML: {error}", hint=hint) from None


def parse(path: str, document: dict[str, Any], options: Options) -> tuple[Mapping, Options]:
    """Return the mapping and the options that a document holds; ``path`` is named in errors."""
    unknown = sorted(document.keys() - {*FILE_KEYS, *LISTS, *TABLES, "entity", "date_format", "header_line"})
    if unknown:
        raise Invalid(
            f"{path} has unknown keys: {', '.join(unknown)}", candidates=sorted({*FILE_KEYS, *LISTS, *TABLES})
        )
    mapping = Mapping(set=_texts(path, document, "set"), default=_texts(path, document, "default"))
    for column, entry in _table(path, document, "columns").items():
        name = " ".join(str(column).split())
        mapping.columns[name] = _spec(path, name, entry)
    said: dict[str, Any] = {key: str(document[key]) for key in (*FILE_KEYS, "date_format") if key in document}
    said |= {"decimal_said": True} if "decimal" in document else {}
    said |= {"header_line": int(document["header_line"])} if "header_line" in document else {}
    said |= {"match": tuple(document["match"])} if "match" in document else {}
    said |= {"create_missing": frozenset(document["create_missing"])} if "create_missing" in document else {}
    return mapping, replace(options, **said, on_conflict=_texts(path, document, "on_conflict"))


def _table(path: str, document: dict[str, Any], key: str) -> dict[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, dict):
        raise Invalid(f"{path}: {key} is a table")
    return table


def _texts(path: str, document: dict[str, Any], key: str) -> dict[str, str]:
    return {name: _text(path, f"{key}.{name}", value) for name, value in _table(path, document, key).items()}


def _text(path: str, place: str, value: Any) -> str:
    """Return a plain value as it would be typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (str, int, float)) or hasattr(value, "isoformat"):
        return str(value)
    raise Invalid(f"{path}: {place} is a text, a number, a date or yes and no")


def _spec(path: str, column: str, entry: Any) -> Spec:
    """Return the entry of a column; a text alone is its target."""
    if isinstance(entry, str):
        return Spec(column=column, target=entry)
    if not isinstance(entry, dict) or not entry.keys() <= SPEC_KEYS:
        wrong = ", ".join(sorted(entry.keys() - SPEC_KEYS)) if isinstance(entry, dict) else "it is no table"
        raise Invalid(f"{path}: column {column!r} is not understood: {wrong}", candidates=sorted(SPEC_KEYS))
    said: dict[str, Any] = {key: _text(path, f"{column}.{key}", entry[key]) for key in TEXTS if key in entry}
    for key in ("create_missing", "lenient", "fallback", "append"):
        if key in entry:
            said[key] = entry[key] is True
    for key in ("split", "skip_if", "also"):
        if key in entry:
            items = entry[key] if isinstance(entry[key], list) else [entry[key]]
            said[key] = tuple(_text(path, f"{column}.{key}", item) for item in items)
    said["values"] = _texts(path, entry, "values")
    return Spec(column=column, **said)


def write(path: str, entity: str, mapping: Mapping, options: Options) -> None:
    """Write a mapping file that ``read`` understands; a file that is there is replaced."""
    import tomlkit

    refuse_folder(path)
    document = tomlkit.document()
    document.add(tomlkit.comment(f"How a file is imported into {entity}: mycrm import --map-file"))
    document["entity"] = entity
    plain = Options()
    for key in (*FILE_KEYS, "date_format", "header_line"):
        value = getattr(options, key)
        said = key == "decimal" and options.decimal_said
        if (said or value != getattr(plain, key)) and value is not None:
            document[key] = value
    for key in LISTS:
        if getattr(options, key):
            document[key] = sorted(getattr(options, key)) if key == "create_missing" else list(options.match)
    for key, texts in (("set", mapping.set), ("default", mapping.default), ("on_conflict", options.on_conflict)):
        if texts:
            document[key] = dict(texts)
    document["columns"] = {column: spec.document() for column, spec in mapping.columns.items()}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(tomlkit.dumps(document))
