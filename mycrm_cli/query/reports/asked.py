"""What a report is asked for: of which records, of which time, and as of when."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from mycrm_cli import clock, kinds
from mycrm_cli.kinds.times import zone
from mycrm_cli.query.nodes import all_of
from mycrm_cli.query.plans import source
from mycrm_cli.query.reports.asof import AsOf
from mycrm_cli.query.select import restriction
from mycrm_cli.query.sql import Sql, all_hold, compose, value

if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.query.reports.period import Period
    from mycrm_cli.scope import Locale


class Asked:
    """A question: ``where`` chooses records of the report's own noun, ``options`` are those it has besides.

    ``at`` is the moment as of which it is answered, None for now; ``by`` is what the answer is broken down by.
    ``whose`` chooses records by their ``user`` as ``--owner`` and ``--team`` do; ``narrowed`` tells that other filters
    were given beside those two.
    """

    def __init__(
        self,
        reader: Reader,
        period: Period,
        where: Node | None = None,
        *,
        at: datetime | None = None,
        by: str = "",
        options: dict[str, Any] | None = None,
    ) -> None:
        self.reader = reader
        self.where = where
        self.at = at
        self.by = by
        self.options = options or {}
        self.asof = AsOf(reader, at) if at else None
        self.period = period
        self.whose: Node | None = None
        self.narrowed = False

    @property
    def locale(self) -> Locale:
        """The habits of who is asking."""
        return self.reader.scope.locale

    @property
    def now(self) -> datetime:
        """The moment that counts as now."""
        return self.at or clock.now()

    @property
    def today(self) -> date:
        """The day that counts as today, in the user's time zone."""
        return self.now.astimezone(zone(self.locale.timezone)).date()

    def table(self, frame: Frame, entity: Entity, alias: str, *where: Node | None, only: str = "") -> tuple[Sql, Sql]:
        """Return what to read the records of an entity from under an alias, and the condition that they fit.

        ``only`` is a SELECT of the ids that are looked for in the past, where not all records are needed.
        """
        wanted = all_of(where)
        if self.asof is None:
            return source(frame, entity, alias, wanted, False), restriction(frame, entity, alias, wanted, False)
        whole = compose("({}) AS {}", self.asof.table(frame, entity, only), alias)
        return whole, restriction(frame, entity, alias, wanted, False)

    def within(self, frame: Frame, moment: str) -> Sql:
        """Return the condition that a column with a moment lies in the period, and not after what counts as now."""
        low, high = self.period.moments(self.locale.timezone)
        parts = [compose("{} >= {}", moment, self.moment(frame, low))] if low else []
        if high:
            parts.append(compose("{} < {}", moment, self.moment(frame, high)))
        if self.at:
            parts.append(compose("{} <= {}", moment, self.moment(frame, self.at)))
        return all_hold(parts)

    def within_days(self, frame: Frame, day: str) -> Sql:
        """Return the condition that a column with a day lies in the period, and not after what counts as today."""
        period = self.period
        parts = [compose("{} >= {}", day, of_day(frame, period.start))] if period.start else []
        if period.end:
            parts.append(compose("{} < {}", day, of_day(frame, period.end)))
        if self.at:
            parts.append(compose("{} <= {}", day, of_day(frame, self.today)))
        return all_hold(parts)

    def moment(self, frame: Frame, when: datetime) -> Sql:
        """Return a moment as a parameter."""
        save = kinds.make("timestamp").saver(frame.dialect)
        return value(save(when) if save else when)


def of_day(frame: Frame, day: date) -> Sql:
    """Return a day as a parameter."""
    save = kinds.make("date").saver(frame.dialect)
    return value(save(day) if save else day)
