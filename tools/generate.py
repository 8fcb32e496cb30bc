"""Writes the files that are generated from the source: ``python -m tools.generate [--check]``.

The catalogue comes from the SQLModel classes. With ``--check`` nothing is
written, and the exit status is 1 when a file is stale.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import UniqueConstraint

from mycrm_cli.db.base import Entity
from mycrm_cli.entities import ENTITIES
from tools import reference
from tools.commands import commands

ROOT = Path(__file__).resolve().parent.parent


def catalogue() -> str:
    """Return the text of ``catalog.json``."""
    entities = {name: describe(entity) for name, entity in sorted(ENTITIES.items())}
    lines = [f'"{name}": {json.dumps(spec, ensure_ascii=False, default=str)}' for name, spec in entities.items()]
    return '{"entities": {\n' + ",\n".join(lines) + "\n}}\n"


def describe(entity: Entity) -> dict[str, Any]:
    """Return what the catalogue says of one entity."""
    table = entity.table.__table__  # type: ignore[attr-defined]
    spec: dict[str, Any] = {
        "table": table.name,
        "command": entity.command,
        "prefix": entity.prefix,
        "plural": entity.plural or table.name.replace("_", " "),
        "description": (entity.table.__doc__ or "").strip().splitlines()[0],
        "key": entity.key,
    }
    for name in ("title", "columns", "wide", "search", "match", "any_of", "distinct", "commands"):
        spec[name] = list(getattr(entity, name))
    spec["sort"] = entity.sort
    spec["unique"] = sorted(unique_keys(table))
    spec["keyed"] = sorted(keyed_columns(table))
    spec["fields"] = {column.name: describe_column(column) for column in table.columns if column.info}
    return spec


def unique_keys(table: Any) -> list[list[str]]:
    """Return the columns that must be unique together within an organization, keys of the program's own aside."""
    keys = []
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            names = [column.name for column in constraint.columns if column.name != "organization_id"]
            if names and not {"id", "number"} & set(names):
                keys.append(names)
    return keys


def keyed_columns(table: Any) -> set[str]:
    """Return the columns that an index knows together with the organization."""
    keys = [list(index.columns.keys()) for index in table.indexes]
    keys += [list(c.columns.keys()) for c in table.constraints if isinstance(c, UniqueConstraint)]
    return {key[1] for key in keys if len(key) > 1 and key[0] == "organization_id"}


def describe_column(column: Any) -> dict[str, Any]:
    """Return what the catalogue says of one column; what is usual is left out."""
    info = column.info
    spec = {"kind": info["kind"], "description": info["description"]}
    usual: dict[str, Any] = {
        "options": {},
        "default": None,
        "required": False,
        "writable": True,
        "internal": False,
        "short": None,
    }
    spec |= {key: info[key] for key, value in usual.items() if info.get(key, value) != value}
    if not column.nullable:
        spec["nullable"] = False
    if info.get("factory") and "default" not in spec:
        spec |= info["factory"]
    if info.get("generated"):
        spec |= {"generated": True, "writable": False}
    return spec


GENERATED: dict[str, Callable[[], str]] = {
    "mycrm_cli/catalog.json": catalogue,
    "mycrm_cli/commands.json": commands,
}


def main(arguments: list[str]) -> int:
    """Write or check every generated file."""
    stale = 0
    for name, generate in GENERATED.items():
        path, text = ROOT / name, generate()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if "--check" in arguments:
            print(f"{name} is stale: run make generate", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    documented = reference.main(arguments)
    return 1 if (stale or documented) and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
