"""Lists of what belongs to a noun: ``filter list lead``, ``field list contact``."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.cli import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    import typer

    from mycrm_cli.catalog import Entity


def list_command(entity: Entity) -> Callable[..., None]:
    """Make a ``list`` command that takes a noun where it takes filters."""
    generic = reading.list_command(entity)

    def command(ctx: typer.Context, **given: Any) -> None:
        given["filters"] = [of_noun(word) for word in given["filters"] or []]
        generic(ctx, **given)

    command.__signature__ = inspect.signature(generic)  # type: ignore[attr-defined]
    command.__annotations__ = dict(generic.__annotations__)
    command.__doc__ = f"""List {entity.plural}.

    mycrm {entity.noun} list
    mycrm {entity.noun} list lead
    mycrm {entity.noun} list -o json
    """
    return command


def of_noun(word: str) -> str:
    """Return the filter that a noun stands for; any other word is a filter already."""
    known = catalog.nouns().get(word.lower())
    return f"entity={known.name}" if known else word
