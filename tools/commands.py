"""Describes the command tree and the fields as data for completion: the text of ``commands.json``.

The tree is the real one that Typer runs, so the file cannot say anything the program does not do.
The file is one JSON object with a line for each noun, so that completion reads only the lines it needs.
"""

import json
from typing import Any

from mycrm_cli import catalog
from mycrm_cli.catalog import Entity, Field
from mycrm_cli.cli import options, tree
from mycrm_cli.cli.groups import ALIASES
from mycrm_cli.query import computed, places
from mycrm_cli.query.computed import Computed
from mycrm_cli.query.describe import describe
from mycrm_cli.query.paths import visible
from mycrm_cli.query.titles import title
from tools import offers

LONGEST_HELP = 70
NUMBERS = ("date", "integer", "money", "number", "percent", "timestamp")
EXACT = ("boolean", "choice", "reference")


def commands() -> str:
    """Return the text of ``commands.json``."""
    root = tree.root()
    lines = {":root": _root(root)}
    lines |= {name: _node(root.get_command(None, name), (name,)) for name in root.list_commands(None)}
    lines |= {f"@{name}": _entity(entity) for name, entity in catalog.nouns().items()}
    text = ",\n".join(f"{json.dumps(key)}: {_compact(value)}" for key, value in lines.items())
    return f"{{\n{text}\n}}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))  # ASCII, which is read and searched the fastest


def _root(root: Any) -> dict[str, Any]:
    """Return what holds everywhere: the top level, and the options of every command."""
    listed = {name: help for section in root.sections.values() for name, help in section.items()}
    help_option = {"names": ["-h", "--help"], "help": "Show how it is used."}
    return {
        "commands": {name: _short(help) for name, help in listed.items()},
        "aliases": ALIASES,
        "options": [*(_option(each, ()) for each in options.global_options()), help_option],
        "writes": [_option(each, ()) for each in options.write_options()],
        "first": [{"names": ["-V", "--version"], "help": "Print the version."}],
    }


def _node(command: Any, way: tuple[str, ...]) -> dict[str, Any]:
    """Return a group with its commands, or a command with its options and arguments."""
    if hasattr(command, "sections"):
        helps = {name: help for section in command.sections.values() for name, help in section.items()}
        inner = {}
        for name, help in helps.items():
            known = _node(command.get_command(None, name), (*way, name))
            inner[name] = {"help": _short(help), **known}
        return {"commands": inner}
    node: dict[str, Any] = {}
    given = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    if given:
        node["options"] = [_option(each, way) for each in given]
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    if arguments:
        node["arguments"] = [word for each in arguments for word in offers.words(each, command, way)]
    return node | ({"writes": True} if command.writes else {})


def _option(option: Any, way: tuple[str, ...]) -> dict[str, Any]:
    described = {"names": [*option.opts, *option.secondary_opts], "help": _short(option.help or "")}
    if option.is_flag:
        return described
    return described | {"value": offers.value(option, way)}


def _entity(entity: Entity) -> dict[str, Any]:
    """Return an entity's fields for filters and lists, and what finding its records by a prefix needs."""
    fields = [_described(field) for field in entity.fields.values() if visible(field)]
    fields += [_described(field) for field in computed.of(entity).values()]
    if entity.title and "name" not in entity.fields:
        help = "How the record is called in lists"
        fields.insert(0, {"names": ["name"], "help": help, "type": "text", "fixed": True})
    described: dict[str, Any] = {
        "name": entity.name,
        "table": entity.table,
        "fields": fields,
        "tags": [[name, _short(help)] for name, kind, help in describe(entity) if name.startswith("+")],
    }
    if entity.tenant:
        described |= _found(entity)
    return described


def _found(entity: Entity) -> dict[str, Any]:
    """Return what finding records by a prefix needs; small tables without keys are read whole."""
    keys = [name for name in ("name_key", "email", "sku") if name in entity.fields]
    listed = not (keys or entity.numbered or entity.table in places.KEYS) and "add" in entity.commands
    return {
        "title": title(entity, "r").text,
        "prefix": entity.prefix if entity.numbered else None,
        "keys": keys,
        "trash": entity.soft_delete,
        "listed": listed,
        "tagged": "tags" in entity.fields,
    }


def _described(field: Field | Computed) -> dict[str, Any]:
    kind = "number" if field.kind_name in NUMBERS else "exact" if field.kind_name in EXACT else "text"
    described: dict[str, Any] = {
        "names": [name for name in (field.relation or field.name, field.short) if name],
        "help": _short(field.description),
        "type": "date" if field.kind_name in ("date", "timestamp") else kind,
    }
    if not field.writable:
        described["fixed"] = True
    value = offers.of_field(field)
    return described if value in (offers.TEXT, offers.DATE) else described | {"value": value}


def _short(text: str) -> str:
    """Return the first sentence of a help in a line that menus have room for."""
    line = " ".join(text.split())
    first = line.split(". ")[0].rstrip(".")
    return first if len(first) <= LONGEST_HELP else f"{first[: LONGEST_HELP - 1]}…"
