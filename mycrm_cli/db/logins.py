"""PostgreSQL: what ties a login to its person, and takes it out of action when the person's rights shrink."""

from __future__ import annotations

from mycrm_cli.errors import Denied
from mycrm_cli.roles import ADMINISTRATORS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.db.connect import Connection

SETTING = "mycrm.organization_id"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""The organization of a login that may see nothing."""
GUARDED = {
    "users": "id",
    "api_tokens": "user_id",
    "auth_sessions": "user_id",
    "invitations": "user_id",
    "recovery_codes": "user_id",
}
"""Tables of ways to sign in, and the column that says whose a row is."""
FOLLOWED = "is_active, role"
"""What a login follows of its user."""
_ABOVE = ", ".join(f"''{role}''" for role in sorted(ADMINISTRATORS))
FITS = f"$1 AND ($2 IN ({_ABOVE}) OR role NOT IN ({_ABOVE}))"
"""Whether a login may be used: its user is active, and may all that the login was granted.

A test compares it with what ``services/rights.py`` grants to each role.
"""


def check(connection: Connection, email: str = "") -> None:
    """Refuse a PostgreSQL login that is closed or was made by hand, which sees nothing; raises Denied."""
    if connection.dialect == "sqlite":
        return
    [bound] = connection.execute("SELECT CAST(mycrm_login_organization() AS text)").fetchone()
    if bound == NOBODY:
        raise Denied(
            "this login of the database is closed: its user was disabled or has another role, or it was not granted",
            hint=f"an administrator runs mycrm db grant {email or 'USER'}",
        )


def statements() -> Iterator[str]:
    """Yield what ties a login to the organization of the person it was made for.

    Nobody is granted the table: row security without a policy shows it to its owner alone, as whom the function runs.
    A login that is in it has its organization; one that owns the tables may choose (NULL); any other has none, so that
    a login whose line is gone, or is not active, sees nothing.
    """
    yield (
        "CREATE TABLE mycrm_logins (\n"
        "    login NAME NOT NULL,\n"
        "    organization_id UUID NOT NULL,\n"
        "    user_id UUID NOT NULL,\n"
        "    role VARCHAR(20) NOT NULL,\n"
        "    is_active BOOLEAN DEFAULT true NOT NULL,\n"
        "    granted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,\n"
        "    CONSTRAINT pk_mycrm_logins PRIMARY KEY (login),\n"
        "    CONSTRAINT uq_mycrm_logins_user UNIQUE (organization_id, user_id),\n"
        "    CONSTRAINT fk_mycrm_logins_user_id FOREIGN KEY (organization_id, user_id)\n"
        "        REFERENCES users (organization_id, id) ON DELETE CASCADE\n"
        ")"
    )
    yield "ALTER TABLE mycrm_logins ENABLE ROW LEVEL SECURITY"
    # The bodies are bound to the table when they are made, whatever search_path a session sets.
    yield (
        "CREATE FUNCTION mycrm_login_organization() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER\n"
        "    SET search_path = pg_catalog, pg_temp\n"
        "RETURN COALESCE(\n"
        f"    (SELECT CASE WHEN is_active THEN organization_id ELSE '{NOBODY}'::uuid END\n"
        "        FROM mycrm_logins WHERE login = session_user),\n"
        f"    CASE WHEN NOT pg_has_role(session_user, current_user, 'MEMBER') THEN '{NOBODY}'::uuid END)"
    )
    yield (
        "CREATE FUNCTION mycrm_login_of(person uuid) RETURNS TABLE (login name, role text) LANGUAGE sql STABLE\n"
        "    SECURITY DEFINER SET search_path = pg_catalog, pg_temp\n"
        "BEGIN ATOMIC\n"
        "    SELECT l.login, l.role::text FROM mycrm_logins AS l WHERE l.user_id = person AND l.organization_id =\n"
        f"        COALESCE(mycrm_login_organization(), nullif(current_setting('{SETTING}', true), '')::uuid);\n"
        "END"
    )
    yield from _following()


def _following() -> Iterator[str]:
    """Yield what takes a login from who may sign in no more, or may do less, and gives it back with that.

    The function above cannot ask ``users`` itself, whose policies ask the function. It waits for the commit, so that
    who gives up the own role can still write it down.
    """
    yield (
        "CREATE FUNCTION mycrm_follow_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n"
        "    SET search_path = pg_catalog, pg_temp AS $$\n"
        "BEGIN\n"
        "    EXECUTE 'UPDATE ' || quote_ident(TG_TABLE_SCHEMA) || '.mycrm_logins SET is_active ='\n"
        f"        || ' {FITS}'\n"
        "        || ' WHERE organization_id = $3 AND user_id = $4'\n"
        "        USING NEW.is_active, NEW.role, NEW.organization_id, NEW.id;\n"
        "    RETURN NULL;\n"
        "END $$"
    )
    # Or others would put it on tables of their own, and have theirs run as the owner.
    yield "REVOKE ALL ON FUNCTION mycrm_follow_user() FROM PUBLIC"
    yield (
        f"CREATE CONSTRAINT TRIGGER users_login AFTER UPDATE OF {FOLLOWED} ON users\n"
        "    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW\n"
        "    WHEN (OLD.is_active IS DISTINCT FROM NEW.is_active OR OLD.role IS DISTINCT FROM NEW.role)\n"
        "    EXECUTE FUNCTION mycrm_follow_user()"
    )


def guards() -> Iterator[str]:
    """Yield what keeps a login to the ways to sign in of its own person, unless that one is an administrator.

    It locks the login's line, which looks at the line as it is now: a transaction that began before a login was
    closed, and still sees what there was then, ends with an error here.
    """
    yield (
        "CREATE FUNCTION mycrm_guard_sign_in() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n"
        "    SET search_path = pg_catalog, pg_temp AS $$\n"
        "DECLARE\n"
        "    own text;\n"
        "    active boolean;\n"
        "    every boolean;\n"
        "BEGIN\n"
        f"    EXECUTE 'SELECT user_id::text, is_active, role IN ({_ABOVE}) FROM ' || quote_ident(TG_TABLE_SCHEMA)\n"
        "        || '.mycrm_logins WHERE login = session_user FOR SHARE' INTO own, active, every;\n"
        "    IF NOT COALESCE(active AND (every OR (COALESCE(to_jsonb(OLD) ->> TG_ARGV[0], own) = own\n"
        "            AND COALESCE(to_jsonb(NEW) ->> TG_ARGV[0], own) = own)),\n"
        "            pg_has_role(session_user, current_user, 'MEMBER')) THEN\n"
        "        RAISE EXCEPTION 'this is for the person whose login it is, and for administrators'\n"
        "            USING ERRCODE = 'insufficient_privilege';\n"
        "    END IF;\n"
        "    RETURN NULL;\n"
        "END $$"
    )
    yield "REVOKE ALL ON FUNCTION mycrm_guard_sign_in() FROM PUBLIC"
    for table, column in GUARDED.items():
        yield (
            f"CREATE TRIGGER {table}_guard AFTER INSERT OR DELETE OR UPDATE ON {table}\n"
            f"    FOR EACH ROW EXECUTE FUNCTION mycrm_guard_sign_in('{column}')"
        )
