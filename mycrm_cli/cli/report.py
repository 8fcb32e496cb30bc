"""``mycrm report``: what all records together say, as a picture and as numbers."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog
from mycrm_cli.cli import dashboard, reading
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb
from mycrm_cli.cli.reports import REPORTS
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.reports import Spec
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.reports.answer import Report

app = typer.Typer()
FIXED = ("period", "as_of", "by", "where", "by_owner", "by_team", "by_pipeline")


def parameters(spec: Spec) -> dict[str, Any]:
    """Return the options of a report."""
    noun = catalog.entity(spec.entity).plural
    found: dict[str, Any] = {}
    if spec.period:
        told = f"Like month, last-quarter, 90d, 2026-q3, A..B; {spec.period} unless told."
        found["period"] = sig.option("--period", help=told, metavar="PERIOD")
    if spec.by:
        found["by"] = sig.option("--by", help=f"{', '.join(spec.by)}; {spec.by[0]} unless told.", metavar="WHAT")
    if spec.owner:
        found["by_owner"] = sig.option("--owner", help=f"Only {noun} of this user.", metavar="USER")
        found["by_team"] = sig.option("--team", help=f"Only {noun} of this team.", metavar="TEAM")
    if spec.pipeline:
        found["by_pipeline"] = sig.option("--pipeline", help="Only of this pipeline.", metavar="PIPELINE")
    found["where"] = sig.options("-w", "--where", help=f"Only {noun} that fit; '?' lists the fields.", metavar="FILTER")
    if spec.asof:
        found["as_of"] = sig.option("--as-of", help="As it was at the end of this day, or then.", metavar="DATE")
    return found | spec.options


def command(spec: Spec) -> Callable[..., None]:
    """Return the function of a report's command."""

    def show(state: State, **given: Any) -> None:
        entity = subject(spec, given)
        if reading.asked_for_fields(state, entity, given):
            return
        if state.out.format == "ids":
            raise UsageError("a report has no ids", hint=f"mycrm {entity.command or entity.noun} list -o ids")
        write(state, answer(state, spec, given))

    return sig.with_signature(show, parameters(spec), spec.doc)


def subject(spec: Spec, given: dict[str, Any]) -> Entity:
    """Return whose fields the filters of a line are: the report's own, unless ``--of`` names others."""
    if given.get("of") is None:
        return catalog.entity(spec.entity)
    from mycrm_cli.query.reports.funnel import noun

    return catalog.entity(noun(given["of"]))


def answer(state: State, spec: Spec, given: dict[str, Any]) -> Report:
    """Return what a report says to the options of a line; raises UsageError, NotFound, Ambiguous."""
    from mycrm_cli.query.reports import period
    from mycrm_cli.query.reports.asked import Asked

    locale, at = state.scope.locale, moment(state, given.get("as_of"))
    options = {name: value for name, value in given.items() if name not in FIXED}
    options |= {"by": given.get("by"), "verbose": state.out.verbose}
    if "limit" in options:
        options["limit"] = reading.limit_for(state, options["limit"])
    if given.get("by_pipeline"):
        options["pipeline"] = state.reader.find(catalog.entity("pipeline"), given["by_pipeline"]).id
    asked = Asked(
        state.reader, period.Period(None, None), wanted(spec, given), at=at, by=breakdown(spec, given), options=options
    )
    if spec.period:
        typed = given.get("period")
        asked.period = period.read(spec.period if typed is None else typed, asked.today, locale)
    asked.whose, asked.narrowed = whose(given), bool(given.get("where") or given.get("by_pipeline"))
    module = import_module(f"mycrm_cli.query.reports.{spec.name}")
    found: Report = module.report(asked)
    if at:
        found.notes.append(f"as of {at:%Y-%m-%dT%H:%M:%SZ}")
    return found


def moment(state: State, text: str | None) -> datetime | None:
    """Return the moment that ``--as-of`` means, of a day its end; raises UsageError for one that is to come."""
    if text is None:
        return None
    from mycrm_cli import clock
    from mycrm_cli.kinds.base import BadValue
    from mycrm_cli.kinds.times import at, parse

    try:
        found = parse(text, state.scope.locale)
    except BadValue as error:
        raise UsageError(f"--as-of: {error.message}", hint="--as-of 2026-11-01") from None
    if isinstance(found, datetime):
        when = found
    else:
        when = at(found + timedelta(1), time(0, 0), state.scope.locale.timezone) - timedelta(microseconds=1)
    if when > clock.now() + timedelta(days=1):
        raise UsageError(f"--as-of {text} is yet to come", hint="mycrm report forecast looks ahead")
    return when if when < clock.now() else None


def breakdown(spec: Spec, given: dict[str, Any]) -> str:
    """Return what a report is broken down by; raises UsageError for what it cannot be."""
    by = str(given.get("by") or (spec.by[0] if spec.by else "")).strip().lower()
    words = list(dict.fromkeys(word.strip() for word in by.split(","))) if spec.several else [by]
    if by and (wrong := [word for word in words if word not in spec.by]):
        raise UsageError(f"report {spec.name} is not broken down by {wrong[0]!r}", candidates=list(spec.by))
    return ",".join(words)


def whose(given: dict[str, Any]) -> Node | None:
    """Return the filter of records that have a user, by the owner and the team of a line."""
    from mycrm_cli.query.nodes import all_of, equals

    paths = {"by_owner": "user", "by_team": "user.team"}
    return all_of([equals(path, given[name]) for name, path in paths.items() if given.get(name)])


def wanted(spec: Spec, given: dict[str, Any]) -> Node | None:
    """Return the filter of a line."""
    from mycrm_cli.query.language import parse
    from mycrm_cli.query.nodes import all_of, equals

    nodes = [parse(given.get("where") or [])]
    paths = {"by_owner": spec.owner, "by_team": f"{spec.owner}.team", "by_pipeline": spec.pipeline}
    nodes += [equals(path, given[name]) for name, path in paths.items() if path and given.get(name)]
    return all_of(nodes)


def write(state: State, found: Report) -> None:
    """Write a report: on a terminal its pictures and then a table, in a pipe the numbers; then what is to be said."""
    locale, rows = state.scope.locale, list(found.rows)
    if state.out.format == "table" and rows:
        from mycrm_cli.output import table
        from mycrm_cli.output.charts import draw
        from mycrm_cli.output.emit import Paged

        if found.total is not None:
            rows.append(found.total)
        with Paged(state.out) as out:
            target = table.console(state.out.color, out)
            for picture in found.pictures:
                draw(target, picture)
            table.draw_rows(target, found.columns, rows, locale, None)  # type: ignore[arg-type]
            if found.listed:
                table.draw_rows(target, *found.listed, locale, None)  # type: ignore[arg-type]
    else:
        columns, rows = found.listed or (found.columns, rows)  # type: ignore[assignment]
        state.out.rows(columns, rows, locale, empty=found.empty)  # type: ignore[arg-type]
    for note in found.notes:
        state.out.say(note)
    for currency, (deals, amount) in sorted(found.lacking.items()):
        state.out.warn(without_rate(currency, deals, amount, locale.currency))


def without_rate(currency: str, deals: int, amount: Any, own: str) -> str:
    """Return the sentence about deals that no sum holds because their currency has no rate."""
    what = "1 deal" if deals == 1 else f"{deals:,} deals"
    way = f"mycrm rate add {currency} RATE"
    return f"no rate turns {currency} into {own}: {what} of {amount:,.2f} {currency} left out; {way}"


for each in REPORTS:
    app.command(each.name, cls=Verb)(command(each))
app.registered_commands.extend(dashboard.app.registered_commands)
