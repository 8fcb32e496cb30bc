"""The rules of an organization: a TOML text, read into factors; each gives points to one component by one input."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

from mycrm_cli.errors import Invalid
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services.scoring.inputs import CUSTOM, INPUTS, NUMBERS, SIGNALS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

COMPONENTS = ("engagement", "fit", "intent", "timing", "budget")
"""What a score is the sum of, in this order."""
WAYS = {
    "curve": ("points", "half_life", "saturation"),
    "recency": ("points", "half_life", "without", "without_half_life"),
    "bins": ("bins",),
    "values": ("values",),
}
"""The ways in which a factor gives points, and what each must say."""
KNOWN = frozenset(
    ("code", "label", "component", "input", "other", "instead", *(key for way in WAYS.values() for key in way))
)
MOST = 100
"""Points that a factor may give at most; and that the caps sum to."""
LONGEST = 64
"""Characters of a factor's code."""
LONGEST_TEXT = 1_000_000
"""Characters of rules."""
MOST_FACTORS, MOST_WAYS, MOST_ROWS = 100, 10, 5_000
"""Factors of rules, inputs of a factor, and bins or words of an input, at most."""
NARROWEST, WIDEST = 0.01, 10_000
"""Bounds of half-lives, in days, and of saturations."""
HUGE = 1e18
"""What no number of rules reaches."""


class Way(NamedTuple):
    """How an input becomes points: ``kind`` is one of ``WAYS``; numbers are in points and days."""

    input: str
    kind: str
    points: float = 0.0
    half_life: float = 0.0
    saturation: float = 1.0
    without: float = 0.0
    without_half_life: float = 1.0
    bins: tuple[tuple[float, float], ...] = ()
    values: tuple[tuple[str, float], ...] = ()
    other: float | None = None

    @property
    def range(self) -> tuple[float, float]:
        """The least and the most points that it gives."""
        if self.kind == "curve":
            return 0.0, self.points
        if self.kind == "recency":
            return 0.0, max(self.points, self.without)
        told = [points for _, points in (self.bins or self.values)]
        told += [] if self.other is None else [self.other]
        return min(0.0, self.points, *told), max(0.0, self.points, *told)


class Factor(NamedTuple):
    """What gives points to one component: the ways are tried in order until an input is known."""

    code: str
    label: str
    component: str
    ways: tuple[Way, ...]

    @property
    def inputs(self) -> list[str]:
        """The inputs that it looks at."""
        return [way.input for way in self.ways]

    @property
    def range(self) -> tuple[float, float]:
        """The least and the most points that it gives."""
        ranges = [way.range for way in self.ways]
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    @property
    def is_counted(self) -> bool:
        """Whether it is always known: what never happened counts nothing."""
        return self.ways[0].kind in ("curve", "recency")


class Rules(NamedTuple):
    """What was read: the cap of each component, in the order of ``COMPONENTS``, and the factors."""

    caps: tuple[int, ...]
    factors: tuple[Factor, ...]

    @property
    def half_lives(self) -> dict[str, float]:
        """The half-life of each signal, in days: factors that share a signal share its half-life."""
        curves = [way for factor in self.factors for way in factor.ways if way.kind == "curve"]
        return {way.input: way.half_life for way in curves}

    @property
    def custom(self) -> list[str]:
        """The organization's own fields that it looks at."""
        inputs = [name for factor in self.factors for name in factor.inputs]
        return sorted({name.removeprefix(CUSTOM) for name in inputs if name.startswith(CUSTOM)})


@cache
def default_text() -> str:
    """Return the rules that every organization begins with, as they are written."""
    return files("mycrm_cli.services.scoring").joinpath("default_rules.toml").read_text("utf-8")


