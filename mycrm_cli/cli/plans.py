"""``import --plan`` and ``--apply``: an import that writes down what it would do, and one that does what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli.cli import bulk
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.transfer.summary import Summary

TAKEN = frozenset(("apply", "results", "confirm"))
"""Options that go with ``--apply``; the plan says all else."""


def apply(state: State, entity: Entity, given: dict[str, Any]) -> tuple[Summary, str | None]:
    """Apply a plan; return the account and the change's number."""
    from mycrm_cli.cli.importing import begun
    from mycrm_cli.cli.progress import Progress
    from mycrm_cli.services.transfer.applying import Apply
    from mycrm_cli.services.transfer.planfile import Stored

    check(given)
    bulk.check_protected(state, given["confirm"])
    plan = Stored(given["apply"])
    progress, job = Progress(state), None
    try:
        with begun(state)() as work:
            job = Apply(work, entity, plan, results=given["results"], progress=progress)
            summary = job.run()
        job.results.publish()
    finally:
        progress(-1)
        if job is not None:
            job.results.close()
    return summary, work.journal.reference


def prepare(state: State, given: dict[str, Any]) -> None:
    """Make the import one that writes its plan alone; raises UsageError for what does not go with that."""
    for name in ("resume", "inspect"):
        if given[name]:
            raise UsageError(f"--plan and --{name} do not go together")
    state.options["dry_run"] = True


def check(given: dict[str, Any]) -> None:
    """Refuse what does not go with a plan, which says it all; raises UsageError."""
    if given["file"]:
        raise UsageError("--apply takes no FILE: the plan has all of it", hint="--plan FILE makes a plan")
    for name, value in given.items():
        if value and name not in TAKEN:
            raise UsageError(f"--apply and --{name.replace('_', '-')} do not go together: the plan says it all")
    if given["results"] and given["results"] == given["apply"]:
        raise UsageError("--results is the plan that is applied")
