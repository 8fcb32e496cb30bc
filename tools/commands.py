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
from mycrm_cli.cli.topics import TOPICS
from mycrm_cli.output.formats import FORMATS
from mycrm_cli.query.describe import describe
from mycrm_cli.query.paths import visible
from mycrm_cli.query.titles import title
from mycrm_cli.services.transfer.options import CHOICES
from mycrm_cli.services.transfer.presets import PRESETS

LONGEST_HELP = 70
FILES = ("FILE", "FILE|-", "FOLDER", "PATH", "MANIFEST")
METAVARS: dict[str, list[str]] = {
    "FILTER": ["filter"],
    "FORMAT": ["choice", *FORMATS],
    "WHEN": ["choice", "auto", "always", "never"],
    "SHELL": ["choice", "bash", "zsh", "fish"],
    "TOPIC": ["choice", *TOPICS],
    "FIELD": ["clear"],
    "FIELD=VALUE": ["assignment"],
    **{name: ["file"] for name in FILES},
}
IMPORTS: dict[str, list[str]] = {
    **{name: ["choice", *words] for name, words in CHOICES.items()},
    "preset": ["choice", "auto", *PRESETS, "none"],
    "format": ["choice", "auto", "csv", "tsv", "json", "jsonl"],
    "date_format": ["text"],
}
"""What the options of import take, which use words of their own."""
NUMBERS = ("date", "integer", "money", "number", "percent", "timestamp")
EXACT = ("boolean", "choice", "reference")


def commands() -> str:
    """Return the text of ``commands.json``."""
    root = tree.root()
    lines = {":root": _root(root)}
    lines |= {name: _node(root.get_command(None, name), name, ()) for name in root.list_commands(None)}
    lines |= {f"@{name}": _entity(entity) for name, entity in catalog.nouns().items()}
    text = ",\n".join(f"{json.dumps(key)}: {_compact(value)}" for key, value in lines.items())
    return f"{{\n{text}\n}}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _root(root: Any) -> dict[str, Any]:
    """Return what holds everywhere: the top level, and the options of every command."""
    listed = {name: help for section in root.sections.values() for name, help in section.items()}
    help_option = {"names": ["-h", "--help"], "help": "Show how it is used."}
    return {
        "commands": {name: _short(help) for name, help in listed.items()},
        "aliases": ALIASES,
        "options": [*(_option(each, "", ()) for each in options.global_options()), help_option],
        "writes": [_option(each, "", ()) for each in options.write_options()],
        "first": [{"names": ["-V", "--version"], "help": "Print the version."}],
    }


def _node(command: Any, noun: str, way: tuple[str, ...]) -> dict[str, Any]:
    """Return a group with its commands, or a command with its options and arguments."""
    if hasattr(command, "sections"):
        helps = {name: help for section in command.sections.values() for name, help in section.items()}
        inner = {}
        for name, help in helps.items():
            known = _node(command.get_command(None, name), noun, (*way, name))
            inner[name] = {"help": _short(help), **known}
        return {"commands": inner}
    node: dict[str, Any] = {}
    given = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    if given:
        node["options"] = [_option(each, noun, way) for each in given]
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    if arguments:
        node["arguments"] = [_argument(each, noun, way) for each in arguments]
    return node | ({"writes": True} if command.writes else {})


def _option(option: Any, noun: str, way: tuple[str, ...]) -> dict[str, Any]:
    described = {"names": [*option.opts, *option.secondary_opts], "help": _short(option.help or "")}
    if option.is_flag:
        return described
    return described | {"value": _value(option, noun, way)}


def _argument(argument: Any, noun: str, way: tuple[str, ...]) -> dict[str, Any]:
    return {"value": _value(argument, noun, way)} | ({"many": True} if argument.nargs == -1 else {})


def _value(parameter: Any, noun: str, way: tuple[str, ...]) -> list[str]:
    """Return what is offered for a value: a word for the way, then what the way needs to know."""
    metavar = (parameter.metavar or "").replace("[", "").replace("]", "").replace("...", "")
    entity = catalog.nouns().get(noun)
    if (parameter.name == "profile" and not noun) or (noun == "profile" and metavar == "NAME" and way[:1] != ("add",)):
        return ["profile"]
    if way[-1:] == ("import",) and parameter.name in IMPORTS:
        return IMPORTS[parameter.name]
    if field := _field(entity, parameter.name):
        return _field_value(field)
    if metavar == "REF" and entity:
        return ["reference", noun, *(["trash"] if way[-1:] in (("restore",), ("purge",)) else [])]
    if metavar == "NAMES":
        return ["sort" if parameter.name == "sort" else "fields"]
    if metavar in METAVARS:
        return METAVARS[metavar]
    words = metavar.split("|")
    return ["choice", *words] if len(words) > 1 and metavar.islower() else ["text"]


def _field(entity: Entity | None, parameter: str) -> Field | None:
    """Return the field that a parameter such as ``set_owner_id`` or ``by_owner`` is about."""
    kind, _, name = parameter.partition("_")
    if entity is None or kind not in ("set", "by"):
        return None
    return entity.relations.get(name) or entity.fields.get(name)


def _field_value(field: Field) -> list[str]:
    if field.options.get("choices"):
        return ["choice", *field.options["choices"]]
    if field.kind_name == "boolean":
        return ["choice", "yes", "no"]
    target = catalog.by_table(field.table).command if field.table else None
    return ["reference", target] if target else ["text"]


def _entity(entity: Entity) -> dict[str, Any]:
    """Return an entity's fields for filters and lists, and what finding its records by a prefix needs."""
    fields = [_described(field) for field in entity.fields.values() if visible(field)]
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
        described["title"] = title(entity, "r").text
        described["prefix"] = entity.prefix if entity.numbered else None
        described["keys"] = [name for name in ("name_key", "email") if name in entity.fields]
        described["trash"] = entity.soft_delete
    return described


def _described(field: Field) -> dict[str, Any]:
    kind = "number" if field.kind_name in NUMBERS else "exact" if field.kind_name in EXACT else "text"
    described: dict[str, Any] = {
        "names": [name for name in (field.relation or field.name, field.short) if name],
        "help": _short(field.description),
        "type": "date" if field.kind_name in ("date", "timestamp") else kind,
    }
    if not field.writable:
        described["fixed"] = True
    value = _field_value(field)
    return described if value == ["text"] else described | {"value": value}


def _short(text: str) -> str:
    """Return the first sentence of a help in a line that menus have room for."""
    line = " ".join(text.split())
    first = line.split(". ")[0].rstrip(".")
    return first if len(first) <= LONGEST_HELP else f"{first[: LONGEST_HELP - 1]}…"
