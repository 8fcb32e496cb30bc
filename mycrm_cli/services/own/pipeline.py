"""One pipeline is the default one."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Invalid
from mycrm_cli.services import holding, rows, stages, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def fill(work: Work, values: Sequence[Row]) -> None:
    """Make the organization's first pipeline the default one."""
    holding.alone(work)
    if not any(value.get("is_default") for value in values) and not stages.known(work).by_id:
        for value in values[:1]:
            value["is_default"] = True


def hold(work: Work, edits: Sequence[tuple[UUID, Row]]) -> None:
    """Wait for those who choose another default one."""
    holding.alone(work)


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a default pipeline that takes no new deals."""
    if after["is_default"] and not after["is_active"]:
        raise Invalid(
            f"{after['name']} is the default pipeline, which is active",
            details=[{"field": "is_active", "code": "is_default"}],
            hint="mycrm pipeline default NAME makes another one the default first",
        )


def settle(work: Work, changed: Sequence[tuple[Row, Row]]) -> None:
    """Refuse to leave the organization without a default pipeline."""
    left = [after for before, after in changed if before["is_default"] and not after["is_default"]]
    if left and not _defaults(work):
        raise Conflict(
            f"{left[0]['name']} is the default pipeline: one of them is",
            details=[{"field": "is_default", "code": "last_default"}],
            hint="mycrm pipeline default NAME makes another one the default",
        )


def follow(work: Work, written: Sequence[Written]) -> None:
    """Take the mark of the default one from the others."""
    stages.forget(work)
    chosen = [
        after["id"]
        for before, after, _ in written
        if after["is_default"] and (before is None or not before["is_default"])
    ]
    if not chosen:
        return
    others = [id for id in _defaults(work) if id != chosen[-1]]
    pipeline = catalog.entity("pipeline")
    before = rows.images(work.connection, work.scope, pipeline, others, lock=True)
    updating.write(work, pipeline, before, [(id, {"is_default": False}) for id in before])


def leave(work: Work, images: Sequence[Row]) -> None:
    """Refuse to delete the default pipeline."""
    stages.forget(work)
    for image in images:
        if image["is_default"]:
            raise Conflict(
                f"{image['name']} is the default pipeline",
                details=[{"field": "is_default", "code": "is_default"}],
                hint="mycrm pipeline default NAME makes another one the default first",
            )


def _defaults(work: Work) -> list[Any]:
    """Return the ids of the pipelines that are marked as the default one."""
    return [id for id, is_default in stages.of_organization(work, "pipeline", ["id", "is_default"]) if is_default]
