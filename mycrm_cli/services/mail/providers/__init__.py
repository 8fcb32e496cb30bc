"""The providers whose reports are understood, each with a module of its own.

A module has ``unpack(value)``, the entries of one JSON value, and ``events(entry)``, what an entry reports: nothing
for what does not concern messages. ``events`` raises Problem for what cannot be read.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROVIDERS = ("sendgrid", "mailgun", "ses", "postmark", "generic")


def module(name: str) -> Any:
    """Return the module of a provider."""
    return import_module(f"mycrm_cli.services.mail.providers.{name}")
