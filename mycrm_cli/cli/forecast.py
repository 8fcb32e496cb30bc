"""``mycrm deal forecast``: what open deals may bring, and what was won."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.cli import reading
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb
from mycrm_cli.errors import UsageError
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.query.forecast import Forecast, Line

DEAL = catalog.entity("deal")
MOST_MONTHS = 120
BY = ("month", "owner", "stage", "pipeline")
"""What a forecast can be broken down by."""
DOC = """Forecast what open deals bring, by month and owner.

The best case is the sum of the values, weighted that of the values times their probabilities, all in the
organization's currency.

mycrm deal forecast
mycrm deal forecast --by month --months 12 --owner me
mycrm deal forecast --by pipeline,stage -w 'tag=enterprise' -o csv
"""
PARAMETERS = {
    "months": sig.option("--months", help="So many months, this one included; 6 unless told.", metavar="N"),
    "by": sig.option("--by", help="month, owner, stage, pipeline, or several of them.", metavar="WHAT"),
    "where": sig.options("-w", "--where", help="Only deals that fit; '?' lists the fields.", metavar="FILTER"),
    "by_pipeline": sig.option("--pipeline", help="Only of this pipeline.", metavar="PIPELINE"),
    "by_owner": sig.option("--owner", help="Only of this owner.", metavar="USER"),
}


def show(state: State, **given: Any) -> None:
    """Show the forecast."""
    if reading.asked_for_fields(state, DEAL, given):
        return
    if state.out.format == "ids":
        raise UsageError("a forecast has no ids", hint="mycrm deal list -o ids")
    from mycrm_cli.query.forecast import forecast
    from mycrm_cli.query.reports.asked import Asked
    from mycrm_cli.query.reports.period import Period

    by, months = breakdown(given["by"] or "month,owner"), span(given["months"] or "6")
    answer = forecast(Asked(state.reader, Period(None, None), reading.wanted(DEAL, given)), by, months)
    write(state, answer)
    locale = state.scope.locale
    for currency, (deals, amount) in sorted(answer.lacking.items()):
        what = "1 deal" if deals == 1 else f"{deals:,} deals"
        way = f"mycrm rate add {currency} RATE"
        state.out.warn(
            f"no rate turns {currency} into {locale.currency}: {what} of {amount:,.2f} {currency} left out; {way}"
        )


def breakdown(text: str) -> list[str]:
    """Return what the forecast is broken down by; raises UsageError for what it cannot be."""
    by = list(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))
    for word in by:
        if word not in BY:
            raise UsageError(f"a forecast is not broken down by {word!r}", candidates=list(BY))
    return by or ["month"]


def span(text: str) -> int:
    """Return the number of months; raises UsageError for none."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_MONTHS):
        raise UsageError(f"--months is a number from 1 to {MOST_MONTHS}, not {text!r}")
    return int(text)


def write(state: State, answer: Forecast) -> None:
    """Write the lines; people get a line with the totals, JSON the ids beside the names."""
    objects = state.out.format in ("json", "jsonl")
    named = [name for name in answer.by if objects and name != "month"]
    columns = [*map(Shown, answer.by), Shown("deals", "integer")]
    columns += [Shown("best_case", "money"), Shown("weighted", "money")]
    columns += [
        Shown("won_deals", "integer"),
        Shown("won", "money"),
        *(Shown(f"{name}_id", "reference") for name in named),
    ]
    places = [answer.by.index(name) for name in named]
    lines = answer.lines
    if state.out.format == "table" and lines:
        lines = [*lines, answer.total()]
    rows = [cells(state, line, places) for line in lines]
    state.out.rows(columns, rows, state.scope.locale, empty="no open deals")  # type: ignore[arg-type]


def cells(state: State, line: Line, places: list[int]) -> list[Any]:
    """Return the cells of a line."""
    load = DEAL.fields["id"].kind.loader(state.reader.connection.dialect)
    ids = [line.ids[place] for place in places]
    ids = [id if id is None or load is None else load(id) for id in ids]
    return [*line.key, line.deals, line.best, line.weighted, line.won_deals, line.won, *ids]


def add_to(app: typer.Typer) -> None:
    """Add the command to the deal's."""
    app.command("forecast", cls=Verb)(sig.with_signature(show, PARAMETERS, DOC))
