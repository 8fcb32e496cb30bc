"""Signing in with a password: failures are counted before anything is looked at, and every refusal is the same.

Who counts as a failure and for how long is asked of the address alone, so that nobody learns which addresses
belong to users: an unknown one takes the same statements, the same work and the same words.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.config.secrets import digest as secret_digest
from mycrm_cli.errors import Denied
from mycrm_cli.ids import uuid7
from mycrm_cli.query import deeds
from mycrm_cli.services import accounts, mfa, roles, rows, sessions, sweeping
from mycrm_cli.services.claims import claim, saved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

MOST = 100
"""Failures after which an administrator has to unlock the address (NIST SP 800-63B-4)."""
LONGEST = 15 * 60
"""Seconds of the longest delay."""
COLUMNS = ("id", "email", "password", "is_active", "is_service", "mfa_enabled", "mfa_secret")
NAME = "sign_in_failures"


def sign_in(begin: Callable[[], Work], email: str, password: Secret, ask_code: Callable[[], Secret]) -> Secret:
    """Open a session for a user and return its secret; raises Denied.

    ``begin`` begins a unit of work; ``ask_code`` is called for the second factor, outside any transaction.
    """
    user = proved(begin, email, password)
    code = ask_code() if user["mfa_enabled"] else None
    values: Row = {"last_login": clock.real()}
    if accounts.outdated(user["password"]):
        values["password"] = accounts.hashed(accounts.normalized(password.reveal()))
    with begin() as work:
        check_unchanged(work, user)
        if code is not None:
            mfa.prove(work, user, code)
        forgive(work, user["email"])
        rows.update(work.connection, work.scope, catalog.entity("user"), [(user["id"], values)])
        sweeping.sweep(work, user["id"])
        return sessions.opened(work, user["id"])


def proved(begin: Callable[[], Work], email: str, password: Secret) -> Row:
    """Return the user whose password it is; raises Denied. The try stays counted until ``forgive``."""
    email = address(email)
    with begin() as work:
        count(work, email)
        user = find(work, email)
    usable = user is not None and user["is_active"] and not user["is_service"]
    if not accounts.matches(user["password"] if user and usable else None, password.reveal()) or user is None:
        raise refused()
    return user


def confirm(begin: Callable[[], Work], email: str, password: Secret) -> None:
    """Make sure that it is the password of the one who is signed in, counted like a sign-in; raises Denied."""
    user = proved(begin, email, password)
    with begin() as work:
        forgive(work, user["email"])


def confirm_code(begin: Callable[[], Work], email: str, code: Secret) -> None:
    """Make sure that it is the second factor of the one who is signed in, counted like a sign-in; raises Denied."""
    with begin() as work:
        count(work, email)
    with begin() as work:
        user = find(work, email, lock=True)
        if user is None or not user["mfa_enabled"]:
            raise refused()
        mfa.prove(work, user, code)
        forgive(work, email)


def check_unchanged(work: Work, user: Row) -> None:
    """Refuse a user who was disabled, or whose password or second factor changed since it was looked at."""
    found = find(work, user["email"], lock=True)
    if found != user:
        raise refused()


def find(work: Work, email: str, *, lock: bool = False) -> Row | None:
    """Return what signing in needs to know of the user with an address."""
    entity = catalog.entity("user")
    found = rows.fetch(work.connection, work.scope, entity, "email", [email], list(COLUMNS), lock=lock)
    return next((dict(zip(COLUMNS, row, strict=True)) for row in found), None)


def refused() -> Denied:
    """Return the one answer to every failure."""
    return Denied(
        "signing in failed: the address, the password or the code is wrong",
        hint="the code of a second factor is asked for, or stands in the line after the password",
    )


def address(email: str) -> str:
    """Return an address in the form in which it is stored and counted."""
    from mycrm_cli.kinds import BadValue

    try:
        return str(catalog.entity("user").fields["email"].kind.read(email.strip()))
    except BadValue:
        return email.strip().lower()


def count(work: Work, email: str) -> None:
    """Count a try as a failure before it is evaluated; raises Denied where it is too early or there were too many.

    The update says how many failures it has seen: of two at once only one is counted, and evaluated.
    """
    add(work, email)
    while True:
        failures, last = seen(work, email)
        check_delay(email, failures, last)
        values = {"failures": failures + 1, "last_at": clock.real()}
        if claim(work, NAME, values, {"digest": digest(email), "failures": failures}):
            return


def check_delay(email: str, failures: int, last: datetime) -> None:
    """Refuse a try that comes too early, or after too many failures; raises Denied."""
    if failures >= MOST:
        raise Denied(
            f"signing in as {email} is locked after {failures} failures",
            hint=f"an administrator lets it go on: mycrm user unlock {email}",
        )
    now = clock.real()
    # A failure that was noted by a wrong clock keeps nobody out for longer than any other.
    again = min(last, now) + timedelta(seconds=delay(failures))
    if now < again:
        seconds = (again - now).total_seconds()
        raise Denied(
            f"signing in as {email} failed {failures} times; the next try is possible in {max(1, round(seconds))} s",
            hint=f"try again after {again:%Y-%m-%d %H:%M:%S} UTC",
            details=[{"field": "email", "code": "delayed", "again_at": f"{again:%Y-%m-%dT%H:%M:%SZ}"}],
        )


def delay(failures: int) -> int:
    """Return how many seconds to wait after so many failures: it doubles from one second on."""
    return min(2 ** min(failures - 1, 20), LONGEST) if failures else 0


def add(work: Work, email: str) -> None:
    """Make the row that failures are counted in, where there is none."""
    values = {
        "id": uuid7(),
        "organization_id": work.scope.organization_id,
        "digest": digest(email),
        "failures": 0,
        "last_at": clock.real(),
    }
    work.connection.execute(
        f"INSERT INTO sign_in_failures ({', '.join(values)}) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [saved(work, NAME, column, value) for column, value in values.items()],
    )


def seen(work: Work, email: str) -> tuple[int, datetime]:
    """Return how many failures there were and when the last one was."""
    entity = catalog.entity(NAME)
    found = rows.fetch(work.connection, work.scope, entity, "digest", [digest(email)], ["failures", "last_at"])
    return next(((failures, last) for failures, last in found), (0, clock.real()))


def forgive(work: Work, email: str) -> bool:
    """Forget the failures of an address and return whether there were any."""
    done = work.connection.execute(
        "DELETE FROM sign_in_failures WHERE organization_id = ? AND digest = ?",
        [saved(work, NAME, "organization_id", work.scope.organization_id), digest(email)],
    )
    return bool(done.rowcount)


def sign_out(work: Work, secret: Secret) -> int:
    """End the session with a secret and return how many that were."""
    where = {"token_hash": secret_digest(secret), "revoked_at": None}
    return claim(work, "auth_sessions", {"revoked_at": clock.real()}, where)


def unlock(work: Work, email: str, *, by_database: bool = False) -> bool:
    """Let an address sign in again; an administrator may, or whoever holds the database. Raises Denied."""
    if not by_database:
        roles.refuse_token(work.scope, limited=True)
        roles.check(work.scope, catalog.entity("user"), "edit")
    done, user = forgive(work, address(email)), find(work, address(email))
    if done and user is not None:
        work.journal.done(catalog.entity("user"), user["id"], deeds.UNLOCKED)
    return done


def digest(email: str) -> str:
    """Return the form in which the failures of an address are kept."""
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()
