"""Two writers at once: who moves deals and who changes pipelines wait for each other, on PostgreSQL."""

import subprocess
import sys
import time
from collections.abc import Callable
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.db import connect as connecting
from mycrm_cli.query import journal
from mycrm_cli.services import deals, pipelines, steps, undo
from mycrm_cli.services.work import Work
from tests.program import Program
from tests.services.test_concurrency import organization_of, work


@pytest.fixture
def dialect() -> str:
    """Only PostgreSQL has several writers."""
    return "postgresql"


def ident(crm: Program, noun: str, reference: str) -> UUID:
    """Return the id of a record."""
    return UUID(crm.json(noun, "view", reference)["id"])


def race(crm: Program, first: Callable[[Work], object], *line: str) -> tuple[int, str]:
    """Let a command begin while another writer is not done; return its exit status and what it said."""
    with work(crm, organization_of(crm)) as unit:
        first(unit)
        second = subprocess.Popen(
            [sys.executable, "-m", "mycrm_cli", *line], env=crm.environment(), stderr=subprocess.PIPE, text=True
        )
        _until_waiting(crm, second)
    error = second.communicate(timeout=60)[1]
    return second.returncode, error


def _until_waiting(crm: Program, second: "subprocess.Popen[str]") -> None:
    """Return once the other writer waits for a lock; fails where it did not have to."""
    watch = connecting.connect(crm.database, organization_id=organization_of(crm))
    question = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> %s"
    )
    try:
        for _ in range(200):
            assert second.poll() is None, second.communicate()[1]
            if watch.raw.execute(question, (0,)).fetchone():
                return
            watch.raw.rollback()
            time.sleep(0.05)
    finally:
        watch.close()
    raise AssertionError("it never waited")


def test_deals_that_move_meanwhile(crm: Program) -> None:
    """A won deal stays won, a stage with an open deal does not become won, nothing gets into a stage that goes."""
    for name in ("One", "Two", "Three"):
        crm("deal", "add", name, "--stage", "Proposal")
    crm("stage", "add", "X", "--probability", "30")
    one, two, three = (ident(crm, "deal", f"D-{number}") for number in (1, 2, 3))
    won = lambda unit: deals.close(unit, [one], "won")  # noqa: E731
    assert race(crm, won, "stage", "edit", "Proposal", "--probability", "60", "--update-deals")[0] == 0
    move = lambda unit: deals.move(unit, [two], "X")  # noqa: E731
    status, said = race(crm, move, "stage", "edit", "X", "--won")
    assert (status, "deals stand in X" in said) == (6, True)
    assert (
        race(crm, lambda unit: deals.close(unit, [three], "won"), *"stage delete Proposal --move-to X -y".split())[0]
        == 0
    )
    shown = crm("deal", "list", "-F", "stage,status,probability", "-s", "number").rows
    assert shown == [["Closed won", "won", "100%"], ["X", "open", "30%"], ["Closed won", "won", "100%"]]
    # The other way round: the stage is changed first, and the deal sees it.
    crm("stage", "add", "Y", "--probability", "40")
    y = ident(crm, "stage", "Y")
    to_won = {"is_won": True}
    first = lambda unit: pipelines.records.edit(unit, catalog.entity("stage"), [(y, to_won)])  # noqa: E731
    assert race(crm, first, "deal", "edit", "D-2", "--stage", "Y")[0] == 0
    assert crm("deal", "list", "number=2", "-F", "stage,status").rows == [["Y", "won"]]
    crm("deal", "reopen", "D-2", "--stage", "X")
    assert race(crm, lambda unit: steps.delete(unit, [y]), "deal", "move", "D-2", "Y")[0] == 6


def test_invariants_of_pipelines(crm: Program) -> None:
    """One won stage and one default pipeline are left, whoever is the second."""
    crm("stage", "add", "W2", "--won")
    first = ident(crm, "stage", "Closed won")
    status, said = race(crm, lambda unit: steps.delete(unit, [first]), "stage", "delete", "W2", "-y")
    assert (status, "last stage for won deals" in said) == (6, True)
    crm("pipeline", "add", "A")
    crm("pipeline", "add", "B")
    a = ident(crm, "pipeline", "A")
    assert race(crm, lambda unit: pipelines.make_default(unit, a), "pipeline", "default", "B")[0] == 0
    assert crm("pipeline", "list", "is_default=yes", "-F", "name").lines == ["B"]
    new = [{"name": "C", "is_default": True}]
    assert race(crm, lambda unit: pipelines.add(unit, new), "pipeline", "add", "D", "--default")[0] == 0
    assert crm("pipeline", "list", "is_default=yes", "-F", "name").lines == ["D"]


def test_undo_waits_as_well(crm: Program) -> None:
    """A move is taken back while its old stage becomes won: one of the two is refused."""
    crm("deal", "add", "One", "--stage", "Proposal")
    crm("deal", "move", "D-1", "Negotiation")
    moved = crm.json("change", "list", "-L", "1")[0]["id"]

    def back(unit: Work) -> None:
        undo.take_back(unit, journal.with_parts(unit.reader, [UUID(moved)]))

    status, said = race(crm, back, "stage", "edit", "Proposal", "--won")
    assert (status, "deals stand in Proposal" in said) == (6, True)
    assert crm("deal", "list", "-F", "stage,status").rows == [["Proposal", "open"]]
