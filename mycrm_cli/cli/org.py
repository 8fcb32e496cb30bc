"""``mycrm org``: the organizations of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, params, whole
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.cli.reading import one, people_fields
from mycrm_cli.cli.setup import checked_settings, slug_of
from mycrm_cli.cli.state import State
from mycrm_cli.db import directory
from mycrm_cli.errors import Denied, Invalid, NotFound, UsageError
from mycrm_cli.query import Reader, Select, full

if TYPE_CHECKING:
    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.scope import Scope

app = typer.Typer()
app.registered_commands += whole.app.registered_commands

ResponseLimit = Annotated[
    str | None,
    typer.Option(help="How soon leads are to be answered; usual is a day.", metavar="DURATION|none|usual"),
]
UnsubscribeUrl = Annotated[
    str | None,
    typer.Option(help="The https page that ends mail, with {token} in it; none: by mail.", metavar="URL"),
]
UNITS = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
WORDS = {"none": 0, "usual": None}
LONGEST = 366 * 24 * 60
"""Minutes of the longest limit: a year."""


@app.command("list")
def list_organizations(ctx: typer.Context) -> None:
    """List the organizations you may see: a super_admin all of an SQLite file, others their own.

    mycrm org list
    """
    state: State = ctx.obj
    entity = catalog.entity("org")
    names = {"ids": ["id"], "json": full(entity), "jsonl": full(entity)}.get(state.out.format, entity.columns)
    found: list[Any] = []
    columns: Any = []
    for id in visible(state):
        # Each organization is read in a scope of its own: there is no statement over several.
        scope = directory.scope_of(state.scope, id)
        rows = Reader(state.reader.connection, scope).rows(Select(entity, names, sort="id"))
        columns = rows.columns
        found += list(rows)
    state.out.rows(columns, found, state.scope.locale)


def visible(state: State) -> list[Any]:
    """Return the ids of the organizations a user may see: all for a super_admin, else the own one."""
    if state.scope.role != "super_admin":
        return [state.scope.organization_id]
    return directory.organization_ids(state.reader.connection)


@app.command("view")
def view(ctx: typer.Context, slug: Annotated[str | None, typer.Argument(metavar="[SLUG]")] = None) -> None:
    """Show the organization, by default the one you work in.

    mycrm org view
    """
    state: State = ctx.obj
    entity = catalog.entity("org")
    if slug not in (None, state.scope.slug):
        raise NotFound(
            f"no org matches {slug!r} in {state.scope.slug}", hint="choose a profile of that organization with -P"
        )
    names = full(entity) if state.out.format in ("json", "jsonl") else [*people_fields(entity)]
    columns, row = one(state.reader, entity, state.scope.organization_id, names)
    state.out.record(state.scope.organization, list(zip(columns, row, strict=True)), state.scope.locale)


@app.command("add", cls=WriteVerb)
def add(
    ctx: typer.Context,
    name: params.Name = None,
    slug: params.Slug = None,
    admin_email: Annotated[str | None, typer.Option(help="Its first administrator.", metavar="ADDRESS")] = None,
    region: params.Region = None,
    currency: params.Currency = None,
    timezone: params.Timezone = None,
) -> None:
    """Add an organization to the database, with its first administrator.

    mycrm org add --name Globex --slug globex --admin-email gus@globex.com
    """
    state: State = ctx.obj
    if not name or not admin_email:
        raise UsageError("an organization needs --name and --admin-email", hint="mycrm org add --help")
    if state.scope.role != "super_admin":
        raise Denied(f"{state.scope.email} is {state.scope.role}; only a super_admin adds organizations")
    given = {"region": region, "currency": currency, "timezone": timezone}
    values = {"name": name, "slug": slug or slug_of(name), "settings": checked_settings(given)}
    organization = services.values.checked("org", values)
    admin = services.values.checked("user", {"email": admin_email, "role": "admin"})
    founding = services.setup.founding_scope(organization, admin)
    with state.work(founding) as work:
        services.setup.create_organization(work, organization, admin)
        # Where a file is not all that it takes, its administrator chooses a password first.
        is_open = work.connection.dialect == "sqlite" or state.dry_run
        code = None if is_open else services.invitations.renewed(work, founding.user_id)[0]
    tell_added(state, founding, admin["email"], code)


def tell_added(state: State, founding: Scope, admin: str, code: Secret | None) -> None:
    """Say which organization was added and how its administrator begins to work in it."""
    id, slug, invitation = str(founding.organization_id), founding.slug, code.reveal() if code else None
    if state.out.format in ("json", "jsonl"):
        state.out.object({"id": id, "slug": slug, "admin": admin, **({"invitation": invitation} if code else {})})
    elif state.out.format != "table":
        for line in (id, invitation) if code else (id,):
            state.out.line(str(line))
    if state.dry_run:
        state.out.say(f"would have added organization {slug}")
        return
    steps = [f"mycrm profile add {slug} --organization {slug} --user {admin}"]
    steps += [f"mycrm -P {slug} auth accept"] if code else []
    state.out.say(f"added organization {slug}; to work in it: {', then '.join(steps)}")
    if invitation and state.out.format == "table":
        state.out.say("auth accept asks for this code, which is not shown again:")
        state.out.line(invitation)


@app.command("edit", cls=WriteVerb)
def edit(
    ctx: typer.Context,
    name: params.Name = None,
    logo_url: Annotated[str | None, typer.Option(help="Logo.", metavar="URL")] = None,
    region: params.Region = None,
    currency: params.Currency = None,
    timezone: params.Timezone = None,
    response_limit: ResponseLimit = None,
    unsubscribe_url: UnsubscribeUrl = None,
) -> None:
    """Change the organization you work in.

    mycrm org edit --region DE --currency EUR --timezone Europe/Berlin
    mycrm org edit --response-limit 4h
    """
    state: State = ctx.obj
    settings: dict[str, Any] = {**checked_settings({"region": region, "currency": currency, "timezone": timezone})}
    if response_limit is not None:
        settings["response_limit_minutes"] = minutes(response_limit)
    texts = {key: text for key, text in (("name", name), ("logo_url", logo_url)) if text is not None}
    if unsubscribe_url is not None:
        settings["unsubscribe_url"] = ending(unsubscribe_url)
    if not texts and not settings:
        raise UsageError("nothing to change", hint="mycrm org edit --help")
    entity = catalog.entity("org")
    with state.work() as work:
        id = work.scope.organization_id
        values = services.values.typed(work.reader, entity, texts, state.out.warn)
        if settings:
            merged = work.reader.record(entity, id)["settings"] | settings
            values["settings"] = {name: value for name, value in merged.items() if value is not None}
        changed = services.records.edit(work, entity, [(id, values)])
        report = bulk.Report(state, work, entity, "changed", [id], changed=changed)
    report.tell()


def ending(text: str) -> str | None:
    """Return the page on which people end mail, None for ``none``; raises Invalid."""
    from mycrm_cli.services.mail import unsubscribing

    return None if text.strip().lower() in ("", "none") else unsubscribing.checked(text)


def minutes(text: str) -> int | None:
    """Return the minutes of a time such as ``4h``, 0 for ``none``, None for ``usual``; raises Invalid."""
    typed = text.strip().lower()
    if typed in WORDS:
        return WORDS[typed]
    number, unit = typed[:-1], typed[-1:]
    count = int(number) * UNITS[unit] if unit in UNITS and number.isascii() and number.isdigit() else 0
    if not 0 < count <= LONGEST:
        raise Invalid(
            f"response limit: {text!r} is no time such as 30m, 4h or 2d, a year at most",
            details=[{"field": "response_limit", "code": "not_a_duration"}],
            hint="none is no limit, usual is a day",
        )
    return count
