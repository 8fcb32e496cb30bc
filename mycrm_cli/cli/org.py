"""``mycrm org``: organizations of a database."""

from __future__ import annotations

import typer

app = typer.Typer()
