"""Lines for every command of the tree, with a place for each reference that it takes; roles try them.

A line is made of the command's usual references and, one at a time, of every option that takes a reference.
"""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.cli import tree
from mycrm_cli.db.connect import connect
from tests.cli.isolation import EVERYWHERE, GENERIC, NOUNS, OTHERWISE, OWN
from tests.program import Program, Result
from tools.commands import commands as described

ROLES = ("readonly", "sales_rep", "manager", "marketing", "admin", "super_admin")
ADDING = {
    "contact": "New",
    "company": "New",
    "lead": "New",
    "deal": "New",
    "task": "New",
    "note": "New --contact {contact}",
    "activity": "--activity-type call --contact {contact}",
    "email": "--contact {contact} --subject New",
    "campaign": "New",
    "sequence": "New",
    "product": "New",
    "item": "{deal} --product {product}",
    "pipeline": "New",
    "stage": "New --pipeline {pipeline} --order 1",
    "team": "New",
    "user": "new@new.example --role readonly",
    "org": "--name New --slug new --admin-email new@new.example",
    "field": "contact new_field",
    "rate": "EUR 1.5 --date 2026-03-03",
    "rule": "New --where source=event --user {user}",
}
"""What ``add`` needs of each noun."""
ALONE = {
    "filter save": "new lead -w score>1",
    "search": "word",
    "org edit": "--region DE",
    "org view": "",
    "org list": "",
    "org stats": "",
    "org export": "--all -o jsonl",
    "change verify": "",
    "lead assign": "{lead} {user}",
    "user role": "--matrix",
    "user passwd": "{user} --password-file -",
    "user mfa disable": "{user}",
    "user unlock": "{user}",
    "user invite": "new@new.example --role readonly",
    "user token create": "--name new",
    "user token delete": "new",
}
"""What commands without references, and those with several, are run with."""


class Line(NamedTuple):
    """A command, what stands behind it, what it reads from stdin, and the parameter that a line tries."""

    command: str
    rest: str
    stdin: str = ""
    parameter: str = "REF"

    @property
    def text(self) -> str:
        """The whole line."""
        return f"{self.command} {self.rest}".strip()

    @property
    def references(self) -> list[str]:
        """The nouns of whose records a reference stands in the line; ``own`` is the record that is changed."""
        return [noun for noun in dict.fromkeys(re.findall(r"\{(\w+)\}", self.text + self.stdin)) if noun != "own"]


@cache
def all_commands() -> list[str]:
    """Return every command of the tree."""

    def below(command: Any, words: tuple[str, ...]) -> Iterator[str]:
        if not hasattr(command, "sections"):
            yield " ".join(words)
            return
        for name in command.list_commands(None):
            yield from below(command.get_command(None, name), (*words, name))

    root = tree.root()
    return [line for name in root.list_commands(None) for line in below(root.get_command(None, name), (name,))]


def of_option(value: Any) -> list[str]:
    """Return the nouns whose records a described value names."""
    if not isinstance(value, list):
        return []
    if value[:1] == ["reference"]:
        return [noun for noun in value[1:] if isinstance(noun, str)]
    return [noun for part in value for noun in of_option(part)]


@cache
def tree_of_commands() -> dict[str, Any]:
    """Return the tree as completion knows it."""
    known: dict[str, Any] = json.loads(described())
    return known


def node_of(command: str) -> dict[str, Any]:
    """Return what the tree knows of a command."""
    first, *rest = command.split()
    node: dict[str, Any] = tree_of_commands()[first]
    for word in rest:
        node = node["commands"][word]
    return node


def writes(command: str) -> bool:
    """Return whether a command writes, and can be tried with ``--dry-run``."""
    return bool(node_of(command).get("writes"))


def options(command: str) -> list[tuple[str, str]]:
    """Return (option, noun) of the options of a command that take a reference."""
    found = []
    for option in node_of(command).get("options", ()):
        found += [(option["names"][-1], noun) for noun in of_option(option.get("value")) if noun in NOUNS]
    return found


def changing(noun: str) -> str:
    """Return options that change a record of a noun."""
    empty = [f for f in catalog.nouns()[noun].fields.values() if f.writable and f.nullable and not f.required]
    plain = [field.name for field in empty if field.kind_name in ("text", "date", "phone", "email") and not field.table]
    return f"--clear {plain[0]}" if plain else OTHERWISE[noun]


