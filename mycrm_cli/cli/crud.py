"""The commands that every noun has, written once over the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.models import CommandInfo

from mycrm_cli.cli import reading, writing
from mycrm_cli.cli.groups import Verb, WriteVerb

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity

HELP = {
    "list": "List {plural}.",
    "view": "Show {one} with what hangs on it.",
    "count": "Count {plural}.",
    "add": "Add {one}.",
    "edit": "Change {plural}.",
    "delete": "Delete {plural}.",
    "restore": "Take {plural} out of the trash.",
    "purge": "Remove {plural} in the trash for good.",
    "import": "Import {plural} from a file.",
    "export": "Export {plural} to a file or to stdout.",
    "history": "Show what happened with {one}.",
    "tag": "Tag {plural}.",
    "untag": "Take tags away from {plural}.",
    "dupes": "Find {plural} that are there twice.",
    "merge": "Merge {plural} into one.",
}
FACTORIES: dict[str, Callable[[Entity], Callable[..., None]]] = {
    "list": reading.list_command,
    "view": reading.view_command,
    "count": reading.count_command,
    "export": reading.export_command,
    "add": writing.add_command,
    "edit": writing.edit_command,
    "delete": writing.delete_command,
    "restore": writing.restore_command,
    "purge": writing.purge_command,
    "import": writing.import_command,
    "history": reading.history_command,
    "tag": writing.tag_command,
    "untag": writing.untag_command,
    "dupes": reading.dupes_command,
    "merge": writing.merge_command,
}
READING = frozenset(("list", "view", "count", "export", "history", "dupes"))


def verbs(entity: Entity) -> dict[str, str]:
    """Return the generic commands of an entity with one line of help each."""
    words = {"one": entity.one, "plural": entity.plural}
    return {verb: text.format(**words) for verb, text in HELP.items() if verb in entity.commands}


def command(entity: Entity, verb: str) -> Any:
    """Return the description of a generic command, which ``tree.build`` makes into a command."""
    function = FACTORIES[verb](entity)
    help = f"{verbs(entity)[verb]}\n\n" + (function.__doc__ or "")
    return CommandInfo(name=verb, callback=function, help=help, cls=Verb if verb in READING else WriteVerb)
