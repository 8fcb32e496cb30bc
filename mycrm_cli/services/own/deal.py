"""Deals stand in a stage of their pipeline, and everything that follows from it."""

from __future__ import annotations

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds.base import EMPTY
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services import activities, holding, moments, moves, placing, records, rows, stages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Field
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

FROM_ITEMS = "items"
"""What is typed for a value that is the sum of the line items."""
ITEMS_WANTED = "+items"
"""Where the values of a deal say that its value is to be taken from its items."""

PLACE = frozenset(("stage_id", "pipeline_id", "status"))
"""What says where a deal stands."""
ITEM_DEAL = ("opportunity_id",)
ALONG = ("stage_history", "deal_contacts")
"""Tables that get a row with each new deal, or nearly."""
WORDS = {"close_date": "expected_close_date"}
"""What imports may say: other systems have one date for when a deal should close and for when it did."""


def read(reader: Reader, field: Field, text: str) -> Any:
    """Read a stage by its name, which has a meaning in the deal's pipeline only, and the word for the items' sum."""
    if field.name == "stage_id" and not text.strip().casefold().startswith("ext:"):
        return stages.StageName(text.strip())
    if field.name == "value" and fold_key(text) == FROM_ITEMS:
        return FROM_ITEMS
    return None


def fill(work: Work, values: Sequence[Row]) -> None:
    """Put new deals into their pipeline and stage, with what follows from it."""
    holding.share(work)
    known, now = stages.known(work), clock.now()
    for value in values:
        _from_items(value)
        placing.enter(work, known, value, now)
        if value.get("currency") is None:
            value["currency"] = work.scope.locale.currency
    _fill_companies(work, values)


def hold(work: Work, edits: Sequence[tuple[UUID, Row]]) -> None:
    """Keep the stages as they are where deals come to another one."""
    if any(PLACE & changes.keys() for _, changes in edits):
        holding.share(work)


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Complete changes of deals: the stage that is meant, and what a new stage brings along."""
    known = stages.known(work)
    _keep_currencies(work, edits)
    placing.shift(work, known, edits)
    for before, changes in edits:
        _from_items(changes)
        new_value = "value" in changes and changes["value"] != before["value"]
        if new_value and before["value_from_items"] and "value_from_items" not in changes:
            changes["value_from_items"] = False
    _fill_companies(work, [changes for before, changes in edits if before["company_id"] is None])


def take_in(work: Work, incoming: Sequence[tuple[Row | None, Row]]) -> None:
    """Take another system's close date for the expected one, and of closed deals for the actual one as well."""
    known, today = stages.known(work), moments.local_day(work, clock.now())
    for before, values in incoming:
        day = values.pop("close_date", None)
        there = values.get("stage_id") or (before["stage_id"] if before else None)
        stage = known.stages.get(there) if there else None
        if day is not None:
            values.setdefault("expected_close_date", day)
            if stage is not None and stage.status != "open" and day <= today:
                values.setdefault("actual_close_date", day)


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a deal that comes into a stage without what the stage asks for."""
    if before is not None and before["stage_id"] == after["stage_id"]:
        return
    stage = stages.known(work).stage(after["stage_id"])
    if stage.status != "open" and activities.imported(work):
        return  # what was closed elsewhere, or before the stage asked for anything, is history
    if missing := [name for name in stage.required_fields if _is_known(work, name) and _is_empty(after, name)]:
        shown = [name.removesuffix("_id").replace("_", " ") for name in missing]
        raise Invalid(
            f"a deal needs {', '.join(shown)} to come to {stage.name}",
            details=[{"field": name, "code": "required"} for name in missing],
            hint=("" if before is None else f"mycrm deal edit D-{after['number']} ") + _options(missing),
        )


def follow(work: Work, written: Sequence[Written]) -> None:
    """Write down the moves, and keep the main contact among the deal's contacts."""
    _follow_contacts(work, written)
    moves.follow(work, written)
    wanted = [record.after["id"] for record in written if record.given.get(ITEMS_WANTED)]
    if wanted:
        from mycrm_cli.services import items

        items.take_value(work, wanted)


def _from_items(values: Row) -> None:
    """Note that the value is to be taken from the line items."""
    if values.get("value") == FROM_ITEMS:
        del values["value"]
        values |= {"value_from_items": True, ITEMS_WANTED: True}


def _keep_currencies(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Refuse another currency for a deal whose items have prices; raises Invalid."""
    changed = {
        before["id"]: before for before, changes in edits if changes.get("currency") not in (None, before["currency"])
    }
    item = catalog.entity("item")
    priced = {row[0] for row in rows.fetch(work.connection, work.scope, item, "opportunity_id", changed, ITEM_DEAL)}
    for id in sorted(priced):
        raise Invalid(
            f"D-{changed[id]['number']} has items with prices in {changed[id]['currency']}",
            details=[{"field": "currency", "code": "has_items"}],
            hint=f"mycrm item list D-{changed[id]['number']} lists them; delete them first",
        )


def _fill_companies(work: Work, values: Sequence[Row]) -> None:
    """Give deals the company of their contact where none is named."""
    open_ones = [value for value in values if value.get("contact_id") and "company_id" not in value]
    if not open_ones:
        return
    contact = catalog.entity("contact")
    ids = {value["contact_id"] for value in open_ones}
    found: dict[Any, Any] = {
        row[0]: row[1] for row in rows.fetch(work.connection, work.scope, contact, "id", ids, ["id", "company_id"])
    }
    for value in open_ones:
        if company := found.get(value["contact_id"]):
            value["company_id"] = company


def _follow_contacts(work: Work, written: Sequence[Written]) -> None:
    """Add the main contacts to the deals' contacts where they are not among them."""
    new: list[Row] = []
    changed: list[Row] = []
    for before, after, _ in written:
        if after["contact_id"] and (before is None or before["contact_id"] != after["contact_id"]):
            link = {"opportunity_id": after["id"], "contact_id": after["contact_id"]}
            (new if before is None else changed).append(link)
    if changed:
        table, columns = catalog.entity("deal_contacts"), ["opportunity_id", "contact_id"]
        deals = [link["opportunity_id"] for link in changed]
        there = set(map(tuple, rows.fetch(work.connection, work.scope, table, columns[0], deals, columns)))
        new += [link for link in changed if tuple(link.values()) not in there]
    records.put(work, "deal_contacts", new)


def _is_known(work: Work, name: str) -> bool:
    """Whether deals have a field: undo may take a custom one back that a stage asks for since."""
    deal = catalog.entity("deal")
    if name.startswith("cf."):
        return name[3:] in work.reader.custom_fields(deal)
    return name in deal.fields or f"{name}_id" in deal.fields


def _is_empty(row: Row, name: str) -> bool:
    """Whether a deal has no value in a field; a relation is named as people name it."""
    value = row["custom_fields"].get(name[3:]) if name.startswith("cf.") else row.get(name, row.get(f"{name}_id"))
    return value in EMPTY


def _options(names: Sequence[str]) -> str:
    """Return the options that give fields a value."""
    return " ".join(
        f"--set {name}=…" if name.startswith("cf.") else f"--{name.removesuffix('_id').replace('_', '-')} …"
        for name in names
    )
