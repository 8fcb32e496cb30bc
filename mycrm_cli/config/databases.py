"""Addresses of databases: ``sqlite:///PATH`` as SQLAlchemy writes it, or a libpq URI, never with a password.

An absolute SQLite path has four slashes (``sqlite:////srv/crm.db``), a relative one three.
"""

from __future__ import annotations

import os

from mycrm_cli.config import paths
from mycrm_cli.config.sources import SOURCES, PlainSecret
from mycrm_cli.errors import UsageError

SQLITE = "sqlite:///"
POSTGRESQL = "postgresql://"
FORMS = "sqlite:///PATH, a path, or postgresql://USER@HOST:PORT/NAME"
HINT = f"leave it out and use --database-password {SOURCES}"
SECRET_PARAMETERS = ("password", "sslpassword", "oauth_client_secret")


def canonical(text: str, base: str | None = None) -> str:
    """Return the address in the form that is stored and opened; raises UsageError.

    A bare path becomes an SQLite URL. Relative paths start at ``base``, by default the working folder.
    """
    if any(ord(char) < 32 or ord(char) == 127 for char in text) or not text.strip():
        raise UsageError("the database's address is empty or has control characters", hint=FORMS)
    text = text.strip()
    scheme, found, rest = text.partition("://")
    if found and scheme.lower() in ("postgresql", "postgres"):
        _check_postgresql(rest)
        return POSTGRESQL + rest
    return SQLITE + paths.expand(_sqlite_path(text, scheme if found else ""), base or working_folder())


def sqlite_path(url: str) -> str | None:
    """Return the file of an SQLite address in canonical form, or None for a server."""
    return url.removeprefix(SQLITE) if url.startswith(SQLITE) else None


def dialect(url: str) -> str:
    """Return ``sqlite`` or ``postgresql``."""
    return "sqlite" if url.startswith(SQLITE) else "postgresql"


def same(one: str, other: str) -> bool:
    """Tell whether two canonical addresses mean the same database, login and parameters."""
    return identity(one) == identity(other)


def identity(url: str) -> tuple[object, ...]:
    """Return what an address means: defaults filled in, parameters sorted.

    Links on disk are not followed: the answer must not change behind the cache's back.
    """
    path = sqlite_path(url)
    if path is not None:
        return ("sqlite", path)
    from urllib.parse import unquote

    user, hosts, name, params = _parts(url.removeprefix(POSTGRESQL))
    where = tuple((unquote(host).lower(), port or "5432") for host, port in hosts)
    given = {"user": unquote(user), "dbname": unquote(name), **params}
    return ("postgresql", where, *sorted(item for item in given.items() if item[1]))


def login(url: str) -> str:
    """Return the keyring's name for the password of a server: login, hosts and database, no parameters.

    Profiles that share a login share its password; one that moves to another server does not send it there.
    """
    return url.partition("?")[0]


def working_folder() -> str:
    """Return the folder that relative paths start at; raises UsageError where it was deleted."""
    try:
        return os.getcwd()
    except OSError:
        raise UsageError(
            "the path is relative to a folder that no longer exists", hint="give an absolute path"
        ) from None


def _sqlite_path(text: str, scheme: str) -> str:
    """Return the path of an SQLite address or of a bare path."""
    if scheme:
        if scheme.lower() != "sqlite" or not text[len(scheme) :].startswith(":///"):
            raise UsageError("the database's address has an unknown form", hint=FORMS)
        text = text[len(SQLITE) :]
    elif text.lower().startswith(("sqlite:", "postgresql:", "postgres:", "file:")) or _is_conninfo(text):
        raise UsageError("the database's address has an unknown form", hint=FORMS)
    if text in ("", ":memory:"):
        raise UsageError("the database needs a file: one in memory is forgotten at once", hint=FORMS)
    if "?" in text:
        raise UsageError("the path of an SQLite database takes no parameters and no question mark", hint=FORMS)
    return text


def _is_conninfo(text: str) -> bool:
    """Tell whether a text is libpq's other form, ``host=… dbname=…``, and no path."""
    key = text.partition("=")[0].strip()
    return "=" in text and key in ("host", "hostaddr", "port", "dbname", "user", "password", "service", "passfile")


def _check_postgresql(rest: str) -> None:
    """Refuse passwords and malformed parts of a libpq URI, without repeating any of them."""
    authority, _, query = rest.partition("?")
    if ":" in authority.rpartition("@")[0]:
        raise PlainSecret("a password does not belong in the database's address", hint=HINT)
    _, hosts, name, params = _parts(rest)
    if any(key in SECRET_PARAMETERS for key in params):
        raise PlainSecret("a password does not belong in the database's address", hint=HINT)
    good_ports = all(not port or (port.isascii() and port.isdigit() and 0 < int(port) < 65536) for _, port in hosts)
    if not good_ports or " " in rest or "/" in name or (query and not all("=" in pair for pair in query.split("&"))):
        raise UsageError("the database's address is malformed", hint=FORMS)


def _parts(rest: str) -> tuple[str, list[tuple[str, str]], str, dict[str, str]]:
    """Split what follows ``postgresql://`` into user, hosts with ports, name and parameters."""
    from urllib.parse import unquote

    main, _, query = rest.partition("?")
    authority, _, name = main.partition("/")
    user, _, places = authority.rpartition("@")
    hosts = []
    for place in places.split(","):
        host, bracket, after = place.rpartition("]")
        before, _, port = after.partition(":")
        hosts.append((host + bracket if bracket else before, port))
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return user, hosts, name, {unquote(key): unquote(value) for key, _, value in pairs}
