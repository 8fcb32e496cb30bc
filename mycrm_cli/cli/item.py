"""Line items of deals."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, pipes, shorthand, writing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.structures import parse_json

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
    objects = wanted(sys.stdin.read())
    if len(objects) >= bulk.FROM_PIPE:
        bulk.check_protected(state, None)
        state.confirm(f"add {len(objects):,} items in {state.scope.slug}, profile {state.profile.name}?")
    given["set_opportunity_id"] = None
    with state.work() as work:
        writing.locale_of(state, work)
        common = writing.given_values(state, work, ITEM, given)
        if given["name"]:
            common |= services.values.typed(work.reader, ITEM, {"name": given["name"]}, state.out.warn)
        new = services.records.add(work, ITEM, [row | common for row in pipes.read(work, ITEM, objects)])
        report = bulk.Report(state, work, ITEM, "added", [row["id"] for row in new])
    report.tell()


def wanted(text: str) -> list[dict[str, Any]]:
    """Return the items that stdin asks for: one for each deal's reference, or JSON objects with a deal."""
    if text.lstrip()[:1] not in ("{", "["):
        return [{"deal": line.strip()} for line in text.splitlines() if line.strip()]
    whole = text.lstrip().startswith("[")
    found = parse(text) if whole else [parse(line) for line in text.splitlines() if line.strip()]
    return [renamed(record) for record in found]


def parse(text: str) -> Any:
    """Read JSON on stdin; raises Invalid for what is none."""
    try:
        return parse_json(text)
    except BadValue as error:
        raise Invalid(f"stdin {error.message}") from None


def renamed(record: Any) -> dict[str, Any]:
    """Return an object of stdin with its deal under the field's name; a deal that was listed is its ``ref``."""
    if not isinstance(record, dict):
        raise Invalid("stdin holds something else than objects", hint='such as {"deal": "D-12", "product": "P-1"}')
    deal = record.pop("ref", None)
    return record if deal is None else {"deal": deal, **record}


def by_place(given: dict[str, Any]) -> None:
    """Let deals' numbers stand for a filter; the items of a deal come in their order."""
    words = given["filters"] or []
    given["filters"] = [f"deal={word}" if DEAL_NUMBER.fullmatch(word) else word for word in words]
    if given["sort"] is None and (given["by_deal"] or given["filters"] != words):
        given["sort"] = "position"


app.command("add", cls=WriteVerb)(sig.with_signature(add, parameters(), ADD))
app.command("list", cls=Verb)(shorthand.list_command(ITEM, LIST, by_place))
