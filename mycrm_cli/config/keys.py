"""The system's keyring, which may be missing, hang, or lose in silence what it is given."""

from __future__ import annotations

from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE = "mycrm"
SECONDS = 3.0
HINT = "without a keyring use command:…, file:PATH (mode 0600) or env:NAME"


def fetch(account: str) -> Secret | None:
    """Return what the keyring holds for an account, or None; raises ConfigError."""

    def read() -> Secret | None:
        import keyring

        found = keyring.get_password(SERVICE, account)
        return Secret(found) if found is not None else None

    return _in_time(read)


def store(account: str, secret: Secret) -> None:
    """Keep a secret in the keyring and make sure that it is there; raises ConfigError."""

    def write() -> Secret | None:
        import keyring

        keyring.set_password(SERVICE, account, secret.reveal())
        return None

    _in_time(write)
    if fetch(account) != secret:
        raise ConfigError("the keyring does not keep what it is given", hint=HINT)


def forget(account: str) -> None:
    """Delete what the keyring holds for an account, if anything; raises ConfigError."""

    def delete() -> Secret | None:
        import keyring

        if keyring.get_password(SERVICE, account) is not None:
            keyring.delete_password(SERVICE, account)
        return None

    _in_time(delete)


def _in_time(work: Callable[[], Secret | None]) -> Secret | None:
    """Run ``work`` for at most ``SECONDS``; a keyring that asks a person who is not there never answers."""
    import threading

    results: list[Secret | None] = []
    failures: list[str] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - a backend may raise anything; its words may hold the secret
            failures.append(type(error).__name__)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    if failures:
        raise ConfigError(f"the keyring cannot be used: {failures[0]}", hint=HINT)
    if not results:
        raise ConfigError(f"the keyring did not answer within {SECONDS:g} seconds", hint=HINT)
    return results[0]
