"""``mycrm init``: a database, an organization, its first user and a profile in one go."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mycrm_cli import services
from mycrm_cli.cli.state import State, ask
from mycrm_cli.config import databases, paths, profiles, secrets
from mycrm_cli.db import migrate
from mycrm_cli.db.connect import connect
from mycrm_cli.errors import Duplicate, UsageError

app = typer.Typer()


@app.command("init")
def init(
    ctx: typer.Context,
    profile: Annotated[
        str | None, typer.Option("--profile", "-P", help="Name of the new profile.", metavar="NAME")
    ] = None,
    organization: Annotated[str | None, typer.Option(help="The organization's name.", metavar="NAME")] = None,
    slug: Annotated[str | None, typer.Option(help="Its short name for scripts.", metavar="SLUG")] = None,
    email: Annotated[str | None, typer.Option(help="Your e-mail address.", metavar="ADDRESS")] = None,
    first_name: Annotated[str | None, typer.Option(help="Your given name.", metavar="NAME")] = None,
    last_name: Annotated[str | None, typer.Option(help="Your family name.", metavar="NAME")] = None,
    database: Annotated[str | None, typer.Option(help="SQLite file or postgresql:// URL.", metavar="URL")] = None,
    database_password: Annotated[
        str | None,
        typer.Option(help="Where its password is: keyring, pgpass, command:…, file:…, env:…", metavar="SOURCE"),
    ] = None,
    region: Annotated[str, typer.Option(help="Country for phone numbers.", metavar="COUNTRY")] = "US",
    currency: Annotated[str, typer.Option(help="Currency of the organization.", metavar="CODE")] = "USD",
    timezone: Annotated[str, typer.Option(help="IANA time zone.", metavar="ZONE")] = "UTC",
    password_file: Annotated[
        str | None, typer.Option(help="File with your password in its first line; - is stdin.", metavar="FILE|-")
    ] = None,
) -> None:
    """Make a database, an organization, a user and a profile.

    mycrm init
    mycrm init --profile work --organization Acme --slug acme --email ana@acme.com --first-name Ana --last-name Berg
    """
    state: State = ctx.obj
    profile = profile or state.options.get("profile")
    asked = Answers(state)
    name = asked.text(organization, "Name of your organization", "--organization")
    values = {
        "name": name,
        "slug": asked.text(slug, "Short name for scripts", "--slug", default=slug_of(name)),
        "settings": {"region": region, "currency": currency, "timezone": timezone},
    }
    admin: dict[str, Any] = {
        "email": asked.text(email, "Your e-mail address", "--email"),
        "first_name": asked.text(first_name, "Your first name", "--first-name", default=""),
        "last_name": asked.text(last_name, "Your last name", "--last-name", default=""),
    }
    profile = asked.text(profile, "Name of the profile", "--profile", default=values["slug"])
    if password_file:
        admin["password"] = services.accounts.hash_password(services.accounts.password_from(password_file))
    settings = {"database_password": database_password} if database_password else {}
    run_init(profile, database, values, admin, settings)
    state.out.say(f"organization {values['slug']} is ready; profile {profile} works in it as {admin['email']}")
    state.out.say('try: mycrm contact add "Ana Berg" --email ana@example.com, or mycrm contact import FILE')
    if state.out.format in ("json", "jsonl"):
        state.out.object({"profile": profile, "organization": values["slug"], "user": admin["email"]})


def run_init(
    profile: str, database: str | None, organization: dict[str, Any], admin: dict[str, Any], settings: dict[str, Any]
) -> None:
    """Make everything that ``init`` makes; the profile comes last, so that a failure leaves none behind."""
    if profile in profiles.names():
        raise Duplicate(f"there is a profile {profile} already", hint="choose another name with --profile")
    organization, admin = services.values.checked("org", organization), services.values.checked("user", admin)
    url = databases.canonical(database or paths.database_file(profile))
    secret = (
        secrets.fetch(settings.get("database_password"), databases.login(url), "the database password")
        if settings
        else None
    )
    password = secret.reveal() if secret else None
    migrate.upgrade(url, password)
    connection = connect(url, write=True, password=password)
    id = services.setup.create_organization(connection, organization=organization, admin=admin, role="super_admin")
    binding = {"organization": organization["slug"], "organization_id": str(id), "user": admin["email"]}
    profiles.add(profile, {**settings, "database": url, **binding})
    if len(profiles.names()) == 1:
        profiles.set_default(profile)


class Answers:
    """Values from options, else from questions on a terminal, else from defaults."""

    def __init__(self, state: State) -> None:
        self.state = state

    def text(self, given: str | None, question: str, option: str, default: str | None = None) -> str:
        """Return what was given or answered; raises UsageError where nobody can be asked."""
        if given is not None:
            return given.strip()
        if not self.state.interactive:
            if default is not None:
                return default
            raise UsageError(f"{option} is missing", hint="mycrm init --help")
        answer = ask(f"{question}{f' [{default}]' if default else ''}: ").strip()
        if not answer and default is None:
            raise UsageError(f"{option} is missing", hint="mycrm init --help")
        return answer or default or ""


def slug_of(name: str) -> str:
    """Return a short name made of a name: folded words with hyphens between them."""
    from mycrm_cli.kinds.folding import search_words

    words = [word for word in search_words(name) if word.isascii()]
    return "-".join(words)[:40].strip("-") or "main"
