"""Words of a line that stand for an option or a filter: ``item list D-12``, ``rate list EUR``."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from mycrm_cli.cli import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    import typer

    from mycrm_cli.catalog import Entity


def list_command(entity: Entity, doc: str, prepare: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    """Make a ``list`` command for which ``prepare`` first changes what is given."""
    generic = reading.list_command(entity)

    def command(ctx: typer.Context, **given: Any) -> None:
        prepare(given)
        generic(ctx, **given)

    command.__signature__ = inspect.signature(generic)  # type: ignore[attr-defined]
    command.__annotations__ = dict(generic.__annotations__)
    command.__doc__ = doc
    return command
