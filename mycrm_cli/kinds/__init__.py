"""Kinds of value: each reads text, goes to and from both databases, and shows itself.

A kind is one object per field. It knows two faces of a value: ``show`` is for people, ``dump`` and
``text`` are for machines and never change with the reader's habits.
"""

from __future__ import annotations

from mycrm_cli.kinds.base import BadValue, Kind
from mycrm_cli.kinds.contacts import Country, Currency, Domain, Email, Phone, Url
from mycrm_cli.kinds.numbers import Boolean, Integer, Money, Number, Percent
from mycrm_cli.kinds.structures import Choice, Json, Reference, Tags
from mycrm_cli.kinds.text import Secret, Text
from mycrm_cli.kinds.times import Date, Timestamp

KINDS: dict[str, type[Kind]] = {
    kind.name: kind
    for kind in (
        Boolean,
        Choice,
        Country,
        Currency,
        Date,
        Domain,
        Email,
        Integer,
        Json,
        Money,
        Number,
        Percent,
        Phone,
        Reference,
        Secret,
        Tags,
        Text,
        Timestamp,
        Url,
    )
}


def make(name: str, **options: object) -> Kind:
    """Build the kind called ``name`` with its options (``max_length``, ``choices``, ``low`` …)."""
    return KINDS[name](**options)


__all__ = ["KINDS", "BadValue", "Kind", "Number", "make"]
