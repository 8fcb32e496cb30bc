"""The organization's own fields: their values checked by their definitions, and new definitions."""

from __future__ import annotations

import re
import zlib

from mycrm_cli import catalog, kinds
from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.query import custom as query_custom
from mycrm_cli.services import records, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

LONGEST_KEY = 50


def definition(reader: Reader, entity: Entity, name: str) -> Custom:
    """Return the definition of ``cf.tier`` or ``tier``; raises UsageError with the near names."""
    return known(entity, reader.custom_fields(entity) if "custom_fields" in entity.fields else {}, name)


def known(entity: Entity, fields: Mapping[str, Custom], name: str) -> Custom:
    """Return the definition among some of an entity; raises UsageError with the near names."""
    key = name.strip().removeprefix("cf.").lower().replace("-", "_")
    if key in fields:
        return fields[key]
    from difflib import get_close_matches

    raise UsageError(
        f"{entity.noun} has no custom field {key!r}",
        candidates=[f"cf.{near}" for near in get_close_matches(key, fields, n=5, cutoff=0.5)],
        hint=f"mycrm field list {entity.noun} lists them; mycrm field add {entity.noun} {key[:50]} adds one",
    )


def invalid(custom: Custom, error: kinds.BadValue) -> Invalid:
    """Return the error that names the custom field whose value is wrong."""
    return Invalid(f"cf.{custom.key}: {error.message}", details=[{"field": f"cf.{custom.key}", "code": error.code}])


def typed(reader: Reader, entity: Entity, texts: Mapping[str, str]) -> Row:
    """Return the values of custom fields (``cf.tier``) as JSON holds them; an empty text takes the value away."""
    result: Row = {}
    for name, text in texts.items():
        custom = definition(reader, entity, name)
        try:
            value = custom.kind.read(text, reader.scope.locale) if text.strip() else None
        except kinds.BadValue as error:
            raise invalid(custom, error) from None
        result[f"cf.{custom.key}"] = None if value is None else custom.kind.dump(value)
    return result


def accepted(reader: Reader, entity: Entity, name: str, value: Any) -> tuple[str, Any]:
    """Return the name and the value of one custom field as JSON carried it."""
    custom = definition(reader, entity, name)
    try:
        taken = None if value is None else custom.kind.dump(custom.kind.accept(value, reader.scope.locale))
    except kinds.BadValue as error:
        raise invalid(custom, error) from None
    return f"cf.{custom.key}", taken


def from_object(reader: Reader, entity: Entity, record: Any) -> Row:
    """Return the values of a JSON object, custom fields included; raises UsageError for unknown keys."""
    if not isinstance(record, dict):
        raise Invalid("expected a JSON object for each record")
    own = {name: value for name, value in record.items() if name.startswith("cf.")}
    rest = {name: value for name, value in record.items() if name not in own}
    nested = rest.pop("custom_fields", None)
    if isinstance(nested, dict):
        own |= {f"cf.{key}": value for key, value in nested.items()}
    elif nested is not None:
        raise Invalid("custom_fields is a JSON object", details=[{"field": "custom_fields", "code": "wrong_type"}])
    return values.from_object(reader, entity, rest) | dict(
        accepted(reader, entity, name, value) for name, value in own.items()
    )


def key_for(label: str) -> str:
    """Return the key that a heading makes: ``Favourite colour`` -> ``favourite_colour``."""
    from mycrm_cli.kinds.folding import fold

    key = re.sub(r"[^a-z0-9]+", "_", fold(label)).strip("_")[:LONGEST_KEY].rstrip("_")
    if not key or not fold(label).isascii():
        # Letters that have no place in a key still tell two headings apart.
        key = f"{key[: LONGEST_KEY - 11] or 'f'}_{zlib.crc32(label.encode()):08x}"
    return key if key[:1].isalpha() else f"f_{key}"[:LONGEST_KEY].rstrip("_")


def define(work: Work, entity: Entity, key: str, type: str = "text", label: str | None = None) -> str:
    """Define a custom field and return its key; one that exists already is left as it is."""
    if "custom_fields" not in entity.fields:
        raise UsageError(f"{entity.plural} cannot have custom fields")
    if key not in work.reader.custom_fields(entity):
        table = catalog.entity("custom_fields")
        wanted = {"entity": entity.name, "key": key, "label": label or key, "type": type}
        read = {name: values.accept(work.reader, table, table.fields[name], value) for name, value in wanted.items()}
        records.add(work, table, [read])
        work.reader.custom_fields(entity)[key] = query_custom.make(key, label or key, type, [])
    return key
