"""Two writers of the same records: the second one waits, and decides on what the first one wrote."""

import subprocess
import sys
import time
from collections.abc import Callable
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.services import conversion, leads, records, tasks
from mycrm_cli.services.work import Work
from tests.program import Program
from tests.services.test_assignment import people
from tests.services.test_concurrency import organization_of, work

WAIT = 0.9
"""Seconds in which a process of its own comes to where it has to wait."""


def race(crm: Program, first: Callable[[Work], object], *line: str) -> tuple[int, str]:
    """Let a line run while ``first`` is written but not committed; return its exit status and what it said."""
    with work(crm, organization_of(crm)) as unit:
        first(unit)
        second = subprocess.Popen(
            [sys.executable, "-m", "mycrm_cli", *line],
            env=crm.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(WAIT)
        assert second.poll() is None, "it did not wait"
    _, error = second.communicate(timeout=60)
    return second.returncode, error


def ident(crm: Program, noun: str, reference: str) -> UUID:
    """Return the id of a record."""
    return UUID(crm.json(noun, "view", reference)["id"])


def test_a_lead_is_converted_once(crm: Program) -> None:
    """And not at all when somebody has just disqualified it."""
    for name in ("Jan", "Eva"):
        crm("lead", "add", name, "--company", name)
    jan, eva = ident(crm, "lead", "L-1"), ident(crm, "lead", "L-2")
    exit, said = race(crm, lambda unit: conversion.convert(unit, [conversion.Wish(jan)]), "lead", "convert", "L-1")
    assert (exit, "converted already" in said) == (6, True), said
    exit, said = race(crm, lambda unit: leads.set_status(unit, [eva], "disqualified"), "lead", "convert", "L-2")
    assert (exit, "is disqualified" in said) == (6, True), said
    assert [crm(noun, "count").stdout for noun in ("deal", "contact", "company")] == ["1\n"] * 3


def test_a_task_is_done_once(crm: Program) -> None:
    """What is done meanwhile is not skipped."""
    crm("task", "add", "T", "--due", "2027-01-01T10:00")
    id = ident(crm, "task", "T-1")
    exit, said = race(crm, lambda unit: tasks.complete(unit, [id], outcome="good"), "task", "skip", "T-1")
    assert (exit, "T-1 is completed" in said) == (6, True), said
    assert crm("task", "list", "-F", "status,outcome").rows == [["completed", "good"]]


def test_putting_off_twice_counts_twice(crm: Program) -> None:
    """The second delay begins where the first one ended."""
    crm("task", "add", "T", "--due", "2027-01-01T10:00")
    id = ident(crm, "task", "T-1")
    assert race(crm, lambda unit: tasks.snooze(unit, [id], "+2d"), "task", "snooze", "T-1", "+2d")[0] == 0
    assert crm.json("task", "view", "T-1")["due_date"] == "2027-01-05T10:00:00Z"


def test_who_leaves_takes_nothing_back(crm: Program) -> None:
    """A deal that went to somebody else meanwhile stays there."""
    people(crm, "ben", "cleo")
    for name in ("A", "B"):
        crm("deal", "add", name, "--owner", "ben@acme.com")
    deal, cleo = ident(crm, "deal", "D-1"), ident(crm, "user", "cleo@acme.com")

    def give(unit: Work) -> None:
        records.edit(unit, catalog.entity("deal"), [(deal, {"owner_id": cleo})])

    assert race(crm, give, "user", "offboard", "ben@acme.com", "--to", "me", "-y")[0] == 0
    assert crm("deal", "list", "-F", "owner", "-s", "number").lines == ["cleo", "Ana Berg"]
