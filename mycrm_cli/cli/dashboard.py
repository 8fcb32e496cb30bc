"""``mycrm report dashboard``: the reports that matter on one page, in a file, on the terminal or by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import clock
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb
from mycrm_cli.cli.reports import REPORTS
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.reports import Spec
    from mycrm_cli.cli.state import State
    from mycrm_cli.output.dashboard.page import Page
    from mycrm_cli.query.reports.answer import Report

app = typer.Typer()
PARTS = {
    "pipeline": "Pipeline",
    "forecast": "Forecast",
    "funnel": "Funnel",
    "winloss": "Won and lost",
    "activity": "Activity",
    "leaderboard": "Leaderboard",
    "tasks": "Tasks due",
    "scores": "Lead scores",
}
"""Report -> its heading, in the order of the page."""
BY = {"winloss": "month", "activity": "week"}
"""Reports that are broken down otherwise than they are by themselves."""
MOST = {"tasks": 1, "scores": 2}
"""How many of their pictures are shown; of the others all are."""
PERIOD = "quarter"
OPTIONS = {
    "html": sig.option("--html", help="Write the page to this file, - for stdout.", metavar="FILE"),
    "period": sig.option("--period", help=f"Like month, last-quarter, 90d, A..B; {PERIOD} unless told."),
    "by_owner": sig.option("--owner", help="Only what is this user's.", metavar="USER"),
    "by_team": sig.option("--team", help="Only what is this team's.", metavar="TEAM"),
    "by_pipeline": sig.option("--pipeline", help="Only deals of this pipeline.", metavar="PIPELINE"),
    "as_of": sig.option("--as-of", help="As it was at the end of this day, or then.", metavar="DATE"),
    "send": sig.flag("--send", help="Mail the page, once a day to each."),
    "to": sig.options("--to", help="To this user of the organization; to you unless told.", metavar="USER"),
    "again": sig.flag("--again", help="Also send what is in doubt or has failed."),
}
DOC = """Show the reports that matter on one page: a file for the browser, or pictures on the terminal.

The page needs no network and no script. --send mails it once a day to each: to you, or --to users of the organization.
Without --to a service user's goes to the administrators.

mycrm report dashboard --html dashboard.html
mycrm report dashboard --period last-month --team North --html -
mycrm report dashboard --send --to ana@acme.com --to bo@acme.com
mycrm cron add monday --schedule 'weekly mon 07:00' -- report dashboard --send
"""


def show(state: State, **given: Any) -> None:
    """Make the dashboard and take it where it is wanted."""
    if given["to"] and not given["send"]:
        raise UsageError("--to names who gets the mail of --send", hint="mycrm report dashboard --send --to USER")
    if state.out.format == "ids":
        raise UsageError("a dashboard has no ids", hint="mycrm report dashboard -o json")
    notes: dict[str, list[str]] = {}
    found = answers(state, given, notes)
    if given["html"] or given["send"]:
        made = page(state, given, found, notes)
        if given["html"]:
            write(state, made, given["html"])
        if given["send"]:
            from mycrm_cli.cli import dashboardmail

            dashboardmail.send(state, made, given)
    elif state.out.format == "table":
        draw(state, found, notes)
    else:
        numbers(state, found)


def answers(state: State, given: dict[str, Any], notes: dict[str, list[str]]) -> dict[str, Report]:
    """Return what the reports answer, and put into ``notes`` what is to be said of each."""
    from mycrm_cli.cli import report

    specs = {spec.name: spec for spec in REPORTS}
    found = {}
    for name in PARTS:
        if name in specs:
            answer = report.answer(state, specs[name], asked(specs[name], given))
            answer.pictures = answer.pictures[: MOST.get(name)]
            own = [note for note in answer.notes if not note.startswith("as of ") and note != span(state, given)]
            lacking = [
                report.without_rate(currency, deals, amount, state.scope.locale.currency)
                for currency, (deals, amount) in sorted(answer.lacking.items())
            ]
            found[name], notes[name] = answer, [*own, *lacking, *wider(specs[name], given)]
    return found


def asked(spec: Spec, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options that one of the reports takes."""
    wanted: dict[str, Any] = dict.fromkeys(spec.options) | {"by": BY.get(spec.name)}
    if spec.period:
        wanted["period"] = given["period"] or (spec.period if spec.name in AHEAD else PERIOD)
    if spec.owner:
        wanted |= {"by_owner": given["by_owner"], "by_team": given["by_team"]}
    if spec.pipeline:
        wanted["by_pipeline"] = given["by_pipeline"]
    if spec.asof:
        wanted["as_of"] = given["as_of"]
    return wanted


