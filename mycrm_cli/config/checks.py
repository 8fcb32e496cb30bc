"""Reading one setting as people write it: each kind returns the form that is stored, or raises UsageError."""

from __future__ import annotations

from mycrm_cli.config import databases, sources
from mycrm_cli.config.names import near, shown
from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[str, str], str | bool]

YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off", "")
OUTPUTS = ("table", "plain", "json", "jsonl", "csv", "tsv", "ids")
SECURITIES = ("tls", "starttls", "none")
MAIL_SCHEMES = {"smtp": ("smtp", "smtps"), "imap": ("imap", "imaps")}


def read(kind: str, name: str, value: object, base: str) -> str | bool:
    """Return a setting's value as it is stored; relative paths start at ``base``. Raises UsageError."""
    if kind == "flag" and isinstance(value, bool):
        return value
    if kind == "rows" and isinstance(value, int):
        value = str(value) if value is not False else "off"
    if not isinstance(value, str):
        raise UsageError(f"{name} must be {'true or false' if kind == 'flag' else 'a text'}")
    if "\0" in value or "\n" in value or not value.isprintable():
        raise UsageError(f"{name} has control characters")
    return CHECKS[kind](value.strip(), base)


def flag(text: str, base: str) -> bool:
    """Read a yes or no."""
    if text.lower() not in YES + NO:
        raise UsageError(f"{shown(text)} is neither true nor false", hint="use 1 or 0")
    return text.lower() in YES


def slug(text: str, base: str) -> str:
    """Read the short name of an organization."""
    if not text or len(text) > 100 or any(char.isspace() for char in text):
        raise UsageError(f"{shown(text)} is not the short name of an organization", hint="one word, such as acme")
    return text


def uuid(text: str, base: str) -> str:
    """Read an organization's id."""
    from uuid import UUID

    try:
        return str(UUID(text))
    except ValueError:
        raise UsageError(f"{shown(text)} is not an id", hint="the UUID that mycrm org view shows") from None


def email(text: str, base: str) -> str:
    """Read a user's e-mail address; the database knows whether there is such a user."""
    local, at, domain = text.rpartition("@")
    if not (at and local and domain) or any(char.isspace() or char in '<>,;"' for char in text):
        raise UsageError(f"{shown(text)} is not an e-mail address", hint="such as ana@acme.com")
    return text


def sender(text: str, base: str) -> str:
    """Read the address that mails are sent from: ``ana@acme.com`` or ``Ana Berg <ana@acme.com>``."""
    name, bracket, rest = text.rpartition("<")
    if not bracket:
        return email(text, base)
    if not rest.endswith(">"):
        raise UsageError(f"{shown(text)} is not an e-mail address", hint="Ana Berg <ana@acme.com>")
    return f"{name.strip()} <{email(rest[:-1].strip(), base)}>".strip()


def mail_server(protocol: str) -> Check:
    """Return the check for the address of a server: ``smtps://ana%40acme.com@mail.acme.com:465``."""

    def check(text: str, base: str) -> str:
        form = f"{protocol}s://USER@HOST:PORT"
        scheme, _, rest = text.partition("://")
        user, _, place = rest.rpartition("@")
        if ":" in user or "password=" in rest.lower():
            raise sources.PlainSecret(f"a password does not belong in the {protocol} address", hint=form)
        host, _, port = place.rstrip("/").partition(":")
        good_port = not port or (port.isascii() and port.isdigit() and 0 < int(port) < 65536)
        good_host = host and not any(char.isspace() or char in "/?#@" for char in host)
        if scheme.lower() not in MAIL_SCHEMES[protocol] or not good_host or not good_port:
            raise UsageError(f"the {protocol} address is malformed", hint=form)
        return f"{scheme.lower()}://{rest.rstrip('/')}"

    return check


def smtp_security(text: str, base: str) -> str:
    """Read how a mail server is spoken to."""
    if text.lower() not in SECURITIES:
        raise UsageError(f"{shown(text)} is no way to speak to a mail server", hint=", ".join(SECURITIES))
    return text.lower()


def zone(text: str, base: str) -> str:
    """Read the name of an IANA time zone."""
    if text == "UTC":
        return text
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(text).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        guesses = near(text.replace(" ", "_"), zoneinfo.available_timezones())
        hint = f"did you mean {', '.join(guesses)}" if guesses else "such as Europe/Berlin"
        raise UsageError(f"{shown(text)} is not an IANA time zone", hint=hint, candidates=guesses) from None


def output(text: str, base: str) -> str:
    """Read the name of an output format."""
    if text.lower() not in OUTPUTS:
        raise UsageError(
            f"{shown(text)} is not an output format", hint=", ".join(OUTPUTS), candidates=near(text, OUTPUTS)
        )
    return text.lower()


def command(text: str, base: str) -> str:
    """Read a program with its arguments; empty means none."""
    if text:
        sources.words(text)
    return text


def rows(text: str, base: str) -> str:
    """Read a number of rows, or off."""
    if text.lower() == "off":
        return "off"
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(f"{shown(text)} is no number of rows", hint="10000, or off")
    return text


CHECKS: dict[str, Check] = {
    "command": command,
    "database": databases.canonical,
    "email": email,
    "flag": flag,
    "imap": mail_server("imap"),
    "output": output,
    "mail_password": sources.mail_password_source,
    "password": sources.password_source,
    "rows": rows,
    "sender": sender,
    "slug": slug,
    "smtp": mail_server("smtp"),
    "smtp_security": smtp_security,
    "timezone": zone,
    "token": sources.token_source,
    "uuid": uuid,
}
