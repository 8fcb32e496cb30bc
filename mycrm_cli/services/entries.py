"""The entries of the journal as they are stored: items, payloads, and the texts that their hashes cover.

The texts are canonical JSON: compact, characters as they are, keys sorted, because PostgreSQL keeps the
keys of an object in an order of its own.
"""

from __future__ import annotations

import hashlib
import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.services.rows import Row

ITEM = ("position", "entity", "record_id", "action", "touched", "payload_hash", "last_record_id", "members")
MARKS = ", ".join("?" * (2 + len(ITEM)))
COMPUTED = frozenset(("name_key", "search_text", "search_rowid"))
"""Columns that follow from others and stay out of the images."""

# PostgreSQL takes all rows of a statement as one JSON text: arrays of texts cost the driver too much.
MANY_ITEMS = (
    f"INSERT INTO change_items (organization_id, change_id, {', '.join(ITEM)})"
    " SELECT ?, ?, CAST(e->>0 AS integer), e->>1, CAST(e->>2 AS uuid), e->>3, e->4, e->>5, CAST(e->>6 AS uuid), e->>7"
    " FROM jsonb_array_elements(CAST(? AS jsonb)) AS e"
)
MANY_PAYLOADS = (
    "INSERT INTO change_payloads (organization_id, change_id, position, salt, before)"
    " SELECT ?, ?, CAST(e->>0 AS integer), e->>1, e->2 FROM jsonb_array_elements(CAST(? AS jsonb)) AS e"
)

IMPLIED = ("id", "organization_id")
"""Columns that an item of many says already."""

canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True).encode

_dumps: dict[str, dict[str, Callable[[Any], Any] | None]] = {}


def dumps(entity: Entity) -> dict[str, Callable[[Any], Any] | None]:
    """Return, for each field that images hold, the function to JSON, or None where there is nothing to do."""
    known = _dumps.get(entity.name)
    if known is None:
        from mycrm_cli.kinds.base import Kind

        known = _dumps[entity.name] = {
            field.name: None if type(field.kind).dump is Kind.dump else field.kind.dump
            for field in entity.fields.values()
            if not (field.secret or field.generated or field.name in COMPUTED)
        }
    return known


def dumped(entity: Entity, values: Row) -> Row:
    """Return values as JSON holds them; secrets and computed columns stay out."""
    known = dumps(entity)
    return {
        name: value if value is None or (dump := known[name]) is None else dump(value)
        for name, value in values.items()
        if name in known
    }


def undumped(entity: Entity, image: Row) -> Row:
    """Return the values of an image as they were; fields that the entity has no more are left out."""
    fields = entity.fields
    return {
        name: None if value is None else fields[name].kind.undump(value)
        for name, value in image.items()
        if name in fields and not fields[name].generated
    }


def payload_hash(salt: str, text: str) -> str:
    """Return the hash of a payload, given as canonical JSON."""
    return hashlib.sha256(f"{salt}{text}".encode("utf-8", "surrogatepass")).hexdigest()


def line(
    position: int,
    entity: str,
    id: UUID,
    action: str,
    touched: list[Any],
    digest: str | None,
    last: UUID | None = None,
    members: str | None = None,
) -> bytes:
    """Return the line of an item that the hash of its change covers."""
    many = [] if members is None else [str(last), members]
    return f"{canonical([position, entity, str(id), action, touched, digest, *many])}\n".encode(
        "utf-8", "surrogatepass"
    )


def pieces(rows: Iterable[Sequence[Any]], size: int) -> Iterator[list[str]]:
    """Yield rows of values as JSON, as many together as have about so many characters."""
    texts: list[str] = []
    length = 0
    for row in rows:
        text = canonical(row)
        if texts and length + len(text) > size:
            yield texts
            texts, length = [], 0
        texts.append(text)
        length += len(text)
    if texts:
        yield texts


def sheet(columns: Sequence[str], texts: Sequence[str]) -> tuple[str, str]:
    """Return the images of many records as one payload, and the hash that covers it: see ``query.sheets``.

    ``texts`` are the rows as JSON.
    """
    digits = os.urandom(16 * len(texts)).hex()
    salts = [digits[start : start + 32] for start in range(0, len(digits), 32)]
    hashes = [payload_hash(salt, text) for salt, text in zip(salts, texts, strict=True)]
    head = canonical(columns)
    payload = f'{{"columns":{head},"rows":[{",".join(texts)}],"salts":{canonical(salts)}}}'
    return payload, payload_hash(head, "".join(hashes))


def sheet_hash(held: dict[str, Any]) -> str:
    """Return the hash that a sheet should have; of a row that was erased the hash has stayed."""
    hashes = [
        str(salt) if row is None else payload_hash(salt, canonical(row))
        for row, salt in zip(held["rows"], held["salts"], strict=True)
    ]
    return payload_hash(canonical(held["columns"]), "".join(hashes))


def write_items(connection: Connection, organization: UUID, change: UUID, items: Sequence[Any]) -> None:
    """Insert items of a change: on SQLite tuples in the order of ``ITEM``, on PostgreSQL their lines."""
    if connection.dialect == "postgresql":
        connection.execute(MANY_ITEMS, (organization, change, f"[{','.join(items)}]"))
        return
    owner, of = organization.bytes, change.bytes
    connection.executemany(
        f"INSERT INTO change_items (organization_id, change_id, {', '.join(ITEM)}) VALUES ({MARKS})",
        [(owner, of, *item) for item in items],
    )


def write_payloads(connection: Connection, organization: UUID, change: UUID, payloads: Sequence[Any]) -> None:
    """Insert payloads of a change: (position, salt, before-image as JSON), on PostgreSQL as JSON altogether."""
    if connection.dialect == "postgresql":
        connection.execute(MANY_PAYLOADS, (organization, change, f"[{','.join(payloads)}]"))
        return
    owner, of = organization.bytes, change.bytes
    connection.executemany(
        'INSERT INTO change_payloads (organization_id, change_id, position, salt, "before") VALUES (?, ?, ?, ?, ?)',
        [(owner, of, *payload) for payload in payloads],
    )
