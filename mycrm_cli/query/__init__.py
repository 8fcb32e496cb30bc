"""The only reader: filters are read into a tree, compiled to SQL for one scope, and run on the DB-API."""

from __future__ import annotations

from mycrm_cli.query.reader import Reader, Rows
from mycrm_cli.query.select import Column, Select, full

__all__ = ["Column", "Reader", "Rows", "Select", "full"]
