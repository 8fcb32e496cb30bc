"""Deals that were won or lost in a period, one row each, and what they can be broken down by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.query.forecast import month_of
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.reports import amounts
from mycrm_cli.query.sql import Sql, compose, value
from mycrm_cli.query.titles import title

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

NAMED = {"owner": "user", "pipeline": "pipeline", "stage": "stage"}
"""What a report can be broken down by that is a record -> its noun."""
FENCE = {"sqlite": "LIMIT -1", "postgresql": "OFFSET 0"}
"""Keeps a database from working out a rate again for each sum it is used in."""


def key(asked: Asked, frame: Frame, alias: str) -> Sql:
    """Return what deals under an alias are grouped by: an id, or a text."""
    by = asked.by
    if by == "month":
        return Sql(month_of(frame, f"{alias}.actual_close_date"))
    if by == "stage":
        return last_stage(asked, frame, alias)
    if by == "source":
        return source(frame, alias)
    if by in ("reason", "competitor"):
        return Sql(f"NULLIF(trim({alias}.{'loss_reason' if by == 'reason' else by}), '')")
    return Sql(f"{alias}.{by}_id")


def source(frame: Frame, alias: str) -> Sql:
    """Return the source of the lead that a deal came from, of its contact where there was none."""
    parts = []
    for noun, link in (("lead", "lead_id"), ("contact", "contact_id")):
        entity, t = catalog.entity(noun), frame.alias()
        parts.append(
            compose(
                f"(SELECT {t}.source FROM {entity.table} AS {t} WHERE {{}} AND {t}.id = {alias}.{link})",
                hidden(frame, entity, t),
            )
        )
    return compose("COALESCE({}, {})", *parts)


def last_stage(asked: Asked, frame: Frame, alias: str) -> Sql:
    """Return the stage from which a deal came to the one where it was won or lost."""
    history, t = catalog.entity("stage_history"), frame.alias()
    until = compose(f" AND {t}.changed_at <= {{}}", asked.moment(frame, asked.at)) if asked.at else Sql("")
    return compose(
        f"(SELECT {t}.from_stage_id FROM stage_history AS {t} WHERE {{}} AND {t}.opportunity_id = {alias}.id"
        f" AND {t}.to_stage_id = {alias}.stage_id{{}} ORDER BY {t}.changed_at DESC, {t}.id DESC LIMIT 1)",
        hidden(frame, history, t),
        until,
    )


def hidden(frame: Frame, entity: Any, alias: str) -> Sql:
    """Return the condition of the organization so that SQLite does not read the whole organization by it."""
    return compose("{}{}", "+" if frame.dialect == "sqlite" else "", frame.within(entity, alias))


def rows(asked: Asked, frame: Frame, *more: tuple[str, Sql], alias: str) -> Sql:
    """Return the SELECT of the deals that were closed in the period: key, status, value, currency, rate and more."""
    table, fits = asked.table(frame, catalog.entity("deal"), alias, equals("status", "won", "lost"), asked.where)
    foreign = compose(f"CASE WHEN {alias}.currency <> {{}} THEN {{}} END", own(frame), amounts.rate_then(frame, alias))
    chosen = [("rate", foreign), *more]
    names = ", ".join(f"{alias}.{name}" for name in ("status", "value", "weighted_value", "currency"))
    return compose(
        f"SELECT {names}, {', '.join(f'{{}} AS {name}' for name, _ in chosen)}"
        f" FROM {{}} WHERE {{}} AND {{}} {FENCE[frame.dialect]}",
        *(part for _, part in chosen),
        table,
        fits,
        asked.within_days(frame, f"{alias}.actual_close_date"),
    )


def own(frame: Frame) -> Sql:
    """Return the organization's currency as a parameter."""
    return value(frame.scope.locale.currency)


def named(asked: Asked, frame: Frame, of: str) -> tuple[Sql, Sql]:
    """Return the columns of a key's name and rank, and the join that they need."""
    noun = NAMED.get(asked.by)
    if noun is None:
        return Sql(f"{of}.key AS name, 0 AS place"), Sql("")
    entity, t = catalog.entity(noun), frame.alias()
    place = f'{t}."order"' if noun == "stage" else "0"
    join = compose(f"LEFT JOIN {entity.table} AS {t} ON {{}} AND {t}.id = {of}.key", frame.within(entity, t))
    return compose("{} AS name, {} AS place", title(entity, t), place), join
