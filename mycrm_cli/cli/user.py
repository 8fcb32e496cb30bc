"""``mycrm user``: what users have beside the generic commands."""

from __future__ import annotations

import typer

app = typer.Typer()