AHEAD = frozenset(("forecast",))
"""Reports that look ahead and have a period of their own unless one is told."""


def wider(spec: Spec, given: dict[str, Any]) -> list[str]:
    """Return what has to be said of a report that cannot be limited as the page is."""
    said = []
    if not spec.owner and (given["by_owner"] or given["by_team"]):
        said.append("This part is about everybody.")
    if not spec.asof and given["as_of"]:
        said.append("This part is as it is now.")
    return said


def page(state: State, given: dict[str, Any], found: dict[str, Report], notes: dict[str, list[str]]) -> Page:
    """Return the page."""
    from mycrm_cli.kinds.times import zone
    from mycrm_cli.output.dashboard import figures
    from mycrm_cli.output.dashboard.page import Page, part
    from mycrm_cli.output.safe import safe

    locale, days = state.scope.locale, span(state, given)
    here = zone(locale.timezone)
    limits = {"as_of": "as of", "by_owner": "owner", "by_team": "team", "by_pipeline": "pipeline"}
    about = [f"{word} {safe(str(given[name])[:100])}" for name, word in limits.items() if given[name]]
    organization = safe(state.scope.organization or "")[:200]
    made = f"Made by mycrm on {clock.now().astimezone(here):%Y-%m-%d at %H:%M} ({locale.timezone})"
    if state.scope.email:
        made += f" for {safe(state.scope.email)}"
    parts = [part(name, PARTS[name], each, notes[name], locale) for name, each in found.items()]
    title = f"{organization}: dashboard, {days}"
    return Page(title, organization, days, about, figures.figures(found, locale), parts, f"{made}.")


def span(state: State, given: dict[str, Any]) -> str:
    """Return the period as people read it."""
    from mycrm_cli.cli import report
    from mycrm_cli.kinds.times import zone
    from mycrm_cli.query.reports import period

    locale = state.scope.locale
    now = report.moment(state, given["as_of"]) or clock.now()
    return period.read(given["period"] or PERIOD, now.astimezone(zone(locale.timezone)).date(), locale).told()


def write(state: State, made: Page, path: str) -> None:
    """Write the page to a file of mode 0600, or to stdout."""
    from mycrm_cli.output import files
    from mycrm_cli.output.dashboard.page import html

    with files.binary(path) as stream:
        stream.write(html(made).encode("utf-8", "backslashreplace"))
    if path != "-":
        state.out.say(f"dashboard written to {path}")


def draw(state: State, found: dict[str, Report], notes: dict[str, list[str]]) -> None:
    """Draw all pictures on the terminal, one after the other."""
    from mycrm_cli.output import table
    from mycrm_cli.output.charts import draw as picture
    from mycrm_cli.output.dashboard import charts
    from mycrm_cli.output.emit import Paged

    with Paged(state.out) as out:
        target = table.console(state.out.color, out)
        for name, answer in found.items():
            drawn = [one for one in answer.pictures if not charts.is_empty(one)]
            for one in drawn:
                picture(target, one)
            if not drawn:
                target.print(f"{PARTS[name]}: {answer.empty if not answer.rows else 'nothing to draw'}\n")
    for name, said in notes.items():
        for note in said:
            state.out.say(f"{name}: {note}")


def numbers(state: State, found: dict[str, Report]) -> None:
    """Write the numbers of all reports: as one object, or one number a line."""
    from mycrm_cli.output import formats
    from mycrm_cli.query.shown import Shown

    locale = state.scope.locale
    if state.out.format == "json":
        made = {
            name: list(map(formats.as_object(each.columns, locale.currency), each.rows))  # type: ignore[arg-type]
            for name, each in found.items()
        }
        state.out.object(made)
        return
    rows = [
        [name, place, column.name, column.kind.text(value)]
        for name, each in found.items()
        for place, row in enumerate(each.rows, 1)
        for column, value in zip(each.columns, row, strict=True)
        if value is not None
    ]
    columns: Any = [Shown("report"), Shown("row", "integer"), Shown("column"), Shown("value")]
    state.out.rows(columns, rows, locale)


app.command("dashboard", cls=Verb)(sig.with_signature(show, OPTIONS, DOC))
