"""Places where the program could have done harm, and does not."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.program import Program


def test_records_on_one_line_are_told_apart(crm: Program) -> None:
    """Several records on one line of a JSON file are as many records."""
    crm("contact", "add", "Name a", "--email", "a@x.co")
    rows = [{"email": "n1@x.co", "city": "A"}, {"email": "a@x.co", "city": "Z"}]
    crm("contact", "import", "-", "--format", "json", stdin=json.dumps(rows))
    found = crm("contact", "list", "-F", "email,city", "-s", "email").rows
    assert found == [["a@x.co", "Z"], ["n1@x.co", "A"]]
    twice = json.dumps([{"email": "b@x.co"}, {"email": "b@x.co"}])
    assert "same email" in crm("contact", "import", "-", "--format", "json", stdin=twice, exit=6).stderr
    three = json.dumps([{"email": "a@x.co"}, {"email": "n1@x.co"}, {"email": "c@x.co"}])
    crm("contact", "import", "-", "--format", "json", stdin=three)
    assert crm("contact", "count").stdout == "3\n"


def test_an_export_replaces_files_only(sqlite_crm: Program, tmp_path: Path) -> None:
    """A link keeps its target, a pipe stays a pipe."""
    sqlite_crm("contact", "add", "Ana")
    real, link, pipe = tmp_path / "real.csv", tmp_path / "link.csv", tmp_path / "pipe"
    real.write_text("old")
    link.symlink_to(real)
    sqlite_crm("contact", "export", "-O", str(link))
    assert link.is_symlink()
    assert "Ana" in real.read_text()
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    sqlite_crm("contact", "export", "-O", str(pipe), "-o", "csv")
    reader.join(10)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert "Ana" in got[0]


def test_the_demo_trusts_no_folder_of_others(program: Program, tmp_path: Path) -> None:
    """A folder that others may write to could hold their commands."""
    folder = tmp_path / "demo"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    (folder / "config.toml").write_text('[profiles.demo]\ndatabase_password = "command:touch pwned"\n')
    assert "--dir" in program("demo", "--dir", str(folder), exit=78).stderr


def test_the_demo_touches_no_profile_of_yours(sqlite_crm: Program, tmp_path: Path) -> None:
    """It makes its own place, shows its tour, and can be run again."""
    before = (sqlite_crm.home / "config.toml").read_bytes()
    first = sqlite_crm("demo", "--dir", str(tmp_path / "demo"))
    assert "ana.petrova@petrova.example" in first.stdout
    sqlite_crm("demo", "--dir", str(tmp_path / "demo"))
    assert (sqlite_crm.home / "config.toml").read_bytes() == before
    assert sqlite_crm("contact", "count").stdout == "0\n"


def test_init_writes_nowhere_else(program: Program, tmp_path: Path) -> None:
    """A profile's name is checked before its database is made; folders are private whatever the umask."""
    line = "init --organization Acme --slug acme --email ana@acme.com --no-input --profile".split()
    program(*line, "../evil", exit=2)
    assert not list(tmp_path.rglob("*.db"))
    old = os.umask(0o022)
    try:
        program(*line, "work")
    finally:
        os.umask(old)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [program.home, *program.home.rglob("*")]}
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_protected_profiles_guard_purging(crm: Program) -> None:
    """The organization's name is not enough there."""
    crm("contact", "add", "Ana")
    crm("contact", "delete", "C-1")
    crm("profile", "edit", "work", "--protected", "yes")
    crm("contact", "purge", "--all", "--confirm", "acme", "--yes", exit=2)
    crm("contact", "purge", "--all", "--confirm", "work", "--yes")


@pytest.mark.parametrize("encoding", ["rot13", "base64", "hex", "zlib", "no-such"])
def test_encodings_that_are_none(sqlite_crm: Program, tmp_path: Path, encoding: str) -> None:
    """A codec that is no encoding of text is a wrong option."""
    file = tmp_path / "x.csv"
    file.write_text("first_name\nAna\n")
    sqlite_crm("contact", "import", str(file), "--encoding", encoding, exit=2)


def test_references_from_json_lines(crm: Program) -> None:
    """What ``-o jsonl`` writes can be piped into a write."""
    crm("contact", "add", "Ana")
    lines = crm("contact", "list", "-o", "jsonl").stdout
    crm("contact", "edit", "-", "--city", "Rome", stdin=lines)
    assert crm("contact", "view", "C-1", "-F", "city").stdout == "Rome\n"
    crm("contact", "edit", "-", "-", "--city", "Rome", stdin=lines, exit=2)
    crm("contact", "edit", "-", "--city", "Rome", stdin='{"name": "x"}\n', exit=6)


