"""What the nouns mean: the rules of creating, changing and removing records. The only writer.

Modules are imported when a command first uses them (``services.records.add``), so that reading
commands do not pay for writing ones.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services import accounts as accounts
    from mycrm_cli.services import assignment as assignment
    from mycrm_cli.services import chain as chain
    from mycrm_cli.services import conversion as conversion
    from mycrm_cli.services import custom as custom
    from mycrm_cli.services import deals as deals
    from mycrm_cli.services import doctor as doctor
    from mycrm_cli.services import fields as fields
    from mycrm_cli.services import filters as filters
    from mycrm_cli.services import granted as granted
    from mycrm_cli.services import grants as grants
    from mycrm_cli.services import invitations as invitations
    from mycrm_cli.services import items as items
    from mycrm_cli.services import leads as leads
    from mycrm_cli.services import logs as logs
    from mycrm_cli.services import mfa as mfa
    from mycrm_cli.services import offboarding as offboarding
    from mycrm_cli.services import parties as parties
    from mycrm_cli.services import pipelines as pipelines
    from mycrm_cli.services import records as records
    from mycrm_cli.services import recurrence as recurrence
    from mycrm_cli.services import repeating as repeating
    from mycrm_cli.services import rights as rights
    from mycrm_cli.services import roles as roles
    from mycrm_cli.services import series as series
    from mycrm_cli.services import sessions as sessions
    from mycrm_cli.services import setup as setup
    from mycrm_cli.services import signin as signin
    from mycrm_cli.services import stages as stages
    from mycrm_cli.services import steps as steps
    from mycrm_cli.services import targets as targets
    from mycrm_cli.services import tasks as tasks
    from mycrm_cli.services import tokens as tokens
    from mycrm_cli.services import transfer as transfer
    from mycrm_cli.services import turns as turns
    from mycrm_cli.services import undo as undo
    from mycrm_cli.services import values as values
    from mycrm_cli.services import work as work

MODULES = frozenset(
    (
        "accounts",
        "assignment",
        "chain",
        "conversion",
        "custom",
        "doctor",
        "fields",
        "filters",
        "deals",
        "granted",
        "grants",
        "invitations",
        "items",
        "leads",
        "logs",
        "mfa",
        "repeating",
        "targets",
        "tasks",
        "tokens",
        "offboarding",
        "parties",
        "pipelines",
        "stages",
        "steps",
        "records",
        "rights",
        "roles",
        "series",
        "recurrence",
        "sessions",
        "setup",
        "signin",
        "transfer",
        "turns",
        "undo",
        "values",
        "work",
    )
)


def __getattr__(name: str) -> object:
    """Import a service when it is first named (PEP 562)."""
    if name not in MODULES:
        raise AttributeError(name)
    from importlib import import_module

    return import_module(f"mycrm_cli.services.{name}")
