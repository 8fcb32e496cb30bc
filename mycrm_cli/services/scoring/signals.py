"""What a lead did as a few sums: each event weighs half as much after its signal's half-life.

The sums are relative to the newest event, the landmark: time alone changes none of them, and one factor for each
signal takes them to any later moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import fsum
from types import MappingProxyType
from typing import NamedTuple

from mycrm_cli import clock
from mycrm_cli.services import rows
from mycrm_cli.services.scoring import events
from mycrm_cli.services.scoring.inputs import DAY, SIGNALS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.scoring.events import Events
    from mycrm_cli.services.work import Work

DIGITS = 12
"""Significant digits of a sum, so that both databases and all machines store the same."""


class Sums(NamedTuple):
    """What a lead did up to a moment; ``next_at`` is the first event after it, which a file may have brought.

    ``latest`` is when each signal was seen last.
    """

    landmark_at: datetime | None
    sums: dict[str, float]
    event_count: int
    last_inbound_at: datetime | None
    bounced_at: datetime | None
    next_at: datetime | None = None
    latest: Mapping[str, datetime] = MappingProxyType({})


NOTHING = Sums(None, {}, 0, None, None)


def rebuilt(
    source: Reader | Work,
    ids: Iterable[UUID],
    half_lives: Mapping[str, float],
    as_of: datetime | None = None,
    *,
    known: bool = False,
) -> dict[UUID, Sums]:
    """Return the sums of leads from their activities and e-mails, up to a moment or now.

    With ``known`` only what had been written down by then counts: a call of last week that came with a file of
    yesterday was not known last week.
    """
    moment = as_of or clock.now()
    return rebuilt_each(source, dict.fromkeys(ids, moment), half_lives, known_at=moment if known else None)


def rebuilt_each(
    source: Reader | Work,
    moments: Mapping[UUID, datetime],
    half_lives: Mapping[str, float],
    *,
    known_at: datetime | None = None,
) -> dict[UUID, Sums]:
    """Return the sums of leads, of each up to a moment of its own."""
    dialect = source.connection.dialect
    stored_id, loaded = events.converters(dialect)
    rates = {signal: 1 / (DAY * days) for signal, days in half_lives.items() if signal in SIGNALS}
    untils = {moment: events.stored_moment(dialect, moment) for moment in set(moments.values())}
    found: dict[UUID, Sums] = {}
    for part in rows.chunks(list(moments)):
        happened = events.of(source, part, known_at)
        for id in part:
            done = happened[stored_id(id)]
            found[id] = summed(done, untils[moments[id]], rates, loaded) if done.is_known else NOTHING
    return found


def summed(done: Events, until: Any, rates: Mapping[str, float], loaded: Any) -> Sums:
    """Return the sums of one lead's events up to a moment; in what order they come does not matter.

    An answer may stand in several places, with the message that it answers and as a message of its own: those of one
    moment are one.
    """
    by_signal: dict[str, list[Any]] = {}
    ahead = [moment for moment in done.bounces if moment > until]
    for signal, moment in done.happened:
        if moment > until:
            ahead.append(moment)
        elif signal in by_signal:
            by_signal[signal].append(moment)
        else:
            by_signal[signal] = [moment]
    if "reply" in by_signal:
        by_signal["reply"] = list(set(by_signal["reply"]))
    newest = {signal: max(moments) for signal, moments in by_signal.items()}
    latest = {signal: loaded(moment) for signal, moment in newest.items()}
    landmark = max(latest.values(), default=None)
    return Sums(
        landmark,
        {
            signal: _sum(by_signal[signal], landmark, rates[signal], loaded)
            for signal in SIGNALS
            if signal in by_signal and signal in rates
        },
        sum(map(len, by_signal.values())),
        max((moment for signal, moment in latest.items() if signal in events.INBOUND), default=None),
        _bounced(done, until, newest.get("reply"), loaded) if done.bounces else None,
        loaded(min(ahead)) if ahead else None,
        latest,
    )


def _bounced(done: Events, until: Any, replied: Any, loaded: Any) -> datetime | None:
    """Return when mail came back last, unless an answer followed."""
    last = max((moment for moment in done.bounces if moment <= until), default=None)
    return None if last is None or (replied is not None and replied > last) else loaded(last)


def _sum(moments: list[Any], landmark: Any, rate: float, loaded: Any) -> float:
    """Return the sum of 2^((t - landmark) / half-life); it is exact before it is rounded, in any order."""
    total = fsum([2.0 ** ((loaded(moment) - landmark).total_seconds() * rate) for moment in moments])
    return float(f"{total:.{DIGITS}g}")
