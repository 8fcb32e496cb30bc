"""Rules that are tried: on one lead, on all open leads, and on leads whose outcome is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import clock
from mycrm_cli.errors import UsageError
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.cli.state import State

MOVED = {
    "number": "integer",
    "name": "text",
    "score_before": "integer",
    "grade_before": "text",
    "score_after": "integer",
    "grade_after": "text",
}
BRIEF = {"number": "integer", "name": "text", "before": "text", "after": "text"}
"""Columns on a terminal."""
PARTS = ("part", "leads", "rate", "lift")


def write_moved(state: State, moved: Sequence[Any]) -> None:
    """Write leads with their scores before and after."""
    if state.out.format == "table":
        brief: Any = [Shown(name, kind) for name, kind in BRIEF.items()]
        cells = (
            [one.number, one.name, f"{one.score_before} {one.grade_before}", f"{one.score_after} {one.grade_after}"]
            for one in moved
        )
        state.out.rows(brief, cells, state.scope.locale, prefix="L", empty="no lead would get another grade")
        return
    objects = state.out.format in ("json", "jsonl")
    names = ["id"] if state.out.format == "ids" else (["id"] if objects else []) + list(MOVED)
    columns: Any = [Shown(name, MOVED.get(name, "reference")) for name in names]
    rows = ([getattr(one, name) for name in names] for one in moved)
    state.out.rows(columns, rows, state.scope.locale, prefix="L", empty="no lead would get another grade")


def test(state: State, **given: Any) -> None:
    """Show what one lead would get by the rules in a file."""
    from mycrm_cli.cli.scoreexplain import lead_of, write
    from mycrm_cli.cli.scorerules import rules_of
    from mycrm_cli.services.scoring import comparing

    lead = lead_of(state, given, "rules test")
    if not given["file"]:
        raise UsageError("by which rules? give --file", hint="mycrm score rules test L-12 --file rules.toml")
    write(state, comparing.tried(state.reader, rules_of(state, given["file"]), lead.id, clock.now()))


def backtest(state: State, **given: Any) -> None:
    """Tell how well rules would have told leads apart."""
    from mycrm_cli.cli.scorerules import rules_of
    from mycrm_cli.services.scoring import backtesting

    found, out = backtesting.backtest(state.reader, rules_of(state, given["file"]), clock.now()), state.out
    if out.format in ("json", "jsonl"):
        out.object(found)
    elif out.format != "table":
        columns: Any = [Shown(name, "integer" if name in ("part", "leads") else "text") for name in PARTS]
        rows = [[figure(part[name]) for name in PARTS] for part in found["deciles"]]
        out.rows(columns, rows, state.scope.locale)
    else:
        from mycrm_cli.output import scoretables, table
        from mycrm_cli.output.emit import Paged

        with Paged(out) as stream:
            scoretables.draw_backtest(table.console(out.color, stream), found)
    for warning in found["warnings"]:
        out.warn(warning)


def figure(value: Any) -> Any:
    """Return a figure as a cell."""
    return f"{value:.4f}" if isinstance(value, float) else value
