"""Which role may run what: the matrix against a table of its own, command by command, asked and run for real."""

import os
import random
from uuid import UUID

import pytest

from mycrm_cli import catalog, permissions, roles
from mycrm_cli.errors import Denied
from mycrm_cli.scope import Locale, Scope
from tests.cli.attacks import ROLES, Line, all_commands, execute, lines, people, run, writes
from tests.cli.isolation import seed
from tests.program import Program

TRIES = os.environ.get("MYCRM_TRIES", "20")
"""How many commands each role runs on each database, or ``all``."""
SEED = int(os.environ.get("MYCRM_SEED", "7"))
FLOOR = 265
"""Commands that there are at least."""

# nouns | verbs | who: (r)eadonly (s)ales_rep (m)anager mar(k)eting (a)dmin super_admin(x); f is free for anybody.
EXPECTED = """
contact lead | add edit delete restore import tag untag merge | smkax
contact lead deal | purge | ax
company | add edit delete import tag untag merge | smax
deal | add edit delete restore import tag untag move win lose reopen | smax
deal contact | add delete | smax
deal company | add delete | smax
deal contact | list | rsmkax
deal company | list | rsmkax
deal | board forecast | rsmkax
report | pipeline forecast funnel velocity winloss activity sources | rsmkax
report | leaderboard email scores stale tasks dashboard | rsmkax
lead | assign qualify disqualify | smkax
lead | convert | smax
item | add edit delete import | smax
score | import set release | smkax
score | run | mkax
score | train | ax
score | explain signals | rsmkax
score model | list view | rsmkax
score model | use | ax
score rules | view test diff backtest | rsmkax
score rules | edit | ax
task note activity email | add edit delete import | smkax
task | done reopen skip start snooze remind | smkax
task | agenda calendar | rsmkax
email | log send sync | smkax
email events | list | rsmkax
email events | import | kax
email suppress | list | rsmkax
email suppress | add delete import | kax
email outbox | list view | rsmkax
email outbox | retry cancel run | smkax
email template | list view preview history | rsmkax
email template | add edit delete | kax
email template | test | smkax
sequence | enroll unenroll pause resume run | smkax
sequence | stats | rsmkax
sequence enrollment | list | rsmkax
sequence step | list | rsmkax
sequence step | add edit delete move | kax
log | call meeting email note | smkax
campaign sequence | add edit delete import | kax
product pipeline stage team field rule rate | add edit delete import | ax
target | set edit delete import | ax
pipeline | default | ax
stage | order | ax
user | add edit import disable enable offboard invite unlock | ax
user | role | rsmkax
user | passwd | rsmkax
user mfa | enable disable view codes status | rsmkax
user mfa | rekey | ax
user token | create list delete | rsmkax
org | list view stats | rsmkax
org | edit export freeze | ax
org | add import | x
filter | save delete import | smkax
change | verify | rsmkax
person | erase export forgive list | ax
alert | list | rsmkax
alert digest | run | max
digest | view | rsmkax
- | search sql | rsmkax
- | undo redo import | smkax
- | init demo completion help config doctor shell | f
config | list | f
profile | list current view add edit password rename delete use env check | f
auth | login logout whoami accept | f
cron | add edit delete enable disable settle | ax
cron | list status print accept doubts | rsmkax
cron | run | smkax
db | list check | f
db | init upgrade status grant grants revoke backup restore maintenance | f
"""
ALWAYS = ("undo", "lead convert")
"""Foreign whosever the record is: the change is another one's, and so is the owner that the line names."""
GROUPS = ("deal contact", "deal company", "user mfa", "user token", "score model", "score rules", "email outbox")
GROUPS += ("email events", "email suppress", "email template", "sequence step", "sequence enrollment")
READING = "list view count export history dupes".split()
LETTERS = dict(zip("rsmkax", ROLES, strict=True))


def expected() -> dict[str, str]:
    """Return who may run each command, by the letters of the table; reading is for all."""
    found = {f"{noun} {verb}": "rsmkax" for noun in catalog.nouns() for verb in READING}
    for line in EXPECTED.strip().splitlines():
        nouns, verbs, who = (part.strip() for part in line.split("|"))
        together = [nouns] if nouns in GROUPS else nouns.split()
        found |= {f"{noun} {verb}".removeprefix("- "): who for noun in together for verb in verbs.split()}
    return found | {"org export": "ax"}


def scope(role: str, rights: frozenset[str] | None = None) -> Scope:
    """Return the scope of somebody with a role."""
    one = UUID(int=1)
    return Scope(one, one, role, organization="", slug="", email="a@b.c", locale=Locale(), rights=rights)


def may(role: str, command: str, rights: frozenset[str] | None = None) -> bool:
    """Return whether a role may run a command at all."""
    try:
        permissions.check_command(scope(role, rights), command.split())
    except Denied:
        return False
    return True


def test_every_command_by_every_role() -> None:
    """The rules say of every command of the tree what the table here says."""
    who, commands = expected(), all_commands()
    unruled = [command for command in commands if permissions.rule_of(command.split()) is None]
    assert not unruled
    assert not (unknown := [command for command in commands if command not in who]), unknown
    wrong = []
    for command in commands:
        assert (who[command] == "f") == (permissions.rule_of(command.split()) == permissions.FREE), command
        for letter, role in LETTERS.items():
            if may(role, command) != (who[command] == "f" or letter in who[command]):
                wrong.append((role, command))
    print(f"\n{len(commands)} commands x {len(ROLES)} roles: mismatches {len(wrong)}, without a rule {len(unruled)}")
    assert not wrong
    assert len(commands) >= FLOOR