@cache
def read(text: str) -> Rules:
    """Read rules; raises Invalid, which says in which factor something is wrong."""
    told = _parsed(text)
    if extra := told.keys() - {"caps", "factor"}:
        raise wrong(f"the rules have caps and factors, and no {_shown(min(extra))}", "unknown")
    rules = Rules(_caps(told.get("caps")), tuple(_factors(told.get("factor"))))
    _check_shared(rules)
    return rules


def _parsed(text: str) -> dict[str, Any]:
    """Return what a TOML text says; numbers that no computer reads are no TOML either."""
    import tomllib

    if len(text) > LONGEST_TEXT:
        raise wrong(f"the rules have more than {LONGEST_TEXT:,} characters", "too_long")
    try:
        text.encode()
        return tomllib.loads(text)
    except UnicodeEncodeError:
        raise wrong("the rules are not UTF-8", "not_toml") from None
    except (ValueError, RecursionError) as error:
        raise wrong(f"the rules are not TOML: {_shown(str(error), 200)}", "not_toml") from None


def _shown(text: str, longest: int = LONGEST) -> str:
    """Return a piece of rules as a message may have it."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:longest])


def wrong(message: str, code: str) -> Invalid:
    """Return the error for rules that cannot be used."""
    hint = "mycrm score rules view shows rules that work, and explains them"
    return Invalid(message, details=[{"field": "rules", "code": code}], hint=hint)


def _caps(told: Any) -> tuple[int, ...]:
    if not isinstance(told, dict) or told.keys() != set(COMPONENTS):
        raise wrong(f"caps: each of {', '.join(COMPONENTS)} needs one", "caps")
    caps = tuple(told[name] for name in COMPONENTS)
    if any(type(cap) is not int or not 0 <= cap <= MOST for cap in caps) or sum(caps) != MOST:
        raise wrong(f"caps: they are whole numbers and sum to {MOST}", "caps")
    return caps


def _factors(told: Any) -> list[Factor]:
    if not isinstance(told, list) or not told or not all(isinstance(part, dict) for part in told):
        raise wrong("the rules need a [[factor]]", "factors")
    if len(told) > MOST_FACTORS:
        raise wrong(f"the rules have more than {MOST_FACTORS} factors", "too_many")
    found = [_factor(part, place) for place, part in enumerate(told, 1)]
    if double := _double([factor.code for factor in found]):
        raise wrong(f"factor {double}: there are two of them", "duplicate")
    return found


def _double(names: list[str]) -> str | None:
    """Return the first name that is there twice."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _factor(told: Mapping[str, Any], place: int) -> Factor:
    code = told.get("code")
    if not isinstance(code, str) or len(code) > LONGEST or not code.replace("_", "").isalnum():
        raise wrong(f"factor {place}: it needs a code, of letters, digits and underscores", "code")
    if extra := told.keys() - KNOWN:
        raise wrong(f"factor {code}: there is no {_shown(min(extra))}", "unknown")
    if told.get("component") not in COMPONENTS:
        raise wrong(f"factor {code}: component is one of {', '.join(COMPONENTS)}", "component")
    label = told.get("label", code.replace("_", " ").capitalize())
    instead = told.get("instead", [])
    if not isinstance(label, str) or not isinstance(instead, list) or not all(isinstance(i, dict) for i in instead):
        raise wrong(f"factor {code}: label is a text, instead a list of inputs", "type")
    if not label.isprintable():
        raise wrong(f"factor {code}: the label has a character that cannot be shown", "label")
    if len(instead) >= MOST_WAYS:
        raise wrong(f"factor {code}: it has more than {MOST_WAYS} inputs", "too_many")
    ways = tuple(_way(part, code) for part in (told, *instead))
    if instead and any(way.kind in ("curve", "recency") for way in ways):
        raise wrong(f"factor {code}: events and recency are always known, and stand alone", "instead")
    return Factor(code, label[:LONGEST], told["component"], ways)


