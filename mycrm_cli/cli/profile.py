"""``mycrm profile``: which database, organization and user commands work with."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from mycrm_cli import services
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.state import State
from mycrm_cli.config import profiles
from mycrm_cli.config.secrets import Secret, from_file
from mycrm_cli.config.settings import SETTINGS
from mycrm_cli.db import directory
from mycrm_cli.db.connect import connect
from mycrm_cli.errors import ConfigError, NotFound, UsageError

app = typer.Typer()
Name = Annotated[str, typer.Argument(help="The profile.", metavar="NAME")]
SERVERS = {"database": "database", "admin": "admin database", "smtp": "mail server", "imap": "mailbox"}
LISTED = ("name", "organization", "user", "database", "protected")


@app.command("list")
def list_profiles(ctx: typer.Context) -> None:
    """List the profiles; * marks the one in force.

    mycrm profile list
    """
    state: State = ctx.obj
    try:
        chosen = profiles.choose(state.options.get("profile")).name
    except ConfigError:
        chosen = None
    records = []
    for name in profiles.names():
        profile = profiles.get(name)
        values = profile.values()
        records.append({"name": name, "current": name == chosen, **{key: values.get(key) for key in LISTED[1:]}})
    show(state, records)
    if not records:
        state.out.say("no profile yet: mycrm init makes one, mycrm demo one to play with")


def show(state: State, records: list[dict[str, Any]]) -> None:
    """Write profiles: objects for programs, aligned lines for people."""
    if state.out.format in ("json", "jsonl"):
        state.out.object(records)
        return
    for record in records:
        mark = "*" if record["current"] else " "
        cells = [str(record[key] or "") for key in LISTED[:-1]] + (["protected"] if record["protected"] else [])
        state.out.line(f"{mark} {'  '.join(cells)}" if state.out.format == "table" else "\t".join([mark, *cells]))


@app.command("current")
def current(ctx: typer.Context) -> None:
    """Print the profile in force and why it is.

    mycrm profile current
    """
    state: State = ctx.obj
    profile = state.profile
    if state.out.format in ("json", "jsonl"):
        state.out.object({"name": profile.name, "origin": profile.origin, "where": profile.choice.where})
        return
    state.out.line(profile.name)
    state.out.say(f"from {profile.choice.where}")


@app.command("view")
def view(ctx: typer.Context, name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None) -> None:
    """Show the settings of a profile.

    mycrm profile view work
    """
    state: State = ctx.obj
    profile = profiles.get(name) if name else state.profile
    values = {"name": profile.name, **profile.values()}
    if state.out.format in ("json", "jsonl"):
        state.out.object(values)
        return
    for key, value in values.items():
        if value not in (None, ""):
            state.out.line(f"{key}\t{value}")


def setting_options() -> dict[str, Any]:
    """Return an option for each setting of a profile that people set."""
    options = {
        f"set_{name}": sig.option(setting.option, help=setting.description, metavar="VALUE")
        for name, setting in SETTINGS.items()
        if name not in ("organization_id", "protected")
    }
    return options | {"set_protected": sig.option("--protected", help="yes or no.", metavar="yes|no")}


def given_settings(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that were given on the line."""
    return {name[4:]: value for name, value in given.items() if name.startswith("set_") and value is not None}


def bind(name: str) -> None:
    """Look the organization of a profile up in its database, keep its id, and see that the user belongs to it.

    Raises NotFound for an unknown organization, Denied for a user who may not use it.
    """
    profile = profiles.get(name)
    if not profile.organization:
        return
    secret = profile.database_password()
    connection = connect(profile.database, password=secret.reveal() if secret else None)
    try:
        connection.begin()
        directory.check_schema(connection)
        found = directory.find_organization(connection, profile.organization)
        connection.rollback()
        if found is None:
            hint = f"mycrm profile edit {name} --organization SLUG"
            raise NotFound(f"no organization {profile.organization} in this database", hint=hint)
        connection.organization_id = found[0]
        connection.begin()
        directory.admitted(connection, found[0], profile.user or "")
    finally:
        connection.close()
    profiles.edit(name, {"organization_id": str(found[0])})


def _add(state: State, name: str, **given: Any) -> None:
    settings = given_settings(given)
    if "database" not in settings:
        settings = {**database_of_others(state), **settings}
    if not settings.get("organization") or not settings.get("user"):
        hint = "mycrm profile add NAME --organization SLUG --user EMAIL, or mycrm init for a new organization"
        raise UsageError("a profile names an organization and a user", hint=hint)
    profiles.add(name, settings)
    try:
        bind(name)
    except Exception:
        profiles.delete(name)
        raise
    state.out.say(f"added profile {name}: {settings['user']} in {settings['organization']}")


