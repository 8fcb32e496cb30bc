"""Line items: their place in the deal, what they take from their product, and the value of their deal."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.services import rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Room for every digit of a quantity, a price and a discount multiplied."""
HUNDREDTH = Decimal("0.01")
PRICED = ("quantity", "unit_price", "discount_percent")
"""What a total is made of."""
ALONG = "brought along"
"""Marks what was given for an item that an export of ours brings along, with its place."""


def total(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal) -> Decimal:
    """Return quantity times price less the discount, rounded half up to hundredths: a deal sums rounded lines.

    Source: the net amount of an invoice line, BT-131 of EN 16931-1, with commercial rounding.
    """
    with localcontext(EXACT):
        return (quantity * unit_price * (100 - discount_percent) / 100).quantize(HUNDREDTH)


def total_of(row: Row) -> Decimal:
    """Return the total of an item; what is not given is the default. Raises Invalid for one that is too large."""
    fields = catalog.entity("item").fields
    given = {name: row.get(name) for name in PRICED}
    parts = [
        fields[name].kind.accept(fields[name].default) if value is None else value for name, value in given.items()
    ]
    return fitting(total(*parts), "unit_price", "the item's total")


def fitting(amount: Decimal, field: str, what: str) -> Decimal:
    """Return an amount that fits into a column of money; raises Invalid naming the field."""
    try:
        return Decimal(catalog.entity("item").fields["total"].kind.check(amount))  # type: ignore[attr-defined]
    except BadValue as error:
        details: list[dict[str, object]] = [{"field": field, "code": error.code}]
        raise Invalid(f"{what} is too large: {amount:,.2f}", details=details) from None


def complete(work: Work, values: Sequence[Row]) -> None:
    """Give new items what their product says, their total, and the next places in their deals, in place.

    The deals are locked, so that two who add at once never get the same place. What an export of ours
    brings along (the place) is taken as it was.
    """
    for value in values:
        if not value.get("opportunity_id"):
            details: list[dict[str, object]] = [{"field": "opportunity_id", "code": "required"}]
            raise Invalid("an item needs a deal", details=details, hint="mycrm item add D-12 --product P-1")
    deals = locked(work, {value["opportunity_id"] for value in values})
    products = found(work, values)
    places = last_places(work, deals)
    for value in values:
        deal = value["opportunity_id"]
        if product := products.get(value.get("product_id")):
            if not value.get("position"):
                expect_active(product, deals.get(deal, {}))
            take(work, value, product, deals.get(deal, {}))
        if not value.get("name"):
            raise Invalid(
                "an item needs a product or a name",
                details=[{"field": "name", "code": "required"}],
                hint='mycrm item add D-12 --product P-1, or mycrm item add D-12 "Set-up" --unit-price 400',
            )
        value["total"] = total_of(value)
        value[ALONG] = bool(value.get("position"))
        if not value[ALONG]:
            value["position"] = places.get(deal, 0) + 1
        places[deal] = max(places.get(deal, 0), value["position"])