def _way(told: Mapping[str, Any], code: str) -> Way:
    """Read one way in which a factor gives points."""
    name = told.get("input")
    if not isinstance(name, str) or not (name in INPUTS or name.startswith(CUSTOM)):
        raise wrong(f"factor {code}: input is one of {', '.join(sorted(INPUTS))} or {CUSTOM}NAME", "input")
    own = "bins" if "bins" in told else "values"
    kind = "curve" if name in SIGNALS else name if name == "recency" else "bins" if name in NUMBERS else own
    if kind == "bins" and not (name in NUMBERS or name.startswith(CUSTOM)):
        raise wrong(f"factor {code}: {name} is a word, which has values", "bins")
    if missing := [key for key in WAYS[kind] if key not in told]:
        raise wrong(f"factor {code}: {name} needs {' and '.join(missing)}", "missing")
    if kind in ("bins", "values"):
        return _table(told, code, name, kind)
    numbers: dict[str, Any] = {key: _number(told[key], code, key) for key in WAYS[kind]}
    for key, told_number in numbers.items():
        if told_number < 0:
            raise wrong(f"factor {code}: {key} is not below 0", "range")
        if key not in ("points", "without") and not NARROWEST <= told_number <= WIDEST:
            raise wrong(f"factor {code}: {key} is from {NARROWEST} to {WIDEST:,}", "range")
    return Way(name, kind, **numbers)


def _table(told: Mapping[str, Any], code: str, name: str, kind: str) -> Way:
    """Read bins or values, with the most that they give where that is told."""
    most = _number(told.get("points", 0), code, "points")
    if kind == "bins":
        return Way(name, kind, most, bins=_bins(told["bins"], code))
    other = told.get("other")
    points = None if other is None else _number(other, code, "other")
    return Way(name, kind, most, values=_values(told["values"], code), other=points)


def _number(told: Any, code: str, key: str) -> float:
    if type(told) not in (int, float) or not abs(told) < HUGE:
        raise wrong(f"factor {code}: {key} is a number", "number")
    if key in ("points", "without", "other", "bins", "values") and abs(told) > MOST:
        raise wrong(f"factor {code}: {key} gives {MOST} points at most", "range")
    return float(told)


def _bins(told: Any, code: str) -> tuple[tuple[float, float], ...]:
    pairs = told if isinstance(told, list) else []
    if not pairs or any(not isinstance(pair, list) or len(pair) != 2 for pair in pairs):
        raise wrong(f"factor {code}: bins are pairs, such as [[0, 2], [11, 5]]", "bins")
    _check_size(pairs, code, "bins")
    starts = [pair[0] for pair in pairs]
    if not all(type(start) in (int, float) and abs(start) < HUGE for start in starts):
        raise wrong(f"factor {code}: bins begin with numbers", "bins")
    if any(low >= high for low, high in pairwise(starts)):
        raise wrong(f"factor {code}: bins begin with numbers, each above the one before", "bins")
    return tuple((float(start), _number(points, code, "bins")) for start, points in pairs)


def _values(told: Any, code: str) -> tuple[tuple[str, float], ...]:
    if not isinstance(told, dict):
        raise wrong(f"factor {code}: values are words with points, such as {{ referral = 6 }}", "values")
    _check_size(told, code, "values")
    if double := _double([fold_key(word) for word in told]):
        raise wrong(f"factor {code}: {_shown(double)} is there twice", "duplicate")
    return tuple((word, _number(points, code, "values")) for word, points in told.items())


def _check_size(told: Any, code: str, key: str) -> None:
    if len(told) > MOST_ROWS:
        raise wrong(f"factor {code}: {key} has more than {MOST_ROWS:,} entries", "too_many")


def _check_shared(rules: Rules) -> None:
    """Refuse two half-lives of one signal: its events are summed up once."""
    half_lives = rules.half_lives
    for factor in rules.factors:
        for way in factor.ways:
            if way.kind == "curve" and half_lives[way.input] != way.half_life:
                raise wrong(f"factor {factor.code}: {way.input} has another half_life already", "half_life")
