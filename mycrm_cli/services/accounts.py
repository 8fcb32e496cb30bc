"""Users' passwords: which ones are taken, how they are kept, and how they are compared."""

from __future__ import annotations

import os
import stat
import sys
from itertools import pairwise

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Conflict, Invalid, UsageError
from mycrm_cli.query import deeds
from mycrm_cli.services.claims import claim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from argon2 import PasswordHasher

    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

SHORTEST = 8
LONGEST = 128
"""Characters of a password; NIST SP 800-63B-4 asks for at least 8 and room for at least 64."""
SHORTEST_WORD = 3
"""Letters of a name or a part of an address that a password is compared with."""
ADVICE = "several words that do not belong together are easy to remember and hard to guess"


def normalized(password: str) -> str:
    """Return a password as it is hashed and compared: the same however a keyboard composes its letters (NFC)."""
    import unicodedata

    return unicodedata.normalize("NFC", password)


def hash_password(password: str, words: Iterable[str] = ()) -> str:
    """Return the argon2id hash of a new password; raises Invalid for one that is easy to guess.

    ``words`` are what others know of the user: address, name, organization.
    """
    text = normalized(password)
    check(text, words)
    return hashed(text)


def hashed(text: str) -> str:
    """Return the argon2id hash of a normalized password."""
    return hasher().hash(text)


def hasher() -> PasswordHasher:
    """Return what makes and compares hashes, with the parameters of today (RFC 9106, low memory)."""
    from argon2 import PasswordHasher

    return PasswordHasher()


def check(password: str, words: Iterable[str]) -> None:
    """Refuse a password that is too short, common, or mostly made of what others know; raises Invalid.

    There are no rules about which characters it has: they make passwords worse (NIST SP 800-63B-4).
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise _refused(f"a password has {SHORTEST} to {LONGEST} characters", "length")
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise _refused("the password is not text in UTF-8", "not_text")
    folded = password.casefold()
    if is_common(folded):
        raise _refused("this password is among the most common ones", "common")
    if is_mostly(folded, words):
        raise _refused("the password is mostly the address, a name, the organization or mycrm", "known_words")


def _refused(message: str, code: str) -> Invalid:
    return Invalid(message, details=[{"field": "password", "code": code}], hint=ADVICE)


def is_common(folded: str) -> bool:
    """Return whether a password is a common one, a single word with digits and marks around it, or a row of signs."""
    steps = {ord(second) - ord(first) for first, second in pairwise(folded)}
    if len(set(folded)) <= 2 or (len(steps) == 1 and abs(steps.pop()) <= 1):
        return True
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    core = folded.strip("0123456789!?.,;:-_*#$@+ ")
    return any(word in listed for listed in FREQUENCY_LISTS.values() for word in {folded, core})


def is_mostly(folded: str, words: Iterable[str]) -> bool:
    """Return whether at least half of a password is made of words that others know."""
    import re

    known = {part for word in (*words, "mycrm") for part in (word, *re.split(r"[\W_]+", word))}
    rest = folded
    for word in sorted({word.casefold() for word in known if len(word) >= SHORTEST_WORD}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return (len(folded) - len(rest)) * 2 >= len(folded)


def matches(stored: str | None, password: str) -> bool:
    """Return whether a password is the one of a hash; without a hash it takes as long and is never right."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return hasher().verify(stored or stand_in(), normalized(password).encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def stand_in() -> str:
    """Return a hash that no password has, made with the parameters of all others."""
    import base64

    used = hasher()
    salt, nothing = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (used.salt_len, used.hash_len))
    return f"$argon2id$v=19$m={used.memory_cost},t={used.time_cost},p={used.parallelism}${salt}${nothing}"


def outdated(stored: str) -> bool:
    """Return whether a hash was made with other parameters than those of today."""
    return hasher().check_needs_rehash(stored)


def words_of(user: Row, organization: str) -> list[str]:
    """Return what others know of a user, which a password must not be made of."""
    named = [user.get(name) or "" for name in ("email", "first_name", "last_name")]
    return [*named, str(named[0]).partition("@")[0], organization]


def check_person(user: Row) -> None:
    """Refuse a password for a service user; raises Conflict."""
    if user["is_service"]:
        raise Conflict(
            f"{user['email']} is a service user, which works with tokens alone", hint="mycrm user token create --user"
        )


def set_password(work: Work, user_id: UUID, hashed: str) -> None:
    """Give a user a password, after which invitations from before are good no more.

    The journal says that it was done; the hash stays out of it, so that no undo brings an old one back.
    """
    claim(work, "user", {"password": hashed}, {"id": user_id})
    work.journal.done(catalog.entity("user"), user_id, deeds.PASSWORD_SET)
    claim(work, "invitations", {"used_at": clock.now()}, {"user_id": user_id, "used_at": None})


def lines_from(source: str) -> list[Secret]:
    """Return the lines of a file with secrets, or of stdin (``-``); raises UsageError for an empty first one."""
    from mycrm_cli.config.secrets import Secret

    try:
        if source == "-":
            text = sys.stdin.read()
        else:
            with open(source, encoding="utf-8") as file:
                text = file.read()
    except UnicodeDecodeError:
        raise UsageError("the password is not text in UTF-8") from None
    lines = [Secret(line.rstrip("\r")) for line in text.split("\n")]
    if not lines[0]:
        raise UsageError("the password is empty")
    return lines


def is_open_to_others(source: str) -> bool:
    """Return whether a source of secrets is a file that others than its owner may read or write."""
    if source == "-":
        return False
    mode = os.stat(source).st_mode
    return stat.S_ISREG(mode) and bool(mode & 0o077)


def password_from(source: str) -> str:
    """Read a password from the first line of a file, or of stdin (``-``); raises UsageError for an empty one."""
    return lines_from(source)[0].reveal()