def usual(command: str) -> list[str]:
    """Return what may stand behind a command, with its references."""
    if command in ALONE:
        return [ALONE[command], *OWN.get(command, ())]
    if command in OWN or command in EVERYWHERE:
        return list({**OWN, **EVERYWHERE}[command])
    noun, _, verb = command.partition(" ")
    if noun not in catalog.nouns():
        return []
    if verb == "add":
        return [ADDING[noun]] if noun in ADDING else []
    if verb == "edit":
        return [f"{{{noun}}} {changing(noun)}"]
    if verb in ("count", "dupes", "export"):
        return [""]
    words = GENERIC.get(verb)
    return [] if words is None else [words.replace("{x2}", f"{{{noun}}}").replace("{x}", f"{{{noun}}}")]


def lines(command: str) -> Iterator[Line]:
    """Yield the lines of a command: as usual, from a pipe, in filters and imports, and with each option in turn."""
    noun, _, verb = command.partition(" ")
    # Of scores nobody adds any, so that there is none to name.
    found = [rest for rest in usual(command) if {*Line(command, rest).references} <= {*NOUNS}]
    for rest in found:
        yield Line(command, rest)
        if noun in NOUNS and rest.startswith(f"{{{noun}}}"):
            yield Line(command, f"{rest.replace(f'{{{noun}}}', '-', 1)} --yes", f"{{{noun}}}", "-")
    relations = related(noun) if noun in NOUNS else []
    if verb in ("list", "count", "export") and relations:
        for field, target in relations:
            yield Line(command, f"-w {field}={{{target}}}", parameter=f"-w {field}")
    if verb == "import" and noun in NOUNS:
        yield Line(command, "- --format csv --unknown error", "name\nNew\n", "FILE")
        for field, target in relations:
            yield Line(
                command, "- --format csv --unknown error", f"id,{field}\n{{own}},{{{target}}}\n", f"column {field}"
            )
    for option, target in options(command):
        for rest in found[:1] or [""]:
            if option not in rest:
                yield Line(command, f"{rest} {option} {{{target}}}".strip(), parameter=option)


def related(noun: str) -> list[tuple[str, str]]:
    """Return (field, noun) of the references of a noun that people may set."""
    found = []
    for field in catalog.nouns()[noun].fields.values():
        target = catalog.by_table(field.table).command if field.table and field.name != "id" else None
        if target in NOUNS and field.writable:
            found.append((field.name, target))
    return found


def run(crm: Program, line: Line, ids: dict[str, str], profile: str) -> Result:
    """Run a line as a profile, with these records in it."""
    words = [re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], word) for word in shlex.split(line.text)]
    stdin = re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], line.stdin)
    return crm(*words, "-P", profile, stdin=stdin, exit=None)


def people(crm: Program, profile: str, organization: str) -> dict[str, str]:
    """Add a user of each role with a profile of its own, and return the ids by role."""
    admin = ("-P", profile)
    found = {}
    for role in ROLES:
        email = f"{role}@{organization}.example"
        crm("user", "add", email, "--role", "admin" if role == "super_admin" else role, *admin)
        name = f"{organization}-{role.replace('_', '-')}"
        crm("profile", "add", name, "--organization", organization, "--user", email, *admin)
        crm.sign_in(name)
        found[role] = crm.json("user", "view", email, *admin)["id"]
    execute(
        crm, profile, "UPDATE users SET role = 'super_admin' WHERE organization_id = ? AND id = ?", found["super_admin"]
    )
    return found


def execute(crm: Program, profile: str, statement: str, *ids: str) -> None:
    """Run a statement in a profile's organization; what it names first is the organization."""
    organization = UUID(crm.json("org", "view", "-P", profile)["id"])
    connection = connect(crm.database, write=True, organization_id=organization)
    connection.begin()
    sqlite = connection.dialect == "sqlite"
    # The organization stands before what else a condition names, and behind what is set.
    params = [UUID(id).bytes if sqlite else UUID(id) for id in ids]
    place = statement[: statement.index("organization_id")].count("?")
    params.insert(place, organization.bytes if sqlite else organization)
    connection.execute(statement, params)
    connection.commit()
    connection.close()