def test_filters_that_could_mean_something_else(crm: Program) -> None:
    """A saved filter that is not there, an empty custom field: errors, not other records."""
    crm("contact", "add", "hot stuff")
    crm("contact", "delete", "-w", "@hot", "--yes", exit=2)
    crm("contact", "list", "-w", "cf.=gold", exit=2)
    assert crm("contact", "count").stdout == "1\n"


def test_programs_get_ids(crm: Program) -> None:
    """JSON has the id whatever fields were asked for; -w '?' answers in JSON too."""
    made = crm.json("contact", "add", "Ana")
    assert crm("contact", "list", "-F", "number", "-o", "json").json == [{"id": made["id"], "number": 1}]
    assert {"name", "type", "description"} == crm("contact", "list", "-w", "?", "-o", "json").json[0].keys()
    assert made["id"] in crm("contact", "view", "C-1").stdout


def test_the_trash_is_mentioned(crm: Program) -> None:
    """A record in the trash is not found, and the way out is named."""
    crm("contact", "add", "Ana")
    crm("contact", "delete", "C-1")
    assert "mycrm contact restore C-1" in crm("contact", "view", "C-1", exit=3).stderr


def test_a_value_given_twice(crm: Program) -> None:
    """Two ways to say a thing must say the same."""
    crm("contact", "add", "Robert Argument", "--first-name", "Zoe", exit=2)
    crm("contact", "add", "Ana Berg", "--first-name", "Ana")
    crm("contact", "add", "X", "--set", "city=A", "--city", "B", exit=2)


