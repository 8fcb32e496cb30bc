"""Saved filters: only what parses and compiles is saved, and what others use stays."""

from __future__ import annotations

import re

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Invalid, UsageError
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query.language import parse
from mycrm_cli.query.saved import SavedFilter, by_key, names_in
from mycrm_cli.query.select import Select, compile_select
from mycrm_cli.services import activities, assignment_rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

NAME = re.compile(r"\w[\w-]*")


def fill(work: Work, values: Sequence[Row]) -> None:
    """Note who saved it."""
    for value in values:
        value.setdefault("user_id", work.scope.user_id)


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a name that no expression could use, and a noun that there is not."""
    if not NAME.fullmatch(after["name"]):
        raise Invalid(
            f"{after['name']!r} is no name for a filter: letters, digits, - and _ only",
            details=[{"field": "name", "code": "pattern"}],
        )
    if after["entity"] not in catalog.entities() or not catalog.entity(after["entity"]).command:
        raise Invalid(f"there are no {after['entity']!r} to filter", details=[{"field": "entity", "code": "choice"}])


def follow(work: Work, written: Sequence[Written]) -> None:
    """Compile what was written, all of it being there by now, so that one filter may name another."""
    work.reader.forget()
    for one in written:
        entity = catalog.entity(one.after["entity"])
        clash(work, one.after)
        try:
            select = Select(entity, one.after["columns"], where=parse(one.after["expression"]), sort=one.after["sort"])
            compile_select(work.reader.frame(), select)
        except UsageError as error:
            if not activities.imported(work):
                raise
            # In a file it is one wrong row among others.
            details: list[dict[str, object]] = [{"field": "expression", "code": "syntax"}]
            raise Invalid(error.message, details=details, candidates=error.candidates) from error
        if before := one.before:
            _keep_circles_out(work, before, one.after)


def clash(work: Work, row: Row) -> None:
    """Refuse a second filter whose name differs in case or accents only; raises Invalid."""
    known = work.reader.saved_filters(catalog.entity(row["entity"]))
    if known[fold_key(row["name"])].name != row["name"]:
        raise Invalid(
            f"a filter @{known[fold_key(row['name'])].name} exists already",
            details=[{"field": "name", "code": "duplicate"}],
        )


def _keep_circles_out(work: Work, before: Row, after: Row) -> None:
    """Compiling the filter itself has found any circle; a changed noun or name must leave no user behind."""
    if (before["entity"], fold_key(before["name"])) != (after["entity"], fold_key(after["name"])):
        leave(work, [before])


def leave(work: Work, images: Sequence[Row]) -> None:
    """Refuse to remove a filter that another one or a rule names; raises Conflict."""
    going = {(image["entity"], fold_key(image["name"])) for image in images}
    for entity in {image["entity"] for image in images}:
        for key, other in work.reader.saved_filters(catalog.entity(entity)).items():
            if (entity, key) in going:
                continue
            for name in _mentioned(other.expression):
                if (entity, fold_key(name)) in going:
                    raise Conflict(f"@{other.name} uses @{name}", hint=f"mycrm filter delete {entity}.{other.name}")
    _refuse_ruled(work, images)


def _refuse_ruled(work: Work, images: Sequence[Row]) -> None:
    """Refuse to remove or rename filters of leads that a rule of assignment names."""
    gone = [image for image in images if image["entity"] == "lead"]
    old = by_key([SavedFilter(row["name"], row["expression"], row["sort"], row["columns"]) for row in gone])
    known = work.reader.saved_filters(catalog.entity("lead")) if old else {}
    before, after = work.reader.frame(), work.reader.frame()
    before.saved = lambda _: known | old
    after.saved = lambda _: {key: filter for key, filter in known.items() if key not in old}
    if old:
        assignment_rules.refuse_needed(work, before, after, " or ".join(f"@{row.name}" for row in old.values()))


def _mentioned(expression: str) -> list[str]:
    try:
        return names_in(parse(expression))
    except UsageError:
        return []
