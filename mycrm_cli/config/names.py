"""Names of profiles: safe as a file's name, a TOML key and a word of any shell."""

from __future__ import annotations

from mycrm_cli.errors import ConfigError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 40
RESERVED = ("environment",)
"""Names that mean something else: ``environment`` is what MYCRM_DATABASE_URL gives without any profile."""
RULE = "letters, digits, - and _, at most 40, not starting with -"


def valid(name: str) -> bool:
    """Tell whether a text may be the name of a profile."""
    plain = name.replace("-", "").replace("_", "")
    return (
        0 < len(name) <= LONGEST
        and name.isascii()
        and (plain.isalnum() or not plain)
        and name[0] != "-"
        and name.lower() not in RESERVED
    )


def check(name: str) -> str:
    """Return a name that may be used; raises UsageError."""
    if not valid(name):
        raise UsageError(f"{shown(name)} cannot be the name of a profile", hint=RULE)
    return name


def shown(text: str) -> str:
    """Return a text as messages show it: quoted, cut, with control and bidi characters visible."""
    text = text if len(text) <= 60 else text[:60] + "..."
    return f'"{text}"' if text.isprintable() else ascii(text)


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return up to five names that look like ``name``."""
    import difflib

    by_fold = {each.lower(): each for each in known}
    return [by_fold[each] for each in difflib.get_close_matches(name.lower(), by_fold, n=5, cutoff=0.5)]


def unknown(name: str, known: Iterable[str], origin: str) -> ConfigError:
    """Return the error for a profile that does not exist, with those that look like it."""
    names = sorted(known)
    among = f"; there are {', '.join(names)}" if names else "; there are none yet"
    return ConfigError(
        f"there is no profile {shown(name)} ({origin}){among}",
        hint="mycrm profile list" if names else "mycrm init",
        candidates=near(name, names),
    )