def database_of_others(state: State) -> dict[str, str]:
    """Return the database of the profile in force, or the one that all profiles share."""
    inherited = profiles.inherited(state.options.get("profile"))
    databases = {profiles.get(name).database for name in profiles.names()}
    if inherited or not databases:
        return inherited
    if len(databases) > 1:
        raise UsageError("which database?", hint="--database URL, or -P NAME of a profile in the same one")
    return profiles.inherited(profiles.names()[0])


def _edit(state: State, name: str, clear: list[str] | None = None, **given: Any) -> None:
    settings = given_settings(given)
    if not settings and not clear:
        raise UsageError("nothing to change", hint="mycrm profile edit --help")
    before = profiles.get(name).values()
    profiles.edit(name, settings, clear or [])
    try:
        if {"organization", "database", "database_password", "user"} & settings.keys():
            bind(name)
    except Exception:
        put_back(name, before)
        raise
    state.out.say(f"changed profile {name}")


def put_back(name: str, before: dict[str, Any]) -> None:
    """Give a profile the settings it had."""
    profiles.edit(
        name,
        {key: value for key, value in before.items() if value not in (None, "")},
        [key for key, value in before.items() if value is None],
    )


app.command("add")(
    sig.with_signature(
        _add,
        {"name": (Name, ...), **setting_options()},
        """Add a profile for an organization that exists.

        mycrm profile add globex --organization globex --user gus@globex.com
        mycrm profile add eu --database eu.db --organization acme --user a@acme.eu
        """,
    )
)
app.command("edit")(
    sig.with_signature(
        _edit,
        {
            "name": (Name, ...),
            **setting_options(),
            "clear": sig.options("--clear", help="Empty a setting.", metavar="SETTING"),
        },
        """Change the settings of a profile.

        mycrm profile edit work --timezone Europe/Berlin --protected yes
        """,
    )
)


@app.command("password")
def password(
    ctx: typer.Context,
    name: Name,
    file: Annotated[
        str | None, typer.Option(help="File with the password in its first line; - is stdin.", metavar="FILE|-")
    ] = None,
    of: Annotated[str, typer.Option(help="database, admin, smtp or imap.", metavar="SERVER")] = "database",
) -> None:
    """Keep the password of a profile's database, or of another server of it, in the keyring.

    mycrm profile password prod
    mycrm profile password prod --of smtp
    mycrm profile password prod --file - < secret.txt
    """
    state: State = ctx.obj
    profiles.get(name)
    if of not in SERVERS:
        raise UsageError(f"--of {of} is none of {', '.join(SERVERS)}")
    if file is None and not state.interactive:
        raise UsageError("nobody is there to type the password", hint="--file FILE or --file -")
    # A file that others can read is refused, as it is where a profile names one.
    if file is None:
        typed = Secret(getpass.getpass(f"Password of the {SERVERS[of]}: "))
    else:
        typed = Secret(services.accounts.password_from(file)) if file == "-" else from_file(file)
    if not typed:
        raise UsageError("the password is empty")
    profiles.store_password(name, typed, of)
    state.out.say(f"the password of the {SERVERS[of]} of profile {name} is in the keyring")


@app.command("rename")
def rename(ctx: typer.Context, name: Name, new: Annotated[str, typer.Argument(metavar="NEW")]) -> None:
    """Give a profile another name.

    mycrm profile rename work acme
    """
    profiles.rename(name, new)
    ctx.obj.out.say(f"profile {name} is now called {new}")


@app.command("delete")
def delete(ctx: typer.Context, name: Name) -> None:
    """Delete a profile; its database stays.

    mycrm profile delete old
    """
    database = profiles.get(name).database
    profiles.delete(name)
    ctx.obj.out.say(f"deleted profile {name}; its database stays: {database}")


@app.command("use")
def use(ctx: typer.Context, name: Name) -> None:
    """Work in a profile from now on, in every terminal.

    mycrm profile use work
    """
    profiles.use(name)
    ctx.obj.out.say(f"working in profile {name}")


@app.command("env")
def env(
    ctx: typer.Context,
    name: Name,
    shell: Annotated[str, typer.Option(help="sh, bash, zsh, fish or csh.", metavar="SHELL")] = "sh",
) -> None:
    """Print the line that binds one shell to a profile.

    eval "$(mycrm profile env work)"
    mycrm profile env work --shell fish | source
    """
    ctx.obj.out.line(profiles.shell_line(name, shell))


@app.command("check")
def check(ctx: typer.Context) -> None:
    """Open the profile's database and say who works there.

    mycrm profile check
    mycrm profile check -P work
    """
    state: State = ctx.obj
    scope = state.scope
    state.out.line(f"{state.profile.name}\t{scope.slug}\t{scope.email}\t{scope.role}\t{state.profile.dialect}")
    for problem in profiles.problems():
        state.out.warn(problem)
