"""Rows of a vCard file: one for each card, under the headings that the preset ``vcard`` knows."""

from __future__ import annotations

import re

from mycrm_cli.services.transfer import cards
from mycrm_cli.services.transfer.formed import Formed
from mycrm_cli.services.transfer.model import Problem, Record
from mycrm_cli.services.transfer.presets.vcard import HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.services.transfer.cards import Card, Property

READ = frozenset(
    "N FN ORG TITLE ROLE EMAIL TEL ADR URL NOTE CATEGORIES UID X-SOCIALPROFILE SOCIALPROFILE X-TWITTER".split()
)
SILENT = frozenset(
    "VERSION PRODID REV KIND SORT-STRING X-ABLABEL X-ABADR X-ABUID X-ABSHOWAS CLIENTPIDMAP XML SOURCE NAME PROFILE "
    "MAILER CLASS LABEL AGENT".split()
)
"""Properties that say nothing about the person."""
MOBILE = frozenset(("cell", "mobile", "iphone"))
NO_PHONE = frozenset(("fax", "pager", "video", "textphone", "modem", "bbs"))


class CardRows(Formed):
    """The cards of a vCard file as rows."""

    headings = HEADER

    def __iter__(self) -> Iterator[Record]:
        """Yield a row for each card; a broken one has a problem, and the next ones are read on."""
        left_out: dict[str, list[int]] = {}
        for card in cards.cards(self.source):
            try:
                found = cards.properties(card, self.source.encoding)
                yield Record(card.line, self._cells(card, found, left_out))
            except Problem as problem:
                yield self.broken(card.line, card.source, problem)
        for name, lines in left_out.items():
            plural = "s" if len(lines) != 1 else ""
            self.remarks.append((lines[0], "", f"{name} is left out: {len(lines):,} value{plural}", "left_out"))

    def _cells(self, card: Card, found: list[Property], left_out: dict[str, list[int]]) -> list[str]:
        """Return the cells of a card."""
        by_name: dict[str, list[Property]] = {}
        for each in sorted(found, key=lambda each: each.order):
            by_name.setdefault(each.name, []).append(each)
        row = dict.fromkeys(HEADER, "")
        further = _names(row, by_name) + _work(row, by_name) + _phones(row, by_name) + _address(row, by_name)
        emails = list(dict.fromkeys(_address_of(each) for each in by_name.get("EMAIL", ()) if each.text()))
        row["Email"], row["Further emails"] = ", ".join(emails[:1]), ", ".join(emails[1:])
        further += _links(row, by_name)
        row["Note"] = "\n\n".join(each.text() for each in by_name.get("NOTE", ()) if each.text())
        words = [word for each in by_name.get("CATEGORIES", ()) for word in each.parts(",") if word]
        row["Categories"] = ";".join(" ".join(re.split(r"[\s,;]+", word)) for word in dict.fromkeys(words))
        row["UID"] = next((each.text().removeprefix("urn:uuid:") for each in by_name.get("UID", ())), "")
        unread = [name for name, several in by_name.items() if name not in READ | SILENT for each in several]
        for name in further + unread:
            left_out.setdefault(name, []).append(card.line)
        if not any(row.values()):
            raise Problem("not_vcard", "the card has neither a name nor anything else that is read")
        return list(row.values())


def _names(row: dict[str, str], by_name: dict[str, list[Property]]) -> list[str]:
    """Fill first and last name; return what has no place."""
    parts = by_name["N"][0].parts() if "N" in by_name else []
    family, given, more, before, behind = [" ".join(part.split()) for part in (*parts, *[""] * 5)[:5]]
    full = by_name["FN"][0].text() if "FN" in by_name else ""
    others = {each.text() for name in ("EMAIL", "TEL") for each in by_name.get(name, ())}
    if not family and not given and full and full not in {_company(by_name), *others}:
        given, _, family = full.rpartition(" ")
        given, family = (given, family) if given else (family, "")
    row["First name"] = " ".join(filter(None, (given, more)))
    row["Last name"] = family
    return ["title before the name"] * bool(before) + ["title behind the name"] * bool(behind)


def _company(by_name: dict[str, list[Property]]) -> str:
    return by_name["ORG"][0].parts()[0] if "ORG" in by_name else ""


def _work(row: dict[str, str], by_name: dict[str, list[Property]]) -> list[str]:
    """Fill company, department and job title."""
    parts = by_name["ORG"][0].parts() if "ORG" in by_name else []
    row["Company"] = _company(by_name)
    row["Department"] = ", ".join(filter(None, parts[1:]))
    titles = [each.text() for name in ("TITLE", "ROLE") for each in by_name.get(name, ()) if each.text()]
    row["Job title"] = next(iter(titles), "")
    return ["further ORG"] * (len(by_name.get("ORG", ())) - 1) + ["further TITLE or ROLE"] * (len(titles) - 1)


def _address_of(each: Property) -> str:
    return each.text().removeprefix("mailto:")


def _number(each: Property) -> str:
    text = each.text().removeprefix("tel:")
    number, _, extension = text.partition(";ext=")
    return f"{number.partition(';')[0]} ext. {extension}" if extension else number


def _phones(row: dict[str, str], by_name: dict[str, list[Property]]) -> list[str]:
    """Fill phone and mobile; the number at work goes before others."""
    left_out = []
    numbers = [each for each in by_name.get("TEL", ()) if each.text()]
    for each in sorted(numbers, key=lambda each: (each.order, "work" not in each.types)):
        place = "Mobile" if each.types & MOBILE else "Phone"
        if each.types & NO_PHONE and not each.types & {"voice", *MOBILE}:
            left_out.append("TEL for fax and the like")
        elif not row[place]:
            row[place] = _number(each)
        else:
            left_out.append("further TEL")
    return left_out


def _address(row: dict[str, str], by_name: dict[str, list[Property]]) -> list[str]:
    """Fill the address; the one at work goes before others."""
    known = [each for each in by_name.get("ADR", ()) if any(each.parts())]
    known.sort(key=lambda each: (each.order, "work" not in each.types))
    if not known:
        return []
    box, extended, street, city, state, code, country = (*known[0].parts(), *[""] * 7)[:7]
    lines = [line.strip() for line in (street, extended, box) for line in line.split("\n") if line.strip()]
    row["Street"], row["Street 2"] = ", ".join(lines[:1]), ", ".join(lines[1:])
    row["City"], row["State"], row["Postal code"], row["Country"] = city, state, code, country
    return ["further ADR"] * (len(known) - 1)


def _links(row: dict[str, str], by_name: dict[str, list[Property]]) -> list[str]:
    """Fill website, LinkedIn and Twitter."""
    left_out = []
    for name in ("X-SOCIALPROFILE", "SOCIALPROFILE", "X-TWITTER", "URL"):
        for each in by_name.get(name, ()):
            address = each.text()
            place = "Website" if name == "URL" else ""
            if "linkedin.com" in address.lower() or "linkedin" in each.types:
                place = "LinkedIn"
            elif name == "X-TWITTER" or {"twitter", "x"} & each.types:
                place, address = "Twitter", address.rstrip("/").rpartition("/")[2].removeprefix("x-apple:")
            if place and address and not row[place]:
                row[place] = address
            elif address:
                left_out.append(f"further {name}")
    return left_out
