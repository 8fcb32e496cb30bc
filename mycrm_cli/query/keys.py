"""The ways in which people point to a record, told apart by the shape of the text.

``C-88``, an e-mail address, a phone number in any format, a domain, ``ext:source:id``, an id, a name; and
what is called by what it belongs to: ``D-12.2``, ``Sales/Proposal``, ``contact.tier``.
"""

from __future__ import annotations

import re

from mycrm_cli.kinds.base import BadValue
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query.operands import dialled
from mycrm_cli.query.places import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.scope import Scope

NUMBER = re.compile(r"(?:([A-Za-z]{1,3})-)?(\d{1,10})")
ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
PHONE = re.compile(r"(?:tel:)?\+?[\d\s().\-/]{5,24}")
LARGEST = 2**31 - 1

Key = tuple[str, "Any"]


def keys(entity: Entity, text: str, scope: Scope, *, me: bool = True) -> list[Key]:
    """Return (step, value) for each way the text may point to a record, the most exact first.

    Texts that can be nothing else (an id, ``C-88``, an e-mail address) have one way only.

    Steps are ``id number email ext place phone domain sku name``.
    """
    typed = text.strip()
    if me and entity.table == "users" and typed.lower() == "me":
        return [("id", scope.user_id)]
    if ID.fullmatch(typed):
        from uuid import UUID

        return [("id", UUID(typed))]
    if typed.startswith("ext:") and typed.count(":") >= 2:
        return [("ext", typed[4:])]
    number = _number(entity, typed)
    if number is not None and not typed.isdigit():
        return [("number", number)]
    if "@" in typed and "email" in entity.fields and not re.search(r"\s", typed):
        return [("email", typed.lower().removeprefix("mailto:"))]
    found: list[Key] = [] if number is None else [("number", number)]
    found += [("place", key) for key in places(entity, typed)]
    if PHONE.fullmatch(typed) and phones(entity):
        found.append(("phone", dialled(typed, scope.locale.region)))
    if domain := _domain(entity, typed):
        found.append(("domain", domain))
    if "sku" in entity.fields and typed:
        found.append(("sku", typed))
    name = typed.removeprefix("@") if entity.table == "saved_filters" else typed
    return [*found, ("name", fold_key(name))] if name else []


def phones(entity: Entity) -> list[str]:
    """Return the fields that hold phone numbers."""
    return [field.name for field in entity.fields.values() if field.kind_name == "phone"]


def foreign_prefix(entity: Entity, text: str) -> str | None:
    """Return the prefix of a number that belongs to another noun (``D`` of ``D-12``), or None."""
    match = NUMBER.fullmatch(text.strip())
    return match[1].upper() if match and match[1] and match[1].upper() != entity.prefix else None


def _number(entity: Entity, typed: str) -> int | None:
    match = NUMBER.fullmatch(typed) if typed.isascii() else None
    if not match or not entity.numbered or foreign_prefix(entity, typed):
        return None
    number = int(match[2])
    return number if number <= LARGEST else None


def _domain(entity: Entity, typed: str) -> str | None:
    """Return the domain that a domain or a web address names, where the entity has one."""
    field = entity.fields.get("domain")
    if field is None or "." not in typed or "@" in typed or len(typed) > 500 or re.search(r"\s", typed):
        return None
    try:
        return str(field.kind.read(typed))
    except BadValue:
        return None
