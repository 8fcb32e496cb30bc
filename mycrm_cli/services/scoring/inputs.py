"""What scoring looks at: the facts of a lead, and the inputs that rules and models see of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services.duplicates.traits import FREE_MAIL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

DAY = 86_400.0
SIGNALS = ("reply", "click", "call", "open", "meeting", "visit")
"""What a lead does, counted with decay."""
INPUTS = frozenset(
    (*SIGNALS, "recency", "age", "employees", "revenue", "industry", "seniority", "free_mail", "source", "value")
)
CUSTOM = "cf."
"""Before the name of one of the organization's own fields."""
NUMBERS = frozenset(("age", "employees", "revenue", "value"))
"""Inputs that are numbers; own fields may be anything."""

LEVELS = (
    ("junior", r"assistant to|intern|internship|trainee|student|junior|jr|apprentice|praktikant\w*|azubi|stagiaire"),
    ("vp", r"vp|svp|evp|avp|vice president|vice-president|vicepresident"),
    (
        "c_level",
        (
            r"c[a-z]{1,2}o|chief|founder|cofounder|owner|president|managing director|general manager|proprietaire"
            r"|geschaftsfuhrer\w*|vorstand\w*|inhaber\w*|pdg|gerant\w*|fondateur|propietari[oa]|fundador\w*"
        ),
    ),
    ("director", r"director|directrice|directeur|direktor\w*|head|leiter\w*|dir|direttore|directora"),
    ("manager", r"manager|mgr|supervisor|team lead|teamleiter\w*|responsable|chef|gerente|coordinator|administrator"),
    ("senior", r"senior|sr|principal|lead|staff engineer|expert|architect|consultant"),
)
"""Levels in the order in which a title is searched for their words."""
_LEVELS = [(level, re.compile(rf"\b(?:{words})\b")) for level, words in LEVELS]


class Facts(NamedTuple):
    """What is known of a lead (or of a contact, which is scored like one).

    Moments are seconds since 1970, money is in the organization's currency. ``sums`` are the decayed counts of the
    signals as they were at ``landmark_at``; None where nothing happened. ``latest`` is when each was seen last.
    ``no_mail`` says why the lead gets none: it unsubscribed, complained, or mail to its address comes back.
    """

    id: UUID
    number: int
    name: str
    status: str
    created_at: float
    source: str | None
    job_title: str | None
    email: str | None
    estimated_value: float | None
    employees: float | None
    revenue: float | None
    industry: str | None
    landmark_at: float | None
    sums: dict[str, float] | None
    latest: dict[str, float]
    last_inbound_at: float | None
    bounced_at: float | None
    no_mail: str | None
    do_not_call: bool
    custom: dict[str, Any]

    @property
    def is_unreachable(self) -> bool:
        """Whether mail to it came back, or it wants none: its engagement counts nothing."""
        return self.no_mail is not None or self.bounced_at is not None


@lru_cache(maxsize=20_000)
def seniority(title: str | None) -> str | None:
    """Return the level that a job title tells, ``staff`` for titles without any of the words."""
    words = fold_key(title) if title else ""
    if not words:
        return None
    return next((level for level, pattern in _LEVELS if pattern.search(words)), "staff")


@lru_cache(maxsize=20_000)
def free_mail(domain: str) -> str:
    """Return whether a domain gives addresses to anybody: ``yes`` or ``no``."""
    return "yes" if domain in FREE_MAIL else "no"


@lru_cache(maxsize=20_000)
def industry(text: str) -> str:
    """Return an industry as it is compared."""
    return fold_key(text)


def column(name: str, facts: Sequence[Facts], as_of: float, median: float | None) -> list[Any]:
    """Return an input of many leads: a number, a word, or None where it is unknown.

    ``median`` is the organization's median won deal, against which ``value`` is told. Signals are told by
    ``signal``, since their decay is the rules'.
    """
    if name.startswith(CUSTOM):
        own = name.removeprefix(CUSTOM)
        return [fact.custom.get(own) for fact in facts]
    found: list[Any] = _COLUMNS[name](facts, as_of, median)
    return found


def signal(name: str, facts: Sequence[Facts], as_of: float, half_life: float) -> list[float]:
    """Return the decayed count of a signal for many leads; 0 for those who did nothing of the kind."""
    pace = half_life * DAY
    return [
        0.0
        if (sums := fact.sums) is None or name not in sums
        else sums[name] * 2.0 ** ((fact.landmark_at - as_of) / pace)  # type: ignore[operator]
        for fact in facts
    ]


def _age(facts: Sequence[Facts], as_of: float, median: float | None) -> list[float | None]:
    return [max(as_of - fact.created_at, 0.0) / DAY for fact in facts]


def _recency(facts: Sequence[Facts], as_of: float, median: float | None) -> list[float | None]:
    """Return the days since each lead last did something, None for those who never did."""
    return [None if (last := fact.last_inbound_at) is None else max(as_of - last, 0.0) / DAY for fact in facts]


def _value(facts: Sequence[Facts], as_of: float, median: float | None) -> list[float | None]:
    if not median:
        return [None] * len(facts)
    return [None if not (worth := fact.estimated_value) else worth / median for fact in facts]


_COLUMNS: dict[str, Any] = {
    "age": _age,
    "recency": _recency,
    "value": _value,
    "employees": lambda facts, as_of, median: [fact.employees for fact in facts],
    "revenue": lambda facts, as_of, median: [fact.revenue for fact in facts],
    "industry": lambda facts, as_of, median: [industry(t) if (t := fact.industry) else None for fact in facts],
    "seniority": lambda facts, as_of, median: [seniority(fact.job_title) for fact in facts],
    "source": lambda facts, as_of, median: [None if (s := fact.source) == "other" else s for fact in facts],
    "free_mail": lambda facts, as_of, median: [
        free_mail(address.partition("@")[2]) if (address := fact.email) else None for fact in facts
    ],
}
