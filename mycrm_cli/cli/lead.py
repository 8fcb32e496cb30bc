"""Verbs of leads: assign, qualify, disqualify, convert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, converting, verbs
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.cli.verbs import Run
    from mycrm_cli.services.assignment import Choices

app = typer.Typer()

ASSIGN = """Give leads to a user, to the members of a team in turn, or by the rules.

    mycrm lead assign L-12 L-13 ana@acme.com
    mycrm lead assign -w +UNASSIGNED --round-robin North --yes
    mycrm lead list -o ids | mycrm lead assign - ana@acme.com --yes
    mycrm lead assign -w 'owner=none source=website' --rules --yes
    """
SHOWN = 5
"""Leads of which each is told why somebody got it; of more, what each person got."""


def assign(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Assign leads in the one way that the line names."""
    ways = [way for way in ("user", "to", "round_robin", "rules") if run.options.get(way)]
    if len(ways) != 1:
        raise UsageError(
            "to whom? give a user, --round-robin TEAM or --rules" + (", only one of them" if ways else ""),
            hint="mycrm lead assign L-12 ana@acme.com",
        )
    service, work = services.assignment, run.work
    away: list[str] = []
    if ways[0] == "rules":
        chosen = service.by_rules(work, ids)
    elif ways[0] == "round_robin":
        team_id = verbs.required(run, "round_robin", "team")
        team = services.turns.teams(work, [team_id])[team_id]
        chosen, away = service.in_turn(ids, team), team.away
    else:
        chosen = service.to_user(work, ids, verbs.required(run, ways[0], "user"))
    changed = service.give(work, chosen)
    tell(run, ids, chosen, away)
    return changed


def tell(run: Run, ids: Sequence[UUID], chosen: Choices, away: Sequence[str]) -> None:
    """Say who got what and why: each lead of a few, else how many each person got."""
    for id, choice in chosen.items():
        run.note(id, {"assigned_because": f"{choice.name}: {choice.why}", "left_out": list(away)})
    if len(chosen) <= SHOWN:
        for choice in chosen.values():
            run.say(f"{choice.name}: {choice.why}")
    else:
        counts: dict[str, int] = {}
        for choice in chosen.values():
            counts[choice.name] = counts.get(choice.name, 0) + 1
        run.say(" · ".join(f"{name}: {count:,}" for name, count in counts.items()))
    for remark in away:
        run.say(remark)
    if left := len(ids) - len(chosen):
        run.say(f"no rule fits {left:,} of them: mycrm rule list")


def assign_command(state: State, **given: Any) -> None:
    """Take the last word as the user, unless an option says who gets the leads."""
    chosen = {name: given[name] for name in ("user", "round_robin", "rules") if given[name]}
    if not chosen:
        verbs.take_target(given, chosen, "user")
    verbs.run(state, "lead", "assign", "assigned", assign, given, chosen, ("user", "to", "round_robin"))


ASSIGN_PARAMETERS = bulk.target_options(catalog.entity("lead")) | {
    "references": sig.arguments("Leads; - reads them from stdin; the user comes last.", "[REF]... [USER]"),
    "user": sig.option("--to", help="Who gets them.", metavar="USER"),
    "round_robin": sig.option("--round-robin", help="The members of a team get them in turn.", metavar="TEAM"),
    "rules": sig.flag("--rules", help="The assignment rules decide."),
}
app.command("assign", cls=WriteVerb)(sig.with_signature(assign_command, ASSIGN_PARAMETERS, ASSIGN))


def qualify(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Set the status."""
    return services.leads.set_status(run.work, ids, "qualified")


def disqualify(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Set the status, with the reason."""
    reason = run.read("reason", "text", max_length=255)
    if not reason:
        raise UsageError("why? give a --reason", hint="mycrm lead disqualify L-12 --reason 'no budget'")
    return services.leads.set_status(run.work, ids, "disqualified", {"disqualify_reason": reason})


verbs.add(
    app,
    "lead",
    "qualify",
    "qualified",
    qualify,
    {},
    """Say that leads are worth pursuing.

    mycrm lead qualify L-12
    mycrm lead qualify -w 'score>=80 status=engaged' --yes
    """,
)
verbs.add(
    app,
    "lead",
    "disqualify",
    "disqualified",
    disqualify,
    {"reason": sig.option("--reason", help="Why nothing will come of them.")},
    """Give leads up; setting another status takes it back.

    mycrm lead disqualify L-12 --reason "no budget"
    """,
)
app.command("convert", cls=WriteVerb)(sig.with_signature(converting.convert, converting.PARAMETERS, converting.DOC))
