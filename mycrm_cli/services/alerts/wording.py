"""What an alert says: one notice for each person, with what is new for them."""

from __future__ import annotations

from mycrm_cli.kinds.times import zone
from mycrm_cli.services.alerts.cases import KINDS, OVERDUE, STALLED, UNANSWERED
from mycrm_cli.services.notices import Notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.alerts.cases import Case
    from mycrm_cli.services.audience import Person

SHOWN = 20
"""Lines of one kind; the rest is counted."""
TITLES = {
    UNANSWERED: ("lead waits for a first answer", "leads wait for a first answer"),
    STALLED: ("deal stands still", "deals stand still"),
    OVERDUE: ("task is overdue", "tasks are overdue"),
}


def notice(person: Person, cases: Sequence[Case], id: str) -> Notice:
    """Return what a person is told of these cases."""
    by_kind = {kind: [case for case in cases if case.kind == kind] for kind in KINDS}
    counted = [f"{len(some):,} {TITLES[kind][len(some) > 1]}" for kind, some in by_kind.items() if some]
    blocks = [_block(person, kind, some) for kind, some in by_kind.items() if some]
    data = {"alerts": [as_json(case) for case in cases]}
    return Notice(
        "alert", person.id, ", ".join(counted), "\n\n".join(blocks), data, person.email, person.name or None, id
    )


def as_json(case: Case) -> dict[str, object]:
    """Return a case for programs."""
    return {
        "kind": case.kind,
        "reference": case.reference,
        "id": str(case.id),
        "title": case.title,
        "since": f"{case.since:%Y-%m-%dT%H:%M:%SZ}",
    }


def _block(person: Person, kind: str, cases: Sequence[Case]) -> str:
    here = zone(person.zone)
    title = TITLES[kind][len(cases) > 1]
    lines = [f"{len(cases):,} {title}"]
    for case in cases[:SHOWN]:
        lines.append(f"  {case.reference}  {case.title}  since {case.since.astimezone(here):%Y-%m-%d %H:%M}")
    if len(cases) > SHOWN:
        lines.append(f"  and {len(cases) - SHOWN:,} more: mycrm alert list --for me")
    return "\n".join(lines)
