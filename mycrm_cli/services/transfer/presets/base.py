"""How a preset is written down."""

from __future__ import annotations

from mycrm_cli.services.transfer.specs import Spec, header_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Table = Mapping[str, "str | Spec"]
    Patterns = Mapping[str, Sequence[tuple[str, "str | Spec"]]]


class Preset:
    """A vendor's columns: for each entity a table from header to target.

    ``signatures`` are sets of headers that only this vendor's exports have together; ``patterns``
    are regular expressions for headers with numbers in them.
    """

    def __init__(
        self,
        name: str,
        signatures: Sequence[Sequence[str]],
        tables: Mapping[str, Table],
        patterns: Patterns | None = None,
    ) -> None:
        self.name = name
        self.signatures = [{header_key(column) for column in signature} for signature in signatures]
        self.tables = {
            entity: {header_key(column): made(spec) for column, spec in table.items()}
            for entity, table in tables.items()
        }
        self.patterns = {
            entity: [(pattern, made(spec)) for pattern, spec in several] for entity, several in (patterns or {}).items()
        }


def made(spec: str | Spec) -> Spec:
    """Return a table's entry as a spec of the preset."""
    chosen = Spec(target=spec) if isinstance(spec, str) else spec
    chosen.preset = True
    return chosen


def lenient(target: str, **more: Any) -> Spec:
    """Return a spec whose unreadable or unknown values are left out with a warning."""
    return Spec(target=target, lenient=True, **more)


def left_out(*columns: str) -> dict[str, str]:
    """Return table entries for columns that have no place here."""
    return dict.fromkeys(columns, "-")


YES = {"true": "yes", "1": "yes", "yes": "yes", "false": "no", "0": "no", "no": "no"}
