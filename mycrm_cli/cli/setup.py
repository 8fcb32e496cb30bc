"""``mycrm init``: a database, an organization, its first user and a profile in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import services
from mycrm_cli.cli import params
from mycrm_cli.cli.asking import Secrets
from mycrm_cli.cli.state import State, ask
from mycrm_cli.config import databases, names, paths, profiles, secrets, sessions
from mycrm_cli.db import directory, migrate
from mycrm_cli.db.connect import connect
from mycrm_cli.errors import Denied, Duplicate, UsageError
from mycrm_cli.kinds import BadValue, make
from mycrm_cli.kinds.times import zone

if TYPE_CHECKING:
    from mycrm_cli.db.connect import Connection

app = typer.Typer()
DEFAULTS = {"region": "US", "currency": "USD", "timezone": "UTC"}


ProfileName = Annotated[str | None, typer.Option("--profile", "-P", help="Name of the new profile.", metavar="NAME")]
Organization = Annotated[str | None, typer.Option(help="The organization's name.", metavar="NAME")]
Email = Annotated[str | None, typer.Option(help="Your e-mail address.", metavar="ADDRESS")]
FirstName = Annotated[str | None, typer.Option(help="Your given name.", metavar="NAME")]
LastName = Annotated[str | None, typer.Option(help="Your family name.", metavar="NAME")]
PasswordFile = Annotated[
    str | None, typer.Option(help="File with your password in its first line; - is stdin.", metavar="FILE|-")
]
NoPipeline = Annotated[bool, typer.Option("--no-pipeline", help="Begin without a pipeline: an import brings them.")]


@app.command("init")
def init(
    ctx: typer.Context,
    profile: ProfileName = None,
    organization: Organization = None,
    slug: params.Slug = None,
    email: Email = None,
    first_name: FirstName = None,
    last_name: LastName = None,
    database: params.Database = None,
    database_password: params.DatabasePassword = None,
    region: params.Region = None,
    currency: params.Currency = None,
    timezone: params.Timezone = None,
    password_file: PasswordFile = None,
    no_pipeline: NoPipeline = False,
) -> None:
    """Make a database, an organization, a user and a profile.

    mycrm init
    mycrm init --profile work --organization Acme --slug acme --email ana@acme.com
    """
    state: State = ctx.obj
    asked = Answers(state)
    name = asked.text(organization, "Name of your organization", "--organization")
    values = {
        "name": name,
        "slug": asked.text(slug, "Short name for scripts", "--slug", default=slug_of(name)),
        "settings": DEFAULTS | checked_settings({"region": region, "currency": currency, "timezone": timezone}),
    }
    admin: dict[str, Any] = {
        "email": asked.text(email, "Your e-mail address", "--email"),
        "first_name": asked.text(first_name, "Your first name", "--first-name", default=""),
        "last_name": asked.text(last_name, "Your last name", "--last-name", default=""),
    }
    words = [str(text) for text in (*admin.values(), name, values["slug"])]
    admin["password"] = password_hash(state, database, password_file, words)
    given = profile or state.options.get("profile")
    chosen = asked.text(given, "Name of the profile", "--profile", default=str(values["slug"]))
    run_init(chosen, database, values, admin, database_password, pipeline=not no_pipeline)
    tell(state, chosen, str(values["slug"]), admin)


def password_hash(state: State, database: str | None, source: str | None, words: list[str]) -> str | None:
    """Return the hash of the first user's password: from a file, or asked for where signing in will take one."""
    is_guarded = database is not None and databases.sqlite_path(databases.canonical(database)) is None
    if source is None and not (is_guarded and state.interactive):
        return None
    return services.accounts.hash_password(Secrets(state, source).choose("new password").reveal(), words)


def tell(state: State, profile: str, slug: str, admin: dict[str, Any]) -> None:
    """Say what was made and what to do next."""
    email = admin["email"]
    if state.out.format in ("json", "jsonl"):
        state.out.object({"profile": profile, "organization": slug, "user": email})
    state.out.say(f"organization {slug} is ready; profile {profile} works in it as {email}")
    if admin["password"] is None and profiles.get(profile).dialect != "sqlite":
        state.out.say("you are signed in for now; choose a password: mycrm user passwd")
    state.out.say('try: mycrm contact add "Ana Berg" --email ana@example.com, or mycrm contact import FILE')


def checked_settings(given: dict[str, str | None]) -> dict[str, str]:
    """Return the settings of an organization that were given, each read by its kind; raises UsageError."""
    settings = {}
    for name, text in given.items():
        if text is None:
            continue
        try:
            if name == "timezone":
                zone(text)
                settings[name] = text
            else:
                settings[name] = make("country" if name == "region" else "currency").read(text)
        except BadValue as error:
            raise UsageError(f"--{name}: {error.message}") from None
    return settings


def run_init(
    profile: str,
    database: str | None,
    organization: dict[str, Any],
    admin: dict[str, Any],
    source: str | None,
    *,
    pipeline: bool = True,
) -> None:
    """Make everything that ``init`` makes; the profile comes last, so that a failure leaves none behind."""
    if profile in profiles.names():
        raise Duplicate(f"there is a profile {profile} already", hint="choose another name with --profile")
    organization, admin = services.values.checked("org", organization), services.values.checked("user", admin)
    names.check(profile)
    url = databases.canonical(database or paths.database_file(profile))
    settings = {"database_password": source} if source else {}
    secret = secrets.fetch(source, databases.login(url), "the database password") if source else None
    password = secret.reveal() if secret else None
    migrate.upgrade(url, password)
    scope = services.setup.founding_scope(organization, admin)
    connection = connect(url, write=True, password=password, organization_id=scope.organization_id)
    with services.work.Work(connection, lambda _: scope, command=["init"], profile=profile) as work:
        check_new(connection, url)
        services.setup.create_organization(work, organization, admin | {"role": "super_admin"}, pipeline=pipeline)
        guarded = connection.dialect != "sqlite" or bool(admin.get("password"))
        session = services.sessions.opened(work, scope.user_id) if guarded else None
    binding = {
        "organization": organization["slug"],
        "organization_id": str(scope.organization_id),
        "user": admin["email"],
    }
    profiles.add(profile, {**settings, "database": url, **binding})
    if session is not None:
        sessions.keep(profile, session)
    if len(profiles.names()) == 1:
        profiles.set_default(profile)


def check_new(connection: Connection, url: str) -> None:
    """Refuse an SQLite file with organizations in it, whose super_admin the one who runs ``init`` would be."""
    if connection.dialect == "sqlite" and directory.organization_ids(connection):
        raise Denied(
            f"{databases.sqlite_path(url)} holds an organization already",
            hint="mycrm org add, as a super_admin of it; or mycrm profile add for a user of it",
        )


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
