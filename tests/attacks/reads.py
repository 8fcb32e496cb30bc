"""Lines for every command that only reads, made from the command tree, with records full of payloads in them."""

import json
import random
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

from mycrm_cli import catalog
from tests.attacks.payloads import PAYLOADS
from tests.attacks.world import World
from tests.cli.attacks import usual
from tools.commands import commands as described

FORMATS = ("table", "plain", "json", "jsonl", "csv", "tsv", "ids")
FILES = ("csv", "tsv", "json", "jsonl", "xlsx", "vcf", "ics")
SET_UP = frozenset(
    ("init", "demo", "auth", "profile", "db", "user passwd", "user mfa", "user token", "user unlock", "shell")
)
"""Commands without the options of writes that change something all the same, and the prompt, which moves the cursor;
they are tried as arguments only."""
READ_ALL_THE_SAME = frozenset(
    ("profile list", "profile current", "profile view", "profile env", "auth whoami", "db status", "user token list")
)
CARDS = frozenset(("task calendar",))
"""Commands that write a format with line ends of its own; it is read line by line, as exports of it are."""
OWN = {
    "search": ["Zmk", "Zcs", "own", *(shlex.quote(text) for text in PAYLOADS.values() if "\0" not in text)],
    "deal board": ["", "--pipeline Own"],
    "deal forecast": ["", "--json"],
    "task agenda": ["", "--user me"],
    "person export": ["boss@acme.example"],
    "help": ["filters", "environment"],
    "completion": ["bash", "zsh", "fish"],
    "profile view": ["work"],
    "profile env": ["work", "work --shell fish"],
    "org export": ["--all -o jsonl"],
}


@cache
def tree() -> dict[str, dict[str, Any]]:
    """Return every command with its description: arguments, options, and whether it writes."""

    def below(node: dict[str, Any], words: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
        inner = node.get("commands")
        if not isinstance(inner, dict):
            yield " ".join(words), node
            return
        for name, child in inner.items():
            yield from below(child, (*words, name))

    known = json.loads(described())
    roots = [(name, node) for name, node in known.items() if name[0] not in ":@"]
    return dict(line for name, node in roots for line in below(node, (name,)))


def reading() -> list[str]:
    """Return the commands that only read."""
    return [
        command
        for command, node in tree().items()
        if not node.get("writes")
        and command not in CARDS
        and (command in READ_ALL_THE_SAME or not SET_UP & {command, command.split()[0], " ".join(command.split()[:2])})
    ]


def fields(noun: str) -> str:
    """Return every field of a noun that people see."""
    shown = [f.relation or f.name for f in catalog.nouns()[noun].fields.values() if not (f.internal or f.secret)]
    return ",".join(shown)


def lines(world: World, command: str, choose: random.Random) -> list[list[str]]:
    """Return the lines of a reading command, with records of the world in them."""
    words = command.split()
    noun, verb = words[0], words[-1]
    ids = world.ids.get(noun, [])
    if command in OWN:
        given = OWN[command] if command != "search" else choose.sample(OWN[command], 6)
    elif len(words) == 2 and noun in catalog.nouns() and verb in ("list", "export"):
        given = [f"-F {fields(noun)} -L 0", ""]
    elif len(words) == 2 and verb == "view" and ids:
        given = [" ".join(ids[:60]), f"{ids[-1]} --all"]
    elif len(words) == 2 and verb == "history" and ids:
        given = choose.sample(ids, min(len(ids), 3))
    else:
        given = usual(command)[:1] or [""]
    first = {name: found[-1] if found else "x" for name, found in world.ids.items()}
    return [
        [*words, *shlex.split(line.format_map(first) if "{" in line and command not in OWN else line)] for line in given
    ]
