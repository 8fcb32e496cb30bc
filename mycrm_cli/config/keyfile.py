"""The keys that an organization's second factors are encrypted with: a private file, or the keyring.

They are kept apart from the database, so that a copy of it gives no second factor away. There are several
while they are exchanged; the newest comes first and encrypts.
"""

from __future__ import annotations

import os

from mycrm_cli.config import paths
from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.config.storage import Lock

SIZE = 32
"""Bytes of a key: AES-256."""
IN_KEYRING = "keyring"
"""What the file says where the keyring has the keys."""


class Key:
    """A key and the name that encrypted texts know it by."""

    __slots__ = ("id", "value")

    def __init__(self, id: str, value: bytes) -> None:
        self.id = id
        self.value = value

    def __repr__(self) -> str:
        return f"Key({self.id})"


def path(organization_id: UUID) -> str:
    """Return the file of an organization's keys."""
    return os.path.join(paths.state_dir(), "keys", f"{organization_id}.json")


def lock() -> Lock:
    """Return what keeps others on this machine from exchanging keys meanwhile."""
    from mycrm_cli.config.storage import Lock

    return Lock("keys.lock")


def load(organization_id: UUID) -> list[Key]:
    """Return the keys of an organization, the newest of this machine first, then those that were copied here.

    There are none where this machine has none. Raises ConfigError.
    """
    return [*_own(organization_id), *(key for file in copied(organization_id) for key in _keys(file, _line(file)))]


def copied(organization_id: UUID) -> list[str]:
    """Return the key files of other machines that lie beside this one's, under names that begin with the same id."""
    folder, own = os.path.split(path(organization_id))
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    mine = [name for name in names if name.startswith(str(organization_id)) and name.endswith(".json") and name != own]
    return [os.path.join(folder, name) for name in mine]


def _own(organization_id: UUID) -> list[Key]:
    text = _text(organization_id)
    return [] if text is None else _keys(path(organization_id), text)


def _keys(file: str, text: Secret) -> list[Key]:
    """Return the keys that a file holds; raises ConfigError for one that is damaged."""
    import base64
    import json

    try:
        entries = json.loads(text.reveal())["keys"]
        return [Key(str(entry["id"]), base64.b64decode(entry["key"], validate=True)) for entry in entries]
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"the key file {file} is damaged", hint="copy it from a machine where it works") from None


def newest(organization_id: UUID, *, keyring: bool = False) -> Key:
    """Return the key that encrypts; the first one is made here, in the keyring if asked for."""
    found = _own(organization_id)
    return found[0] if found else add(organization_id, keyring=keyring)


def add(organization_id: UUID, *, keyring: bool = False) -> Key:
    """Make a new key, which encrypts from now on; the others stay. Raises ConfigError."""
    import secrets

    key = Key(secrets.token_hex(4), secrets.token_bytes(SIZE))
    _write(organization_id, [key, *_own(organization_id)], keyring or _in_keyring(organization_id))
    return key


def keep_only(organization_id: UUID, ids: Collection[str]) -> None:
    """Forget the keys of this machine's own file that nothing is encrypted with any more."""
    keys = [key for key in _own(organization_id) if key.id in ids]
    _write(organization_id, keys, _in_keyring(organization_id))


def _write(organization_id: UUID, keys: list[Key], keyring: bool) -> None:
    import base64
    import json

    from mycrm_cli.config import storage
    from mycrm_cli.config.secrets import Secret

    entries = [{"id": key.id, "key": base64.b64encode(key.value).decode()} for key in keys]
    text = json.dumps({"organization": str(organization_id), "keys": entries})
    if keyring:
        from mycrm_cli.config import keys as system

        system.store(_account(organization_id), Secret(text))
        text = IN_KEYRING
    storage.write(path(organization_id), f"{text}\n".encode())


def _text(organization_id: UUID) -> Secret | None:
    """Return what is kept of an organization's keys, None where there is nothing; raises ConfigError."""
    file = path(organization_id)
    if not os.path.exists(file):
        return None
    if not _in_keyring(organization_id):
        return _line(file)
    from mycrm_cli.config import keys

    found = keys.fetch(_account(organization_id))
    if found is None:
        raise ConfigError("the keyring has lost the keys of the second factors", hint=f"see {file}")
    return found


def _in_keyring(organization_id: UUID) -> bool:
    from mycrm_cli.config.secrets import Secret

    file = path(organization_id)
    return os.path.exists(file) and _line(file) == Secret(IN_KEYRING)


def _line(file: str) -> Secret:
    from mycrm_cli.config.secrets import from_file

    return from_file(file)


def _account(organization_id: UUID) -> str:
    return f"second-factor-keys:{organization_id}"
