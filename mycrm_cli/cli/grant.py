"""``mycrm db grant``, ``revoke``, ``grants``: a database login for each person, on PostgreSQL."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer

from mycrm_cli import services
from mycrm_cli.cli.state import State
from mycrm_cli.config import databases
from mycrm_cli.config.secrets import Secret, from_command, from_file
from mycrm_cli.db.connect import Connection, connect
from mycrm_cli.errors import ConfigError, CrmError, UsageError
from mycrm_cli.query import deeds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.config.profile import Profile

app = typer.Typer()

User = Annotated[str, typer.Argument(help="The user's e-mail address.", metavar="USER")]
Login = Annotated[str | None, typer.Option("--login", help="What the login is called.", metavar="NAME")]
PasswordFile = Annotated[
    str | None,
    typer.Option(
        "--password-file",
        help="File with its password; - is stdin. A new file gets a generated one.",
        metavar="FILE|-",
    ),
]
PasswordCommand = Annotated[
    str | None, typer.Option("--password-command", help="Command that prints its password.", metavar="COMMAND")
]


@app.command("grant")
def grant(
    ctx: typer.Context,
    user: User,
    login: Login = None,
    password_file: PasswordFile = None,
    password_command: PasswordCommand = None,
) -> None:
    """Give a person a PostgreSQL login that reaches nothing but the own organization.

    Run again, it renews what the login may do, and the password if one is given.

    mycrm db grant ben@acme.com --password-file ben.secret
    """
    state: State = ctx.obj
    profile, organization = bound(state)
    if password_file and password_command:
        raise UsageError("give --password-file or --password-command, not both")
    if not profile.admin_database:
        by_hand(state, organization, user, login)
    with administering(profile, organization) as connection:
        # Who is meant is found out before a password is made for them.
        user_id, _ = services.grants.person(connection, organization, user)
        known = services.grants.known(connection, organization, user_id)
        password, is_shown = chosen(state, password_file, password_command, needed=known is None)
        name, is_new = services.grants.grant(connection, organization, user, login, password)
        store(password, password_file)
        note(state, connection, organization, user, deeds.LOGIN_GRANTED, name)
        connection.commit()
    tell(state, user, name, is_new)
    if is_shown and password is not None:
        state.out.line(f"password: {password.reveal()}")


@app.command("revoke")
def revoke(ctx: typer.Context, user: User) -> None:
    """Take a person's PostgreSQL login away; open connections end.

    mycrm db revoke ben@acme.com
    """
    state: State = ctx.obj
    profile, organization = bound(state)
    with administering(required(profile), organization) as connection:
        name, is_gone = services.grants.revoke(connection, organization, user)
        note(state, connection, organization, user, deeds.LOGIN_REVOKED, name)
        connection.commit()
    if state.out.format in ("json", "jsonl"):
        state.out.object({"user": user, "login": name, "dropped": is_gone})
    state.out.say(f"{user} has no login of the database any more")
    if not is_gone:
        state.out.warn(f"the login {name} stays on the server, locked: it has rights elsewhere")


@app.command("grants")
def grants(ctx: typer.Context) -> None:
    """List the people of the organization who have PostgreSQL logins of their own.

    mycrm db grants
    """
    state: State = ctx.obj
    profile, organization = bound(state)
    with administering(required(profile), organization) as connection:
        found = services.grants.listed(connection, organization)
    names = ("login", "user", "role", "since", "usable", "connections", "granted_role")
    if state.out.format in ("json", "jsonl"):
        state.out.object([dict(zip(names, row, strict=True)) for row in found])
        return
    for login, email, role, since, usable, connections, granted_role in found:
        mark = "" if usable else "locked"
        mark += f" (granted to {granted_role}: mycrm db grant {email})" if granted_role != role and not usable else ""
        state.out.line("\t".join([login, email, role, f"{since:%Y-%m-%d}", str(connections), mark]).rstrip())
    if not found:
        state.out.say("nobody has a login of their own: mycrm db grant USER")


def bound(state: State) -> tuple[Profile, UUID]:
    """Return the profile and its organization; raises UsageError on SQLite."""
    profile, organization = state.profile, state.organization_id()
    if profile.dialect == "sqlite":
        raise UsageError(
            "an SQLite file has no logins: whoever can read the file reads all of it",
            hint="give organizations that distrust each other a file each (mycrm init), or use PostgreSQL",
        )
    if organization is None:
        raise ConfigError(
            f"profile {profile.name} names no organization",
            hint=f"mycrm profile edit {profile.name} --organization SLUG",
        )
    return profile, organization


def required(profile: Profile) -> Profile:
    """Return a profile with an admin database; raises ConfigError without one."""
    if not profile.admin_database:
        raise ConfigError(
            f"profile {profile.name} has no admin database, which this needs",
            hint=f"mycrm profile edit {profile.name} --admin-database postgresql://ADMIN@HOST/NAME",
        )
    return profile


@contextmanager
def administering(profile: Profile, organization: UUID) -> Iterator[Connection]:
    """Give a connection to the admin database, whose login is the authority for all of this."""
    secret = profile.admin_password()
    connection = connect(
        str(profile.admin_database),
        write=True,
        password=secret.reveal() if secret else None,
        organization_id=organization,
    )
    try:
        connection.begin()
        yield connection
    finally:
        connection.close()


def note(state: State, connection: Connection, organization: UUID, user: str, deed: str, login: str) -> None:
    """Leave a line in the journal, by whoever is signed in; the admin database itself asks for nobody."""
    try:
        actor = state.scope.user_id
    except CrmError:
        actor = None
    services.granted.note(
        connection, organization, user, deed, login, actor=actor, command=state.command, profile=state.profile.name
    )


def by_hand(state: State, organization: UUID, user: str, login: str | None) -> None:
    """Print what a database administrator can run instead, and end; raises ConfigError."""
    connection = state.open(write=False)
    try:
        connection.begin()
        user_id, role = services.grants.person(connection, organization, user)
        granted = services.rights.rights(role, connection.raw.info.server_version)
        place = connection.execute("SELECT current_database(), current_schema()").fetchone()
        known = services.grants.granted(connection, user_id)
    finally:
        connection.close()
    name = known[0] if known else services.rights.login_of(user_id, login)
    script = services.rights.script(name, role, granted, organization, user_id, place, is_new=known is None)
    state.out.line(script)
    profile = state.profile.name
    raise ConfigError(
        f"profile {profile} has no admin database; a database administrator can run the SQL above with psql",
        hint=f"or mycrm profile edit {profile} --admin-database postgresql://ADMIN@HOST/NAME",
    )


def chosen(state: State, file: str | None, command: str | None, *, needed: bool) -> tuple[Secret | None, bool]:
    """Return the password of a login, and whether it is to be shown because nothing keeps it."""
    import secrets

    if command:
        return checked(from_command(command)), False
    if file == "-":
        return checked(Secret(sys.stdin.readline().rstrip("\r\n"))), False
    if file and os.path.lexists(file):
        return checked(from_file(file)), False
    if not file and not needed:
        return None, False
    if not file and not state.out.terminal:
        raise UsageError("where shall its password go?", hint="--password-file FILE, a new one, which gets it")
    return Secret(secrets.token_urlsafe(32)), not file


def checked(password: Secret) -> Secret:
    """Return a password that is not empty; raises UsageError."""
    if not password:
        raise UsageError("the password is empty")
    return password


def store(password: Secret | None, file: str | None) -> None:
    """Write a generated password into a new file that only its owner may read."""
    if password is None or not file or file == "-" or os.path.lexists(file):
        return
    try:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            out.write(f"{password.reveal()}\n")
    except OSError as error:
        raise ConfigError(f"the password's file {file} cannot be made: {error.strerror}") from None


def tell(state: State, user: str, login: str, is_new: bool) -> None:
    """Say what the person does next."""
    place = state.profile.database.removeprefix(databases.POSTGRESQL)
    url = f"{databases.POSTGRESQL}{login}@{place.rpartition('@')[2]}"
    if state.out.format in ("json", "jsonl"):
        state.out.object({"user": user, "login": login, "created": is_new, "database": url})
    state.out.say(f"{user} has the login {login}" if is_new else f"the login {login} of {user} is renewed")
    organization = state.profile.organization or "SLUG"
    state.out.say(f"there: mycrm profile add NAME --database {url} --organization {organization} --user {user}")
