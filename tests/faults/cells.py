"""Headings and cells of fuzzed files: what a column may hold, and what nobody should put into it."""

import random
from functools import cache

from mycrm_cli import catalog

NOUNS = ("contact", "contact", "contact", "contact", "company", "lead", "deal", "task", "product", "note")
"""What is imported; contacts most of all."""
ADDRESSES = [f"p{number}@x.example.org" for number in range(12)]
GOOD: dict[str, list[str]] = {
    "email": [
        *ADDRESSES * 3,
        "P1@X.example.org",
        "ana@acme.com",
        "a@x.example.org;b@x.example.org",
        "<c@x.example.org>",
    ],
    "phone": ["+4930123456", "030 123456", "(212) 555-0100", "+1 212 555 0100 ext 5", "123", "0049301234567"],
    "url": ["https://x.example.org", "x.example.org/a?b=c", "http://[::1]/", "javascript:alert(1)"],
    "domain": ["x.example.org", "https://www.x.example.org/", "münchen.example.org", "localhost"],
    "country": ["DE", "Germany", "Deutschland", "USA", "xx", "Korea"],
    "currency": ["EUR", "usd", "€", "XXX"],
    "money": ["100", "1,234.56", "1.234,56", "12.345", "-5", "€ 5", "1e3", "9999999999999.99", "0.005", "(5)"],
    "percent": ["50", "50%", "0.5", "101", "-1"],
    "number": ["1", "1.5", "1,5", "-0", "1e400"],
    "integer": ["1", "70", "-1", "1.0", "99999999999999999999", "٣", "1_000", "0x10"],
    "boolean": ["yes", "no", "true", "0", "1", "x", "ja"],
    "date": ["2024-01-31", "31.01.2024", "01/02/2024", "2024-02-30", "45321", "tomorrow", "0000-00-00", "9999-12-31"],
    "timestamp": ["2024-01-31T10:00:00Z", "2024-01-31 10:00", "31/01/2024 25:61", "1706695200", "2024-03-31 02:30"],
    "choice": ["active", "open", "new", "call", "high", "Nouveau", "won", "customer"],
    "tags": ["vip", "vip;news", "vip,news", ";;", "a" * 60],
    "reference": ["C-1", "CO-1", "ana@acme.com", "me", "Acme", "Nobody", "New", "Default", "Globex", "acme"],
    "json": ["{}", "[]", '{"a": 1}', "null", "{"],
    "text": ["Ana", "Björn", "Zoë 😀", "O'Neil", "Acme", "x" * 99, "x" * 101, "=1+1", "'quoted", "ﬁne", "Ａｎａ", "İ"],
}
BAD = [
    "",
    " ",
    "\u00a0",
    "\t",
    "-",
    "none",
    "NULL",
    "NaN",
    "1e999",
    "\x00",
    "\ufeff",
    "\ufeffAna",
    "a\rb",
    "a\nb",
    "a\r\nb",
    "\x1b[31mred",
    "\u202eevil",
    "e\u0301",
    "\u200b",
    "\ue000",
    "\U0010ffff",
    "\u2028",
    "\x85",
    "\x1f",
    '"',
    '""',
    "a,b",
    "a;b;c",
    "'",
    "\\",
    "\\N",
    "%s",
    "?",
    "$1",
    "{}",
    "Robert'); DROP TABLE contacts;--",
    "@SUM(1)",
    "C-99999999999",
    "01900000-0000-7000-8000-000000000000",
    "x" * 5_000,
    "é" * 70_000,
    "٠١٢",
    "1" * 400,
]
ODD_HEADINGS = ["", " ", "E-Mail", "Name", "name", "shoe size", "Email", "cf.size", "cf.", "ext:crm", "ext:", "-", "id"]
ODD_HEADINGS += ["tags", "_line", "_code", "company.name", "company.domain", "owner.email", "x" * 300, "a\nb"]
ODD_HEADINGS += ["created_at", "version", "organization_id", "\ufeffemail", "EMAIL", "Erstellt", "notes", "emails"]
ODD_HEADINGS += ["contact.email", "company", "stage.name", "pipeline", "search_text", "is_deleted", "deleted_at", "'"]


RELATIONS = {
    "contact": "C-1",
    "company": "Acme",
    "owner": "me",
    "assigned_to": "ana@acme.com",
    "stage": "",
    "pipeline": "",
}
"""References that are right, by the name of the relation."""
UNLIKELY = ("organization", "organization_id", "version", "deleted_at", "is_deleted", "search_text", "number", "id")


@cache
def fields(noun: str) -> dict[str, list[str]]:
    """Return the fields of a noun that a file may fill, each with cells that are right or nearly so."""
    entity = catalog.entity(noun)
    found: dict[str, list[str]] = {}
    for each in entity.fields.values():
        if each.internal or each.secret or each.name in UNLIKELY:
            continue
        name = each.relation or each.name
        cells = GOOD.get(each.kind_name, GOOD["text"])
        choices = [str(choice) for choice in each.options.get("choices", ())]
        if choices:
            cells = [*choices, *choices, *choices, choices[0].title(), *cells[:2]]
        if each.kind_name == "reference":
            cells = [RELATIONS.get(name, "")] * 6 + cells
        found[name] = cells
    return {name: cells for name, cells in found.items() if name not in UNLIKELY}


@cache
def keys(noun: str) -> list[str]:
    """Return the fields that most files of a noun have."""
    wanted = ("email", "name", "first_name", "domain", "title", "subject", "body", "sku")
    return [name for name in wanted if name in fields(noun)]


def headings(noun: str, choose: random.Random) -> list[str]:
    """Return the headings of a file: a key or two, some fields, and now and then what is none."""
    found = choose.sample(keys(noun), min(len(keys(noun)), choose.randint(1, 3)))
    found += choose.sample(sorted(fields(noun)), choose.randint(0, 4))
    if noun == "note" and choose.random() < 0.8:
        found.append("contact")
    if choose.random() < 0.15:
        found.append(choose.choice(ODD_HEADINGS))
    if choose.random() < 0.97:
        found = list(dict.fromkeys(found))
    choose.shuffle(found)
    return found


def cell(noun: str, name: str, choose: random.Random, wild: list[str], calm: float) -> str:
    """Return a cell of a column: a good one mostly, anything now and then; in a ``calm`` file hardly ever."""
    kind = "email" if name.lower().strip("\ufeff") in ("e-mail", "email") else "text"
    good = GOOD["email"] if kind == "email" else fields(noun).get(name, GOOD[kind])
    if choose.random() < calm:
        return choose.choice(good[:12] if kind == "email" else good[:2])
    chance = choose.random()
    if chance < 0.9:
        return choose.choice(good)
    if chance < 0.98 or not wild:
        return choose.choice(BAD)
    return choose.choice(wild)


def table(noun: str, choose: random.Random, wild: list[str]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows."""
    header, calm = headings(noun, choose), choose.choice((0.0, 0.3, 0.9, 0.98))
    rows = [
        [cell(noun, name, choose, wild, calm) for name in header]
        for _ in range(choose.choice((0, 1, 2, 3, 4, 5, 6, 8)))
    ]
    if rows and choose.random() < 0.1:
        rows.append(list(rows[0]))
    return header, rows
