"""The options that every command takes, before and after the noun and the verb."""

from typing import Any

from typer.core import TyperOption

from mycrm_cli.output.formats import FORMATS

SUMMARY = "-P -o --json -q -v --color --no-input -y -h (mycrm help options)"
"""The line that stands for them in the help of a command."""


def _store(ctx: Any, param: Any, value: Any) -> None:
    """Keep a given value in the run's state; what stands further right on the line wins."""
    if value is not None and value is not False and not ctx.resilient_parsing:
        ctx.obj.options[param.name] = value


def _option(*names: str, help: str, **more: Any) -> TyperOption:
    return TyperOption(
        param_decls=list(names),
        help=help,
        callback=_store,
        expose_value=False,
        hidden=True,
        **{"default": None, **more},
    )


def _flag(*names: str, help: str) -> TyperOption:
    return _option(*names, help=help, is_flag=True, default=False)


def global_options() -> list[TyperOption]:
    """Return the options of every command and group."""
    return [
        _option("-P", "--profile", help="The profile to work in.", metavar="NAME"),
        _option("-o", "--output", help=f"Output format: {' '.join(FORMATS)}.", metavar="FORMAT"),
        _flag("--json", help="The same as -o json; errors are JSON too."),
        _flag("-q", "--quiet", help="No remarks."),
        _flag("-v", "--verbose", help="More columns and remarks."),
        _flag("--debug", help="Tracebacks and statements (never values) on stderr."),
        _option("--color", help="auto, always or never.", metavar="WHEN"),
        _flag("--no-input", help="Never prompt."),
        _flag("-y", "--yes", help="Answer yes to questions."),
    ]


def write_options() -> list[TyperOption]:
    """Return the options of every command that writes."""
    return [
        _flag("-n", "--dry-run", help="Do everything, then take it back."),
        _option("--label", help="A label for the change, to undo a group of them.", metavar="TEXT"),
    ]
