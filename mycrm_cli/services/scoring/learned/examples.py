"""Examples to learn from: leads as they were before their outcome, column by column."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.scoring.inputs import CUSTOM, SIGNALS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

ENGAGEMENT, FIT, INTENT, TIMING, BUDGET = range(5)
PLACES = {
    **dict.fromkeys(("reply", "click", "call", "open"), ENGAGEMENT),
    **dict.fromkeys(("employees", "seniority", "industry", "free_mail"), FIT),
    **dict.fromkeys(("meeting", "visit", "source", "utm_source", "utm_medium", "utm_campaign", "campaign"), INTENT),
    **dict.fromkeys(("recency", "age"), TIMING),
    **dict.fromkeys(("value", "revenue"), BUDGET),
}
"""The component to which an input belongs; the organization's own fields tell how well a lead fits."""
LABELS = {
    "reply": "Replied",
    "click": "Followed a link",
    "call": "Talked on the phone",
    "open": "Opened a message",
    "meeting": "Met",
    "visit": "Form or visit",
    "employees": "Size of the company",
    "seniority": "Position",
    "free_mail": "Private mail address",
    "recency": "Last sign of life",
    "value": "Estimated value",
}
ORDER = (*SIGNALS, "recency", "age", "employees", "revenue", "industry", "seniority", "free_mail", "source", "value")
"""The inputs that every lead has, in the order in which they are read."""


class Examples(NamedTuple):
    """Leads with an outcome: ``labels`` are 1 (converted) or 0, moments are seconds since 1970.

    ``rules`` has the components of each lead's score under the rules, ``late`` the part of an input's values
    that came only after the moment as of which the lead is looked at.
    """

    ids: Sequence[str]
    labels: Sequence[int]
    decided: Sequence[float]
    as_of: Sequence[float]
    columns: Mapping[str, Sequence[Any]]
    rules: Sequence[Sequence[int]]
    late: dict[str, float]

    def ordered(self) -> Examples:
        """Return them by the date of the outcome, then by id: what is learned does not depend on how they came."""
        places = sorted(range(len(self.ids)), key=lambda place: (self.decided[place], self.ids[place]))
        return self.picked(places)

    def picked(self, places: Sequence[int]) -> Examples:
        """Return some of them."""
        columns = {name: [told[place] for place in places] for name, told in sorted(self.columns.items())}
        return Examples(
            [self.ids[place] for place in places],
            [self.labels[place] for place in places],
            [self.decided[place] for place in places],
            [self.as_of[place] for place in places],
            columns,
            [self.rules[place] for place in places] if self.rules else [],
            self.late,
        )


def place_of(name: str) -> int:
    """Return the place of the component to which an input belongs."""
    return PLACES.get(name, FIT)


def label_of(name: str) -> str:
    """Return what an input is called where people read it."""
    return LABELS.get(name) or name.removeprefix(CUSTOM).replace("_", " ").capitalize()