def locked(work: Work, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Return what items need to know of their deals, locked until the transaction ends."""
    columns = ["id", "number", "currency", "value_from_items"]
    deal = catalog.entity("deal")
    read = rows.fetch(work.connection, work.scope, deal, "id", sorted(ids), columns, lock=True)
    return {row[0]: dict(zip(columns, row, strict=True)) for row in read}


def found(work: Work, values: Iterable[Row]) -> dict[UUID | None, Row]:
    """Return the products that items name."""
    wanted = {value["product_id"] for value in values if value.get("product_id")}
    images = rows.images(work.connection, work.scope, catalog.entity("product"), wanted) if wanted else {}
    return dict(images.items())


def last_places(work: Work, deals: Iterable[UUID]) -> dict[UUID, int]:
    """Return the highest place that is taken in each deal."""
    places: dict[UUID, int] = {}
    item = catalog.entity("item")
    for deal, place in rows.fetch(
        work.connection, work.scope, item, "opportunity_id", deals, ["opportunity_id", "position"]
    ):
        places[deal] = max(places.get(deal, 0), place)
    return places


def take(work: Work, value: Row, product: Row, deal: Row) -> None:
    """Give an item its product's name and price where none are given."""
    if not value.get("name"):
        value["name"] = product["name"]
    if value.get("unit_price") is None and product["unit_price"] is not None:
        value["unit_price"] = price(work, product, deal)


def expect_active(product: Row, deal: Row) -> None:
    """Refuse a product that is no longer sold."""
    if not product["is_active"]:
        number = deal.get("number")
        raise Invalid(
            f"{product['name']} is no longer sold",
            details=[{"field": "product_id", "code": "inactive"}],
            hint=f"mycrm product edit P-{product['number']} --is-active yes, or without a product:"
            f' mycrm item add D-{number} "{product["name"]}" --unit-price AMOUNT',
        )


def price(work: Work, product: Row, deal: Row) -> Decimal:
    """Return a product's price; raises Invalid where it is in another currency than the deal."""
    own = work.scope.locale.currency
    priced, wanted = product["currency"] or own, deal.get("currency") or own
    if priced != wanted:
        raise Invalid(
            f"the price of {product['name']} is in {priced}, and the deal is in {wanted}",
            details=[{"field": "unit_price", "code": "currency"}],
            hint=f"--unit-price gives its price in {wanted}",
        )
    return Decimal(product["unit_price"])


def recompute(changes: Sequence[tuple[Row, Row]]) -> None:
    """Add the total to what is about to change of items."""
    for before, touched in changes:
        if touched.keys() & set(PRICED):
            amount = total_of(before | touched)
            if amount != before["total"]:
                touched["total"] = amount


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Complete what was given for items that go to another deal or become another product, in place."""
    move(
        work,
        [(old, new) for old, new in edits if new.get("opportunity_id", old["opportunity_id"]) != old["opportunity_id"]],
    )
    exchange(work, [(old, new) for old, new in edits if new.get("product_id") not in (None, old["product_id"])])


def move(work: Work, changes: Sequence[tuple[Row, Row]]) -> None:
    """Give items that go to another deal the next places there; raises Invalid where its currency is another."""
    if not changes:
        return
    deals = locked(work, {row["opportunity_id"] for change in changes for row in change})
    places = last_places(work, {given["opportunity_id"] for _, given in changes})
    for before, given in changes:
        old, new = deals.get(before["opportunity_id"], {}), deals.get(given["opportunity_id"], {})
        if old.get("currency") != new.get("currency"):
            raise Invalid(
                f"the deals are in {old.get('currency')} and {new.get('currency')}",
                details=[{"field": "opportunity_id", "code": "currency"}],
                hint="add the item to the other deal with a price in its currency",
            )
        given["position"] = places[new["id"]] = places.get(new["id"], 0) + 1


def exchange(work: Work, changes: Sequence[tuple[Row, Row]]) -> None:
    """Give items that become another product its name and price, unless others are given."""
    if not changes:
        return
    products = found(work, [new for _, new in changes])
    deals = locked(work, {(old | new)["opportunity_id"] for old, new in changes})
    for old, new in changes:
        deal = deals.get((old | new)["opportunity_id"], {})
        if product := products.get(new["product_id"]):
            expect_active(product, deal)
            take(work, new, product, deal)


def sums(work: Work, deals: Collection[UUID], without: Collection[UUID] = ()) -> dict[UUID, Decimal]:
    """Return the sum of the items of each deal, but for the items ``without``."""
    result = dict.fromkeys(deals, Decimal("0.00"))
    columns = ["opportunity_id", "id", "total"]
    gone = set(without)
    item = catalog.entity("item")
    for deal, id, amount in rows.fetch(work.connection, work.scope, item, "opportunity_id", sorted(deals), columns):
        if id not in gone:
            result[deal] += amount
    return {deal: fitting(amount, "value", "the deal's value") for deal, amount in result.items()}


def refresh(work: Work, deals: Collection[UUID], without: Collection[UUID] = ()) -> None:
    """Let the value of those deals follow that take it from their items; the journal knows."""
    following = [id for id, row in locked(work, deals).items() if row["value_from_items"]]
    if following:
        _set_values(work, following, without, {})


def take_value(work: Work, deals: Sequence[UUID]) -> list[UUID]:
    """Let deals take their value from their items, now and whenever these change; return those that are different."""
    changed: list[UUID] = []
    for chunk in rows.chunks(sorted(set(deals))):
        changed += _set_values(work, chunk, (), {"value_from_items": True})
    return changed


def _set_values(work: Work, deals: Sequence[UUID], without: Collection[UUID], more: Row) -> list[UUID]:
    """Set the value of deals to the sum of their items, and return those that are different."""
    entity = catalog.entity("deal")
    before = rows.images(work.connection, work.scope, entity, deals, lock=True)
    amounts = sums(work, before, without)
    changed = []
    for id, image in before.items():
        wanted = {"value": amounts[id], **more}
        if touched := {name: value for name, value in wanted.items() if value != image[name]}:
            changed.append((id, touched))
    updating.write(work, entity, before, changed)
    return [id for id, _ in changed]
