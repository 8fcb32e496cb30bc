"""Files full of payloads, under names that are payloads: what imports say about them, and what they leave behind."""

import csv
import random
from pathlib import Path

from tests.attacks.payloads import PAYLOADS
from tests.attacks.world import World
from tests.program import Result

NOUNS = ("contact", "company", "lead", "deal", "task", "product", "user", "field")
WAYS = (
    ("--inspect",),
    ("-n",),
    ("-n", "--unknown", "ignore"),
    ("-n", "--unknown", "ignore", "--on-error", "skip"),
    ("--unknown", "ignore", "--on-error", "skip", "--rejects", "rejects.csv", "--results", "results.csv", "--json"),
    ("--unknown", "ignore", "--plan", "plan", "--json"),
    ("--unknown", "custom", "-n"),
    ("--map-file", "{file}", "-n"),
)
TYPED = ("status", "email", "due_date", "owner", "stage", "unit_price", "type", "entity", "role", "company.name")
"""Columns in which a payload is no value; those that the noun does not have are unknown ones."""


def tries() -> list[tuple[str, str, tuple[str, ...], str]]:
    """Return (noun, payload, options, ending) of all there is to try."""
    endings = ("csv", "tsv", "jsonl", "json", "vcf")
    return [(noun, name, way, ending) for noun in NOUNS for name in PAYLOADS for way in WAYS for ending in endings]


def run(world: World, one: tuple[str, str, tuple[str, ...], str], folder: Path, choose: random.Random) -> Result:
    """Write the file and import it."""
    noun, name, way, ending = one
    text = PAYLOADS[name].replace("\ud800", "").replace("\udc9b", "")
    called = "".join(letter for letter in text if letter not in "/\0")[:60] if name not in ("dash", "option") else name
    file = folder / f"x{called}.{ending}"
    with file.open("w", encoding="utf-8", newline="") as stream:
        if ending in ("csv", "tsv"):
            rows = csv.writer(stream, delimiter="," if ending == "csv" else "\t")
            rows.writerow(["name", text, *choose.sample(TYPED, 3)])
            rows.writerows([text] * width for width in (5, 5, 4))
        elif ending == "vcf":
            stream.write(f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{text}\r\nEMAIL:{text}\r\nEND:VCARD\r\n")
        else:
            stream.write(json_of(text, choose.choice(TYPED), lines=ending == "jsonl"))
    words = [word.format(file=file) for word in way]
    terminal = choose.random() < 0.5
    return world.crm(noun, "import", str(file), *words, "--yes", exit=None, terminal=terminal)


def json_of(text: str, field: str, *, lines: bool) -> str:
    """Return records in JSON with a payload as a name and as values."""
    import json

    records = [{"name": text, field: text}, {text: text}, {"name": text, field: [text]}]
    return "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
