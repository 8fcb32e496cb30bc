"""Exchange rates."""

from __future__ import annotations

import re
from typing import Any

import typer

from mycrm_cli import catalog
from mycrm_cli.cli import shorthand, writing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.cli.state import State
from mycrm_cli.errors import UsageError

app = typer.Typer()

RATE = catalog.entity("exchange_rates")
CODE = re.compile(r"[A-Za-z]{3}")
ADD = """Add a rate: what one unit of a currency is worth in the organization's.

mycrm rate add EUR 1.0842
mycrm rate add EUR 1.0842 --date 2026-11-01
mycrm rate add --from-json rates.json
"""
LIST = """List exchange rates, the newest of each currency first.

mycrm rate list
mycrm rate list EUR
mycrm rate list -w 'date>=som' -o csv
"""


def parameters() -> dict[str, Any]:
    """Return the arguments and options of ``rate add``."""
    words = {"words": sig.arguments("The currency, and what one unit of it is worth.", "[CURRENCY] [RATE]")}
    options = sig.field_options(RATE)
    options["set_date"] = sig.option("--date", help="The day from which it holds; today unless told.", metavar="DATE")
    return words | options | writing.common_values(RATE)


def add(state: State, **given: Any) -> None:
    """Add a rate."""
    words = list(given.pop("words") or [])
    for option in ("set_currency", "set_rate"):
        if words and given[option] is None:
            given[option] = words.pop(0)
    if words:
        raise UsageError(f"a rate is a currency and a number, not {words[0]!r} as well", hint="mycrm rate add EUR 1.08")
    writing.add_given(state, RATE, given | {"name": None})


def by_code(given: dict[str, Any]) -> None:
    """Let currencies' codes stand for a filter."""
    given["filters"] = [f"currency={word}" if CODE.fullmatch(word) else word for word in given["filters"] or []]


app.command("add", cls=WriteVerb)(sig.with_signature(add, parameters(), ADD))
app.command("list", cls=Verb)(shorthand.list_command(RATE, LIST, by_code))
