"""The pages of the reference that are about no single command: schema, exit codes, environment, filters."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite

from mycrm_cli import catalog, errors, permissions
from mycrm_cli import roles as matrix
from mycrm_cli.cli.topics import FILTERS
from mycrm_cli.cli.userrole import table as table_of_roles
from mycrm_cli.config.settings import ENVIRONMENT, OF_OTHERS, PREFERENCES, SETTINGS
from mycrm_cli.db.base import metadata
from mycrm_cli.entities import ENTITIES
from mycrm_cli.query.language import NEGATIVE, SPELLED, SYMBOLS
from mycrm_cli.query.virtual import VIRTUAL
from tools.markdown import block, cell, code, page, prose, table

OPERATORS = {
    "=": "is one of the values (`:` is the same)",
    "~": "contains",
    "^=": "starts with",
    ">": "is above, or after",
    ">=": "is at least, or not before",
    "<": "is below, or before",
    "<=": "is at most, or not after",
    "!=": "is none of the values",
    "!~": "does not contain",
    "in": "is one of the values in parentheses",
    "any": "has a value",
    "none": "has none",
}
UNTOLD = {0: "done, also an empty list", 1: "a bug in the program", 130: "interrupted", 143: "terminated"}
"""Exit codes that no class of errors stands for."""


def roles() -> str:
    """Return the page on who may do what: nouns by actions and roles, and what commands of their own need."""
    heads = ["noun", "actions", *(code(role) for role in matrix.ROLES)]
    rows = [
        [cell(noun), cell(actions), *(reach[role] or "" for role in matrix.ROLES)]
        for noun, actions, reach in table_of_roles()
    ]
    needs = [
        [code(f"mycrm {line}"), cell(entity or "any noun"), action]
        for line, (entity, action) in sorted(permissions.COMMANDS.items())
    ]
    verbs = [[code(verb), action] for verb, action in permissions.VERBS.items()]
    return page(
        "# Roles",
        prose(
            "How far each role may do something: `own` (what one owns or is assigned), `team`, or `all`. What is empty "
            "is denied. [The guide](../guides/roles.md) tells whose a record is; `mycrm user role --matrix` shows it."
        ),
        table(heads, rows),
        "## What commands need",
        prose("Verbs that mean the same with every noun need this of their noun:"),
        table(["verb", "needs"], verbs),
        prose("The other commands need:"),
        table(["command", "noun", "needs"], needs),
        prose(f"Bound by other things than roles are {', '.join(code(name) for name in sorted(permissions.FREELY))}."),
    )


def schema() -> str:
    """Return the page on tables, columns, indexes and constraints."""
    parts = [
        "# Database schema",
        prose(
            "Every table but `organizations` belongs to an organization. Types are given as SQLite and PostgreSQL "
            "write them; a reference is always to a record of the same organization."
        ),
    ]
    for name in sorted(metadata.tables):
        parts += _table(metadata.tables[name])
    return page(*parts)


def _table(described: Any) -> list[str]:
    doc = next((e.table.__doc__ for e in ENTITIES.values() if e.table.__table__ is described), "") or ""  # type: ignore[attr-defined]
    rows = [
        [
            code(column.name),
            code(_types(column)),
            "yes" if not column.nullable else "",
            code(column.info.get("options", {}).get("table", "")),
            cell(column.info.get("description", "")),
        ]
        for column in described.columns
    ]
    return [
        f"## {described.name}",
        prose(doc.strip().split("\n\n")[0]),
        table(["column", "type", "not null", "points to", "meaning"], rows),
        table(["index", "columns"], sorted(_index(index) for index in described.indexes)),
        table(["constraint", "rule"], sorted(filter(None, map(_constraint, described.constraints)))),
    ]


def _types(column: Any) -> str:
    """Return a column's type, or both where the databases differ."""
    names = [str(column.type.compile(dialect=way.dialect())) for way in (sqlite, postgresql)]
    return names[0] if names[0] == names[1] else " / ".join(names)


def _index(index: Any) -> list[str]:
    parts = ", ".join(str(part).split(".")[-1] for part in index.expressions)
    return [code(index.name), code(f"{parts}{' (unique)' if index.unique else ''}")]


def _constraint(constraint: Any) -> list[str] | None:
    if isinstance(constraint, UniqueConstraint):
        return [code(constraint.name), f"unique {code(', '.join(constraint.columns.keys()))}"]
    if isinstance(constraint, ForeignKeyConstraint):
        here = ", ".join(constraint.column_keys)
        there = ", ".join(element.target_fullname for element in constraint.elements)
        return [code(constraint.name), f"{code(here)} points to {code(there)}"]
    if isinstance(constraint, CheckConstraint):
        try:
            return [code(constraint.name), code(constraint.sqltext.compile(dialect=sqlite.dialect()))]
        except Exception:  # noqa: BLE001 - a rule that each database writes in its own way
            return [code(constraint.name), "checked in the words of each database"]
    return None


def exit_codes() -> str:
    """Return the page on exit codes, from the classes of errors."""
    rows = {status: [code(status), "", cell(text)] for status, text in UNTOLD.items()}
    classes = [each for each in vars(errors).values() if isinstance(each, type) and each is not errors.CrmError]
    listed = [
        (each.exit, each.code, (each.__doc__ or "").strip()) for each in classes if issubclass(each, errors.CrmError)
    ]
    told = [[code(status), code(name), cell(text)] for status, name, text in listed]
    ordered = sorted([*rows.values(), *told], key=lambda row: int(row[0].strip("`")))
    return page(
        "# Exit codes",
        prose(
            "They never change. With `--json` an error is one line on stderr, with this code: "
            "`error.code`, `error.exit`, `error.message`, `error.hint`, `error.details`."
        ),
        table(["exit", "code", "meaning"], ordered),
    )


def environment() -> str:
    """Return the page on environment variables, the settings of a profile and the preferences."""
    variables = [[code(name), cell(text)] for name, text in (ENVIRONMENT | OF_OTHERS).items()]
    settings = [[code(each.option), cell(each.description)] for each in SETTINGS.values()]
    preferences = [
        [code(each.name), code(", ".join(each.variables)), code(each.default or ""), cell(each.description)]
        for each in PREFERENCES.values()
    ]
    return page(
        "# Environment and settings",
        "A flag wins over the environment, then come the profile, the file and the default.",
        "## Environment variables",
        table(["variable", "meaning"], variables),
        "## Settings of a profile",
        table(["setting", "meaning"], settings),
        "## Preferences",
        table(["preference", "variables", "default", "meaning"], preferences),
    )


def filters() -> str:
    """Return the page on the filter language."""
    spelled: dict[str, list[str]] = {}
    for word, operator in SPELLED.items():
        spelled.setdefault(operator, []).append(f".{word}=")
    names = [*dict.fromkeys([*SYMBOLS.values(), *NEGATIVE, "in", "any", "none"])]
    rows = [[code(name), code(" ".join(spelled.get(name, ()))), OPERATORS.get(name, "")] for name in names]
    nouns = catalog.nouns().values()
    tags = [
        [code(f"+{name}"), cell(tag.description), ", ".join(each.noun for each in nouns if tag.applies(each))]
        for name, tag in VIRTUAL.items()
    ]
    return page(
        "# Filters",
        block(FILTERS.splitlines()),
        "## Operators",
        table(["operator", "without quotes", "meaning"], rows),
        "## Virtual tags",
        table(["tag", "meaning", "nouns"], tags),
    )
