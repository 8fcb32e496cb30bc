"""Writes the reference documentation: ``python -m tools.reference [--check]``.

Commands, fields, tables and exit codes are described from the program itself, so the pages cannot say
anything that it does not do.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mycrm_cli import catalog
from mycrm_cli.catalog import Entity, Field
from mycrm_cli.cli import options, tree
from mycrm_cli.cli.groups import ALIASES, split_help
from mycrm_cli.query.describe import describe
from mycrm_cli.query.paths import visible
from mycrm_cli.services.transfer import targets
from tools import topics
from tools.markdown import block, cell, code, page, prose, table

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
SPECIAL = ("ext:SOURCE", "cf.KEY", "+tags", "note")
"""Targets of an import that are no fields."""


def pages() -> dict[str, str]:
    """Return the text of every page by the name of its file."""
    root = tree.root()
    found = {f"{name}.md": _top(root.get_command(None, name), name) for name in root.list_commands(None)}
    found |= {
        "global.md": _global(),
        "roles.md": topics.roles(),
        "schema.md": topics.schema(),
        "exit-codes.md": topics.exit_codes(),
        "environment.md": topics.environment(),
        "filters.md": topics.filters(),
    }
    return {"index.md": _index(root), **found}


def commands(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command below a group with the words that call it."""
    if not hasattr(command, "sections"):
        yield names, command
        return
    for name in command.list_commands(None):
        yield from commands(command.get_command(None, name), (*names, name))


def _index(root: Any) -> str:
    parts = ["# Reference", "Generated from the program: `python -m tools.reference` writes these pages."]
    for heading, listed in root.sections.items():
        rows = [[f"[{name}]({name}.md)", cell(help)] for name, help in listed.items()]
        parts += [f"## {heading}", table(["command", "what it is"], rows)]
    more = {
        "global.md": "Options of every command, and aliases",
        "filters.md": "The filter language",
        "exit-codes.md": "Exit codes",
        "environment.md": "Environment variables and settings",
        "roles.md": "Roles: who may do what",
        "schema.md": "The database schema",
    }
    return page(*parts, "## More", "\n".join(f"- [{text}]({name})" for name, text in more.items()))


def _top(command: Any, name: str) -> str:
    """Return the page of a noun, or of a command or group that stands beside the nouns."""
    entity = catalog.nouns().get(name)
    parts = [f"# mycrm {name}"]
    if hasattr(command, "sections"):
        parts.append(prose(split_help(command.help or "")[0]))
    if entity:
        parts += _about(entity)
    parts.append("## Commands" if hasattr(command, "sections") else "")
    for names, each in commands(command, (name,)):
        parts += _command(names, each)
    if entity:
        parts += [*_fields(entity), *_filters(entity), *_imports(entity)]
    return page(*parts)


def _about(entity: Entity) -> list[str]:
    if entity.prefix and entity.numbered:
        return [f"Records are numbered `{entity.prefix}-1`, `{entity.prefix}-2`, and so on."]
    return []


def _command(names: tuple[str, ...], command: Any) -> list[str]:
    """Return what a command does, examples, usage, options."""
    line = " ".join(("mycrm", *names))
    text, examples = split_help(command.help or "")
    context = command.context_class(command, info_name=line)
    usage = " ".join((line, *command.collect_usage_pieces(context)))
    given = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    rows = [[code(_names(each)), code(_metavar(each)), cell(each.help or "")] for each in given]
    writes = "It also takes `-n/--dry-run` and `--label`." if command.writes else ""
    arguments = [each for each in command.params if each.param_type_name == "argument" and each.help]
    words = [f"- `{cell(each.metavar or each.name)}`: {cell(each.help)}" for each in arguments]
    return [
        f"### {' '.join(names)}" if len(names) > 1 else "",
        prose(text),
        block(examples),
        f"Usage: `{usage}`",
        "\n".join(words),
        table(["option", "value", "meaning"], rows),
        writes,
    ]


def _names(option: Any) -> str:
    return ", ".join([*option.opts, *option.secondary_opts])


