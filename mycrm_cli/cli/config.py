"""``mycrm config``: what is set, and where it came from."""

from __future__ import annotations

from typing import Any

import typer

from mycrm_cli.cli.state import State
from mycrm_cli.config import listing, profiles
from mycrm_cli.config.profile import Profile
from mycrm_cli.errors import ConfigError
from mycrm_cli.output.safe import plain

app = typer.Typer()


@app.command("list")
def list_settings(ctx: typer.Context) -> None:
    """Show every setting, its value and where it came from.

    mycrm config list
    """
    state: State = ctx.obj
    profile: Profile | None = None
    try:
        profile = state.profile
    except ConfigError as error:
        state.out.warn(error.message)
    stored = None if profile else profiles.preferences()
    flags = {"output": state.options.get("output"), "no_input": state.options.get("no_input")}
    show(state, listing.values(profile, flags, stored))


def show(state: State, values: list[Any]) -> None:
    """Write settings: objects for programs, lines for people."""
    if state.out.format in ("json", "jsonl"):
        state.out.object([{"name": v.name, "value": v.value, "origin": v.origin, "where": v.where} for v in values])
        return
    for value in values:
        text = "" if value.value is None else str(value.value)
        origin = f"{value.origin} {value.where}".strip()
        cells = [plain(cell) for cell in (value.name, text, origin)]
        state.out.line(f"{cells[0]:<18} {cells[1]:<50} {cells[2]}" if state.out.format == "table" else "\t".join(cells))
