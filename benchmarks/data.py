"""Invents the files that are imported: always the same ones, and a shorter file is the beginning of a longer one."""

import csv
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

SEED = 20261122
FIRST = "Ana Bao Carla David Elodie Farid Greta Hans Ines Jo Ki Kwame Lena Mara Nils Olga Pablo Rosa Zoë Yuki".split()
STEMS = "Berg Holm Stein Wald Bach Feld Hoff Mar Kow Nov Pet Jan Lind Sand Müll Garc Ross Oka Dur Ibar".split()
ENDINGS = "er ski ova mann es ía ström ez ini ou ard qvist ley ton sen ak ic uk eau well".split()
COLOURS = "Blue Red Green Nord Sud West Ost Alpha Beta Gamma Delta Prime Urban Metro Omni Solar Terra Aqua Uni".split()
TRADES = "Systèmes Works Labs Group Logistics Foods Textiles Motors Media Health Energy Capital Partners".split()
JOBS = "CEO|CTO|Buyer|Sales Manager|Engineer|Assistant|Head of Marketing|Consultant".split("|")
PLACES = (
    ("Berlin", "Germany", "+49 30 90"),
    ("Paris", "France", "+33 1 42"),
    ("Wien", "Austria", "+43 1 5"),
    ("Madrid", "Spain", "+34 91 5"),
    ("Roma", "Italy", "+39 06 6"),
    ("Praha", "Czechia", "+420 22 4"),
    ("Kraków", "Poland", "+48 12 4"),
    ("Oslo", "Norway", "+47 22 "),
)
STAGES = "Qualification|Needs analysis|Proposal|Negotiation".split("|")
LIFECYCLES = ("subscriber", "lead", "customer", "opportunity")
TAGS = ("", "", "vip", "newsletter", "vip, newsletter")
OWNERS = [f"rep{i}@bench.example" for i in range(10)]
COMPANIES = 5_000
ASCII = str.maketrans("ëüíöè", "euioe")
TODAY = date(2026, 11, 22)
"""The day on which deals and tasks are looked at; their dates lie around it."""

Row = Sequence[object]


