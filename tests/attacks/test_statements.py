"""Hostile statements through ``mycrm sql``: what leaks, what is written, what does not end; all must be none.

``MYCRM_TRIES=500`` runs as many of them, ``all`` every one.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.attacks.statements import REFUSED, chosen
from tests.cli.attacks import execute
from tests.cli.test_sql import own_login
from tests.program import Program
from tests.rowhash import everything

TRIES = os.environ.get("MYCRM_TRIES", "40")
SEED = int(os.environ.get("MYCRM_SEED", "9"))
LIMIT, GRACE = 1.0, 6.0
"""Seconds that a statement has, and those after which it must have ended on a busy machine."""
MARK = "canary"
MARKS = (MARK, MARK.encode().hex(), MARK[::-1], "mct_work")
"""What must not come out, in other spellings too; and the administrator's token."""


@pytest.fixture
def world(crm: Program, dialect: str, request: pytest.FixtureRequest) -> Iterator[Program]:
    """Globex, whose rows are marked; Acme, where what the rep must not see is; and the rep, who asks."""
    crm("org", "add", "--name", "Canary Globex", "--slug", "canary", "--admin-email", "gus@canary.example")
    crm("profile", "add", "globex", "--organization", "canary", "--user", "gus@canary.example")
    crm.sign_in("globex")
    for line in (
        ("company", "add", "Canary Ltd", "--domain", "canary.example"),
        ("contact", "add", "Ada Canary", "--email", "ada@canary.example", "--company", "canary.example"),
        ("deal", "add", "Canary deal", "--contact", "ada@canary.example", "--value", "5"),
        ("note", "add", "canary note", "--contact", "ada@canary.example"),
    ):
        crm(*line, "-P", "globex")
    crm("user", "add", "eve@acme.com", "--first-name", "Eve", "--role", "sales_rep")
    crm("profile", "add", "eve", "--organization", "acme", "--user", "eve@acme.com", "--database", crm.database)
    crm.sign_in("eve")
    crm("contact", "add", "Ana Lund", "--email", "lund@example.com")
    crm("deal", "add", "One", "--value", "7", "--contact", "lund@example.com")
    crm.sign_in("work", guarded=True)
    own = crm.json("user", "view", "ana@acme.com")["id"]
    execute(crm, "work", "UPDATE users SET mfa_secret = 'canary mfa' WHERE organization_id = ? AND id = ?", own)
    if dialect == "postgresql":
        own_login(crm, request.getfixturevalue("server"), "eve", "eve@acme.com")
    yield crm
    if dialect == "postgresql":
        crm("db", "revoke", "eve@acme.com", "-P", "eve")


def test_no_statement_leaks_writes_or_stays(world: Program, dialect: str) -> None:
    """Every one is tried as the rep; the rows of both organizations are hashed before and after."""
    if dialect == "sqlite":  # what is looked for is there to be found
        assert MARK in world("sql", "SELECT name FROM opportunities", "-P", "globex").stdout.lower()
    before = [everything(world, profile, without=(), journal=True) for profile in ("work", "globex")]
    leaked, ran, late, bugs, exits = [], [], [], [], Counter[int]()
    tried = chosen(dialect, 100_000 if TRIES == "all" else int(TRIES), SEED)
    for what, statement in tried:
        since = time.monotonic()
        line = ("sql", "-", "-P", "eve", "-o", "jsonl", "-L", "1000", "--limit-time", str(LIMIT))
        result = world(*line, stdin=statement.encode("utf-8", "surrogatepass"), exit=None)
        took = time.monotonic() - since
        exits[result.exit] += 1
        shown = f"{result.stdout}{result.stderr}".lower()
        leaked += [statement for mark in MARKS if mark in shown]
        ran += [(what, statement[:200], result.stdout[:200]) for _ in "1" if what in REFUSED and result.exit == 0]
        late += [(statement[:200], took)] if took > LIMIT + GRACE else []
        bugs += [(statement[:200], result.stderr)] if result.exit not in (0, 2, 4, 6, 75) else []
    after = [everything(world, profile, without=(), journal=True) for profile in ("work", "globex")]
    counts = f"leaks {len(leaked)}, writes {before != after}, ran {len(ran)}, late {len(late)}, bugs {len(bugs)}"
    print(f"\n{dialect}: {len(tried)} statements, seed {SEED}: {counts}, exits {dict(sorted(exits.items()))}")
    assert before == after
    assert not leaked, leaked[:5]
    assert not ran, ran[:10]
    assert not late, late
    assert not bugs, bugs[:5]


ORACLES = (
    ("users", "email = 'gus@canary.example' AND CASE WHEN email LIKE 'g%' THEN {} END"),
    ("organizations", "slug >= 'c' AND CASE WHEN slug LIKE 'c%' THEN {} END"),
    ("contacts", "score >= 0 AND CASE WHEN score >= 77 THEN {} END"),
    ("contacts", "created_at > '2000-01-01' AND CASE WHEN first_name = 'Ada' THEN {} END"),
    ("opportunities", "value > 0 AND CASE WHEN value = 5 THEN {} END"),
    ("opportunities AS o JOIN contacts AS c ON c.id = o.contact_id", "CASE WHEN c.first_name = 'Ada' THEN {} END"),
    ("contacts LEFT JOIN companies ON 1 = 1", "CASE WHEN companies.name LIKE 'C%' THEN {} END"),
    ("api_tokens", "CASE WHEN name LIKE 'mct_work%' THEN {} END"),
)
FAILS = {"sqlite": "abs(-9223372036854775807 - 1) > 0", "postgresql": "(SELECT 1 / count(*) FROM tasks) > 0"}


def test_no_error_tells_of_other_rows(world: Program, dialect: str) -> None:
    """A condition that fails on a row must never be tried on one that is not the user's to read."""
    world("contact", "edit", "ada@canary.example", "--score", "77", "-P", "globex")
    for table, condition in ORACLES:
        statement = f"SELECT count(*) FROM {table} WHERE {condition.format(FAILS[dialect])}"
        assert world("sql", statement, "-P", "eve").lines == ["0"], statement
    own = f"SELECT count(*) FROM contacts WHERE CASE WHEN first_name = 'Ana' THEN {FAILS[dialect]} END"
    assert world("sql", own, "-P", "eve", exit=None).exit != 0
