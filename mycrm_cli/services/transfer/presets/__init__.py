"""What the columns of vendors' exports mean: one file of tables for each vendor, found by its headers."""

from __future__ import annotations

import re

from mycrm_cli.errors import UsageError
from mycrm_cli.services.transfer.presets import (
    google,
    hubspot,
    icalendar,
    linkedin,
    mail,
    outlook,
    pipedrive,
    salesforce,
    vcard,
)
from mycrm_cli.services.transfer.presets.base import Preset
from mycrm_cli.services.transfer.specs import Spec, header_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity

PRESETS: dict[str, Preset] = {
    module.PRESET.name: module.PRESET
    for module in (hubspot, salesforce, google, linkedin, outlook, pipedrive, vcard, icalendar, mail)
}


def choose(name: str, entity: Entity, header: Sequence[str]) -> Preset | None:
    """Return the preset that was asked for, or the one whose headers these are; None where there is none.

    Raises UsageError for an unknown one, and for one that has no table for the entity.
    """
    if name == "none":
        return None
    if name != "auto":
        if name not in PRESETS:
            raise UsageError(f"no preset {name!r}", candidates=["auto", *PRESETS, "none"])
        if entity.name not in PRESETS[name].tables:
            known = ", ".join(PRESETS[name].tables)
            raise UsageError(f"preset {name} knows nothing about {entity.plural}", hint=f"it reads: {known}")
        return PRESETS[name]
    keys = {header_key(column) for column in header}
    for preset in PRESETS.values():
        if entity.name in preset.tables and any(signature <= keys for signature in preset.signatures):
            return preset
    return None


def spec_for(preset: Preset, entity: Entity, column: str) -> Spec | None:
    """Return what a preset says about a column, or None where it does not know it."""
    table = preset.tables[entity.name]
    found = table.get(header_key(column))
    if found is None:
        for pattern, spec in preset.patterns.get(entity.name, ()):
            if re.fullmatch(pattern, column, re.IGNORECASE):
                found = spec
                break
    return found.named(column) if found else None