def company(number: int) -> tuple[str, str]:
    """Return the name and the domain of an invented company."""
    colour, trade = COLOURS[number % len(COLOURS)], TRADES[number // len(COLOURS) % len(TRADES)]
    slug = f"{colour}-{trade}-{number}".lower().translate(ASCII)
    return f"{colour} {trade} {number}", f"{slug}.example"


def address(first: str, last: str, number: int, domain: str) -> str:
    """Return an invented person's e-mail address."""
    return f"{first}.{last}.{number}@{domain}".lower().translate(ASCII)


def phone(area: str, number: int, written: float) -> str:
    """Return a phone number; one in ten is written as people write them, one in ten is missing."""
    if written < 0.1:
        return ""
    whole = f"{area}{100_000 + number * 7919 % 899_999}"
    return whole if written < 0.2 else whole.replace(" ", "")


def contacts(random: Random, companies: int, variant: int = 0) -> Iterator[Row]:
    """Invent contacts; another variant has the same people with other positions."""
    yield (
        "First name|Last name|Email|Phone|Company|Job title|City|Country|Status|Lifecycle stage|Owner|Tags".split("|")
    )
    rand = random.random
    for i in itertools.count():
        first = FIRST[int(rand() * 20)]
        last = STEMS[int(rand() * 20)] + ENDINGS[int(rand() * 20)]
        name, domain = company(int(rand() * companies))
        job = JOBS[(int(rand() * 8) + variant) % 8]
        city, country, area = PLACES[int(rand() * 8)]
        status = "archived" if i % 10 == 7 else "active" if rand() < 0.75 else "inactive"
        lifecycle, owner, tags = LIFECYCLES[int(rand() * 4)], OWNERS[int(rand() * 10)], TAGS[int(rand() * 5)]
        mail, number = address(first, last, i, domain), phone(area, i, rand())
        yield [first, last, mail, number, name, job, city, country, status, lifecycle, owner, tags]


def people(count: int, companies: int) -> list[str]:
    """Return the addresses of the first contacts."""
    invented = itertools.islice(contacts(beginning("contact"), companies), 1, count + 1)
    return [str(row[2]) for row in invented]


def leads(random: Random, companies: int, variant: int = 0) -> Iterator[Row]:
    """Invent leads."""
    yield (
        "First name|Last name|Email|Phone|Company|Job title|Website|Source|Status|Estimated value|Owner|Tags".split("|")
    )
    rand = random.random
    for i in itertools.count():
        first, last = FIRST[int(rand() * 20)], STEMS[int(rand() * 20)] + ENDINGS[int(rand() * 20)]
        name, domain = company(int(rand() * companies * 4))
        source, status = ("website", "event", "referral")[int(rand() * 3)], ("new", "contacted")[int(rand() * 2)]
        value, owner, tags = int(rand() * 900) * 100, OWNERS[int(rand() * 10)], TAGS[int(rand() * 5)]
        mail, number = address(first, last, i, f"lead.{domain}"), phone(PLACES[i % 8][2], i, rand())
        site, job = f"https://{domain}", JOBS[int(rand() * 8)]
        yield [first, last, mail, number, name, job, site, source, status, value, owner, tags]


def deals(random: Random, companies: int, variant: int = 0) -> Iterator[Row]:
    """Invent open deals of the companies and of the first contacts."""
    yield "Name|Company|contact.email|Stage|Value|Currency|Expected close date|Owner|Next step|Tags".split("|")
    known = people(companies, companies)
    for i in itertools.count():
        name = company(random.randrange(companies))[0]
        close = TODAY + timedelta(days=random.randrange(-20, 400))
        value = f"{random.randrange(1000, 90000)}.{random.randrange(100):02d}"
        step, stage = random.choice(("", "Send the quote", "Call back")), random.choice(STAGES)
        owner, tags = random.choice(OWNERS), random.choice(TAGS)
        yield [f"{name} - {i}", name, random.choice(known), stage, value, "USD", close, owner, step, tags]


def companies(random: Random, companies: int, variant: int = 0) -> Iterator[Row]:
    """Invent companies; variant 1 has those that there are before anything is measured, 0 has others."""
    yield "Name|Domain|Industry|Company size|Annual revenue|Website|Phone|City|Country|Type|Owner|Tags".split("|")
    for i in itertools.count(0 if variant else 1_000_000):
        name, domain = company(i)
        city, country, area = random.choice(PLACES)
        size, type = random.choice(("1-10", "11-50", "51-200")), random.choice(("prospect", "customer"))
        industry, revenue, number = random.choice(TRADES), random.randrange(10**4, 10**8), phone(area, i, 0.5)
        owner, tags = random.choice(OWNERS), random.choice(TAGS)
        yield [name, domain, industry, size, revenue, f"https://{domain}", number, city, country, type, owner, tags]


def tasks(random: Random, companies: int, variant: int = 0) -> Iterator[Row]:
    """Invent tasks about the companies and the first contacts."""
    yield "Title|Task type|Due date|Priority|Assigned to|contact.email|Company|Notes".split("|")
    known = people(companies, companies)
    for i in itertools.count():
        name = company(random.randrange(companies))[0]
        due = f"{TODAY + timedelta(days=random.randrange(400))} {random.randrange(8, 18):02d}:00"
        kind, priority = random.choice(("call", "email", "demo")), random.choice(("low", "medium", "high"))
        notes, owner = random.choice(("", "", "Ring twice")), random.choice(OWNERS)
        yield [f"Call {name} #{i}", kind, due, priority, owner, random.choice(known), name, notes]


def users(random: Random, companies: int, variant: int = 0) -> Iterator[Row]:
    """Invent the owners of everything."""
    yield ["First name", "Last name", "Email", "Role"]
    for i in itertools.count():
        yield [random.choice(FIRST), f"{STEMS[i]}{random.choice(ENDINGS)}", OWNERS[i], "sales_rep"]


INVENTED: dict[str, Callable[[Random, int, int], Iterator[Row]]] = {
    "contact": contacts,
    "lead": leads,
    "deal": deals,
    "company": companies,
    "task": tasks,
    "user": users,
}


def beginning(noun: str) -> Random:
    """Return the source of chance for a noun."""
    return Random(f"{SEED} {noun}")


def file(folder: Path, noun: str, count: int, companies: int, variant: int = 0) -> Path:
    """Return a CSV file with so many invented records; it is made once."""
    path = folder / f"{noun}-{count}-{companies}-{variant}-{SEED}.csv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        with unfinished.open("w", newline="", encoding="utf-8") as out:
            rows = INVENTED[noun](beginning(noun), companies, variant)
            csv.writer(out).writerows(itertools.islice(rows, count + 1))
        unfinished.rename(path)
    return path
