"""What was done for good, as the journal has it: that it was done, when and by whom, and nothing to put back.

An item of that kind touches a deed instead of fields: ways to sign in, which no undo brings back, and people who may
be known again. Its payload holds at most a name (a token's, a login's), never a secret or a hash.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query import touches
from mycrm_cli.query.sql import Sql, all_hold, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.journal import Change
    from mycrm_cli.query.reader import Reader

PREFIX = "done."
PASSWORD_SET = "done.password_set"
TOKEN_CREATED, TOKEN_DELETED = "done.token_created", "done.token_deleted"
INVITED = "done.invited"
UNLOCKED = "done.unlocked"
FACTOR_ON, FACTOR_OFF = "done.second_factor_switched_on", "done.second_factor_switched_off"
CODES_MADE = "done.recovery_codes_made"
REKEYED, ENCRYPTED = "done.key_of_second_factors_changed", "done.second_factor_encrypted_anew"
LOGIN_GRANTED, LOGIN_REVOKED = "done.database_login_granted", "done.database_login_revoked"
FORGIVEN = "done.erased_person_may_come_back"

ENDING = frozenset((TOKEN_DELETED, LOGIN_REVOKED))
"""Deeds whose name is that of something that is gone."""
INSTEAD = {
    PASSWORD_SET: "mycrm user passwd sets another one",
    TOKEN_CREATED: "mycrm user token delete ends it",
    TOKEN_DELETED: "mycrm user token create makes another one",
    INVITED: "another invitation, or mycrm user disable, ends it",
    FACTOR_ON: "mycrm user mfa disable",
    FACTOR_OFF: "mycrm user mfa enable",
    LOGIN_GRANTED: "mycrm db revoke",
    LOGIN_REVOKED: "mycrm db grant",
    FORGIVEN: "mycrm person erase",
}
"""What people do instead of taking it back."""


def is_deed(name: str) -> bool:
    """Return whether what an item touched is a deed."""
    return name.startswith(PREFIX)


def words(name: str) -> str:
    """Return what a deed says."""
    return name.removeprefix(PREFIX).replace("_", " ")


def told(name: str, image: dict[str, Any] | None) -> tuple[str, Any, Any]:
    """Return a deed as changed fields are told: (name, old, new), where the name that goes with it is one of both."""
    named = (image or {}).get(name)
    return (name, named, None) if name in ENDING else (name, None, named)


def has_deed(touched: Any) -> bool:
    """Return whether what an item touched, as the database has it, is a deed."""
    if isinstance(touched, str):
        return touched.startswith(f'["{PREFIX}')
    return bool(touched) and is_deed(touched[0])


def only(reader: Reader, change: Change) -> list[str]:
    """Return the deeds of a change that consists of nothing else; none for any other."""
    if change.created_count or change.deleted_count or not _begins_with_one(reader, change.id):
        return []
    names = [name for _, _, touched, _ in touches.sizes(reader, change.id) for name in touched or [""]]
    return sorted(set(names)) if all(map(is_deed, names)) else []


def _begins_with_one(reader: Reader, change: UUID) -> bool:
    """Return whether the first item of a change is one: a look that costs nothing, however large the change is."""
    frame = reader.frame()
    fits = [
        frame.within(catalog.entity("change_items"), "i"),
        compose("i.change_id = {}", value(frame.id(change))),
        Sql("i.position = 1"),
    ]
    found = reader.run(compose("SELECT i.touched FROM change_items AS i WHERE {}", all_hold(fits))).fetchone()
    return found is not None and has_deed(found[0])
