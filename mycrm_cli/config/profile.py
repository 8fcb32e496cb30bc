"""A profile that was chosen: one database, one organization, one user, and how it came to be chosen."""

from __future__ import annotations

import os

from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.config.secrets import Secret

ORIGINS = {
    "flag": "-P",
    "environment": "MYCRM_PROFILE",
    "project": ".mycrm.toml",
    "use": "profile use",
    "default": "default in config.toml",
    "only": "the only profile",
    "url": "MYCRM_DATABASE_URL without any profile",
    "name": "named",
}
"""Why a profile was chosen, in the order of precedence; ``name`` is what ``profiles.get`` gives."""


class Choice:
    """Which profile was chosen and why: its name, a key of ``ORIGINS``, how many profiles exist."""

    __slots__ = ("count", "name", "origin", "where")

    def __init__(self, name: str, origin: str, count: int, where: str = "") -> None:
        self.name = name
        self.origin = origin
        self.count = count
        self.where = where or ORIGINS[origin]


class Profile:
    """The settings of one profile; secrets are fetched only when a method asks for them.

    ``origins`` tells where ``database`` came from; ``preferences`` is the ``[settings]`` table, ``hooks`` the
    checked ``[hooks]``.
    """

    __slots__ = (
        "admin_database", "admin_password_source", "choice", "database", "hooks", "imap",
        "imap_password_source", "name", "organization",
        "organization_id", "origins", "password_source", "preferences", "protected", "smtp",
        "smtp_from", "smtp_password_source", "smtp_security",
        "timezone", "token_source", "user",
    )  # fmt: skip

    def __init__(
        self,
        choice: Choice,
        values: dict[str, Any],
        origins: dict[str, str],
        preferences: dict[str, str | bool],
        hooks: dict[str, Any] | None = None,
    ) -> None:
        self.choice = choice
        self.name = choice.name
        self.origins = origins
        self.preferences = preferences
        self.hooks = hooks or {}
        self.database: str = values["database"]
        self.admin_database: str | None = values.get("admin_database")
        self.organization: str | None = values.get("organization")
        self.organization_id: str | None = values.get("organization_id")
        self.user: str | None = values.get("user")
        self.password_source: str | None = values.get("database_password")
        self.admin_password_source: str | None = values.get("admin_password")
        self.token_source: str | None = values.get("token")
        self.smtp: str | None = values.get("smtp")
        self.smtp_from: str | None = values.get("smtp_from")
        self.smtp_security: str | None = values.get("smtp_security")
        self.smtp_password_source: str | None = values.get("smtp_password")
        self.imap: str | None = values.get("imap")
        self.imap_password_source: str | None = values.get("imap_password")
        self.timezone: str | None = values.get("timezone")
        self.protected: bool = values.get("protected", False)

    @property
    def origin(self) -> str:
        """Why this profile was chosen, a key of ``ORIGINS``."""
        return self.choice.origin

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return "sqlite" if self.database.startswith("sqlite:") else "postgresql"

    def values(self) -> dict[str, str | bool | None]:
        """Return the settings by the names of ``settings.SETTINGS``; sources stand for their secrets."""
        renamed = {
            "database_password": "password_source",
            "admin_password": "admin_password_source",
            "smtp_password": "smtp_password_source",
            "imap_password": "imap_password_source",
            "token": "token_source",
        }
        from mycrm_cli.config.settings import SETTINGS

        return {name: getattr(self, renamed.get(name, name)) for name in SETTINGS}

    def database_password(self) -> Secret | None:
        """Return the password of the database, None where libpq finds it; raises ConfigError."""
        return self._password(self.database, self.password_source, "database password")

    def admin_password(self) -> Secret | None:
        """Return the password of the admin database, None where libpq finds it; raises ConfigError."""
        return self._password(self.admin_database, self.admin_password_source, "admin database's password")

    def smtp_password(self) -> Secret | None:
        """Return the password of the mail server, None where there is none; raises ConfigError."""
        if self.smtp is None or self.smtp_password_source is None:
            return None
        from mycrm_cli.config import secrets

        return secrets.fetch(self.smtp_password_source, self.smtp, f"the mail server's password of profile {self.name}")

    def imap_password(self) -> Secret | None:
        """Return the password of the mailbox, None where there is none; raises ConfigError."""
        if self.imap is None or self.imap_password_source is None:
            return None
        from mycrm_cli.config import secrets

        return secrets.fetch(self.imap_password_source, self.imap, f"the mailbox's password of profile {self.name}")

    def _password(self, url: str | None, source: str | None, what: str) -> Secret | None:
        if url is None or source is None or url.startswith("sqlite:"):
            return None
        from mycrm_cli.config import databases, secrets

        return secrets.fetch(source, databases.login(url), f"the {what} of profile {self.name}")

    def token(self) -> Secret | None:
        """Return the access token, None where there is none.

        Raises ConfigError where MYCRM_TOKEN contradicts the profile's own token.
        """
        if self.token_source is None and not os.environ.get("MYCRM_TOKEN"):
            return None
        from mycrm_cli.config.secrets import Secret, fetch

        given = Secret(os.environ.get("MYCRM_TOKEN", "").strip())
        if self.token_source is None:
            return given or None
        purpose = f"the token of profile {self.name}"
        own = fetch("env:MYCRM_TOKEN" if self.token_source == "env" else self.token_source, "", purpose)
        if given and own != given and self.token_source != "env":
            raise ConfigError(
                f"MYCRM_TOKEN contradicts profile {self.name}, which has another token",
                hint="unset MYCRM_TOKEN, or choose another profile with -P",
            )
        return own


def check_write(choice: Choice, terminal: bool) -> None:
    """Refuse a write without a terminal on a profile that only ``profile use`` chose; raises ConfigError.

    With several profiles a cron job must not depend on what somebody switched to.
    """
    if choice.origin == "use" and choice.count > 1 and not terminal:
        raise ConfigError(
            f"without a terminal a write must name its profile; {choice.name} comes from profile use",
            hint=f"use -P {choice.name} or MYCRM_PROFILE={choice.name}",
        )
