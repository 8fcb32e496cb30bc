"""What can be set: the settings of a profile, the preferences of a person, the environment's variables."""

from __future__ import annotations

import os

from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mycrm_cli.config.profile import Profile


class Setting:
    """One setting of a profile; ``kind`` names its check in ``checks``."""

    __slots__ = ("description", "kind", "name", "option")

    def __init__(self, name: str, kind: str, description: str) -> None:
        self.name = name
        self.option = "--" + name.replace("_", "-")
        self.kind = kind
        self.description = description


class Preference(Setting):
    """A habit of a person, from a flag, the environment, the profile, ``[settings]`` or a default.

    ``variables`` win over the profile and the file; ``habits`` are other programs' variables,
    which come after them.
    """

    __slots__ = ("default", "habits", "variables")

    def __init__(
        self, name: str, kind: str, description: str, *, variables: tuple[str, ...], habits: tuple[str, ...] = (),
        default: str | bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, kind, description)
        self.variables = variables
        self.habits = habits
        self.default = default


class Value:
    """A value and where it came from: ``flag``, ``environment``, ``profile``, ``file`` or ``default``.

    ``where`` names the option, the variable, the profile or the file.
    """

    __slots__ = ("name", "origin", "value", "where")

    def __init__(self, name: str, value: str | bool | None, origin: str, where: str = "") -> None:
        self.name = name
        self.value = value
        self.origin = origin
        self.where = where

    def __repr__(self) -> str:
        return f"Value({self.name}={self.value!r} from {self.origin} {self.where})"


def _table(rows: tuple[Setting, ...]) -> dict[str, Setting]:
    return {row.name: row for row in rows}


SETTINGS = _table((
    Setting("database", "database", "The database: sqlite:///PATH, a path, or postgresql://USER@HOST:PORT/NAME."),
    Setting("admin_database", "database", "The same database with the login for migrations, backups and grants."),
    Setting("organization", "slug", "The short name of the organization that commands work in."),
    Setting("organization_id", "uuid", "The organization's id, kept by the program."),
    Setting("user", "email", "The e-mail address of the user that commands work as."),
    Setting("database_password", "password", "Where the password is: keyring, pgpass, command:…, file:PATH, env:NAME."),
    Setting("admin_password", "password", "Where the password of the admin database is, in the same words."),
    Setting("token", "token", "Where the access token is: file:PATH, command:…, env (MYCRM_TOKEN) or env:NAME."),
    Setting("smtp", "smtp", "The server that sends mail: smtps://USER@HOST:PORT."),
    Setting("smtp_from", "sender", "The address that mail is sent from."),
    Setting("smtp_password", "mail_password", "Where the mail server's password is: keyring, file:PATH, …"),
    Setting("smtp_security", "smtp_security", "tls, starttls or none; smtps is tls, smtp is starttls unless told."),
    Setting("imap", "imap", "The server that mail is read from: imaps://USER@HOST:PORT."),
    Setting("imap_password", "mail_password", "Where the mailbox's password is: keyring, file:PATH, …"),
    Setting("timezone", "timezone", "The time zone that times are read and shown in, such as Europe/Berlin."),
    Setting("protected", "flag", "Whether bulk writes need --confirm PROFILE."),
))  # fmt: skip

PREFERENCES = {row.name: row for row in (
    Preference("timezone", "timezone", "The time zone; without one it is the user's own.", variables=("MYCRM_TZ",)),
    Preference("output", "output", "The output format; without one table on a terminal, else plain.",
               variables=("MYCRM_OUTPUT",)),
    Preference("pager", "command", "The program long output is shown with on a terminal.",
               variables=("MYCRM_PAGER",), habits=("PAGER",), default="less"),
    Preference("editor", "command", "The program that edits records.",
               variables=("MYCRM_EDITOR",), habits=("VISUAL", "EDITOR"), default="vi"),
    Preference("no_input", "flag", "Whether nothing is ever asked.", variables=("MYCRM_NO_INPUT", "CI"), default=False),
    Preference("backup_before_import", "rows", "From how many rows on an import backs up first, or off.",
               variables=("MYCRM_BACKUP_BEFORE_IMPORT",), default="10000"),
    Preference("debug", "flag", "Whether errors show where they come from.", variables=("MYCRM_DEBUG",), default=False),
)}  # fmt: skip

