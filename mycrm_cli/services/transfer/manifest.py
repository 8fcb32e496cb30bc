"""A manifest: a TOML file that names several files and how each is imported. It lists, and runs nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from mycrm_cli import catalog
from mycrm_cli.errors import CrmError, Invalid, UsageError
from mycrm_cli.services.transfer import mapping as maps
from mycrm_cli.services.transfer.manifestwords import details, worded
from mycrm_cli.services.transfer.options import FILE_KEYS, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.mapping import Mapping

OWN = ("path", "entity", "map_file", "rejects", "results")
"""Keys of a file beside those of a mapping file."""
SHARED = (*FILE_KEYS, "date_format")
"""Options that a manifest may set for all of its files."""


@dataclass
class Entry:
    """One file: ``name`` as the manifest calls it, ``path`` where it is."""

    name: str
    path: str
    entity: Entity
    mapping: Mapping
    options: Options

    def blamed(self, error: CrmError) -> CrmError:
        """Return an error that names the file."""
        message = worded(error.message).replace(self.path, self.name)
        error.message = message if message.startswith(self.name) else f"{self.name}: {message}"
        error.hint = worded(error.hint) if error.hint else None
        error.details = [{"file": self.name, **detail} for detail in details(error.details)]
        return error


def read(path: str) -> list[Entry]:
    """Return the files of a manifest in its own order; raises Invalid for one that is not as it should be."""
    document = maps.document(path)
    listed = document.pop("file", None)
    if not isinstance(listed, list) or not listed or not all(isinstance(given, dict) for given in listed):
        raise Invalid(f"{path} names no files", hint='each is a table: [[file]] with path = "contacts.csv"')
    if unknown := sorted(document.keys() - set(SHARED)):
        raise Invalid(f"{path} has unknown keys: {', '.join(unknown)}", candidates=["file", *SHARED])
    _, shared = maps.parse(path, document, Options())
    entries = [_entry(path, number, given, shared) for number, given in enumerate(listed, 1)]
    _check_written(path, entries)
    _tell_apart(entries)
    return entries


def _tell_apart(entries: list[Entry]) -> None:
    """Give a file that is imported several times a name for each."""
    names = [entry.name for entry in entries]
    for number, entry in enumerate(entries, 1):
        if names.count(entry.name) > 1:
            entry.name = f"{entry.name} (file {number}, {entry.entity.plural})"


def _entry(path: str, number: int, given: dict[str, Any], shared: Options) -> Entry:
    """Return a file of the manifest, its mapping file's settings below its own."""
    place = f"{path}, file {number}"
    folder = os.path.dirname(os.path.abspath(path))
    own = {key: _text(place, key, given[key]) for key in OWN if key in given}
    if "path" not in own:
        raise Invalid(f"{place} has no path")
    mapping, options, said = maps.Mapping(), shared, own.get("entity")
    if "map_file" in own:
        document = maps.document(_beside(folder, own["map_file"]))
        mapping, options = maps.parse(own["map_file"], document, options)
        said = said or document.get("entity")
    inline = {key: value for key, value in given.items() if key not in OWN}
    over, options = maps.parse(place, inline, replace(options))
    for column, spec in over.columns.items():
        mapping.columns[column] = mapping.entry(column).merged(spec)
    mapping.set |= over.set
    mapping.default |= over.default
    reports: dict[str, Any] = {key: _beside(folder, own[key]) for key in ("rejects", "results") if key in own}
    name, file = own["path"], _beside(folder, own["path"])
    entry = Entry(name, file, _entity(place, said), mapping, replace(options, **reports))
    try:
        entry.options.check()
    except CrmError as error:
        raise entry.blamed(error) from None
    return entry


def _text(place: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        raise Invalid(f"{place}: {key} is a text")
    return value


def _beside(folder: str, path: str) -> str:
    """Return where a file is: paths start at the manifest."""
    return os.path.join(folder, os.path.expanduser(path))


def _entity(place: str, name: object) -> Entity:
    """Return the entity that a file is imported into; raises UsageError."""
    known = {entity.noun: entity for entity in catalog.entities().values() if "import" in entity.commands}
    if not isinstance(name, str) or name not in known:
        problem = "does not say what it holds" if name is None else f"has no entity {name!r}"
        raise UsageError(f"{place} {problem}", hint='entity = "contact"', candidates=sorted(known))
    return known[name]


def _check_written(path: str, entries: list[Entry]) -> None:
    """Refuse reports that would be written over a file that is read, or over each other."""
    taken = {os.path.realpath(path), *(os.path.realpath(entry.path) for entry in entries)}
    for entry in entries:
        for report in filter(None, (entry.options.rejects, entry.options.results)):
            if os.path.realpath(report) in taken:
                raise UsageError(f"{entry.name}: {report} is read or written already")
            taken.add(os.path.realpath(report))
