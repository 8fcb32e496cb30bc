"""What one run of the program knows: its options, profile, identity, and its way to the database."""

from __future__ import annotations

import sys
import time
from typing import Any

from mycrm_cli import permissions, query, services
from mycrm_cli.config import profiles, settings
from mycrm_cli.db import directory, maintenance
from mycrm_cli.db.connect import Connection, connect
from mycrm_cli.errors import Cancelled, ConfigError, UsageError
from mycrm_cli.output.emit import Output
from mycrm_cli.output.formats import FILES, FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from mycrm_cli.config.profiles import Profile
    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.work import Work


class State:
    """One run. Everything is made when it is first asked for, so that no command pays for another's needs.

    ``run`` runs another line, for commands that are made of commands.
    """

    def __init__(self, line: list[str], run: Callable[[list[str]], int]) -> None:
        self.line = line
        self.run = run
        self.options: dict[str, Any] = {}
        self.exit = 0
        self.command: list[str] = []
        """The noun and the verb; what else stands on the line may be personal and stays out of the journal."""
        self._preferences: dict[str, str | bool | None] = {}
        self._profile: Profile | None = None
        self.latest: Work | None = None
        self._out: Output | None = None
        self._connection: Connection | None = None
        self._begun = time.perf_counter()
        self._ledger: Any = None
        self._scope: Scope | None = None

    @property
    def profile(self) -> Profile:
        """The profile in force."""
        if self._profile is None:
            self._profile = profiles.choose(self.options.get("profile"))
        return self._profile

    @property
    def known_profile(self) -> str | None:
        """The profile's name, where it was found out."""
        return self._profile.name if self._profile else None

    @property
    def known_organization(self) -> str | None:
        """The organization's short name, where it was found out."""
        return self._scope.slug if self._scope else None

    @property
    def out(self) -> Output:
        """The way out."""
        if self._out is None:
            self._out = Output(
                self.format(),
                quiet=bool(self.options.get("quiet")),
                verbose=bool(self.options.get("verbose")),
                color=self.color(),
                pager=str(self.preference("pager") or ""),
                before_paging=self.close,
            )
        return self._out

    def format(self) -> str | None:
        """Return the output format that was asked for, or None; raises UsageError for an unknown one."""
        if self.options.get("json"):
            return "json"
        asked = self.options.get("output")
        if asked is not None and asked not in FORMATS:
            if asked not in FILES:
                raise UsageError(f"no output format {asked!r}", candidates=[*FORMATS, *FILES])
            if self.command[-1:] != ["export"]:
                noun = " ".join(self.command[:-1]) or "contact"
                raise UsageError(f"only an export is written as {asked}", hint=f"mycrm {noun} export -o {asked}")
            return str(asked)
        name = self.preference("output", asked)
        return str(name) if name else None

    def preference(self, name: str, flag: str | bool | None = None) -> str | bool | None:
        """Return a habit of the user: flag, environment, profile, file, default, in this order."""
        if name not in self._preferences or flag is not None:
            self._preferences[name] = settings.resolve(name, flag, self.known(), {}).value
        return self._preferences[name]

    def known(self) -> Profile | None:
        """Return the profile in force, or None where there is none, for what also works without one."""
        try:
            return self.profile
        except ConfigError:
            return None

    def color(self) -> str:
        """Return when to use colours; raises UsageError for an unknown word."""
        when = str(self.options.get("color", "auto"))
        if when not in ("auto", "always", "never"):
            raise UsageError(f"--color is auto, always or never, not {when!r}")
        return when

    @property
    def interactive(self) -> bool:
        """Whether questions may be asked."""
        return not self.preference("no_input", self.options.get("no_input")) and sys.stderr.isatty()

    @property
    def dry_run(self) -> bool:
        """Whether the command takes back what it does."""
        return bool(self.options.get("dry_run"))

    def open(self, write: bool) -> Connection:
        """Open a connection to the profile's database, outside any organization's scope until it begins."""
        profile = self.profile
        if not profile.database:
            raise ConfigError(
                f"profile {profile.name} has no database", hint=f"mycrm profile edit {profile.name} --database URL"
            )
        secret = profile.database_password()
        password = secret.reveal() if secret else None
        return connect(profile.database, write=write, password=password, organization_id=self.organization_id())

    def identify(self, connection: Connection) -> Scope:
        """Return who is asking; raises ConfigError for a profile that names nobody."""
        profile, organization, token = self.profile, self.organization_id(), self.profile.token()
        if organization is None or not (profile.user or token):
            raise ConfigError(
                f"profile {profile.name} names no organization or no user",
                hint=f"mycrm profile edit {profile.name} --organization SLUG --user EMAIL",
            )
        zone = self.preference("timezone")
        scope = directory.identify(
            connection,
            organization,
            profile.user or "",
            session="" if token else hashed(self.session()),
            token=hashed(token),
            timezone=str(zone) if zone else None,
        )
        permissions.check_command(scope, self.command)
        return scope

    def session(self) -> Secret | None:
        """Return the secret of the profile's session on this machine, if there is one."""
        from mycrm_cli.config import sessions

        return sessions.fetch(self.profile.name)

    def signing(self) -> Work:
        """Begin a unit of work for somebody who is about to sign in: its scope names nobody and allows nothing."""
        self.close()
        organization = self.organization_id()
        if organization is None:
            raise ConfigError(f"profile {self.profile.name} names no organization", hint="mycrm profile edit NAME")
        return services.work.Work(
            self.open(write=True),
            lambda connection: directory.outsider(connection, organization),
            command=self.command,
            profile=self.profile.name,
        )

    def keep_session(self, secret: Secret, *, keyring: bool = False) -> None:
        """Keep the session that was opened for the profile, where the one before was; raises ConfigError."""
        from mycrm_cli.config import sessions

        name = self.profile.name
        sessions.keep(name, secret, keyring=keyring or sessions.in_keyring(name))

    def forget_session(self) -> None:
        """Forget the profile's session on this machine."""
        from mycrm_cli.config import sessions

        sessions.forget(self.profile.name)

    def organization_id(self) -> UUID | None:
        """Return the id of the profile's organization."""
        from uuid import UUID

        text = self.profile.organization_id
        return UUID(text) if text else None

    @property
    def reader(self) -> Reader:
        """The reader, on a connection that cannot write."""
        if self._connection is None:
            self._connection = self.open(write=False)
            self._connection.begin()
            self._scope = self.identify(self._connection)
        return query.Reader(self._connection, self.scope)

    @property
    def scope(self) -> Scope:
        """Who is asking, for which organization."""
        if self._scope is None:
            self.reader  # noqa: B018 - opening the reader identifies
        assert self._scope is not None
        return self._scope

    def work(self, founding: Scope | None = None) -> Work:
        """Begin a unit of work: one transaction, one change set, in the profile's scope.

        ``founding`` is the scope of an organization that this work creates.
        """
        profiles.check_write(self.profile.choice, terminal=sys.stdin.isatty())
        self.close()
        # A format or colour that there is not is found out before anything is opened.
        warn = self.out.warn
        connection = self.open(write=True)
        if founding is not None:
            connection.organization_id = founding.organization_id
        self.latest = work = services.work.Work(
            connection,
            (lambda opened: maintenance.allowed(opened, founding)) if founding is not None else self.identify,
            command=self.command,
            profile=self.profile.name,
            label=self.options.get("label"),
            dry_run=self.dry_run,
            # Numbers of an organization that is not committed cannot be reserved apart from it.
            reserve=None if founding is not None else lambda: self.open(write=True),
            tell=warn,
        )
        if self.profile.hooks and founding is None:
            from mycrm_cli.cli import hooking

            hooking.attach(self, work)
        return work

    def confirm(self, question: str) -> None:
        """Ask on the controlling terminal; raises Cancelled for no, UsageError where nobody can be asked."""
        if self.options.get("yes") or self.dry_run:
            return
        # Nobody waits at a terminal while a transaction is open.
        self.close()
        if not self.interactive:
            raise UsageError(f"{question} Nobody is there to say yes", hint="--yes says it on the command line")
        if ask(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
            raise Cancelled("nothing was changed")

    def watch(self) -> None:
        """Tell from now on each statement and what it takes."""
        from mycrm_cli.cli import debugging

        self._ledger = debugging.watch(self._begun)

    def end(self) -> None:
        """End the run: nothing is open any more, and nothing watched."""
        self.close()
        if self._ledger is not None:
            self._ledger.close()

    def close(self) -> None:
        """Close the reader's connection; a new one is opened when it is needed again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._scope = None


def hashed(secret: Secret | None) -> str:
    """Return the form in which the database knows a secret; empty where there is none."""
    if secret is None:
        return ""
    from mycrm_cli.config.secrets import digest

    return digest(secret)


def ask(prompt: str) -> str:
    """Read one line from the controlling terminal, even where stdin is a pipe."""
    try:
        with open("/dev/tty", "r+", encoding="utf-8", buffering=1) as terminal:
            terminal.write(prompt)
            terminal.flush()
            return answered(terminal.readline())
    except OSError:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        return answered(sys.stdin.readline())


def answered(line: str) -> str:
    """Return an answer; raises Cancelled where the input has ended."""
    if not line:
        raise Cancelled("nothing was changed")
    return line
