"""``mycrm user role``: gives people another role, and shows what each role may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds, roles, services
from mycrm_cli.cli import bulk, verbs
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import UsageError
from mycrm_cli.scope import Locale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.cli.verbs import Run

DOC = """Give users another role, which ends their sessions and tokens; or show what each role may do.

mycrm user role ben@acme.com manager
mycrm user role --matrix
mycrm user role --matrix -o csv
"""
OPTIONS = {"role": sig.option("--role", help=f"One of {' '.join(roles.ROLES)}.", metavar="ROLE")}
NOTHING = "-"


class Heading:
    """A column of the matrix, as the output knows columns."""

    kind = kinds.make("text")
    prefix = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.label = name

    def load(self, value: Any) -> Any:
        """Return the value: it is a text already."""
        return value


def table() -> Iterator[tuple[str, str, dict[str, str | None]]]:
    """Yield (noun, actions, how far each role may) for what people have commands for, and for ways to sign in."""
    rows: dict[tuple[str, tuple[str | None, ...]], list[str]] = {}
    for name, action, reach in roles.matrix():
        entity = catalog.entity(name)
        if entity.command or name in roles.SIGN_IN:
            rows.setdefault((entity.command or entity.plural, tuple(reach.values())), []).append(action)
    order = list(dict.fromkeys(noun for noun, _ in rows))
    for (noun, reaches), actions in sorted(rows.items(), key=lambda row: order.index(row[0][0])):
        yield noun, " ".join(actions), dict(zip(roles.ROLES, reaches, strict=True))


def show(state: State) -> None:
    """Show the matrix."""
    columns: list[Any] = [Heading(name) for name in ("noun", "actions", *roles.ROLES)]
    empty = None if state.out.format in ("json", "jsonl") else NOTHING
    lines = [
        (noun, actions, *(reach[role] or empty for role in roles.ROLES))  # one line for what is alike
        for noun, actions, reach in table()
    ]
    state.out.rows(columns, lines, Locale())


def give(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Give users a role; who they were signed in as ends."""
    entity = catalog.entity("user")
    values = services.values.typed(run.work.reader, entity, {"role": str(run.options["role"])}, run.say)
    changed = services.records.edit(run.work, entity, [(id, values) for id in ids])
    if changed:
        run.say("sessions and tokens have ended, which undo does not take back")
    return changed


def change(state: State, **given: Any) -> None:
    """Show the matrix, or give the users that a line names another role."""
    if given.pop("matrix"):
        if given["references"] or given["where"] or given["all"] or given["role"]:
            raise UsageError("--matrix shows what roles may do, and changes nobody's", hint="mycrm user role --help")
        show(state)
        return
    chosen = {"role": given["role"]} if given["role"] else {}
    verbs.take_target(given, chosen, "role")
    if not chosen:
        raise UsageError("which role?", hint=f"one of {' '.join(roles.ROLES)}, as the last word")
    verbs.run(state, "user", "role", "changed", give, given, chosen, ())


def add(app: typer.Typer) -> None:
    """Add the command to those of users."""
    parameters = bulk.target_options(catalog.entity("user")) | OPTIONS
    parameters["references"] = sig.arguments("Users; - reads them from stdin; ROLE comes last.", "[REF]... [ROLE]")
    parameters["matrix"] = sig.flag("--matrix", help="Show what each role may do.")
    app.command("role", cls=WriteVerb)(sig.with_signature(change, parameters, DOC))
