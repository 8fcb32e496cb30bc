"""How far leads came that were made in a period: answered, qualified, converted, and whether their deal was won."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycrm_cli import catalog
from mycrm_cli.errors import UsageError
from mycrm_cli.query.reports import funnel
from mycrm_cli.query.sql import Sql, compose

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.answer import Report
    from mycrm_cli.query.reports.asked import Asked

STEPS = ("created", "contacted", "qualified", "converted", "won")
CONTACTED, QUALIFIED, CONVERTED, WON = 2, 3, 4, 5


def report(asked: Asked) -> Report:
    """Return how many leads came to each step."""
    if asked.options.get("pipeline"):
        raise UsageError("leads are in no pipeline", hint="mycrm report funnel --of leads")
    answers = list(asked.reader.run(statement(asked, asked.reader.frame())))
    return funnel.told(asked, "Funnel of leads", list(STEPS), answers)


def reached(alias: str) -> str:
    """Return how far a lead came, from 1, as its status and the moments that it carries say."""
    return (
        f"CASE WHEN {alias}.status = 'converted' OR {alias}.converted_at IS NOT NULL THEN {CONVERTED}"
        f" WHEN {alias}.status = 'qualified' OR {alias}.qualified_at IS NOT NULL THEN {QUALIFIED}"
        f" WHEN {alias}.status IN ('contacted', 'engaged', 'nurturing') OR {alias}.first_responded_at IS NOT NULL"
        f" THEN {CONTACTED} ELSE 1 END"
    )


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: leads by the furthest step they came to, with the times between the steps."""
    lead, deal = catalog.entity("lead"), catalog.entity("deal")
    t, d, each = frame.alias(), frame.alias(), frame.alias()
    table, fits = asked.table(frame, lead, t, asked.where)
    deals, theirs = asked.table(frame, deal, d)
    closed = f"{d}.actual_close_date || 'T23:59:59.999999Z'"
    if frame.dialect == "postgresql":
        closed = f"(({d}.actual_close_date + 1)::timestamp AT TIME ZONE 'UTC')"
    inner = compose(
        f"SELECT CASE WHEN {d}.status = 'won' THEN {WON} ELSE {reached(t)} END AS furthest,"
        f" {t}.status = 'disqualified' OR COALESCE({d}.status, '') = 'lost' AS lost,"
        f" {t}.created_at AS f1, {t}.first_responded_at AS f2, {t}.qualified_at AS f3, {t}.converted_at AS f4,"
        f" CASE WHEN {d}.status = 'won' THEN {closed} END AS f5"
        f" FROM {{}} LEFT JOIN {{}} ON {{}} AND {d}.id = {t}.converted_opportunity_id WHERE {{}} AND {{}}",
        table,
        deals,
        theirs,
        fits,
        asked.within(frame, f"{t}.created_at"),
    )
    return compose(
        f"SELECT {each}.furthest, {each}.lost, count(*)"
        f"{funnel.between(frame, each, ['f1', 'f2', 'f3', 'f4', 'f5'])} FROM ({{}}) AS {each} GROUP BY 1, 2",
        inner,
    )
