"""``mycrm sql``: what it answers, in which formats, for which roles; and what it refuses."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import APPLICATION_ROLE, Server
from tests.program import Program

ADMIN = "mycrm_test_admin"


def own_login(crm: Program, server: Server, profile: str, user: str) -> None:
    """Give a user a login of the database, and the profile with it."""
    admin = server.admin
    with admin.transaction():
        admin.execute("SELECT pg_advisory_xact_lock(7322)")
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ADMIN,)).fetchone():
            admin.execute(f"CREATE ROLE {ADMIN} LOGIN PASSWORD 'test' CREATEROLE BYPASSRLS")
            admin.execute(f"GRANT {APPLICATION_ROLE} TO {ADMIN}")
    crm("profile", "edit", profile, "--admin-database", crm.database.replace(APPLICATION_ROLE, ADMIN))
    crm("db", "grant", user, "--password-file", "-", "-P", profile, stdin="test\n")
    grants = crm.json("db", "grants", "-P", profile)
    login = next(str(row["login"]) for row in grants if row["user"] == user)
    crm("profile", "edit", profile, "--database", crm.database.replace(APPLICATION_ROLE, login))


@pytest.fixture
def asking(crm: Program, dialect: str, request: pytest.FixtureRequest) -> Iterator[Program]:
    """The program with deals, a rep, and on PostgreSQL a login of its own for each of the two."""
    crm("user", "add", "eve@acme.com", "--first-name", "Eve", "--role", "sales_rep")
    crm("profile", "add", "eve", "--organization", "acme", "--user", "eve@acme.com", "--database", crm.database)
    crm.sign_in("eve")
    crm("contact", "add", "Ana Lund", "--email", "lund@example.com", "--tag", "vip", "--score", "70")
    for name, value in (("One", "0.10"), ("Two", "0.20"), ("Three", "1234567.89")):
        crm("deal", "add", name, "--value", value, "--contact", "lund@example.com")
    if dialect == "postgresql":
        refused = crm("sql", "SELECT 1", exit=4)
        assert "login of your own" in refused.stderr and "mycrm db grant ana@acme.com" in refused.stderr
        server = request.getfixturevalue("server")
        own_login(crm, server, "work", "ana@acme.com")
        own_login(crm, server, "eve", "eve@acme.com")
    yield crm
    if dialect == "postgresql":
        for user in ("eve@acme.com", "ana@acme.com"):
            crm("db", "revoke", user)


def test_answers_are_the_same_on_both_databases(asking: Program, tmp_path: Path) -> None:
    """Sums are exact, ids are UUIDs, moments are UTC, in every format; the statement comes from three places."""
    crm = asking
    summed = "SELECT status, count(*) AS n, sum(value) AS total, avg(value) FROM opportunities GROUP BY status"
    assert crm("sql", summed).rows == [["open", "3", "1234568.19", "411522.73"]]
    small = "SELECT sum(value) AS v, sum(value) * 3 AS w, min(created_at) > '2020-01-01' AS b FROM opportunities WHERE value < 1"
    assert crm.json("sql", small) == [{"v": 0.3, "w": 0.9, "b": 1}]
    assert crm("sql", "VALUES (1, 'a'), (2, NULL)", "-o", "jsonl").lines[1].endswith("null}")
    assert crm("sql", "SELECT '=1+1' AS x, -5 AS y, -5 AS y", "-o", "csv").lines == ["x,y,y_2", "'=1+1,-5,-5"]
    assert crm("sql", "SELECT 1 AS a, 2 AS b", "-o", "tsv").lines == ["a\tb", "1\t2"]
    listed = crm("contact", "list", "-o", "ids").lines
    assert crm("sql", "SELECT id FROM contacts", "-o", "ids").lines == listed
    by_id = f"SELECT first_name FROM contacts WHERE id = uuid('{listed[0]}')"
    assert crm("sql", by_id).lines == ["Ana"]
    joined = (
        "SELECT o.name, o.value FROM opportunities AS o JOIN contacts AS c ON c.id = o.contact_id"
        " WHERE c.email = 'lund@example.com' ORDER BY o.value DESC LIMIT 1"
    )
    assert crm("sql", "-", stdin=f"-- the largest\n{joined};\n").rows == [["Three", "1234567.89"]]
    (tmp_path / "q.sql").write_text(joined)
    assert crm.json("sql", "--file", str(tmp_path / "q.sql")) == [{"name": "Three", "value": 1234567.89}]
    month = (
        "SELECT to_char(date_trunc('month', created_at), 'YYYY-MM-DD'), date_trunc('year', created_at) FROM contacts"
    )
    [(first, year)] = crm("sql", month).rows
    assert first.endswith("-01") and year.endswith("-01-01T00:00:00.000000Z")
    assert crm("sql", "SELECT created_at FROM contacts").lines[0].endswith("Z")
    assert crm.json("sql", "SELECT tags, do_not_call FROM contacts") == [{"tags": '["vip"]', "do_not_call": 0}]
    table = crm("sql", summed, terminal=True)
    assert "1234568.19" in table.stdout and "total" in table.stdout
    assert crm("sql", "SELECT 1 WHERE 1 = 0", "--json").json == []
    before = crm("change", "list", "-o", "ids").lines
    assert crm("change", "list", "-o", "ids").lines == before


def test_rows_are_cut_as_lists_are(asking: Program) -> None:
    """Fifty for people, all for programs, and what ``-L`` says."""
    many = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 2000) SELECT x FROM r ORDER BY x"
    cut = asking("sql", many)
    assert (len(cut.lines), "-L 0" in cut.stderr) == (50, True)
    assert len(asking("sql", many, "-L", "0").lines) == 2000
    assert len(asking.json("sql", many)) == 2000
    assert len(asking.json("sql", many, "-L", "7")) == 7


def test_mistakes_are_pointed_at(asking: Program, dialect: str) -> None:
    """Words, names, refusals and the clock each have their exit status."""
    crm = asking
    wrong = crm("sql", "SELECT *\nFROM contcts", exit=2)
    assert "contacts" in wrong.stderr
    shown = crm("sql", "SELECT first_nam FROM contacts", exit=2).stderr.splitlines()
    assert shown[2].index("^") == shown[1].index("first_nam")
    assert "^" in crm("sql", "SELECT 1 +* FROM FROM contacts", exit=2).stderr
    for line in ("", "SELECT 1; SELECT 2", "SELECT 'x", "SELECT 1 /* x", "SELECT ?", "SELECT $1", "SELECT E'x'"):
        assert crm("sql", line, exit=2).stdout == "", line
    crm("sql", exit=2)
    crm("sql", "SELECT 1", "--file", "x", exit=2)
    crm("sql", "SELECT 1", "--limit-time", "601", exit=2)
    for line in ("DELETE FROM contacts", "PRAGMA table_info(users)", "EXPLAIN SELECT 1", "COPY users TO STDOUT"):
        assert "SELECT" in crm("sql", line, exit=4).stderr
    endless = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT count(*) FROM r"
    late = crm("sql", endless, "--limit-time", "0.5", "--json", exit=75)
    assert json.loads(late.stderr)["error"]["code"] == "timed_out"
    assert "--limit-time" in late.stderr
    broken = crm("sql", "SELECT value, 1 / 0 FROM opportunities", exit=None)
    assert broken.exit == (0 if dialect == "sqlite" else 6)


def test_roles_see_what_they_may(asking: Program) -> None:
    """Secrets nobody; sessions and tokens everybody their own; hashes of erased people administrators only."""
    crm = asking
    assert crm("sql", "SELECT first_name FROM users ORDER BY 1").lines == ["Ana", "Eve"]
    crm.sign_in("work", guarded=True)
    named = "SELECT DISTINCT substr(name, 1, 8) FROM api_tokens"
    assert "mct_work" in crm("sql", named).lines
    assert set(crm("sql", named, "-P", "eve").lines) <= {"mct_eve_"}
    assert crm("sql", "SELECT count(*) FROM erasures").lines == ["0"]
    assert "role" in crm("sql", "SELECT count(*) FROM erasures", "-P", "eve", exit=4).stderr
    for column in ("password", "mfa_secret", "name_key"):
        crm("sql", f"SELECT {column} FROM users", exit=2)
    crm("sql", "SELECT token_hash FROM api_tokens", exit=2)
    crm("sql", "SELECT * FROM schema_info", exit=4)
    offered = {row["table"]: row for row in crm.json("sql", "--tables")}
    assert "erasures" in offered and "schema_info" not in offered
    columns = {(row["table"], row["column"]): row["type"] for row in crm.json("sql", "--tables", "-P", "eve")}
    assert columns["opportunities", "value"] == "number" and columns["contacts", "id"] == "id"
    assert not {("users", "password"), ("erasures", "id")} & columns.keys()
    for table in sorted({table for table, _ in columns}):
        names = ", ".join(f'"{column}"' for known, column in columns if known == table)
        crm("sql", f"SELECT {names} FROM {table}", "-P", "eve")


def test_every_line_of_the_guide_runs(sqlite_crm: Program) -> None:
    """As it stands there."""
    text = (Path(__file__).parents[2] / "docs" / "guides" / "sql.md").read_text(encoding="utf-8")
    lines = [shlex.split(line) for line in re.findall(r"^    mycrm (.*)$", text, re.MULTILINE)]
    assert len(lines) >= 5
    for line in lines:
        sqlite_crm(*line)


@pytest.mark.parametrize("length", [1, 600])
def test_what_a_database_does_in_one_step_ends_too(sqlite_crm: Program, length: int) -> None:
    """The process is ended by the system where the database does not look at the clock; it leaves no other behind."""
    slow = (
        "WITH RECURSIVE r(x) AS (SELECT printf('%.*c', 9000, 'x') UNION ALL SELECT x || x FROM r LIMIT 10)"
        " SELECT instr(max(x), substr(max(x), 1, 2000000) || 'y') FROM r"
    )
    if length == 1:
        assert "s and was ended" in sqlite_crm("sql", slow, "--limit-time", "1", exit=75).stderr
    else:
        many = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r"
        assert len(sqlite_crm("sql", many, "-L", "5", "--limit-time", "600").lines) == 5


def test_lists_are_asked_like_tables(sqlite_crm: Program) -> None:
    """``json_each`` takes tags and other lists apart."""
    sqlite_crm("contact", "add", "Bo Lund", "--tag", "vip", "--tag", "new")
    asked = "SELECT j.value FROM contacts AS c, json_each(c.tags) AS j ORDER BY 1"
    assert sqlite_crm("sql", asked).rows == [["new"], ["vip"]]
