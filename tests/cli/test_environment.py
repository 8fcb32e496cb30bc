"""A hostile world: no profile, no home, no disk, no server, another schema, a closed pipe. Never a traceback."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
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


def test_a_read_only_folder(sqlite_crm: Program) -> None:
    """Reading works where nothing can be written; a write is told to try later, and leaves no trace."""
    sqlite_crm("contact", "add", "Ana")
    with tempfile.TemporaryDirectory() as place:
        home, database = Path(place) / "home", Path(place) / "data" / "crm.db"
        shutil.copytree(sqlite_crm.home, home)
        database.parent.mkdir()
        shutil.copyfile(sqlite_crm.database.removeprefix("sqlite:///"), database)
        Program(home)("profile", "edit", "work", "--database", str(database))
        reader = ReadOnly(place)
        assert reader.run(home, "contact", "list", "-F", "name") == (0, "Ana\n")
        status, said = reader.run(home, "contact", "add", "Bo")
        assert (status, "Traceback" in said, "bug in" in said) == (75, False, False), said
        assert reader.run(home, "contact", "count") == (0, "1\n")
        reader.close()


class ReadOnly:
    """Runs the program where it may read and write nowhere; root gives up the right to write everywhere."""

    rights = "-dac_override,-dac_read_search"

    def __init__(self, place: str) -> None:
        self.paths = [Path(place), *Path(place).rglob("*")]
        for path in self.paths:
            path.chmod(0o500 if path.is_dir() else 0o400)

    def run(self, home: Path, *line: str) -> tuple[int, str]:
        """Return the exit status, and what was printed."""
        humble = ["setpriv", "--bounding-set", self.rights, "--inh-caps", self.rights] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*humble, sys.executable, "-m", "mycrm_cli", *line],
            env=Program(home).environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout if done.returncode == 0 else done.stdout + done.stderr

    def close(self) -> None:
        """Give the permissions back, so that the place can be removed."""
        for path in self.paths:
            path.chmod(0o700)


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
        "--yes",
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
    limit = f"ulimit -f 200; {sys.executable} -m mycrm_cli contact add --from-json - --yes "
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


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_interrupted_imports(crm: Program, tmp_path: Path, number: signal.Signals, status: int) -> None:
    """An import that is ended in the middle of its writes leaves nothing; the next one does it all."""
    file = tmp_path / "many.csv"
    file.write_text("first_name,email\n" + "".join(f"N,n{i}@example.com\n" for i in range(250_000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "mycrm_cli", "contact", "import", str(file)],
        env=crm.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for_writes(crm, process)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == status
    assert b"Traceback" not in said
    assert number == signal.SIGKILL or b"contact import --resume J-1 takes it up again" in said
    assert crm("contact", "count").stdout == "0\n"
    file.write_text("first_name,email\nN,n1@example.com\n")
    crm("contact", "import", str(file))
    assert crm("contact", "count").stdout == "1\n"


def wait_for_writes(crm: Program, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a running import has the write lock, or holds a number, and has written for a moment."""
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        if crm.database.startswith("sqlite"):
            probe = sqlite3.connect(crm.database.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
            try:
                probe.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                break
            finally:
                probe.close()
        elif numbers_taken(crm):
            break
        time.sleep(0.02)
    time.sleep(0.3)
    assert process.poll() is None, "the import ended before it could be interrupted"


def numbers_taken(crm: Program) -> bool:
    """Return whether numbers of contacts were reserved, which happens just before the first are written."""
    from uuid import UUID

    from mycrm_cli.db.connect import connect

    acme = UUID(crm.json("org", "view")["id"])
    connection = connect(crm.database, organization_id=acme)
    connection.begin()
    found = connection.execute(
        "SELECT next_value FROM counters WHERE organization_id = ? AND entity = 'contact'", (acme,)
    )
    taken = found.fetchone() is not None
    connection.close()
    return taken
