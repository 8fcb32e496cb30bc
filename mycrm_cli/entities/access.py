"""Access: sessions, tokens and recovery codes, of which only hashes are stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import Created, Entity, Owned, index, unique


class AuthSession(Created, Owned, table=True):
    """A sign-in that has not ended."""

    __tablename__ = "auth_sessions"
    __table_args__ = (unique("token_hash"), index("user_id"))

    user_id: UUID = fields.reference("users", "Who signed in.", part=True, required=True, writable=False)
    token_hash: str = fields.secret(64, "SHA-256 of the session's secret.", nullable=False)
    client: str | None = fields.text(255, "The machine that it was opened on.", writable=False)
    expires_at: datetime = fields.moment("When it ends.", nullable=False, writable=False)
    last_used_at: datetime | None = fields.moment("When it was last used.", writable=False)
    revoked_at: datetime | None = fields.moment("When it was ended.", writable=False)


class ApiToken(Created, Owned, table=True):
    """A secret that lets a program act as a user."""

    __tablename__ = "api_tokens"
    __table_args__ = (unique("token_hash"), unique("user_id", "name"))

    user_id: UUID = fields.reference("users", "Whom it acts for.", part=True, required=True, writable=False)
    name: str = fields.text(100, "What it is for.", required=True)
    token_hash: str = fields.secret(64, "SHA-256 of the token.", nullable=False)
    hint: str | None = fields.text(12, "How the token begins.", writable=False)
    permissions: list[Any] = fields.column("json", "The commands it may run; all where empty.", factory=list)
    expires_at: datetime | None = fields.moment("When it ends.")
    last_used_at: datetime | None = fields.moment("When it was last used.", writable=False)
    revoked_at: datetime | None = fields.moment("When it was ended.", writable=False)


class RecoveryCode(Created, Owned, table=True):
    """A code that replaces the second factor once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (unique("user_id", "code_hash"),)

    user_id: UUID = fields.reference("users", "Whose code it is.", part=True, required=True, writable=False)
    code_hash: str = fields.secret(128, "Hash of the code.", nullable=False)
    used_at: datetime | None = fields.moment("When it was used.", writable=False)


class Invitation(Created, Owned, table=True):
    """A code with which a new user, or one who forgot the password, chooses one."""

    __tablename__ = "invitations"
    __table_args__ = (unique("code_hash"), index("user_id"))

    user_id: UUID = fields.reference("users", "Who is invited.", part=True, required=True, writable=False)
    code_hash: str = fields.secret(64, "SHA-256 of the code.", nullable=False)
    expires_at: datetime = fields.moment("When it ends.", nullable=False, writable=False)
    used_at: datetime | None = fields.moment("When it was used, or taken back.", writable=False)


class SignInFailure(Owned, table=True):
    """How often signing in with an address has failed since it last went well, whether there is such a user or not."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (unique("organization_id", "digest"),)

    digest: str = fields.secret(64, "SHA-256 of the address.", nullable=False)
    failures: int = fields.integer("How often it failed.", default=0, low=0, writable=False)
    last_at: datetime = fields.moment("When it last failed.", nullable=False, writable=False)


AUTH_SESSIONS = Entity(
    name="auth_sessions",
    table=AuthSession,
    plural="sessions",
    columns=("user", "client", "created_at", "expires_at", "last_used_at", "revoked_at"),
)
API_TOKENS = Entity(
    name="api_tokens",
    table=ApiToken,
    plural="tokens",
    key="name",
    title=("name",),
    columns=("name", "user", "hint", "permissions", "expires_at", "last_used_at", "revoked_at"),
)
RECOVERY_CODES = Entity(
    name="recovery_codes", table=RecoveryCode, plural="recovery codes", columns=("user", "created_at", "used_at")
)
INVITATIONS = Entity(
    name="invitations", table=Invitation, plural="invitations", columns=("user", "created_at", "expires_at", "used_at")
)
SIGN_IN_FAILURES = Entity(
    name="sign_in_failures", table=SignInFailure, plural="failures to sign in", columns=("failures", "last_at")
)
