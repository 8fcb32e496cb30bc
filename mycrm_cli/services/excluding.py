"""Occurrences that are left out of a series: days, or local times, in ISO form."""

from __future__ import annotations

from datetime import date, datetime

from mycrm_cli.kinds import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST = 1000
"""Occurrences that a task may leave out."""


def typed(text: str) -> list[str]:
    """Return what is typed for excluded dates: ``2026-12-24,2026-12-31``, or a list in JSON."""
    if text.lstrip().startswith("["):
        import json

        try:
            found = json.loads(text)
        except ValueError:
            raise _bad(text) from None
        check(found)
        return list(dict.fromkeys(found))
    words = [word.strip() for word in text.replace(";", ",").split(",")]
    return sorted({_normal(word) for word in words if word})


def check(value: Any) -> None:
    """Refuse what is no list of days or local times; raises BadValue."""
    if not isinstance(value, list) or len(value) > MOST:
        raise BadValue("wrong_type", f"excluded dates are a list of at most {MOST} days such as 2026-12-24")
    for each in value:
        if not isinstance(each, str) or _normal(each) != each:
            raise _bad(each)


def _normal(text: str) -> str:
    try:
        if len(text) == len("2026-12-24"):
            return date.fromisoformat(text).isoformat()
        local = datetime.fromisoformat(text)
    except ValueError:
        raise _bad(text) from None
    if local.tzinfo is not None:
        raise _bad(text)
    return local.replace(microsecond=0).isoformat()


def _bad(value: Any) -> BadValue:
    return BadValue("not_a_day", f"{str(value)[:40]!r} is no day such as 2026-12-24 or local time 2026-12-24T09:00")