ENVIRONMENT = {
    "MYCRM_HOME": "The folder that holds everything: config.toml, data, state, cache.",
    "MYCRM_PROFILE": "The profile, unless -P names one.",
    "MYCRM_DATABASE_URL": "The database of a profile that names none; must not contradict one that does.",
    "MYCRM_TOKEN": "The access token; must not contradict the profile's own.",
    "MYCRM_OUTPUT": "The output format, as -o.",
    "MYCRM_NO_INPUT": "1: never ask, as --no-input. CI does the same.",
    "MYCRM_DEBUG": "1: show tracebacks, as --debug.",
    "MYCRM_PAGER": "The pager, before PAGER; empty for none.",
    "MYCRM_EDITOR": "The editor, before VISUAL and EDITOR.",
    "MYCRM_TZ": "The time zone, such as Europe/Berlin.",
    "MYCRM_BACKUP_BEFORE_IMPORT": "From how many rows on an import backs up the database first; off for never.",
    "MYCRM_HOOK": "Set for hooks: the event they are told of. A mycrm that sees it runs no hooks.",
    "MYCRM_NOW": "The time of day, for tests.",
}
OF_OTHERS = {
    "HOME": "Where your files are, unless MYCRM_HOME or one of the next four says otherwise.",
    "XDG_CONFIG_HOME": "The folder above that of config.toml.",
    "XDG_DATA_HOME": "The folder above that of databases.",
    "XDG_STATE_HOME": "The folder above that of the log and of what is remembered.",
    "XDG_CACHE_HOME": "The folder above that of what can be made again.",
    "PAGER": "The pager, after MYCRM_PAGER and the settings.",
    "VISUAL": "The editor, after MYCRM_EDITOR and the settings.",
    "EDITOR": "The editor, after VISUAL.",
    "CI": "Set and not 0, false or no: never ask, as MYCRM_NO_INPUT.",
    "NO_COLOR": "Set: no colours.",
}
"""Variables that other programs know as well."""
SECRET_VARIABLES = ("MYCRM_TOKEN",)


def resolve(
    name: str,
    flag: str | bool | None = None,
    profile: Profile | None = None,
    stored: Mapping[str, str | bool] | None = None,
) -> Value:
    """Return a preference: flag > environment > profile > ``[settings]`` > habits > default.

    ``stored`` is the ``[settings]`` table where there is no profile (``profiles.preferences()``).
    Raises UsageError for a wrong flag and ConfigError for a wrong variable.
    """
    preference = PREFERENCES[name]
    if flag is not None:
        return Value(name, _read(preference, flag), "flag", preference.option)
    if found := _from_environment(preference, preference.variables):
        return found
    own = getattr(profile, name, None)
    if profile is not None and own is not None:
        return Value(name, own, "profile", profile.name)
    file = stored if profile is None else profile.preferences
    if file and name in file:
        return Value(name, file[name], "file", "config.toml")
    return _from_environment(preference, preference.habits) or Value(name, preference.default, "default")


def _from_environment(preference: Preference, variables: tuple[str, ...]) -> Value | None:
    """Return what the first variable that is set says; an empty pager means none, else empty is not set."""
    for variable in variables:
        text = os.environ.get(variable)
        if text or (text == "" and preference.name == "pager"):
            return Value(preference.name, _variable(preference, variable, text), "environment", variable)
    return None


def _variable(preference: Preference, variable: str, text: str) -> str | bool:
    from mycrm_cli.errors import UsageError

    if variable == "CI":  # some services write their own name there
        return text.lower() not in ("0", "false", "no")
    try:
        return _read(preference, text)
    except UsageError as error:
        raise ConfigError(f"{variable}: {error.message}", hint=error.hint, candidates=error.candidates) from None


def _read(preference: Preference, value: str | bool) -> str | bool:
    from mycrm_cli.config import checks

    return checks.read(preference.kind, preference.name, value, "/")
