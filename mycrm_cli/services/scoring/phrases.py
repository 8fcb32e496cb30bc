"""How a lead's factors are said, and what to do with a lead of a grade."""

from __future__ import annotations

from mycrm_cli.services.scoring.inputs import CUSTOM, DAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.scoring.rating import Engine
    from mycrm_cli.services.scoring.rules import Factor

FIRST = {
    "A": ("Call today", "Write today"),
    "B": ("Call this week", "Write this week"),
    "C": ("Stay in touch", "Stay in touch"),
    "D": ("Keep in a campaign", "Keep in a campaign"),
    "F": ("Leave it to campaigns", "Leave it to campaigns"),
}
"""What to do with a lead of a grade, and what with one who must not be called."""
SAID = {
    "reply": "replied",
    "click": "followed a link",
    "call": "talked on the phone",
    "open": "opened a message",
    "meeting": "met",
    "visit": "visited or filled in a form",
    "recency": "last heard of",
}
"""What a lead did, as it is said."""
LEVELS = {"c_level": "C level", "vp": "VP"}
MOST = 3
"""Reasons that are named at most."""
LONGEST = 40
"""Characters of a value that are said."""
WORTH_SAYING = 100
"""Hundredths that a factor brings at least before it is named, or asked for."""


def advice(fact: Facts, grade: str, reasons: Sequence[str], question: str) -> str:
    """Return what to do: ``Call today: replied 2 days ago, VP, referral. Ask …``."""
    action = FIRST.get(grade, FIRST["F"])[fact.do_not_call]
    said = f"{action}: {', '.join(reasons)}" if reasons else action
    if fact.is_unreachable:
        said += ". Mail does not reach" if fact.no_mail in (None, "bounce") else ". Wants no mail"
    return f"{said}. {question}" if question else said


def reason(factor: Factor, value: Any, when: float | None, as_of: float) -> str:
    """Return a factor that speaks for a lead, in words; empty where there is nothing to say."""
    name = factor.ways[0].input
    if name in SAID:
        return "" if when is None else f"{SAID[name]} {days(as_of - when)}"
    if name in ("seniority", "source", "industry"):
        return LEVELS.get(str(value), str(value).replace("_", " "))
    if name == "employees" and value.__class__ in (int, float):
        return f"{value:.0f} employees"
    if name == "value":
        return f"worth {value} usual deals"
    label = factor.label.lower()
    if value.__class__ is bool:
        return label if value else f"no {label}"
    if value is None:
        # That something is unknown may speak for a lead, but tells nobody why.
        return label if factor.ways[0].kind == "part" else ""
    return f"{value:.0f} days old" if name == "age" else f"{label} {brief(str(value))}"


def brief(text: str) -> str:
    """Return the beginning of a text, as much as one line of advice has room for."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def days(seconds: float) -> str:
    """Return how long ago something was."""
    count = int(seconds // DAY)
    return "today" if count < 1 else "yesterday" if count == 1 else f"{count} days ago"


def question(engine: Engine, unknown: int) -> str:
    """Return what is worth asking for most among the factors whose bits are set."""
    best, most = None, WORTH_SAYING - 1
    for place, factor in enumerate(engine.factors):
        is_open = bool(factor.ways[0].values) or factor.ways[0].kind != "values"
        gain = round(factor.range[1] * 100) - engine.averages[place]
        if unknown >> place & 1 and is_open and gain > most:
            best, most = factor, gain
    return f"Ask {asks(best)}: up to {most / 100:.0f} points more" if best else ""


def asks(factor: Factor) -> str:
    """Return what one asks a lead for, to know a factor."""
    name = factor.ways[0].input
    return name.removeprefix(CUSTOM).replace("_", " ") if name.startswith(CUSTOM) else factor.label.lower()
