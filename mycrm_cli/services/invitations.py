"""Invitations: a code with which somebody chooses a password, the first one or, after losing it, another one."""

from __future__ import annotations

import secrets
from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.config.secrets import Secret, digest
from mycrm_cli.errors import Conflict, Denied, UsageError
from mycrm_cli.query import deeds
from mycrm_cli.services import accounts, fresh, mfa, records, roles, rows, sessions, signin, tokens
from mycrm_cli.services.claims import claim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

LASTS = timedelta(days=7)
PREFIX = "mci_"


def invite(work: Work, values: Row) -> tuple[UUID, Secret, datetime]:
    """Make an invitation for the user with an address, who is added where there is none.

    Returns the user, the code and when it ends; nobody can tell the code again. Raises Denied, Conflict, UsageError.
    """
    entity = catalog.entity("user")
    roles.check(work.scope, entity, "secure")
    roles.refuse_token(work.scope)
    found = list(rows.fetch(work.connection, work.scope, entity, "email", [values["email"]], ["id", "role"]))
    if not found and not values.get("role"):
        raise UsageError(f"what may {values['email']} do?", hint="--role sales_rep; mycrm user role --matrix")
    id = found[0][0] if found else records.add(work, entity, [values])[0]["id"]
    if found:
        check_invited(work, id, values)
    work.journal.done(entity, id, deeds.INVITED)
    return id, *renewed(work, id)


def check_invited(work: Work, user_id: UUID, values: Row) -> None:
    """Refuse to invite a user of higher rank, a disabled one or a service user, or with other values."""
    user = tokens.secure(work, user_id)
    accounts.check_person(user)
    if not user["is_active"]:
        raise Conflict(f"{user['email']} is disabled", hint=f"mycrm user enable {user['email']}")
    if len(values) > 1:
        raise Conflict(
            f"{user['email']} exists already; an invitation does not change users",
            hint=f"mycrm user edit {user['email']}, then invite without options",
        )


def renewed(work: Work, user_id: UUID) -> tuple[Secret, datetime]:
    """Return a new code of a user and when it ends; the codes before are good no more."""
    now = clock.real()
    until = now + LASTS
    claim(work, "invitations", {"used_at": now}, {"user_id": user_id, "used_at": None})
    secret = Secret(PREFIX + secrets.token_urlsafe(24))
    table = catalog.entity("invitations")
    values = {"user_id": user_id, "code_hash": digest(secret), "expires_at": until}
    rows.insert(work.connection, table, fresh.prepared(work, table, [values]))
    return secret, until


def invited(work: Work, code: Secret) -> Row:
    """Return the user whom a code invites; raises Denied for one that is unknown, used or over."""
    table = catalog.entity("invitations")
    columns = ["user_id", "expires_at", "used_at"]
    found = list(rows.fetch(work.connection, work.scope, table, "code_hash", [digest(code)], columns))
    if not found or found[0][2] is not None or found[0][1] <= clock.real():
        raise Denied("this invitation is unknown, used or over", hint="ask for another: mycrm user invite ADDRESS")
    user = tokens.known(work, found[0][0])
    if not user["is_active"] or user["is_service"]:
        raise Denied("this invitation is unknown, used or over", hint="ask for another: mycrm user invite ADDRESS")
    return user


def accept(
    begin: Callable[[], Work], code: Secret, password: Secret, ask_code: Callable[[], Secret]
) -> tuple[str, Secret]:
    """Set the password of the one who was invited and open a session; returns the address and the session's secret.

    Whoever has a second factor shows it as well. Sessions and tokens from before end. Raises Denied or Invalid.
    """
    with begin() as work:
        user = invited(work, code)
        organization = work.scope.organization
    hashed = accounts.hash_password(password.reveal(), accounts.words_of(user, organization))
    factor = None
    if user["mfa_enabled"]:
        with begin() as work:
            signin.count(work, user["email"])
        factor = ask_code()
    with begin() as work:
        invited(work, code)
        now = clock.real()
        if not claim(work, "invitations", {"used_at": now}, {"code_hash": digest(code), "used_at": None}):
            raise Denied("this invitation was used in this moment")
        if factor is not None:
            current = signin.find(work, user["email"], lock=True)
            assert current is not None
            mfa.prove(work, current, factor)
        work.journal.actor = user["id"]
        accounts.set_password(work, user["id"], hashed)
        sessions.end(work, [user["id"]])
        signin.forgive(work, user["email"])
        claim(work, "user", {"last_login": now}, {"id": user["id"]})
        return user["email"], sessions.opened(work, user["id"])
