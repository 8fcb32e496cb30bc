"""The secret of a sign-in on this machine: a private file for each profile, or the keyring.

The file's time tells when the session was last used: reads stamp it, and the database is left alone.
"""

from __future__ import annotations

import os
from contextlib import suppress

from mycrm_cli import clock
from mycrm_cli.config import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.config.secrets import Secret

IDLE = 60 * 60
"""Seconds after which a session that was not used ends on this machine (NIST SP 800-63B-4, AAL2)."""
STAMPED = 60
"""Seconds between two stamps."""
IN_KEYRING = "keyring"
"""What the file says where the keyring has the secret."""


def keep(profile: str, secret: Secret, *, keyring: bool = False) -> None:
    """Keep the secret of a profile's session; raises ConfigError."""
    from mycrm_cli.config import keys, storage

    if keyring:
        keys.store(_account(profile), secret)
    paths.ensure(os.path.dirname(_file(profile)))
    text = IN_KEYRING if keyring else secret.reveal()
    storage.write(_file(profile), f"{text}\n".encode())
    _stamp(_file(profile))


def fetch(profile: str) -> Secret | None:
    """Return the secret of a profile's session, None where there is none or it lay idle; raises ConfigError."""
    path = _file(profile)
    try:
        idle = clock.real().timestamp() - os.stat(path).st_mtime
    except OSError:
        return None
    if idle > IDLE:
        return None
    found: Secret | None = _written(path)
    if found is None:
        from mycrm_cli.config import keys

        found = keys.fetch(_account(profile))
    if idle > STAMPED:
        with suppress(OSError):  # a disk that cannot be written to
            _stamp(path)
    return found


def forget(profile: str) -> None:
    """Forget a profile's session."""
    path = _file(profile)
    if not os.path.exists(path):
        return
    from mycrm_cli.config import keys, storage

    if _written(path) is None:
        keys.forget(_account(profile))
    storage.remove(path)


def in_keyring(profile: str) -> bool:
    """Return whether the keyring has the session's secret."""
    return os.path.exists(_file(profile)) and _written(_file(profile)) is None


def rename(profile: str, name: str) -> None:
    """Let a session go with its profile."""
    secret = fetch(profile)
    if secret is not None:
        keyring = in_keyring(profile)
        forget(profile)
        keep(name, secret, keyring=keyring)


def _written(path: str) -> Secret | None:
    """Return the secret that stands in a file, None where the keyring has it."""
    from mycrm_cli.config.secrets import Secret, from_file

    found = from_file(path)
    return None if found == Secret(IN_KEYRING) else found


def _file(profile: str) -> str:
    return os.path.join(paths.state_dir(), "sessions", profile)


def _account(profile: str) -> str:
    return f"session:{profile}"


def _stamp(path: str) -> None:
    now = clock.real().timestamp()
    os.utime(path, (now, now))
