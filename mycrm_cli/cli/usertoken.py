"""``mycrm user token``: secrets for programs."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import catalog, clock, kinds, query, roles, services
from mycrm_cli.cli.asking import tell_secret
from mycrm_cli.cli.state import State
from mycrm_cli.errors import Denied, Invalid, UsageError
from mycrm_cli.query.nodes import equals

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.scope import Locale

app = typer.Typer()
COLUMNS = ("name", "user", "hint", "permissions", "created_at", "expires_at", "last_used_at", "revoked_at")
DEFAULT = "90d"

Whose = Annotated[str | None, typer.Option("--user", help="Whose token, by default yours.", metavar="USER")]


@app.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Option("--name", help="What it is for.", metavar="NAME")] = None,
    user: Whose = None,
    expires: Annotated[
        str, typer.Option("--expires", help="When it ends: 90d, 1y or a day, a year at most.", metavar="TIME")
    ] = DEFAULT,
    can: Annotated[
        list[str] | None, typer.Option("--can", help="Commands it may run: task.agenda,lead.*", metavar="COMMANDS")
    ] = None,
) -> None:
    """Make a token, which is shown once; without --can it may run what its user may.

    mycrm user token create --name cron --can task.agenda,lead.assign
    mycrm user token create --name nightly --user jobs@acme.com --expires 1y
    """
    state: State = ctx.obj
    if not name:
        raise UsageError("what is the token for?", hint="--name cron")
    rights = permissions(can or [])
    with state.work() as work:
        id = whose(work.reader, user)
        ends = ending(expires, work.scope.locale)
        secret = services.tokens.create(work, id, name, ends, rights)
        owner = services.tokens.known(work, id)["email"]
    more = {"name": name, "user": owner, "expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}", "can": rights or None}
    sentence = f"this is the token {name} of {owner}, until {ends:%Y-%m-%d}; it is not shown again"
    tell_secret(state, f"{sentence}. Programs take it from MYCRM_TOKEN, or profile edit --token", secret, more, "token")


def whose(reader: Reader, reference: str | None) -> UUID:
    """Return the id of the user that a reference names, by default the own."""
    return reader.find(catalog.entity("user"), reference).id if reference else reader.scope.user_id


def ending(text: str, locale: Locale) -> datetime:
    """Return when a token ends; a day counts to its end. Raises Invalid."""
    from mycrm_cli.kinds.times import at, shifted

    try:
        if moment := shifted(text.strip(), clock.now()):
            return moment
        return at(kinds.make("date").read(text, locale), time(23, 59, 59), locale.timezone)
    except kinds.BadValue as error:
        detail: dict[str, object] = {"field": "expires", "code": error.code}
        raise Invalid(f"expires: {error.message}", details=[detail], hint="--expires 90d") from None


def permissions(texts: list[str]) -> list[str]:
    """Return the commands that a token may run, as ``score.run`` or ``task.*``; raises UsageError for unknown ones."""
    named = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if texts and not named:
        raise UsageError("--can names no command", hint="--can task.agenda,lead.assign")
    return [known_command(name) for name in dict.fromkeys(named)]


def known_command(name: str) -> str:
    """Return a command's name if the tree has it; raises UsageError with near ones."""
    from difflib import get_close_matches

    from mycrm_cli.cli import tree
    from mycrm_cli.cli.groups import LazyGroup

    node: Any = tree.root()
    words = name.replace(" ", ".").split(".")
    path: list[str] = []
    for place, word in enumerate(words):
        last = place == len(words) - 1
        names = node.list_commands(None) if isinstance(node, LazyGroup) else []
        if last and word == "*" and path and names:
            return ".".join([*path, "*"])
        if word not in names:
            near = [".".join([*path, other]) for other in get_close_matches(word, names, n=3)]
            hint = f"mycrm {' '.join([*path, '--help'])}"
            raise UsageError(f"there is no command {name!r} that a token may run", candidates=near, hint=hint)
        node = node.build(word)
        path.append(word)
    if isinstance(node, LazyGroup):
        raise UsageError(f"{name} is a group of commands", hint=f"--can '{name}.*' allows all of them")
    return ".".join(path)


@app.command("list")
def list_tokens(
    ctx: typer.Context,
    all: Annotated[bool, typer.Option("--all", help="Those of everybody, for administrators.")] = False,
) -> None:
    """List your tokens: what they are for and when they end, never the tokens themselves.

    As last used counts when a command that writes ran with it, noted once an hour.

    mycrm user token list
    mycrm user token list --all
    """
    state: State = ctx.obj
    reader = state.reader
    own = None if all else equals("user", reader.scope.email)
    if all and roles.allowed(reader.scope.role, "api_tokens", roles.READ) != roles.ALL:
        raise Denied(f"{reader.scope.email} is {reader.scope.role} and may see only the own tokens")
    found = reader.rows(query.Select(catalog.entity("api_tokens"), list(COLUMNS), where=own, sort="name"))
    state.out.rows(found.columns, found, reader.scope.locale, empty="there are no tokens")


@app.command("delete")
def delete(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The token's name.")],
    user: Whose = None,
) -> None:
    """End a token at once.

    mycrm user token delete cron
    mycrm user token delete nightly --user jobs@acme.com
    """
    state: State = ctx.obj
    with state.work() as work:
        services.tokens.delete(work, whose(work.reader, user), name)
    state.out.say(f"the token {name} has ended")
    if state.out.format in ("json", "jsonl"):
        state.out.object({"name": name, "deleted": True})
