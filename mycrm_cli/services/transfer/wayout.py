"""What to do about rows that cannot be imported, where one option is the way out."""

from __future__ import annotations

from mycrm_cli.services.transfer import trash
from mycrm_cli.services.transfer.numbers import TAKEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.transfer.model import Problem
    from mycrm_cli.services.transfer.plan import Plan


def of(plan: Plan | None, problems: Sequence[Problem]) -> str | None:
    """Return the way out of the first problem that has one of its own."""
    for problem in problems:
        column = _quoted(problem.column)
        if problem.code == TAKEN:
            return f"--map {column}=- gives these records new numbers"
        if problem.code == trash.CODE:
            return trash.WAYS
        if problem.code == "not_an_id" and _fills_id(plan, problem.column):
            return f"--map {column}=ext:SOURCE keeps it as the other system's key, --map {column}=- leaves it out"
    return None


def _fills_id(plan: Plan | None, column: str) -> bool:
    """Whether a column is read as our own ids."""
    return plan is not None and any(c.name == column and c.target.name == "id" for c in plan.columns)


def _quoted(column: str) -> str:
    return column if column.isidentifier() else f"'{column}'"
