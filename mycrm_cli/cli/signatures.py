"""Builds commands whose options depend on an entity: plain functions with a signature made of data."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity, Field


def with_signature(function: Callable[..., None], parameters: dict[str, Any], doc: str) -> Callable[..., None]:
    """Return ``function(ctx, **given)`` with a signature that Typer reads: name -> (annotation, default)."""

    def command(ctx: typer.Context, **given: Any) -> None:
        function(ctx.obj, **given)

    declared = [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)]
    for name, (annotation, default) in parameters.items():
        declared.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default))
    command.__signature__ = inspect.Signature(declared)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in declared}
    command.__doc__ = doc
    return command


def argument(help: str, metavar: str) -> Any:
    """Declare an optional argument."""
    return (Annotated[str | None, typer.Argument(help=help, metavar=metavar, show_default=False)], None)


def arguments(help: str, metavar: str) -> Any:
    """Declare an argument that may be repeated."""
    return (Annotated[list[str] | None, typer.Argument(help=help, metavar=metavar, show_default=False)], None)


def option(*names: str, help: str, metavar: str = "TEXT") -> Any:
    """Declare an option with one value."""
    return (Annotated[str | None, typer.Option(*names, help=help, metavar=metavar, show_default=False)], None)


def options(*names: str, help: str, metavar: str = "TEXT") -> Any:
    """Declare an option that may be repeated."""
    return (Annotated[list[str] | None, typer.Option(*names, help=help, metavar=metavar, show_default=False)], None)


def flag(*names: str, help: str) -> Any:
    """Declare a switch."""
    return (Annotated[bool, typer.Option(*names, help=help, show_default=False)], False)


def dashed(name: str) -> str:
    """Return a field's option."""
    return f"--{name.replace('_', '-')}"


def option_names(field: Field) -> list[str]:
    """Return the option of a field, and its short form where it has one."""
    names = [dashed(field.relation or field.name)]
    return [*names, dashed(field.short)] if field.short else names


def settable(entity: Entity) -> list[Field]:
    """Return the fields that options set; of a name and a link with the same word, the name takes both."""
    chosen = []
    for field in entity.fields.values():
        twin = field.relation in entity.fields if field.relation else False
        if field.writable and not twin and field.name not in ("tags", "custom_fields"):
            chosen.append(field)
    return chosen


def field_options(entity: Entity, suffix: str = "") -> dict[str, Any]:
    """Return an option for every field that people may set, named ``set_FIELD`` in the function."""
    return {
        f"set_{field.name}": option(
            *option_names(field), help=f"{field.description}{suffix}", metavar=field.kind.metavar
        )
        for field in settable(entity)
    }


def given_fields(entity: Entity, given: dict[str, Any]) -> dict[str, str]:
    """Return the texts of the field options that were given, by field name."""
    return {
        (field.relation or field.name): given[f"set_{field.name}"]
        for field in settable(entity)
        if given.get(f"set_{field.name}") is not None
    }
