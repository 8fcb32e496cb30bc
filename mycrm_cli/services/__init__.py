"""What the nouns mean: the rules of creating, changing and removing records. The only writer.

Modules are imported when a command first uses them (``services.records.add``), so that reading
commands do not pay for writing ones.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services import accounts as accounts
    from mycrm_cli.services import custom as custom
    from mycrm_cli.services import records as records
    from mycrm_cli.services import setup as setup
    from mycrm_cli.services import transfer as transfer
    from mycrm_cli.services import values as values
    from mycrm_cli.services import work as work

MODULES = frozenset(("accounts", "custom", "records", "setup", "transfer", "values", "work"))


def __getattr__(name: str) -> object:
    """Import a service when it is first named (PEP 562)."""
    if name not in MODULES:
        raise AttributeError(name)
    from importlib import import_module

    return import_module(f"mycrm_cli.services.{name}")
