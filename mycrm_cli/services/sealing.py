"""Encrypts what must be readable again: AES-GCM, bound to the organization, the user and the field.

A text that is copied to another user's row, another field or another organization cannot be read there.
"""

from __future__ import annotations

import base64
import os

from mycrm_cli.config import keyfile
from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.config.keyfile import Key

NONCE = 12
"""Bytes of the number that is used once with a key."""


def seal(key: Key, organization_id: UUID, user_id: UUID, field: str, text: Secret) -> str:
    """Return a text encrypted, with the name of its key before it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE)
    sealed = AESGCM(key.value).encrypt(nonce, text.reveal().encode(), bound(organization_id, user_id, field))
    return f"{key.id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(organization_id: UUID, user_id: UUID, field: str, stored: str) -> Secret:
    """Return the text that was encrypted; raises ConfigError where its key is not on this machine."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    id, _, text = stored.partition(".")
    key = next((key for key in keyfile.load(organization_id) if key.id == id), None)
    if key is None:
        file = keyfile.path(organization_id)
        other = f", here as {file.removesuffix('.json')}-2.json" if os.path.exists(file) else ""
        raise ConfigError(
            f"the key {id} of the second factor is not on this machine",
            hint=f"copy {file} from the machine where the second factor was switched on{other}",
        )
    try:
        data = base64.urlsafe_b64decode(text)
        plain = AESGCM(key.value).decrypt(data[:NONCE], data[NONCE:], bound(organization_id, user_id, field))
    except (InvalidTag, ValueError):
        raise ConfigError(
            "the second factor's secret was not encrypted for this user",
            hint="an administrator switches it off: mycrm user mfa disable REF",
        ) from None
    return Secret(plain.decode())


def key_of(stored: str) -> str:
    """Return the name of the key that a text was encrypted with."""
    return stored.partition(".")[0]


def bound(organization_id: UUID, user_id: UUID, field: str) -> bytes:
    """Return what an encrypted text belongs to."""
    return f"{organization_id}:{user_id}:{field}".encode()
