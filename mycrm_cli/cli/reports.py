"""The reports that there are: what each is about, and which questions it takes."""

from __future__ import annotations

from typing import Any, NamedTuple


class Spec(NamedTuple):
    """A report: ``entity`` is what ``-w`` filters, ``owner`` and ``pipeline`` the fields behind those options.

    ``period`` is the one that counts unless told, ``by`` what the answer can be broken down by (the first unless
    told), ``asof`` whether the past can be asked for. ``query.reports.<name>.report`` answers it.
    """

    name: str
    entity: str
    doc: str
    period: str = ""
    by: tuple[str, ...] = ()
    owner: str = "owner"
    pipeline: str = ""
    asof: bool = True
    options: dict[str, Any] = {}  # noqa: RUF012 - a tuple's default, which nobody changes


PIPELINE = Spec(
    "pipeline",
    "deal",
    """Show what stands where: open deals by stage.

    Value and weighted value (times probability) are in the organization's currency, days are whole days in the stage
    on average, and stale counts the deals that have stood there longer than the stage allows.

    mycrm report pipeline
    mycrm report pipeline --owner me --as-of 2026-09-30
    mycrm report pipeline --pipeline Sales -w 'tag=enterprise' -o csv
    """,
    pipeline="pipeline",
)
REPORTS = (PIPELINE,)
"""All reports, in the order in which help lists them."""
