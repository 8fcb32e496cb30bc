"""Line items of deals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, lines, pipes, shorthand, writing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State

app = typer.Typer()

ITEM, DEAL = catalog.entity("item"), catalog.entity("deal")
DEAL_NUMBER = re.compile(r"[Dd]-\d{1,10}")
ADD = """Add line items to deals.

mycrm item add D-12 --product "GTX Pro" --quantity 3 --discount 10
mycrm item add D-12 "Set-up" --unit-price 400
mycrm deal list stage=Proposal -o ids | mycrm item add - --product P-4
mycrm item add --from-json items.json
"""
LIST = """List items.

mycrm item list D-12
mycrm item list --deal D-12 -o csv
mycrm item list -w 'product.name~gtx deal.status=open' -s -total
"""


def parameters() -> dict[str, Any]:
    """Return the arguments and options of ``item add``."""
    words = {"words": sig.arguments("The deal (- reads deals from stdin), and the item's name.", "[DEAL] [NAME]")}
    options = sig.field_options(ITEM)
    options["set_opportunity_id"] = sig.option(
        "--deal", "--opportunity", help="The deal, where it does not come first.", metavar="REF"
    )
    return words | options | writing.common_values(ITEM)


def placed(given: dict[str, Any]) -> dict[str, Any]:
    """Return what a line gives with its words as what they stand for: the deal, then the name."""
    words = list(given.pop("words") or [])
    if words and given["set_opportunity_id"] is None and not given["from_json"]:
        given["set_opportunity_id"] = words.pop(0)
    if len(words) > 1 or (words and DEAL_NUMBER.fullmatch(words[0])):
        raise UsageError(
            f"an item has one deal and one name; {' '.join(map(repr, words))} is too much",
            hint='mycrm item add D-12 "The name" --unit-price 400',
        )
    return given | {"name": words[0] if words else None}


def add(state: State, **given: Any) -> None:
    """Add an item to one deal, or to each deal that stdin names."""
    given = placed(given)
    if given["set_opportunity_id"] != "-":
        writing.add_given(state, ITEM, given)
        return
    objects = [{"deal": line.reference, **line.members} for line in lines.read(("ref", "deal", "opportunity_id"))]
    bulk.ask_to_add(state, ITEM, len(objects), given["confirm"])
    given["set_opportunity_id"] = None
    with state.work() as work:
        writing.locale_of(state, work)
        common = writing.given_values(state, work, ITEM, given)
        if given["name"]:
            common |= services.values.typed(work.reader, ITEM, {"name": given["name"]}, state.out.warn)
        new = services.records.add(work, ITEM, [row | common for row in pipes.read(work, ITEM, objects)])
        report = bulk.Report(state, work, ITEM, "added", [row["id"] for row in new])
    report.tell()


def by_place(given: dict[str, Any]) -> None:
    """Let deals' numbers stand for a filter; the items of a deal come in their order."""
    words = given["filters"] or []
    given["filters"] = [f"deal={word}" if DEAL_NUMBER.fullmatch(word) else word for word in words]
    if given["sort"] is None and (given["by_deal"] or given["filters"] != words):
        given["sort"] = "position"


app.command("add", cls=WriteVerb)(sig.with_signature(add, parameters(), ADD))
app.command("list", cls=Verb)(shorthand.list_command(ITEM, LIST, by_place))
