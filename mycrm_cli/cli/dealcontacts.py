"""``mycrm deal contact`` and ``mycrm deal company``: who has a part in a deal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, lines
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import UsageError
from mycrm_cli.query.parties import COMPANIES, CONTACTS, Side, parties
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.cli.state import State
    from mycrm_cli.query.references import Found

DEAL = catalog.entity("deal")
ROLES = {"contact": "Decision maker, Champion, Influencer or User", "company": "Partner, Reseller or Competitor"}
"""Usual parts, for the help."""
SAMPLES = {"contact": ("C-88", '"Decision maker"'), "company": ("CO-7", "Partner")}


class Wanted:
    """Who is to get a part in which deal, or to lose it: references as they were typed."""

    def __init__(self, deal: str, other: str, role: str | None) -> None:
        self.deal = deal
        self.other = other
        self.role = role


def asked(side: Side, given: dict[str, Any]) -> list[Wanted]:
    """Return what a line asks for; ``-`` stands for deals or for contacts on stdin, one a line or as JSON."""
    deal, others, role = given["deal"], given["others"] or [], given.get("role")
    if not deal or (not others and deal != "-"):
        raise UsageError(
            f"which deal and which {side.noun}?", hint=f"mycrm deal {side.noun} add D-12 {SAMPLES[side.noun][0]}"
        )
    if [deal, *others].count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")
    found = []
    for line in lines.read() if deal == "-" else ():
        for other in others or [line.members.get(side.noun)]:
            if not other:
                raise UsageError(f"which {side.noun}?", hint=f'a line such as {{"ref": "D-12", "{side.noun}": "…"}}')
            found.append(Wanted(line.reference, str(other), line.members.get("role") or role))
    for other in others if deal != "-" else ():
        if other != "-":
            found.append(Wanted(deal, other, role))
            continue
        found += [Wanted(deal, line.reference, line.members.get("role") or role) for line in lines.read()]
    return found


def resolved(
    state: State, side: Side, wanted: Sequence[Wanted], verb: str, given: dict[str, Any]
) -> list[tuple[Found, Found]]:
    """Return the deal and the other record of each, after asking where many come from a pipe."""
    reader, entity = state.reader, catalog.entity(side.noun)
    found = []
    for known, words in ((DEAL, [one.deal for one in wanted]), (entity, [one.other for one in wanted])):
        unique = list(dict.fromkeys(words))
        answers = dict(zip(unique, bulk.resolved(reader, known, unique, False), strict=True)) if unique else {}
        found.append([answers[word] for word in words])
    if "-" in [given["deal"], *(given["others"] or [])] and len(wanted) >= bulk.FROM_PIPE:
        ids = list(dict.fromkeys(deal.id for deal in found[0]))
        bulk.ask(state, DEAL, verb, ids, False, given["confirm"])
    return list(zip(*found, strict=True))


def add(state: State, side: Side, given: dict[str, Any]) -> None:
    """Give parts."""
    wanted = asked(side, given)
    pairs = resolved(state, side, wanted, f"add a {side.noun} to", given)
    table = catalog.entity(side.table)
    with state.work() as work:
        field = table.fields["role"]
        roles = {one.role: services.values.read(work.reader, table, field, one.role) for one in wanted if one.role}
        together = zip(wanted, pairs, strict=True)
        parts = [(deal.id, other.id, roles.get(one.role or "")) for one, (deal, other) in together]
        changed = services.parties.add(work, side, parts, main=given["primary"])
        done = f"added {named(other for _, other in pairs)} to"
        report = bulk.Report(state, work, DEAL, done, unique_deals(pairs), changed=changed)
    report.tell()


def delete(state: State, side: Side, given: dict[str, Any]) -> None:
    """Take parts away."""
    pairs = resolved(state, side, asked(side, given), f"take a {side.noun} from", given)
    with state.work() as work:
        changed = services.parties.remove(work, side, [(deal.id, other.id) for deal, other in pairs])
        done = f"took {named(other for _, other in pairs)} from"
        report = bulk.Report(state, work, DEAL, done, unique_deals(pairs), changed=changed)
    report.tell()


def unique_deals(pairs: Sequence[tuple[Found, Found]]) -> list[Any]:
    """Return the ids of the deals, each once."""
    return list(dict.fromkeys(deal.id for deal, _ in pairs))


def named(found: Any) -> str:
    """Return how people call the records, for a sentence."""
    labels = list(dict.fromkeys(record.label for record in found))
    return ", ".join(labels) if len(labels) < 4 else f"{len(labels)} of them"


def show(state: State, side: Side, given: dict[str, Any]) -> None:
    """List who has a part in a deal."""
    if not given["deal"]:
        raise UsageError("which deal?", hint="mycrm deal list")
    entity = catalog.entity(side.noun)
    rows = parties(state.reader, side, state.reader.find(DEAL, given["deal"]).id)
    kinds = {"id": "reference", "number": "integer", "email": "email", "domain": "domain", "phone": "phone"}
    columns = [Shown(name, kinds.get(name, "text")) for name in side.fields] + [
        Shown("role"),
        Shown("primary", "boolean"),
    ]
    first = 0 if state.out.format in ("json", "jsonl", "ids") else 1
    shown = [row[first:] for row in rows]
    empty = f"no {entity.plural} yet: mycrm deal {side.noun} add"
    state.out.rows(columns[first:], shown, state.scope.locale, prefix=entity.prefix, empty=empty)  # type: ignore[arg-type]


def group(side: Side) -> typer.Typer:
    """Return the commands of one side."""
    app, noun, plural = typer.Typer(), side.noun, catalog.entity(side.noun).plural
    other, role = SAMPLES[noun]
    deal = sig.argument("The deal; - reads deals from stdin.", "DEAL")
    pair = {"deal": deal, "others": sig.arguments(f"The {plural}; - reads them from stdin.", f"{noun.upper()}...")}
    confirm = {"confirm": bulk.confirm_option()}
    options = {
        "role": sig.option("--role", help=f"The part, such as {ROLES[noun]}.", metavar="ROLE"),
        "primary": sig.flag("--primary", help=f"Make it the deal's main {noun}."),
    }
    added = f"""Give {plural} a part in a deal; the first one is its main one.

    mycrm deal {noun} add D-12 {other} --role {role}
    mycrm deal {noun} add D-12 {other} --primary
    mycrm deal list -w owner=me -o ids | mycrm deal {noun} add - {other}
    """
    listed = f"List the {plural} of a deal.\n\nmycrm deal {noun} list D-12\n"
    deleted = f"Take {plural} out of a deal.\n\nmycrm deal {noun} delete D-12 {other}\n"
    for verb, act, parameters, doc, cls in (
        ("add", add, pair | options | confirm, added, WriteVerb),
        ("list", show, {"deal": sig.argument("The deal.", "DEAL")}, listed, Verb),
        ("delete", delete, pair | confirm, deleted, WriteVerb),
    ):
        function = sig.with_signature(lambda state, act=act, **given: act(state, side, given), parameters, doc)
        app.command(verb, cls=cls)(function)
    return app


def add_to(app: typer.Typer) -> None:
    """Add the groups to the deal's commands."""
    app.add_typer(group(CONTACTS), name="contact", help="The contacts of a deal, with their parts.")
    app.add_typer(group(COMPANIES), name="company", help="The companies of a deal, with their parts.")
