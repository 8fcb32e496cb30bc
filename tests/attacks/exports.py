"""Exports of the world: every text comes back as it was, and no spreadsheet, card or calendar runs any of it."""

import json
import re
import zipfile
from pathlib import Path

from mycrm_cli import catalog
from mycrm_cli.output.formulas import unguard
from tests.attacks.payloads import PAYLOADS, unguarded
from tests.attacks.world import WITHOUT, World, cells

EXPORTED = [noun for noun, entity in catalog.nouns().items() if "export" in entity.commands and noun not in WITHOUT]


def check_exports(world: World, formats: tuple[str, ...]) -> int:
    """Compare the exports of every noun in these formats with what was written; return how many texts."""
    compared = 0
    for noun in EXPORTED:
        expected = list(world.expected(noun))
        for format in formats:
            text = world.crm(noun, "export", "-o", format).stdout
            if format in ("csv", "tsv"):
                records = cells(text, "," if format == "csv" else "\t")
                for record in records:
                    risky = {name: cell for name, cell in record.items() if unguarded(cell)}
                    assert not risky, (noun, format, risky)
                found = {unguard(cell) for record in records for cell in record.values()}
            else:
                records = json.loads(text) if format == "json" else list(map(json.loads, text.splitlines()))
                found = {value for record in records for value in record.values() if isinstance(value, str)}
                own: list[dict[str, object]] = [record.get("custom_fields") or {} for record in records]  # type: ignore[misc]
                found |= {value for values in own for value in values.values() if isinstance(value, str)}
            for name, field, value in expected:
                assert value in found, (noun, format, name, field)
                compared += 1
    return compared


def check_workbooks(world: World, folder: Path, most: int) -> int:
    """Look at every cell of the nouns' workbooks, some of them in a short run: none is a formula or a link."""
    seen = 0
    for noun in EXPORTED[:most]:
        file = folder / f"{noun}.xlsx"
        world.crm(noun, "export", "-O", str(file))
        with zipfile.ZipFile(file) as book:
            for part in book.namelist():
                text = book.read(part).decode()
                assert not re.search(r"<f[ >]|<hyperlink|externalLink", text), (noun, part)
                assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text), (noun, part)
                seen += len(re.findall(r"<c[ >]", text))
    return seen


def check_cards(world: World) -> int:
    """Read cards and calendars line by line: texts add no line of their own."""
    count = 0
    for line, begins in (
        (("contact", "export", "-o", "vcf"), "BEGIN:VCARD"),
        (("lead", "export", "-o", "vcf"), "BEGIN:VCARD"),
        (("task", "export", "-o", "ics"), "BEGIN:VEVENT"),
        (("task", "calendar"), "BEGIN:VEVENT"),
    ):
        text = world.crm(*line).stdout
        lines = text.replace("\r\n ", "").split("\r\n")
        assert sum(line == begins for line in lines) <= len(PAYLOADS) + 4, begins
        assert not [line for line in lines if line.startswith(("Bcc", "BEGIN:VALARM;x", "two", "body", "three"))]
        assert "\n" not in text.replace("\r\n", ""), line
        count += len(lines)
    return count
