"""Several writers at once: nothing is lost, nobody waits for ever, numbers never repeat."""

import subprocess
import sys
from itertools import pairwise
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.db import connect as connecting
from mycrm_cli.db import directory
from mycrm_cli.errors import Conflict, Unavailable
from mycrm_cli.services import records
from mycrm_cli.services.work import Work
from tests.program import Program


def organization_of(crm: Program) -> UUID:
    """Return the id of Acme."""
    return UUID(crm.json("org", "view")["id"])


def work(crm: Program, organization: UUID) -> Work:
    """Begin a unit of work of its own, as another process would."""

    def open_one() -> connecting.Connection:
        return connecting.connect(crm.database, write=True, organization_id=organization)

    identify = lambda connection: directory.admitted(connection, organization, "ana@acme.com")  # noqa: E731
    return Work(open_one(), identify, command=["test"], reserve=open_one)


def test_no_update_is_lost(crm: Program, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second writer of the same record waits, then sees what the first wrote."""
    monkeypatch.setattr(connecting, "BUSY_SECONDS", 1)
    id, organization = UUID(crm.json("contact", "add", "Ana Berg")["id"]), organization_of(crm)
    entity = catalog.entity("contact")
    with work(crm, organization) as first:
        records.edit(first, entity, [(id, {"+tags": ["one"], "last_name": "Zorn"})])
        with pytest.raises(Unavailable), work(crm, organization) as second:
            records.edit(second, entity, [(id, {"+tags": ["two"]})])
    with work(crm, organization) as second:
        records.edit(second, entity, [(id, {"+tags": ["two"], "first_name": "Eva"})])
    with pytest.raises(Conflict), work(crm, organization) as third:
        records.edit(third, entity, [(id, {"city": "Rome"})], version=1)
    record = crm.json("contact", "view", "Eva Zorn")
    assert (record["tags"], record["version"]) == (["one", "two"], 3)
    assert crm("search", "eva zorn", "-o", "ids").lines == [str(id)]


def test_numbers_wait_for_nobody(crm: Program, dialect: str) -> None:
    """On PostgreSQL a long import does not hold up who adds in between; no number comes twice."""
    if dialect == "sqlite":
        assert [crm.json("contact", "add", f"N{i}")["number"] for i in range(3)] == [1, 2, 3]
        return
    organization, entity = organization_of(crm), catalog.entity("contact")
    with work(crm, organization) as long:
        records.add(long, entity, [{"first_name": "A"}])
        with work(crm, organization) as short:
            records.add(short, catalog.entity("company"), [{"name": "B"}])
            records.add(short, entity, [{"first_name": "C"}])
        records.add(long, catalog.entity("company"), [{"name": "D"}])
    for noun in ("contact", "company"):
        assert sorted(crm(noun, "list", "-F", "number").lines) == ["1", "2"]


def test_eight_writers(crm: Program) -> None:
    """Eight processes that add at once: none fails, none is lost, no number comes twice, the chain holds."""
    script = (
        "import sys\nfrom mycrm_cli.main import run\n"
        "for i in range(10):\n    status = run(['contact', 'add', f'W{sys.argv[1]}-{i}', '-q'])\n"
        "    if status: sys.exit(status)\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(worker)],
            env=crm.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for worker in range(8)
    ]
    failures = [error for process in running for _, error in [process.communicate(timeout=120)] if process.returncode]
    assert not failures
    numbers = [int(line) for line in crm("contact", "list", "-L", "0", "-F", "number").lines]
    assert (len(numbers), len(set(numbers))) == (80, 80)
    connection = connecting.connect(crm.database, organization_id=organization_of(crm))
    connection.begin()
    chain = connection.raw.execute("SELECT position, previous_hash, hash FROM changes ORDER BY position").fetchall()
    connection.close()
    assert [row[0] for row in chain] == list(range(1, len(chain) + 1))
    assert all(later[1] == earlier[2] for earlier, later in pairwise(chain))
