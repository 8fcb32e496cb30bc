"""Users' accounts: passwords."""

from __future__ import annotations

import sys

from mycrm_cli.errors import Invalid, UsageError

SHORTEST = 8
LONGEST = 128
"""Characters of a password; NIST SP 800-63B-4 asks for at least 8 and room for at least 64."""


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password; raises Invalid for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            f"a password has {SHORTEST} to {LONGEST} characters", details=[{"field": "password", "code": "length"}]
        )
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def password_from(source: str) -> str:
    """Read a password from the first line of a file, or of stdin (``-``); raises UsageError for an empty one."""
    if source == "-":
        line = sys.stdin.readline()
    else:
        with open(source, encoding="utf-8") as file:
            line = file.readline()
    password = line.rstrip("\r\n")
    if not password:
        raise UsageError("the password is empty")
    return password
