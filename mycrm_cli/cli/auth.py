"""``mycrm auth``: signing in and out of the profile's organization."""

from __future__ import annotations

from typing import Annotated

import typer

from mycrm_cli import services
from mycrm_cli.cli.asking import PasswordFile, Secrets
from mycrm_cli.cli.state import State
from mycrm_cli.config import profiles
from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import ConfigError
from mycrm_cli.output.safe import plain

app = typer.Typer()
WAYS = {"local": "file", "session": "session", "token": "token"}
"""By what somebody is known; holding the file of an SQLite database is enough where there is no password."""

Keyring = Annotated[bool, typer.Option("--keyring", help="Keep the session in the system's keyring.")]


@app.command("login")
def login(
    ctx: typer.Context,
    user: Annotated[str | None, typer.Option("--user", help="Whom to sign in.", metavar="EMAIL")] = None,
    password_file: PasswordFile = None,
    keyring: Keyring = False,
) -> None:
    """Sign in with password and second factor; the code is the second line of a password file.

    mycrm auth login
    mycrm auth login --user ana@acme.com --password-file -
    """
    state: State = ctx.obj
    refuse_token(state)
    email = user or state.profile.user
    if not email:
        raise ConfigError(f"profile {state.profile.name} names no user", hint="mycrm auth login --user EMAIL")
    email = services.signin.address(email)
    asked = Secrets(state, password_file)
    password = asked.ask(f"password of {email}")
    secret = services.signin.sign_in(state.signing, email, password, lambda: asked.ask("code of the second factor"))
    settle(state, email, secret, keyring)


def settle(state: State, email: str, secret: Secret, keyring: bool = False) -> None:
    """Keep a session that was opened, let the profile work as its user, and tell it."""
    state.keep_session(secret, keyring=keyring)
    profile = state.profile
    if profile.user != email and profile.name in profiles.names():
        profiles.edit(profile.name, {"user": email})
        profile.user = email
    scope = state.scope
    if state.out.format in ("json", "jsonl"):
        state.out.object({"user": email, "organization": scope.slug, "profile": profile.name, "until": scope.until})
    state.out.say(f"signed in as {email} in {scope.slug}, until {scope.until:%Y-%m-%d %H:%M} UTC")


def refuse_token(state: State) -> None:
    """Refuse to open a session that a token would stand before; raises ConfigError."""
    if state.profile.token() is not None:
        raise ConfigError(
            f"profile {state.profile.name} works with a token, which is used before any session",
            hint=f"unset MYCRM_TOKEN, or mycrm profile edit {state.profile.name} --clear token",
        )


@app.command("logout")
def logout(
    ctx: typer.Context,
    all: Annotated[bool, typer.Option("--all", help="End your sessions on all machines.")] = False,
) -> None:
    """Sign out on this machine.

    mycrm auth logout
    mycrm auth logout --all
    """
    state: State = ctx.obj
    secret, ended = state.session(), 0
    if all:
        refuse_token(state)
        with state.work() as work:
            ended = services.sessions.end(work, [work.scope.user_id], ways=["auth_sessions"])
    elif secret is not None:
        with state.signing() as work:
            ended = services.signin.sign_out(work, secret)
    try:
        state.forget_session()
    except ConfigError as error:
        if not ended:
            raise
        state.out.warn(f"what is left of the session here opens nothing any more: {error.message}")
    sessions = "1 session" if ended == 1 else f"{ended} sessions"
    state.out.say(f"signed out: {sessions} ended" if ended else "there was no session")


@app.command("whoami")
def whoami(ctx: typer.Context) -> None:
    """Show who is signed in, where, how, and until when.

    mycrm auth whoami
    """
    state: State = ctx.obj
    scope = state.scope
    until = f"{scope.until:%Y-%m-%dT%H:%M:%SZ}" if scope.until else None
    values = {
        "user": scope.email,
        "role": scope.role,
        "organization": scope.slug,
        "profile": state.profile.name,
        "how": WAYS[scope.how],
        "until": until,
        "can": sorted(scope.rights) if scope.rights is not None else None,
    }
    if state.out.format in ("json", "jsonl"):
        state.out.object(values)
    elif state.out.format == "table":
        ending = f", until {scope.until:%Y-%m-%d %H:%M} UTC" if scope.until else ""
        state.out.line(f"{scope.email} ({scope.role}) in {scope.slug}, profile {state.profile.name}")
        state.out.line(f"known by {WAYS[scope.how]}{ending}")
    else:
        state.out.line("\t".join(plain(str(value or "")) for name, value in values.items() if name != "can"))


@app.command("accept")
def accept(
    ctx: typer.Context,
    code: Annotated[
        str | None, typer.Argument(help="The invitation's code; asked for if missing.", metavar="[CODE]")
    ] = None,
    password_file: PasswordFile = None,
    keyring: Keyring = False,
) -> None:
    """Accept an invitation: choose a password and sign in.

    mycrm auth accept
    mycrm auth accept CODE --password-file -
    """
    state: State = ctx.obj
    refuse_token(state)
    asked = Secrets(state, password_file)
    invitation = Secret(code) if code else asked.ask("code of the invitation")
    password = asked.choose("new password")
    email, secret = services.invitations.accept(
        state.signing, invitation, password, lambda: asked.ask("code of the second factor")
    )
    settle(state, email, secret, keyring)
