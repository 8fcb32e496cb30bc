"""How users get in: invitations, passwords, unlocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli.asking import PasswordFile, Secrets, tell_secret
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.cli.state import State
from mycrm_cli.errors import ConfigError, Denied

if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.services.work import Work

app = typer.Typer()


def option(name: str, help: str, metavar: str) -> Any:
    """Return the type of an option that may be left out."""
    return Annotated[str | None, typer.Option(name, help=help, metavar=metavar)]


@app.command("invite", cls=WriteVerb)
def invite(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(help="The e-mail address.", metavar="EMAIL")],
    role: option("--role", "What a new user may do.", "ROLE") = None,  # type: ignore[valid-type]
    first_name: option("--first-name", "Given name.", "NAME") = None,  # type: ignore[valid-type]
    last_name: option("--last-name", "Family name.", "NAME") = None,  # type: ignore[valid-type]
    team: option("--team", "The team.", "TEAM") = None,  # type: ignore[valid-type]
) -> None:
    """Invite somebody, who is added where there is no such user, with a code that is shown once.

    mycrm user invite ben@acme.com --role sales_rep --first-name Ben --team North
    mycrm user invite ben@acme.com
    """
    state: State = ctx.obj
    given = {"email": email, "role": role, "first_name": first_name, "last_name": last_name, "team": team}
    with state.work() as work:
        texts = {name: text for name, text in given.items() if text}
        values = services.values.typed(work.reader, catalog.entity("user"), texts, state.out.warn)
        id, code, until = services.invitations.invite(work, values)
    if state.dry_run:
        state.out.say(f"would have invited {values['email']}")
        return
    more: dict[str, object] = {"user": values["email"], "id": str(id), "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    sentence = (
        f"this code lets {values['email']} choose a password until {until:%Y-%m-%d %H:%M} UTC; it is not shown again"
    )
    tell_secret(state, f"{sentence}. There: mycrm auth accept", code, more, "code")


@app.command("passwd")
def passwd(
    ctx: typer.Context,
    user: Annotated[str | None, typer.Argument(help="Another user, for administrators.", metavar="[REF]")] = None,
    password_file: PasswordFile = None,
) -> None:
    """Change a password: the current one first where it is yours. It ends the user's other sessions and tokens.

    mycrm user passwd
    mycrm user passwd ben@acme.com --password-file -
    """
    state: State = ctx.obj
    id = state.reader.find(catalog.entity("user"), user).id if user else state.scope.user_id
    own = id == state.scope.user_id
    with state.work() as work:
        account, organization = services.tokens.secure(work, id), work.scope.organization
    asked = Secrets(state, password_file)
    if own and account["password"] is not None:
        services.signin.confirm(state.signing, account["email"], asked.ask("current password"))
    services.accounts.check_person(account)
    new = asked.choose("new password")
    hashed = services.accounts.hash_password(new.reveal(), services.accounts.words_of(account, organization))
    set_password(state, id, hashed, own)
    state.out.say(f"the password of {account['email']} is changed; other sessions and tokens have ended")


def set_password(state: State, id: UUID, hashed: str, own: bool) -> None:
    """Store a password and end what let the user in before; who changes the own one stays signed in."""
    with state.work() as work:
        services.tokens.secure(work, id)
        services.accounts.set_password(work, id, hashed)
        session = services.sessions.opened(work, id) if own else None
        services.sessions.end(work, [id], but=session)
    if session is not None:
        state.keep_session(session)


@app.command("unlock")
def unlock(
    ctx: typer.Context, user: Annotated[str, typer.Argument(help="Whose sign-in is locked.", metavar="REF")]
) -> None:
    """Let a user sign in again after too many failures: as an administrator, or with the database itself.

    Who is not signed in needs the file of an SQLite database, or the profile's --admin-database.

    mycrm user unlock ben@acme.com
    """
    state: State = ctx.obj
    email, denied = user, None
    try:
        email = state.reader.find(catalog.entity("user"), user).email or user
    except Denied as error:
        denied = error
    with by_database(state, denied) if denied else state.work() as work:
        done = services.signin.unlock(work, email, by_database=denied is not None)
    state.out.say(f"{email} may sign in again" if done else f"{email} was not locked")
    if state.out.format in ("json", "jsonl"):
        state.out.object({"user": email, "unlocked": done})


def by_database(state: State, denied: Denied) -> Work:
    """Begin a unit of work for somebody who is not signed in but holds the database; raises Denied."""
    profile = state.profile
    if profile.token() is not None or state.session() is not None:
        denied.hint = "mycrm auth logout, and again: who holds the database may unlock without signing in"
        raise denied
    if profile.dialect == "sqlite":
        return state.signing()
    if not profile.admin_database:
        denied.hint = "mycrm auth login, or mycrm profile edit NAME --admin-database URL"
        raise denied
    organization = state.organization_id()
    if organization is None:
        raise ConfigError(f"profile {profile.name} names no organization", hint="mycrm profile edit NAME")
    from mycrm_cli.db import directory
    from mycrm_cli.db.connect import connect

    secret = profile.admin_password()
    connection = connect(
        profile.admin_database,
        write=True,
        password=secret.reveal() if secret else None,
        organization_id=organization,
    )
    return services.work.Work(
        connection,
        lambda there: directory.outsider(there, organization),
        command=state.command,
        profile=profile.name,
    )
