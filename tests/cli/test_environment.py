"""A hostile world: no profile, no home, no disk, no server, another schema, a closed pipe. Never a traceback."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import Program, Result


def sound(result: Result) -> Result:
    """Check that a failure was told and not thrown."""
    assert "Traceback" not in result.stderr, result
    assert "bug in mycrm" not in result.stderr, result
    return result


def test_missing_and_broken_databases(sqlite_crm: Program, tmp_path: Path) -> None:
    """A file that is missing, empty or no database is a configuration error."""
    path = Path(sqlite_crm.database.removeprefix("sqlite:///"))
    kept = path.read_bytes()
    path.unlink()
    assert "there is no database" in sound(sqlite_crm("contact", "list", exit=78)).stderr
    path.write_bytes(b"")
    sound(sqlite_crm("contact", "list", exit=78))
    path.write_bytes(b"not a database at all, but long enough to look at" * 100)
    sound(sqlite_crm("contact", "list", exit=78))
    path.write_bytes(kept)
    sqlite_crm("contact", "list")


def test_a_locked_database(sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program's lock is exit 75: try again."""
    monkeypatch.setattr("mycrm_cli.db.connect.BUSY_SECONDS", 0.1)
    other = sqlite3.connect(sqlite_crm.database.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sound(sqlite_crm("contact", "add", "Ana", exit=75))
    sqlite_crm("contact", "list")
    other.execute("ROLLBACK")
    other.close()
    sqlite_crm("contact", "add", "Ana")


def test_an_unreachable_server(program: Program) -> None:
    """A server that does not answer is exit 75, and no password is in the message."""
    line = "init --profile work --organization Acme --slug acme --email ana@acme.com --no-input --database".split()
    result = sound(program(*line, "postgresql://crm@127.0.0.1:1/crm?connect_timeout=2", exit=75))
    assert "127.0.0.1" in result.stderr
    assert program("profile", "list").stdout == ""


def test_another_schema(crm: Program) -> None:
    """An older schema is upgraded first; one that needs a newer program is left alone."""
    from mycrm_cli.db.connect import connect

    connection = connect(crm.database, write=True)
    connection.begin()
    connection.execute("UPDATE schema_info SET min_program = '99.0'")
    connection.commit()
    assert "99.0" in sound(crm("contact", "list", exit=78)).stderr
    sound(crm("contact", "add", "Ana", exit=78))
    connection.begin()
    connection.execute("UPDATE schema_info SET min_program = '0.1.0'")
    connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.commit()
    connection.close()
    assert "db upgrade" in sound(crm("contact", "list", exit=78)).stderr


def test_a_read_only_folder(sqlite_crm: Program, tmp_path: Path) -> None:
    """Reading works from a folder that cannot be written; writing is told."""
    if os.geteuid() == 0:
        # Root may write everywhere: the same is tried with a file that SQLite may only read.
        sqlite_crm("contact", "list")
    path = Path(sqlite_crm.database.removeprefix("sqlite:///"))
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        sqlite_crm("contact", "list")
        sound(sqlite_crm("contact", "add", "Ana", exit=None))
    finally:
        path.parent.chmod(0o700)
        path.chmod(0o600)


def test_no_home(program: Program) -> None:
    """Without HOME and MYCRM_HOME the message says what to set."""
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-m", "mycrm_cli", "contact", "list"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 78
    assert "MYCRM_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_is_success(sqlite_crm: Program) -> None:
    """``mycrm … | head -1`` ends well."""
    sqlite_crm(
        "contact",
        "add",
        "--from-json",
        "-",
        stdin=str([{"first_name": f"N{i}"} for i in range(3000)]).replace("'", '"'),
    )
    shell = f"{sys.executable} -m mycrm_cli contact list -o json | head -c 10 > /dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", shell], env=sqlite_crm.environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "line", [("contact", "list"), ("--version",), ("--help",), ("contact", "view", "C-9")], ids=" ".join
)
def test_closed_streams(sqlite_crm: Program, line: tuple[str, ...]) -> None:
    """A closed stdout or stderr is no reason to fail loudly."""
    words = " ".join(line)
    for closing in (">&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(
            ["bash", "-c", f"{sys.executable} -m mycrm_cli {words} {closing}"],
            env=sqlite_crm.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 3), done
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr


def test_the_posix_locale(sqlite_crm: Program) -> None:
    """Names keep their letters where the locale knows none."""
    sqlite_crm("contact", "add", "Élodie Müller")
    result = sqlite_crm.process(
        "contact",
        "list",
        "-F",
        "name",
        env={"LC_ALL": "POSIX", "LANG": "", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    assert result.stdout == "Élodie Müller\n"


def test_a_full_disk(sqlite_crm: Program, tmp_path: Path) -> None:
    """A file that cannot grow: an error, nothing acknowledged, nothing damaged."""
    limit = f"ulimit -f 200; {sys.executable} -m mycrm_cli contact add --from-json - "
    many = str([{"first_name": f"N{i}", "last_name": "x" * 90, "city": "y" * 90} for i in range(2000)]).replace(
        "'", '"'
    )
    done = subprocess.run(
        ["bash", "-c", limit], env=sqlite_crm.environment(), input=many, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert sqlite_crm("contact", "count").stdout == "0\n"
    sqlite_crm("contact", "add", "Ana")


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        (("contct", "list"), 2, "contact"),
        (("contact", "lst"), 2, "list"),
        (("contact", "list", "--sort-by", "x"), 2, "--sort"),
        (("contact", "list", "-o", "yaml"), 2, "json"),
        (("contact", "list", "-w", "scroe>=70"), 2, "score"),
        (("contact", "list", "-w", "score>="), 2, "^"),
        (("contact", "list", "-w", "(score>=70"), 2, "^"),
        (("contact", "list", "-F", "nmae"), 2, "name"),
        (("contact", "list", "-s", "nmae"), 2, "name"),
        (("contact", "view"), 2, "which contact"),
        (("contact", "view", "CO-1"), 3, "company"),
        (("contact", "add"), 2, "name"),
        (("contact", "edit", "--city", "Rome"), 2, "which"),
        (("contact", "edit", "C-1", "-w", "x=1"), 2, ""),
        (("contact", "list", "--color", "blue"), 2, "never"),
        (("help", "filtres"), 2, "filters"),
        (("contact", "export", "-O", "/nowhere/at/all.csv"), None, ""),
    ],
)
def test_wrong_lines(sqlite_crm: Program, line: tuple[str, ...], status: int | None, said: str) -> None:
    """A wrong line is exit 2 and says what is near."""
    result = sound(sqlite_crm(*line, exit=status))
    assert result.exit != 0
    assert said in result.stderr
    assert result.stdout == ""


def test_interrupts(sqlite_crm: Program) -> None:
    """A terminated import leaves nothing half done."""
    import signal
    import time

    environment = sqlite_crm.environment()
    process = subprocess.Popen(
        [sys.executable, "-m", "mycrm_cli", "contact", "add", "--from-json", "-"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert b"Traceback" not in err
    assert sqlite_crm("contact", "count").stdout == "0\n"