def test_a_slow_pipe_holds_no_lock(sqlite_crm: Program) -> None:
    """While a pipe is waited for, others write."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mycrm_cli", "contact", "import", "-", "--format", "csv"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=sqlite_crm.environment(),
    )
    assert process.stdin is not None
    process.stdin.write(b"first_name,email\n" + b"".join(b"N,n%d@example.com\n" % i for i in range(5000)))
    process.stdin.flush()
    sqlite_crm("contact", "add", "Meanwhile")
    process.stdin.write(b"Last,last@example.com\n")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert sqlite_crm("contact", "count").stdout == "5002\n"


def test_a_group_without_a_command(sqlite_crm: Program) -> None:
    """Its help is shown on stderr, and the status says that something was missing."""
    result = sqlite_crm("contact", exit=2)
    assert result.stderr.startswith("A person")
    assert "a user needs a role: super_admin" in sqlite_crm("user", "add", "x@acme.com", exit=6).stderr


def test_settings_of_the_file_are_followed(sqlite_crm: Program) -> None:
    """``[settings]`` decides where neither a flag nor the environment does."""
    config = sqlite_crm.home / "config.toml"
    config.write_text(config.read_text() + '\n[settings]\noutput = "ids"\n')
    made = sqlite_crm.json("contact", "add", "Ana")
    assert sqlite_crm("contact", "list").lines == [made["id"]]
    assert sqlite_crm("contact", "list", "-F", "name", "-o", "plain").lines == ["Ana"]
    assert sqlite_crm("contact", "list", "-F", "name", env={"MYCRM_OUTPUT": "plain"}).lines == ["Ana"]


def test_the_journal_names_the_command(sqlite_crm: Program) -> None:
    """Wherever the options stand; values stay out of it."""
    import sqlite3

    sqlite_crm("-P", "work", "contact", "add", "Secret Name", "--email", "secret@example.com", "--label", "batch")
    connection = sqlite3.connect(sqlite_crm.database.removeprefix("sqlite:///"))
    command, label = connection.execute("SELECT command, label FROM changes ORDER BY position DESC").fetchone()
    connection.close()
    assert (json.loads(command), label) == (["contact", "add"], "batch")


def test_debug_shows_statements_without_values(sqlite_crm: Program) -> None:
    """For those who look for what is slow."""
    result = sqlite_crm("contact", "list", "-w", "email=secret@example.com", "--debug")
    assert "sql: SELECT" in result.stderr
    assert "secret@example.com" not in result.stderr


def test_columns_of_custom_fields_that_are_not_defined(crm: Program) -> None:
    """They are unknown columns like others: refused with their line, kept as custom fields, or left out."""
    csv = "first_name,cf.tier\nAna,gold\n"
    line = ("contact", "import", "-", "--format", "csv")
    assert "cf.tier" in crm(*line, stdin=csv, exit=6).stderr
    crm(*line, "--unknown", "custom", stdin=csv)
    assert crm("contact", "list", "-w", "cf.tier=gold", "-F", "first_name,cf.tier").rows == [["Ana", "gold"]]
    crm(*line, stdin="first_name,cf.tier\nBo,silver\n")
    crm(*line, "--unknown", "ignore", stdin="first_name,cf.other\nCy,x\n")
    assert crm("contact", "count").stdout == "3\n"


def test_everything_about_records_on_one_line(crm: Program) -> None:
    """Modes, keys of other systems, and rows without a key are told apart on one line, too."""
    crm("contact", "add", "Old", "--email", "old@x.com")
    rows = [
        {"email": f"{name}@x.com", "first_name": name, "hs": str(place)}
        for place, name in enumerate(("old", "u1", "u2"))
    ]
    line = ("contact", "import", "-", "--format", "json", "--map", "hs=ext:hs", "--json")
    made = crm(*line, "--mode", "insert", stdin=json.dumps(rows)).json
    assert (made["created"], made["skipped"]) == (2, 1)
    again = crm(*line, stdin=json.dumps(rows)).json
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 1, 2)
    for place, name in enumerate(("old", "u1", "u2")):
        assert crm("contact", "view", f"ext:hs:{place}", "-F", "email").stdout == f"{name}@x.com\n"
    bare = json.dumps([{"first_name": name} for name in ("F1", "F2", "F3")])
    crm("contact", "import", "-", "--format", "json", stdin=bare)
    assert crm("contact", "import", "-", "--format", "json", "--json", stdin=bare).json["unchanged"] == 3
    assert crm("contact", "list", "-w", "name^=F", "-F", "first_name", "-s", "first_name").lines == ["F1", "F2", "F3"]


def test_two_administrators_leave_at_once(crm: Program) -> None:
    """What one write does to several counts together."""
    crm("user", "add", "bob@acme.com", "--role", "super_admin")
    crm("user", "edit", "me", "bob@acme.com", "--role", "readonly", exit=6)
    crm(
        "user",
        "import",
        "-",
        "--format",
        "csv",
        stdin="email,role\nana@acme.com,readonly\nbob@acme.com,readonly\n",
        exit=6,
    )
    crm("user", "edit", "bob@acme.com", "--role", "admin")
    crm("user", "edit", "me", "bob@acme.com", "--role", "admin", exit=6)
    assert crm("user", "list", "-F", "role", "-s", "email").lines == ["super_admin", "admin"]


def test_a_dry_run_that_a_command_cannot_do(sqlite_crm: Program) -> None:
    """Wherever -n stands, a command without it refuses."""
    sqlite_crm("-n", "profile", "edit", "work", "--timezone", "Europe/Paris", exit=2)
    assert sqlite_crm.json("profile", "view", "work")["timezone"] is None
    sqlite_crm("-n", "contact", "add", "Ana")
    assert sqlite_crm("contact", "count").stdout == "0\n"


def test_exports_to_streams(sqlite_crm: Program) -> None:
    """/dev/stdout and a shell's >( ) are streams."""
    sqlite_crm("contact", "add", "Ana")
    line = f"{sys.executable} -m mycrm_cli contact export -o csv -F first_name -O"
    for command in (f"{line} /dev/stdout | cat", f"{line} >(cat) | cat"):
        done = subprocess.run(
            ["bash", "-c", command], env=sqlite_crm.environment(), capture_output=True, text=True, check=False
        )
        assert "Ana" in done.stdout, done


def test_headings_in_other_cases_and_letters(crm: Program) -> None:
    """CF.Tier is cf.tier, and headings without Latin letters get keys of their own."""
    crm(
        "contact",
        "import",
        "-",
        "--format",
        "csv",
        "--unknown",
        "custom",
        stdin="first_name,CF.Tier,日本,中国\nA,1,x,y\n",
    )
    assert crm("contact", "list", "-w", "cf.tier=1", "-F", "first_name").lines == ["A"]
    assert len(crm.json("contact", "view", "C-1")["custom_fields"]) == 3


def test_addresses_of_users_in_any_case(crm: Program) -> None:
    """A profile's user is found however the address is written."""
    crm("profile", "edit", "work", "--user", "ANA@acme.com")
    assert crm("contact", "count").stdout == "0\n"


def test_an_error_that_nobody_knows_is_told(sqlite_crm: Program) -> None:
    """As a bug, and at once: the error is its own cause."""
    import sqlite3

    connection = sqlite3.connect(sqlite_crm.database.removeprefix("sqlite:///"))
    connection.execute("CREATE TRIGGER broken AFTER INSERT ON teams BEGIN SELECT json('{'); END")
    connection.close()
    assert "bug in mycrm: OperationalError" in sqlite_crm("team", "add", "Sales", exit=1).stderr
