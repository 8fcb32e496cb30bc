"""The guide says what is true: its mapping file is read, and it names every column that a preset fills."""

import textwrap
from pathlib import Path

import pytest

from mycrm_cli.services.transfer import mapping
from mycrm_cli.services.transfer.options import Options
from mycrm_cli.services.transfer.presets import google, hubspot, linkedin, outlook, pipedrive, salesforce, vcard

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "importing.md").read_text()


def test_example_mapping_file(tmp_path: Path) -> None:
    start = GUIDE.index('    preset = "none"')
    end = GUIDE.index("\nDates are read as")
    file = tmp_path / "m.toml"
    file.write_text(textwrap.dedent(GUIDE[start:end]))
    found, options = mapping.read(str(file), Options())
    options.check()
    assert options.match == ("domain", "name")
    assert {key for spec in found.columns.values() for key in spec.document()} == mapping.SPEC_KEYS
    mapping.write(str(tmp_path / "again.toml"), "company", found, options)
    assert mapping.read(str(tmp_path / "again.toml"), Options()) == (found, options)


@pytest.mark.parametrize("module", [hubspot, salesforce, google, linkedin, outlook, pipedrive, vcard])
@pytest.mark.parametrize("entity", ["CONTACT", "COMPANY", "DEAL", "NOTE", "PRODUCT", "ITEM"])
def test_every_column_of_a_preset_is_named(module: object, entity: str) -> None:
    missing = [column for column in getattr(module, entity, ()) if column not in GUIDE]
    assert missing == []