def _metavar(option: Any) -> str:
    return "" if option.is_flag else str(option.metavar or "TEXT")


def _fields(entity: Entity) -> list[str]:
    """Return the table of an entity's fields."""
    rows = [
        [
            code(field.name),
            code(field.relation or "") + (f" {code(field.short)}" if field.short else ""),
            cell(_type(field)),
            _set(entity, field),
            code(_default(field)),
            cell(field.description),
        ]
        for field in entity.fields.values()
        if visible(field)
    ]
    one = (
        f"At least one of {', '.join(f'`{name}`' for name in entity.any_of)} must have a value."
        if entity.any_of
        else ""
    )
    return ["## Fields", prose(one), table(["field", "short", "type", "set by", "default", "meaning"], rows)]


def _type(field: Field) -> str:
    if choices := field.options.get("choices"):
        return ", ".join(choices)
    if field.table:
        target = catalog.by_table(field.table)
        return f"reference to {target.command or target.plural}"
    longest = field.options.get("max_length")
    return f"{field.kind_name}, at most {longest} characters" if longest else field.kind_name


def _set(entity: Entity, field: Field) -> str:
    return "you, required" if field.required else "you" if field.writable else "the program"


def _default(field: Field) -> str:
    value = field.default
    if value is None or value in ("", [], {}):
        return ""
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _filters(entity: Entity) -> list[str]:
    """Return which virtual tags the noun has; its fields are all known to filters."""
    rows = [[code(name), cell(text)] for name, kind, text in describe(entity) if kind == "tag"]
    told = "All fields above may stand in filters, sorting and columns ([filters](filters.md))."
    return ["## Filters", told, table(["virtual tag", "holds for records that are"], rows)]


def _imports(entity: Entity) -> list[str]:
    """Return the targets of an import beside the fields, and the keys by which records are recognised."""
    if "import" not in entity.commands:
        return []
    keys = ", ".join(f"`{key}`" for key in ("ext:SOURCE", *entity.match))
    relations = [
        f"`{relation}.{step}`"
        for relation in entity.relations
        for step in targets.STEPS
        if relation not in ("organization", "id") and targets.parse(entity, f"{relation}.{step}") is not None
    ]
    special = [f"`{name}`" for name in SPECIAL if targets.parse(entity, name) is not None]
    told = [f"Records are recognised by {keys}, in this order."]
    if special:
        told.append(f"Targets beside the fields: {', '.join(special)}.")
    if relations:
        told.append(f"What a record points to is found by {', '.join(relations)}.")
    return ["## Import", *map(prose, told)]


def _global() -> str:
    """Return the page on the options that every command takes, and on aliases."""
    heads = ["option", "value", "meaning"]
    rows = [[code(_names(each)), code(_metavar(each)), cell(each.help or "")] for each in options.global_options()]
    writes = [[code(_names(each)), code(_metavar(each)), cell(each.help or "")] for each in options.write_options()]
    return page(
        "# Options of every command",
        "They may stand before or after the noun and the verb.",
        table(heads, rows),
        "## Options of commands that write",
        table(heads, writes),
        "## Aliases",
        table(["alias", "stands for"], [[code(alias), code(name)] for alias, name in ALIASES.items()]),
    )


def stale() -> list[str]:
    """Return the pages that are missing, different or too many."""
    wanted = pages()
    there = {path.name for path in FOLDER.glob("*.md")} if FOLDER.exists() else set()
    differ = [name for name in wanted if name not in there or (FOLDER / name).read_text("utf-8") != wanted[name]]
    return sorted({*differ, *(there - wanted.keys())})


def write() -> list[str]:
    """Write the pages that are stale, remove those of commands that are gone, and return their names."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted, changed = pages(), stale()
    for name in changed:
        if name in wanted:
            (FOLDER / name).write_text(wanted[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
    return changed


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say which are stale."""
    if "--check" not in arguments:
        for name in write():
            print(f"wrote docs/reference/{name}")
        return 0
    names = stale()
    for name in names:
        print(f"docs/reference/{name} is stale: run make generate", file=sys.stderr)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
