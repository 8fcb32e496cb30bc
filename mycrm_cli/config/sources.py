"""How a setting says where its secret is: ``keyring``, ``pgpass``, ``command:…``, ``file:PATH``, ``env:NAME``."""

from __future__ import annotations

from mycrm_cli.config import paths
from mycrm_cli.errors import UsageError

SOURCES = "keyring, pgpass, command:…, file:PATH (mode 0600) or env:NAME"
TOKEN_SOURCES = "file:PATH (mode 0600), command:…, env (MYCRM_TOKEN) or env:NAME"


class PlainSecret(UsageError):
    """A secret was written where everybody can read it; the message never repeats it."""


def password_source(text: str, base: str) -> str:
    """Return a source of a password in the form that is stored; raises UsageError."""
    if text in ("keyring", "pgpass"):
        return text
    source = _common(text, base)
    if source is None:
        raise PlainSecret("a password is not given on the command line or in a file of settings", hint=f"use {SOURCES}")
    return source


def mail_password_source(text: str, base: str) -> str:
    """Return a source of a mail server's password, which PostgreSQL's file has not; raises UsageError."""
    if text == "pgpass":
        raise UsageError("pgpass has passwords of databases only", hint=f"use {SOURCES.replace(' pgpass,', '')}")
    return password_source(text, base)


def token_source(text: str, base: str) -> str:
    """Return a source of a token in the form that is stored; raises UsageError."""
    if text == "env":
        return text
    source = _common(text, base)
    if source is None:
        raise PlainSecret(
            "a token is not given on the command line or in a file of settings", hint=f"use {TOKEN_SOURCES}"
        )
    return source


def _common(text: str, base: str) -> str | None:
    """Return a checked ``command:``, ``file:`` or ``env:`` source, None for anything else."""
    kind, found, rest = text.partition(":")
    rest = rest.strip()
    if not found or kind not in ("command", "file", "env"):
        return None
    if not rest or "\0" in rest:
        raise UsageError(f"nothing follows {kind}:", hint=f"use {SOURCES}")
    if kind == "file":
        return f"file:{paths.expand(rest, base)}"
    if kind == "env" and not (rest.isascii() and rest.isidentifier()):
        raise PlainSecret("what follows env: is not the name of an environment variable", hint="env:NAME")
    if kind == "command":
        words(rest)
    return f"{kind}:{rest}"


def words(command: str) -> list[str]:
    """Split a command as a shell would, without being one; raises UsageError."""
    import shlex

    try:
        split = shlex.split(command)
    except ValueError:
        raise UsageError("the quotes of the command do not match", hint="command:PROGRAM ARGUMENT…") from None
    if not split:
        raise UsageError("nothing follows command:", hint="command:PROGRAM ARGUMENT…")
    return split
