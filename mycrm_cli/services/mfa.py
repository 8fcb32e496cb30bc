"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and codes for the day on which it is lost."""

from __future__ import annotations

import hashlib
import secrets

from mycrm_cli import catalog, clock
from mycrm_cli.config import keyfile
from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import Conflict, Invalid
from mycrm_cli.query import deeds
from mycrm_cli.services import fresh, rows, sealing
from mycrm_cli.services.claims import claim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

FIELD = "mfa_secret"
WINDOW = 1
"""Steps of 30 seconds before and after the present one whose codes are taken: clocks differ."""
DIGITS = 6
RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Characters that are not mistaken for each other."""
GROUPS, GROUP = 4, 6
"""A recovery code has 24 characters of 31, 118 bits: enough for a plain hash (OWASP ASVS 5, 6.5.2)."""


def new_secret() -> Secret:
    """Return a new secret for an authenticator app: 160 random bits, in base 32."""
    import pyotp

    return Secret(pyotp.random_base32())


def address(secret: Secret, email: str, organization: str) -> Secret:
    """Return what the QR code says to the authenticator app."""
    import pyotp

    return Secret(pyotp.TOTP(secret.reveal()).provisioning_uri(name=email, issuer_name=f"mycrm {organization}"))


def step_of(secret: Secret, code: str, now: datetime) -> int | None:
    """Return the step of 30 seconds whose code it is, None where it is wrong."""
    import pyotp
    from pyotp.exceptions import OTPVerificationError

    try:
        return int(pyotp.TOTP(secret.reveal()).verify_and_get_timecode(code, for_time=now, valid_window=WINDOW))
    except OTPVerificationError:
        return None


def enable(work: Work, user_id: UUID, secret: Secret, code: Secret, *, keyring: bool = False) -> list[Secret]:
    """Switch the second factor on and return the recovery codes; raises Invalid for a wrong code.

    The caller holds ``keyfile.lock`` until the work is committed.
    """
    step = step_of(secret, typed(code), clock.real())
    if step is None:
        raise Invalid(
            "this is not the code of the authenticator app; nothing was changed",
            details=[{"field": "code", "code": "wrong"}],
            hint="check the clock of the phone and of this machine, and try again",
        )
    organization = work.scope.organization_id
    key = keyfile.newest(organization, keyring=keyring)
    values = {
        FIELD: sealing.seal(key, organization, user_id, FIELD, secret),
        "mfa_enabled": True,
        "mfa_step": step,
    }
    if not claim(work, "user", values, {"id": user_id, "mfa_enabled": False}):
        raise Conflict("the second factor is on already", hint="mycrm user mfa disable")
    work.journal.done(catalog.entity("user"), user_id, deeds.FACTOR_ON)
    return _new_codes(work, user_id)


def disable(work: Work, user_id: UUID) -> None:
    """Switch the second factor off and forget its secret and the recovery codes."""
    if not claim(
        work, "user", {FIELD: None, "mfa_enabled": False, "mfa_step": None}, {"id": user_id, "mfa_enabled": True}
    ):
        raise Conflict("there is no second factor to switch off", hint="mycrm user mfa enable")
    work.journal.done(catalog.entity("user"), user_id, deeds.FACTOR_OFF)
    rows.delete(work.connection, work.scope, catalog.entity("recovery_codes"), [user_id], column="user_id")


def prove(work: Work, user: Row, code: Secret) -> None:
    """Accept a code of the authenticator app or a recovery code, each once; raises Denied."""
    text = typed(code)
    is_totp = len(text) == DIGITS and text.isascii() and text.isdigit()
    if not (accept_step(work, user, text) if is_totp else use_recovery_code(work, user["id"], text)):
        from mycrm_cli.services.signin import refused

        raise refused()


def accept_step(work: Work, user: Row, text: str) -> bool:
    """Accept a code unless it, or a later one, was accepted before: one update decides."""
    if not user[FIELD]:
        return False
    secret = sealing.unseal(work.scope.organization_id, user["id"], FIELD, user[FIELD])
    step = step_of(secret, text, clock.real())
    if step is None:
        return False
    where = {"id": user["id"], "mfa_enabled": True}
    return claim(work, "user", {"mfa_step": step}, where, rising="mfa_step") == 1


def use_recovery_code(work: Work, user_id: UUID, text: str) -> bool:
    """Use a recovery code up and return whether it was one that is left."""
    where = {"user_id": user_id, "code_hash": hashed(user_id, text), "used_at": None}
    return claim(work, "recovery_codes", {"used_at": clock.real()}, where) == 1


def renew_codes(work: Work, user_id: UUID) -> list[Secret]:
    """Make new recovery codes, which alone are good from now on, and return them; nobody can tell them again."""
    work.journal.done(catalog.entity("user"), user_id, deeds.CODES_MADE)
    return _new_codes(work, user_id)


def _new_codes(work: Work, user_id: UUID) -> list[Secret]:
    """Put new recovery codes in the place of those that are there."""
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    table = catalog.entity("recovery_codes")
    rows.delete(work.connection, work.scope, table, [user_id], column="user_id")
    values = [{"user_id": user_id, "code_hash": hashed(user_id, typed(code))} for code in codes]
    rows.insert(work.connection, table, fresh.prepared(work, table, values))
    return codes


def new_code() -> Secret:
    """Return a recovery code in groups of letters and digits."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return Secret("-".join(groups))


def typed(code: Secret) -> str:
    """Return a code without what people put between its characters."""
    return "".join(code.reveal().lower().replace("-", " ").split())


def hashed(user_id: UUID, text: str) -> str:
    """Return the form in which a user's recovery code is stored."""
    return hashlib.sha256(f"{user_id}:{text}".encode("utf-8", "surrogatepass")).hexdigest()


def rekey(work: Work, *, keyring: bool = False) -> tuple[int, str]:
    """Encrypt all secrets of the organization with a new key; return how many there were and the key's name.

    The caller holds ``keyfile.lock`` and calls ``forget_keys`` once this is committed; until then both keys are kept.
    """
    organization = work.scope.organization_id
    sealed = sealed_secrets(work)
    plain = {id: sealing.unseal(organization, id, FIELD, stored) for id, stored in sealed.items()}
    key = keyfile.add(organization, keyring=keyring)
    for id, text in plain.items():
        values = {FIELD: sealing.seal(key, organization, id, FIELD, text)}
        if not claim(work, "user", values, {"id": id, FIELD: sealed[id]}):
            raise Conflict("a second factor was changed meanwhile; nothing was changed", hint="try again")
        work.journal.done(catalog.entity("user"), id, deeds.ENCRYPTED)
    work.journal.done(catalog.entity("org"), organization, deeds.REKEYED, key.id)
    return len(plain), key.id


def forget_keys(work: Work, newest: str) -> None:
    """Forget the keys that no secret of the organization needs any more."""
    needed = {sealing.key_of(stored) for stored in sealed_secrets(work).values()}
    keyfile.keep_only(work.scope.organization_id, needed | {newest})


def sealed_secrets(work: Work) -> dict[UUID, str]:
    """Return the encrypted secrets of the organization by user."""
    entity = catalog.entity("user")
    found = rows.fetch(work.connection, work.scope, entity, "mfa_enabled", [True], ["id", FIELD])
    return {id: stored for id, stored in found if stored}