def test_what_is_not_named_is_denied() -> None:
    """Unknown commands, nouns, actions and roles; and the matrix knows every table."""
    for role in ROLES:
        assert not may(role, "deal explode")
        assert not may(role, "reports anything")
        assert permissions.rule_of([]) is None
        assert roles.allowed(role, "nothing", roles.READ) is None
        assert roles.allowed(role, "contact", "explode") is None
    for role in ("nobody", "", "root"):
        assert not any(roles.allowed(role, name, action) for name in roles.WRITING for action in roles.USUAL)
        assert not any(may(role, command) for command in all_commands() if expected()[command] != "f")
    assert roles.WRITING.keys() == catalog.entities().keys()
    for name, columns in roles.OWNERS.items():
        assert {catalog.entity(name).fields[column].table for column in columns} == {"users"}
    for name, (whole, column) in roles.FOLLOWS.items():
        assert catalog.entity(name).fields[column].table == catalog.entity(whole).table
        assert roles.WRITING[name] == roles.WRITING[whole]
    trashed = {entity.name for entity in catalog.entities().values() if entity.soft_delete}
    assert {name for name in roles.WRITING if roles.allowed("admin", name, roles.PURGE)} == trashed
    assert list(roles.ROLES) == list(ROLES)
    assert set(catalog.entity("user").fields["role"].options["choices"]) == set(ROLES)


def test_tokens_reach_no_further_than_their_rights() -> None:
    """A token runs what it names, if its user may; the rights widen nothing."""
    some = frozenset(("task.*", "deal.list", "deal.contact.*"))
    named = [command for command in all_commands() if may("admin", command, some) and expected()[command] != "f"]
    tasks = [command for command in all_commands() if command.startswith("task ")]
    assert sorted(named) == sorted(
        [*tasks, "deal list", "deal contact add", "deal contact delete", "deal contact list"]
    )
    assert not may("readonly", "task add", some)
    assert may("admin", "contact add", frozenset("*"))
    assert not any(may("admin", line, frozenset()) for line in all_commands() if expected()[line] != "f")


OWNED = {
    "contacts": "owner_id",
    "companies": "owner_id",
    "leads": "owner_id",
    "opportunities": "owner_id",
    "tasks": "assigned_to_id",
    "notes": "author_id",
    "activities": "user_id",
    "emails": "user_id",
    "saved_filters": "user_id",
}
FREELY = ("profile", "auth", "init", "demo", "db", "config", "completion", "help", "doctor", "shell")
ELSEWHERE = (*FREELY, "org import", "person", "user token", "user mfa", "user passwd", "user invite", "user unlock")
"""Commands that are not run here: they are free, make an organization, or are about signing in."""


NOTHING = ("restore", "reopen", "merge")
"""What does nothing to the records here: none is in the trash or closed, and none is merged with itself."""


SCORED = ("score set",)
"""What writes a lead; none here has a score to release."""


def is_foreign(line: Line, role: str) -> bool:
    """Return whether a line writes a record that must be the user's own, or the team's."""
    if line.command == "undo":
        return role not in roles.ADMINISTRATORS  # of what somebody else did
    noun, _, verb = line.command.partition(" ")
    noun = "lead" if line.command in SCORED else noun
    entity = catalog.nouns().get("deal" if noun == "item" else noun)
    if entity is None or entity.table not in OWNED or verb in (*READING, "board", "forecast", "agenda", "calendar"):
        return False
    changes = (verb != "add" or noun == "item") and verb not in NOTHING
    reach = roles.allowed(role, entity.name, roles.EDIT)
    named = {noun, entity.command} & {*line.references}
    return changes and bool(named) and not verb.endswith("list") and reach != roles.ALL


@pytest.fixture
def acme(crm: Program) -> tuple[Program, dict[str, str], dict[str, str]]:
    """An organization with records, and a user of each role."""
    ids = seed(crm, "acme", "11", "work")
    return crm, ids, people(crm, "work", "acme")


def test_commands_run_as_the_table_says(acme: tuple[Program, dict[str, str], dict[str, str]]) -> None:
    """Each role runs commands for real: with records of somebody else's, and with its own."""
    crm, ids, users = acme
    chosen, who, runs, wrong = random.Random(SEED), expected(), 0, []
    possible = [command for command in all_commands() if not command.startswith(ELSEWHERE) and any(lines(command))]
    for letter, role in LETTERS.items():
        some = possible if TRIES == "all" else chosen.sample(possible, int(TRIES))
        for theirs in (False, True):
            for table, column in OWNED.items():
                statement = f"UPDATE {table} SET {column} = ? WHERE organization_id = ?"
                execute(crm, "work", statement, users[role if theirs else "admin"])
            for command in some:
                line = next(lines(command))
                trying = line._replace(rest=f"{line.rest} -n") if writes(command) else line
                result = run(crm, trying, ids, f"acme-{role.replace('_', '-')}")
                foreign = is_foreign(line, role) and (not theirs or command in ALWAYS)
                runs += 1
                if (result.exit == 4) != (letter not in who[command] or foreign):
                    wrong.append((role, theirs, result))
    print(f"\n{runs} runs of {len(possible)} commands by {len(ROLES)} roles, mismatches {len(wrong)}, seed {SEED}")
    assert not wrong, (len(wrong), wrong[:3])
