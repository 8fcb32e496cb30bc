"""What tells that two records are the same person or company: the traits of a record, in one normal form."""

from __future__ import annotations

import re

from mycrm_cli.kinds.folding import fold_key, search_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FREE_MAIL = frozenset(
    "aol.com fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.de gmx.net googlemail.com hotmail.com hotmail.fr"
    " icloud.com libero.it live.com mac.com mail.com mail.ru me.com msn.com orange.fr outlook.com outlook.de proton.me"
    " protonmail.com qq.com t-online.de web.de yahoo.co.uk yahoo.com yahoo.fr yandex.ru ymail.com"
    " zoho.com 163.com".split()
)
"""Domains whose addresses say nothing about a company."""

LEGAL_FORMS = frozenset(
    "ab ag as bv co company corp corporation gmbh group holding inc incorporated kg kgaa limited llc llp ltd nv oy plc"
    " pty sa sarl sas se spa srl ug".split()
)
"""Words that a company's name may have or not."""

SHORTEST_PHONE = 6
"""Digits under which a number says nothing."""


class Traits:
    """One record as the search for duplicates sees it."""

    __slots__ = ("domains", "emails", "firm", "id", "name", "phones", "row")

    def __init__(self, row: dict[str, Any], name: str, firm: str) -> None:
        self.id = row["id"]
        self.row = row
        self.name = name
        self.firm = firm
        self.emails = {mailbox(row["email"])} if row.get("email") else set()
        self.phones = {digits for key in ("phone", "mobile") if (digits := number(row.get(key)))}
        self.domains: set[str] = set()


def of(entity: str, row: dict[str, Any]) -> Traits:
    """Return the traits of a record of a noun (contact, company or lead)."""
    if entity == "company":
        traits = Traits(row, firm_key(row["name"]), "")
        traits.domains = {row["domain"]} if row.get("domain") else set()
        return traits
    person = " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part)
    name = person or (row.get("name") or "" if entity == "lead" else "")
    traits = Traits(row, " ".join(search_words(name)), firm_key(row.get("company") or ""))
    if row.get("email"):
        traits.domains = {domain for domain in [row["email"].rpartition("@")[2].lower()] if domain not in FREE_MAIL}
    return traits


def mailbox(email: str) -> str:
    """Return the mailbox that an address reaches: without ``+tag``; Gmail ignores dots as well."""
    local, _, domain = email.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def number(phone: str | None) -> str:
    """Return the digits of a phone number, or nothing where they are too few to tell anything."""
    digits = re.sub(r"\D", "", (phone or "").partition("x")[0])
    return digits.lstrip("0") if len(digits) >= SHORTEST_PHONE else ""


def firm_key(name: str) -> str:
    """Return a company's name without its legal form, folded: ``Petrova Labs, Inc.`` -> ``petrova labs``."""
    words = search_words(name)
    kept = [word for word in words if word not in LEGAL_FORMS]
    return " ".join(kept or words) or fold_key(name)
