"""``mycrm org export`` and ``import``: a whole organization in one file, from one database to another."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Annotated, Any

import typer

from mycrm_cli import query
from mycrm_cli.cli import params
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.cli.progress import Progress
from mycrm_cli.cli.state import State
from mycrm_cli.config import databases, secrets
from mycrm_cli.db import directory, migrate
from mycrm_cli.db.connect import connect
from mycrm_cli.errors import Denied, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.services.whole.founding import Founded
    from mycrm_cli.services.whole.incoming import Dump
    from mycrm_cli.services.work import Work

app = typer.Typer()


@app.command("export")
def export(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Everything there is; there is no part of it.")] = False,
    file: Annotated[
        str | None, typer.Option("-O", "--file", help="NAME.jsonl, .jsonl.gz or .jsonl.zst.", metavar="FILE")
    ] = None,
) -> None:
    """Write the whole organization to a file: every record, its history, and how everything is set up.

    Passwords and other secrets stay behind.

    mycrm org export --all -O backup.jsonl.gz
    """
    from mycrm_cli.services.whole import files, outgoing

    state: State = ctx.obj
    if not everything:
        raise UsageError("an organization is exported as a whole", hint="mycrm org export --all -O backup.jsonl.gz")
    if file in (None, "-") and state.out.terminal:
        raise UsageError("an organization is no text for a terminal", hint="mycrm org export --all -O backup.jsonl.gz")
    with closing(state.open(write=False)) as connection:
        outgoing.hold_still(connection)
        connection.begin()
        reader = query.Reader(connection, state.identify(connection))
        progress = Progress(state)
        try:
            with files.writing(file) as out:
                rows = outgoing.export(reader, out, progress)
        finally:
            progress(-1)
    where = f" to {file}" if file and file != "-" else ""
    state.out.say(f"{sum(rows.values()):,} rows of {reader.scope.slug} written{where}; passwords stay behind")


@app.command("import", cls=WriteVerb)
def import_(
    ctx: typer.Context,
    file: Annotated[str | None, typer.Argument(help="What org export wrote; - is stdin.", metavar="FILE|-")] = None,
    slug: Annotated[str | None, typer.Option(help="Another short name for it.", metavar="SLUG")] = None,
    database: params.Database = None,
    database_password: params.DatabasePassword = None,
) -> None:
    """Bring a whole organization into a database that does not have it.

    Without --database it is the one you work in; a super_admin there may do it.

    mycrm org import backup.jsonl.gz --database acme.db
    mycrm org import backup.jsonl.gz --slug acme-copy --dry-run
    """
    from mycrm_cli.services.transfer.files import STANDARD_INPUT
    from mycrm_cli.services.whole import files
    from mycrm_cli.services.whole.incoming import Dump

    state: State = ctx.obj
    if not file:
        raise UsageError("which file?", hint="mycrm org import FILE")
    if slug is not None:
        slug = checked_slug(slug)
    started = time.monotonic()
    with ExitStack() as stack:
        dump = Dump(STANDARD_INPUT if file == "-" else file, stack.enter_context(files.reading(file)))
        target = rehearsal(state, database, database_password, stack)
        stack.enter_context(begun(target))
        connection = opened(state, dump.organization()[0], target, database_password)
        made = bring_in(state, connection, dump, slug)
    tell(state, dump, made, slug, database, time.monotonic() - started)


@contextmanager
def begun(database: str | None) -> Iterator[None]:
    """Remove a SQLite database again that was made for an organization which does not come in."""
    path = databases.sqlite_path(databases.canonical(database)) if database else None
    is_new = path is not None and not os.path.exists(path)
    try:
        yield
    except BaseException:
        for ending in ("", "-wal", "-shm") if is_new else ():
            with suppress(FileNotFoundError):
                os.unlink(f"{path}{ending}")
        raise


def checked_slug(text: str) -> str:
    """Return a short name as it is stored; raises Invalid."""
    from mycrm_cli import services

    return str(services.values.checked("org", {"name": "-", "slug": text})["slug"])


def rehearsal(state: State, database: str | None, source: str | None, stack: ExitStack) -> str | None:
    """Return the database, or for a dry run into one without a schema a temporary one in its place."""
    if not database or not state.dry_run or not is_empty(databases.canonical(database), source):
        return database
    place = os.path.join(stack.enter_context(tempfile.TemporaryDirectory()), "rehearsal.db")
    migrate.upgrade(databases.canonical(place))
    return place


def is_empty(url: str, source: str | None) -> bool:
    """Return whether a database is not there yet, or has no schema."""
    path = databases.sqlite_path(url)
    if path is not None:
        return not os.path.exists(path)
    with closing(connect(url, password=password_of(url, source))) as connection:
        connection.begin()
        return migrate.current(connection) is None


def password_of(url: str, source: str | None) -> str | None:
    """Return the password of a database from where it is kept, or None where nobody named that."""
    secret = secrets.fetch(source, databases.login(url), "the database password") if source else None
    return secret.reveal() if secret else None


def opened(state: State, organization: UUID, database: str | None, source: str | None) -> Connection:
    """Open the database that the organization comes into, as somebody who may bring one in; raises Denied."""
    if database is None:
        scope = state.scope
        if scope.role != "super_admin":
            raise Denied(f"{scope.email} is {scope.role}; only a super_admin brings organizations in")
        state.close()
        connection = state.open(write=True)
        connection.organization_id = organization
        return connection
    url = databases.canonical(database)
    password = password_of(url, source)
    if not state.dry_run:
        migrate.upgrade(url, password)
    connection = connect(url, write=True, password=password, organization_id=organization)
    connection.begin()
    directory.check_schema(connection)
    others = directory.organization_ids(connection)
    connection.rollback()
    if others and others != [organization]:
        connection.close()
        hint = "mycrm org import FILE -P PROFILE, as a super_admin of an organization in it"
        raise Denied(f"{database} holds organizations already", hint=hint)
    return connection


def bring_in(state: State, connection: Connection, dump: Dump, slug: str | None) -> Founded:
    """Write the organization in one transaction; a dry run reads all of the file and takes everything back."""
    from mycrm_cli.scope import Locale, Scope
    from mycrm_cli.services.whole import founding
    from mycrm_cli.services.work import Work

    id, own, name = dump.organization()
    nobody = Scope(id, id, "super_admin", organization=name, slug=slug or own, email="", locale=Locale())
    progress = Progress(state)
    founding.set_apart(connection)
    try:
        with Work(connection, lambda _: nobody, command=state.command, dry_run=state.dry_run) as work:
            made = founding.found(work, dump, slug, progress)
            made.invitation = way_in(work, made.user)
            return made
    finally:
        progress(-1)


def way_in(work: Work, email: str | None) -> Secret | None:
    """Return an invitation for the user who begins to work in the organization, where passwords are asked for."""
    from mycrm_cli import catalog, services
    from mycrm_cli.services import rows

    if email is None or work.dry_run or work.connection.dialect == "sqlite":
        return None
    [(id,)] = rows.fetch(work.connection, work.scope, catalog.entity("user"), "email", [email], ["id"])
    return services.invitations.renewed(work, id)[0]


def tell(state: State, dump: Dump, made: Founded, slug: str | None, database: str | None, seconds: float) -> None:
    """Say what came in, and how to work in it."""
    id, own, _ = dump.organization()
    name, count = slug or own, sum(made.rows.values())
    document: dict[str, Any] = {"id": str(id), "slug": name, "user": made.user, "rows": count, "tables": made.rows}
    code = made.invitation.reveal() if made.invitation else None
    if state.out.format in ("json", "jsonl"):
        state.out.object(document | {"seconds": round(seconds, 3)} | ({"invitation": code} if code else {}))
    elif state.out.format != "table":
        state.out.line(str(id))
    if state.dry_run:
        state.out.say(f"would have written {count:,} rows of {name}")
        return
    where = f" --database {database}" if database else ""
    state.out.say(f"organization {name} is here: {count:,} rows, {seconds:.1f} s")
    state.out.say(f"to work in it: mycrm profile add {name} --organization {name} --user {made.user or 'EMAIL'}{where}")
    if code and state.out.format == "table":
        state.out.say(f"then choose a password with mycrm -P {name} auth accept; it asks for this code:")
        state.out.line(code)
    state.out.say("passwords did not travel: whoever had one needs a new one; stop cron where it came from")
