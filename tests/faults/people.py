"""Files of people for the kill harness: new contacts, known ones with and without changes, and rows that are wrong."""

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path

COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "phone",
    "company.name",
    "job_title",
    "city",
    "status",
    "tags",
    "ext:old",
)
FIRST = ("Ana", "Björn", "Chloé", "Dmitri", "Ewa", "Fatima", "Gus", "Hana", "Iván", "Jo")
LAST = ("Berg", "O'Neil", "Nowak", "Sørensen", "Müller", "da Silva", "Li", "Okafor")
CITIES = ("Berlin", "Kraków", "São Paulo", "Oslo", "Nantes", "New York, NY")
TAGS = ("", "", "vip", "news", "vip;news")
STATUSES = ("active", "inactive", "archived")

Person = dict[str, str]


def person(number: int) -> Person:
    """Return the contact with a number; always the same one."""
    choose = random.Random(number)
    first, last = choose.choice(FIRST), choose.choice(LAST)
    second = f";second{number}@mail.example.org" if number % 17 == 0 else ""
    cells = (
        f"person{number}@mail.example.org{second}",
        first,
        f"{last} {number}",
        f"+4930{10_000_000 + number}",
        f"Company {number % 997}",
        choose.choice(("Buyer", "CTO", "")),
        choose.choice(CITIES),
        choose.choice(STATUSES),
        choose.choice(TAGS),
        f"old-{number}" if number % 3 == 0 else "",
    )
    return dict(zip(COLUMNS, cells, strict=True))


def known(count: int) -> Iterator[Person]:
    """Yield those that are in the database before the file of ``count`` rows comes."""
    for number in range(0, count, 8):
        yield person(number)


def rows(count: int, *, wrong: bool) -> Iterator[Person | str]:
    """Yield the file's rows: an eighth is known, half of that has changed; a line that is broken is a text."""
    for number in range(count):
        found = person(number)
        if number % 16 == 0:
            found["city"], found["tags"] = f"Moved {number}", "moved"
        if wrong and number % 150 == 7:
            yield _wrong(number, found)
        elif wrong and number % 600 == 311:
            yield dict.fromkeys(COLUMNS, "")
        else:
            yield found


def _wrong(number: int, found: Person) -> Person | str:
    """Return a row that cannot be imported."""
    kind = number // 150 % 5
    if kind == 0:
        found["email"] = f"nobody {number}"
    elif kind == 1:
        found["status"] = "asleep"
    elif kind == 2:
        found["first_name"] = "x" * 300
    elif kind == 3:
        found["email"] = person(1)["email"].upper()
    else:
        return f"broken {number}"
    return found


def write(path: Path, people: Iterator[Person | str]) -> Path:
    """Write a file; its ending tells the format."""
    if path.suffix == ".xlsx":
        return _workbook(path, people)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if path.suffix == ".csv":
            writer.writeheader()
        for found in people:
            if isinstance(found, str):
                file.write(found + "\n")
            elif path.suffix == ".csv":
                writer.writerow(found)
            else:
                file.write(json.dumps(found, ensure_ascii=False) + "\n")
    return path


def _workbook(path: Path, people: Iterator[Person | str]) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("people")
        sheet.write_row(0, 0, COLUMNS)
        for line, found in enumerate(people, 1):
            sheet.write_row(line, 0, [found] if isinstance(found, str) else list(found.values()))
    return path
