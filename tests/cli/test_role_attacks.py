"""Another organization's records, tried by every command, in every parameter that takes a reference, by every role.

Each line runs twice: with an id that nobody has, and with the id of Acme's record. Both must end alike. A run
tries a sample; ``MYCRM_TRIES=all python -m pytest tests/cli/test_role_attacks.py -s`` tries all,
``MYCRM_SEED`` chooses another sample.
"""

import json
import os
import random
import re
from functools import cache
from uuid import uuid4

import pytest

from tests.cli.attacks import ROLES, Line, all_commands, execute, lines, options, people, run
from tests.cli.isolation import EVERYWHERE, NAMED, Two, everything
from tests.program import Program, Result

TRIES = os.environ.get("MYCRM_TRIES", "25")
"""How many lines each role tries on each database, or ``all``."""
SEED = int(os.environ.get("MYCRM_SEED", "7"))
FLOOR = 300
"""Lines with a reference that there are at least, for each role."""


@pytest.fixture
def two(crm: Program) -> Two:
    """Acme and Globex, with a user of each role in Globex."""
    both = Two(crm)
    people(crm, "globex", "globex")
    # What somebody may only do with their own records is tried with records that are theirs.
    both.before = everything(crm)
    return both


@cache
def attempts() -> list[tuple[Line, str]]:
    """Return every line with each of its references in turn."""
    return [(line, noun) for command in all_commands() for line in lines(command) for noun in line.references]


def shape(result: Result, word: str) -> tuple[int, str, str]:
    """Return how a run ended, without the word that was tried and without what a clock says."""
    said = [text for text in result.stderr.splitlines() if "did you mean" not in text]
    told = re.sub(r"[\d.,]+ s, [\d.,]+ rows/s|X-\d+", "…", "\n".join(said))
    return result.exit, result.stdout.replace(word, "…"), told.replace(word, "…")


def test_every_parameter_is_tried() -> None:
    """Each option that takes a reference stands in a line, and each command that takes one as an argument."""
    tried = {(line.command, line.parameter) for line, _ in attempts()}
    texts: dict[str, str] = {}
    for line, _ in attempts():
        texts[line.command] = texts.get(line.command, "") + line.text
    missing = [
        f"{command} {option}"
        for command in all_commands()
        for option, _ in options(command)
        if (command, option) not in tried and f"{option} " not in texts.get(command, "")
    ]
    assert not missing
    assert len(attempts()) >= FLOOR


def test_other_organizations_do_not_exist(two: Two) -> None:
    """By no role, command or parameter: the same exit, output and message as for what does not exist."""
    chosen, total, refused = random.Random(SEED), 0, 0
    for role in ROLES:
        own = people_own(two, role)
        possible = attempts()
        some = possible if TRIES == "all" else chosen.sample(possible, int(TRIES))
        for line, noun in some:
            ended = compared(two, line, noun, f"globex-{role.replace('_', '-')}", own)
            total += 1
            refused += ended in (3, 4, 5, 6)
    assert everything(two.crm) == two.before, f"seed {SEED}"
    print(f"\n{total} tries by {len(ROLES)} roles, {refused} refused, leaks 0, Acme's content unchanged, seed {SEED}")


def people_own(two: Two, role: str) -> dict[str, str]:
    """Return Globex's records by noun, all of them belonging to the user of a role from now on."""
    user = two.crm.json("user", "view", f"{role}@globex.example", "-P", "globex")["id"]
    for table, column in OWNERS:
        execute(two.crm, "globex", f"UPDATE {table} SET {column} = ? WHERE organization_id = ?", user)
    return two.globex


OWNERS = (
    ("contacts", "owner_id"),
    ("companies", "owner_id"),
    ("leads", "owner_id"),
    ("opportunities", "owner_id"),
    ("tasks", "assigned_to_id"),
    ("notes", "author_id"),
    ("activities", "user_id"),
    ("emails", "user_id"),
    ("saved_filters", "user_id"),
)


def compared(two: Two, line: Line, noun: str, profile: str, own: dict[str, str]) -> int:
    """Run a line with what does not exist and with Acme's record, and compare how it ends."""
    base = own | {"own": own.get(line.command.split()[0], "")}
    nobody = str(uuid4())
    expected = run(two.crm, line, base | {noun: nobody}, profile)
    result = run(two.crm, line, base | {noun: two.acme[noun]}, profile)
    assert shape(result, two.acme[noun]) == shape(expected, nobody), (result, expected)
    assert "acme" not in (result.stdout + result.stderr).lower(), result
    return result.exit


def test_names_are_no_way_in(two: Two) -> None:
    """Names and addresses of Acme's records are nothing to any role: view, edit, list and search."""
    crm, tried = two.crm, 0
    for role in ROLES:
        profile = f"globex-{role.replace('_', '-')}"
        for noun, names in NAMED.items():
            for name in names:
                for verb in ("view", "history", "delete"):
                    first = crm(noun, verb, name, "-P", profile, exit=None)
                    other = crm(noun, verb, name.replace("acme", "nadir"), "-P", profile, exit=None)
                    assert first.exit == other.exit
                    assert first.exit in (2, 3, 4), first
                    assert first.stdout == other.stdout == ""
                    assert first.stderr.count("\n") - other.stderr.count("\n") in (-1, 0, 1)
                    tried += 1
        assert "acme" not in crm("search", "acme", "-P", profile).stdout.lower()
        if role != "super_admin":
            assert [org["slug"] for org in json.loads(crm("org", "list", "--json", "-P", profile).stdout)] == ["globex"]
    assert everything(crm) == two.before
    print(f"\n{tried} names tried, leaks 0")


def test_lines_are_of_all_kinds() -> None:
    """Commands of every kind are among what is tried."""
    commands = {line.command for line, _ in attempts()}
    assert {"deal move", "contact merge", "lead convert", "contact import", "user offboard", "log call"} <= commands
    assert {name for name, given in EVERYWHERE.items() if given} <= commands
