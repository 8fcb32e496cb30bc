"""``mycrm config``: what is set, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mycrm_cli.cli.state import State
from mycrm_cli.config import listing, origins, profiles
from mycrm_cli.config.profile import Profile
from mycrm_cli.errors import ConfigError
from mycrm_cli.output.safe import plain

if TYPE_CHECKING:
    from mycrm_cli.config.origins import Origin
    from mycrm_cli.config.settings import Value

app = typer.Typer()


@app.command("list")
def list_settings(
    ctx: typer.Context,
    origin: Annotated[
        bool, typer.Option("--origin", help="Tell in full where each came from: file and line, variable, option.")
    ] = False,
) -> None:
    """Show every setting, its value and where it came from.

    mycrm config list
    mycrm config list --origin
    """
    state: State = ctx.obj
    profile: Profile | None = None
    try:
        profile = state.profile
    except ConfigError as error:
        state.out.warn(error.message)
    stored = None if profile else profiles.preferences()
    flags = {"output": state.options.get("output"), "no_input": state.options.get("no_input")}
    found = listing.values(profile, flags, stored)
    show(state, found, [origins.of(value, profile) for value in found] if origin else None)


def show(state: State, values: list[Value], full: list[Origin] | None) -> None:
    """Write settings: objects for programs, lines for people."""
    if state.out.format in ("json", "jsonl"):
        objects = [{"name": v.name, "value": v.value, "origin": v.origin, "where": v.where} for v in values]
        told = [{"file": each.file, "line": each.line} for each in full] if full else [{} for _ in values]
        state.out.object([each | more for each, more in zip(objects, told, strict=True)])
        return
    for place, value in enumerate(values):
        text = "" if value.value is None else str(value.value)
        origin = full[place].text if full else f"{value.origin} {value.where}".strip()
        cells = [plain(cell) for cell in (value.name, text, origin)]
        state.out.line(f"{cells[0]:<18} {cells[1]:<50} {cells[2]}" if state.out.format == "table" else "\t".join(cells))
