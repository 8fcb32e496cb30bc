"""The rules of assignment that are in force, and what their filters need to be read."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Ambiguous, Conflict, Invalid, NotFound, UsageError
from mycrm_cli.query import Select
from mycrm_cli.query.language import parse
from mycrm_cli.query.select import compile_count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.errors import CrmError
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def usable(work: Work) -> list[Row]:
    """Return the rules in force, in their order, without those whose filters cannot be read any more.

    A filter goes bad when an undo takes back the field it names, or when the field gets another type. Leads
    come in nonetheless; a warning names the rule, once in each change.
    """
    good = []
    for rule in _rules(work):
        key, problem = f"left out: rule {rule['id']}", flaw(work.reader.frame(), rule["expression"])
        if problem is None:
            good.append(rule)
        elif key not in work.cache:
            work.cache[key] = True
            told = f"rule {rule['name']} is left out: {problem.message.splitlines()[0]}"
            work.scope.locale.warn(f"{told}; mycrm rule edit '{rule['name']}' --where FILTER mends it")
    return good


def flaw(frame: Frame, expression: str) -> CrmError | None:
    """Return why a filter of leads cannot be read, or None."""
    try:
        compile_count(frame, catalog.entity("lead"), parse(expression), False)
    except (UsageError, Invalid, NotFound, Ambiguous) as error:
        return error
    return None


def refuse_needed(work: Work, before: Frame, after: Frame, what: str) -> None:
    """Refuse to take away what the filter of a rule names; raises Conflict.

    Such a filter can be read in the frame of before, but not in that of afterwards.
    """
    for rule in _rules(work, active_only=False):
        if flaw(before, rule["expression"]) is None and flaw(after, rule["expression"]):
            raise Conflict(
                f"rule {rule['name']} uses {what}",
                details=[{"field": "expression", "code": "in_use", "reference": rule["name"]}],
                hint=f"mycrm rule edit '{rule['name']}' --where FILTER, or mycrm rule delete '{rule['name']}'",
            )


def _rules(work: Work, *, active_only: bool = True) -> list[Row]:
    """Return rules in their order."""
    names = ["position", "id", "name", "expression", "user_id", "team_id"]
    where = parse("is_active=yes") if active_only else None
    select = Select(catalog.entity("assignment_rules"), names, where=where, sort="position,id", limit=100_000)
    return [dict(zip(names, row, strict=True)) for row in work.reader.rows(select)]
