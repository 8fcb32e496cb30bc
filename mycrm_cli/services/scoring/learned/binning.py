"""Bins: values of any kind as small whole numbers. Bin 0 is for what is unknown.

Numbers are divided where their quantiles are, or each value for itself where there are few; words have a bin
each if enough leads have them, and one for the rest; dates count as days before the moment of looking.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

from mycrm_cli.services.scoring.inputs import DAY
from mycrm_cli.services.scoring.learned.arrays import numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from typing import Any

BINS, WORDS, LEAST = 32, 150, 10
"""Bins of a number at most, where it has many values; words of an input that have bins of their own; and how
many either may always have."""
ROOM_OF_NUMBERS, ROOM_OF_WORDS = 640, 1200
"""Bins of all inputs together, about, if all were numbers or all were words: time grows with their cube."""
FEW = 15
"""Different values of a number up to which each may have a bin of its own."""
SIMILAR = 0.98
"""The part of an input's texts that must read as numbers or dates for it to be one."""
LARGEST = 1e300
LONGEST = 100
"""Characters of a word that are compared."""


class Bins(NamedTuple):
    """How an input is divided: ``edges`` are the greatest values of bins, ``words`` what has a bin of its own."""

    name: str
    kind: str
    edges: tuple[float, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many bins there are: the unknown one, and one after the last edge or word."""
        return len(self.edges or self.words) + 2


def divided(name: str, values: Sequence[Any], as_of: Sequence[float], inputs: int = 1) -> Bins | None:
    """Return bins for one of so many inputs; None where it tells nothing, since all leads would be in the same."""
    kind = kind_of(values)
    if kind == "word":
        return _by_words(name, values, _share(WORDS, ROOM_OF_WORDS, inputs))
    np = numpy()
    numbers = as_numbers(kind, values, as_of)
    known = np.sort(numbers[~np.isnan(numbers)])
    edges = _edges(known, support(len(values)), _share(BINS, ROOM_OF_NUMBERS, inputs))
    bins = Bins(name, kind, edges)
    return bins if edges or 0 < len(known) < len(values) else None


def _share(most: int, room: int, inputs: int) -> int:
    """Return how many bins one of so many inputs may have."""
    return min(most, max(LEAST, room // max(inputs, 1)))


def support(count: int) -> int:
    """Return how many leads a bin must have, of so many."""
    return max(8, min(50, count // 100))


def kind_of(values: Sequence[Any]) -> str:
    """Return what an input is: ``number``, ``date`` or ``word``."""
    known = [value for value in values if value is not None and value != ""]
    if not known or isinstance(known[0], bool):
        return "word"
    try:
        numpy().array(known, dtype=float)
    except (TypeError, ValueError):
        pass
    else:
        return "number"
    for kind, read in (("number", number), ("date", moment)):
        fitting = sum(read(value) is not None for value in known)
        if fitting >= SIMILAR * len(known):
            return kind
    return "word"


def number(value: Any) -> float | None:
    """Return a number, also one that was written as text."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    # NaN and the infinite tell nothing.
    return found if abs(found) < LARGEST else None


def moment(value: Any) -> float | None:
    """Return a date or a moment, also one that was written in ISO form, as seconds since 1970."""
    if isinstance(value, str):
        if len(value) < 10 or value[4:5] != "-":
            return None
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    return None


def word(value: Any) -> str | None:
    """Return a value as a word that is compared; several words count as one, in the order of the alphabet."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        value = ", ".join(sorted(map(str, value)))
    text = "" if value is None else " ".join(str(value).split()).casefold()
    return text[:LONGEST] or None


def as_numbers(kind: str, values: Sequence[Any], as_of: Sequence[float] | float) -> Any:
    """Return values as an array of numbers, NaN where unknown; dates as whole days before the moment of looking."""
    np = numpy()
    if kind == "date":
        told = np.array([np.nan if (at := moment(value)) is None else at for value in values], dtype=float)
        return np.floor((np.asarray(as_of) - told) / DAY)
    try:
        told = np.array(values, dtype=float)
    except (TypeError, ValueError):
        told = np.array([np.nan if (found := number(value)) is None else found for value in values], dtype=float)
    return np.where(np.abs(told) < LARGEST, told, np.nan)


def encoded(bins: Bins, values: Sequence[Any], as_of: Sequence[float] | float) -> Any:
    """Return the bin of each value."""
    np = numpy()
    if bins.kind == "word":
        places = {name: place for place, name in enumerate(bins.words, 1)}
        rest = bins.size - 1
        found = (0 if (told := word(value)) is None else places.get(told, rest) for value in values)
        return np.fromiter(found, dtype=np.int64, count=len(values))
    numbers = as_numbers(bins.kind, values, as_of)
    places = np.searchsorted(np.array(bins.edges, dtype=float), numbers, side="left") + 1
    return np.where(np.isnan(numbers), 0, places).astype(np.int64)


def _by_words(name: str, values: Sequence[Any], most: int) -> Bins | None:
    from collections import Counter

    counts: Counter[str] = Counter(told for value in values if (told := word(value)) is not None)
    least = max(3, min(10, len(values) // 50))
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
    kept = tuple(sorted(told for told, count in common if count >= least))
    unknown = len(values) - counts.total()
    groups = len(kept) + (unknown > 0) + (counts.total() > sum(counts[told] for told in kept))
    return Bins(name, "word", words=kept) if groups > 1 else None


def _edges(known: Any, least: int, most: int) -> tuple[float, ...]:
    """Return the greatest value of each bin but the last, so that each bin has enough leads.

    Bins have about the same number of leads; a value that many have has a bin of its own.
    """
    np = numpy()
    if len(known) < 2 * least:
        return ()
    different, counts = np.unique(known, return_counts=True)
    parts = max(2, min(most, len(known) // least))
    target = least if len(different) <= FEW else max(least, len(known) / parts)
    edges: list[float] = []
    gathered, rest, last = 0, len(known), 0.0
    for value, count in zip(different.tolist(), counts.tolist(), strict=True):
        if gathered >= least and count >= target and rest >= least:
            edges.append(last)
            gathered = 0
        gathered, rest, last = gathered + count, rest - count, value
        if gathered >= target and rest >= least:
            edges.append(value)
            gathered = 0
    # Twelve digits are what the model's body keeps.
    return tuple(float(f"{edge:.12g}") for edge in edges)
