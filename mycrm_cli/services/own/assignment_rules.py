"""Rules of assignment name a filter that can be read, and who gets the leads."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.query import Select
from mycrm_cli.services import rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def fill(work: Work, values: Sequence[Row]) -> None:
    """Put new rules behind the others."""
    last = max((position for position, _ in _places(work)), default=0)
    for value in values:
        if not value.get("position"):
            last += 1
            value["position"] = last


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a rule that names nobody or two, or whose filter cannot be read."""
    if bool(after["user_id"]) == bool(after["team_id"]):
        both = after["user_id"] is not None
        raise Invalid(
            "a rule names one of user and team" + (", not both" if both else ""),
            details=[{"field": "user_id", "code": "conflict" if both else "required"}],
            hint="--clear user or --clear team empties one" if both else "--user EMAIL or --team NAME",
        )
    if before is None or before["expression"] != after["expression"]:
        _check_filter(work, after["expression"])


def _check_filter(work: Work, expression: str) -> None:
    """Compile a filter of leads; raises Invalid with the place where it cannot be read."""
    from mycrm_cli.query.language import parse
    from mycrm_cli.query.select import compile_count

    try:
        compile_count(work.reader.frame(), catalog.entity("lead"), parse(expression), False)
    except UsageError as error:
        raise Invalid(
            error.message,
            hint=error.hint,
            candidates=error.candidates,
            details=[{"field": "expression", "code": "bad_filter"}],
        ) from error


def follow(work: Work, written: Sequence[Written]) -> None:
    """Make room for rules that came to a place where another one stood."""
    placed = {
        record.after["id"]
        for record in written
        if record.before is None or record.before["position"] != record.after["position"]
    }
    moved: dict[UUID, Row] = {}
    last = 0
    for position, id in sorted(_places(work), key=lambda place: (place[0], place[1] not in placed, place[1])):
        last = max(last + 1, position)
        if last != position:
            moved[id] = {"position": last}
    if not (moved and placed):
        return
    table = catalog.entity("assignment_rules")
    updating.write(work, table, rows.images(work.connection, work.scope, table, moved, lock=True), list(moved.items()))
    for record in written:
        record.after.update(moved.get(record.after["id"], {}))


def _places(work: Work) -> list[tuple[int, UUID]]:
    """Return (position, id) of all rules."""
    select = Select(catalog.entity("assignment_rules"), ["position", "id"], sort="position,id", limit=100_000)
    return [(row[0], row[1]) for row in work.reader.rows(select)]
