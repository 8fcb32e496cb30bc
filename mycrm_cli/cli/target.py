"""Targets: what users are to win in a month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, clock, kinds, services
from mycrm_cli.cli import bulk, reading
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.kinds import months
from mycrm_cli.kinds.times import zone
from mycrm_cli.query import Select
from mycrm_cli.query.nodes import equals

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.work import Work

app = typer.Typer()

TARGET = catalog.entity("targets")
SET = f"""Set what a user is to win in a month, in the organization's currency.

A month is like {months.LIKE}; of several, each gets the amount. What was set before is replaced. With --team each
active member of the team gets it.

mycrm target set ana@acme.com 2026-11 50000
mycrm target set ana@acme.com 2027-01..2027-12 60000
mycrm target set next-month 40000 --team North
"""
LIST = """List targets, month by month.

mycrm target list
mycrm target list --month this-month --team North
mycrm target list ana@acme.com 2026-q4 -o csv
"""
DELETE = """Delete targets, of a user and a month or by a filter.

mycrm target delete ana@acme.com 2026-11
mycrm target delete -w 'month<2026-01-01' --yes
"""
WORDS = "mycrm target set ana@acme.com 2026-11 50000"


def named(state: State, text: str) -> list[date] | None:
    """Return the first days of the months that a text names, None for another text; raises Invalid."""
    today = clock.now().astimezone(zone(state.scope.locale.timezone)).date()
    try:
        return months.several(text, today)
    except kinds.BadValue as error:
        raise Invalid(f"month: {error.message}", details=[{"field": "month", "code": error.code}]) from None


def months_of(state: State, text: str) -> list[date]:
    """Return the first days of the months that a text names; raises Invalid for one that names none."""
    found = named(state, text)
    if found is None:
        detail: dict[str, object] = {"field": "month", "code": "not_a_month"}
        raise Invalid(f"month: {text!r} is not a month", details=[detail], hint=f"like {months.LIKE}")
    return found


def put(state: State, **given: Any) -> None:
    """Set targets."""
    words = list(given["words"] or [])
    if len(words) != (2 if given["team"] else 3):
        hint = "mycrm target set 2026-11 50000 --team North" if given["team"] else WORDS
        raise UsageError("a target is a month and an amount, for a user or a --team", hint=hint)
    chosen, amount = months_of(state, words[-2]), amount_of(state, words[-1])
    bulk.check_protected(state, given["confirm"])
    with state.work() as work:
        users = users_of(work, words[0], given["team"])
        ids, changed = services.targets.put(work, users, chosen, amount)
        report = bulk.Report(state, work, TARGET, "set", ids, changed=changed)
        report.titles = titles(work, changed or ids)
    report.tell()


def amount_of(state: State, text: str) -> Any:
    """Return an amount as it is typed; raises Invalid."""
    try:
        return TARGET.fields["amount"].kind.read(text, state.scope.locale)
    except kinds.BadValue as error:
        detail: dict[str, object] = {"field": "amount", "code": error.code}
        raise Invalid(f"amount: {error.message}", details=[detail]) from None


def users_of(work: Work, user: str, team: str | None) -> list[UUID]:
    """Return the users that targets are set for."""
    if team:
        return services.targets.members(work, work.reader.find(catalog.entity("team"), team).id)
    return [work.reader.find(catalog.entity("user"), user).id]


def titles(work: Work, ids: list[UUID]) -> list[str]:
    """Return how the first targets are called: whose they are, and of which month."""
    select = Select(TARGET, ["user", "month"], where=equals("id", *map(str, ids[:3])), sort="month")
    return [f"the target of {user} for {month:%Y-%m}" for user, month in work.reader.rows(select)] if ids else []


def spelled(state: State, text: str) -> str:
    """Return the filter that a month, a user's address or any other word of a list stands for."""
    if (found := named(state, text)) is not None:
        return f"month>={found[0]} month<={found[-1]}"
    plain = "@" in text and not set(text) & set(" <>=!~:()")
    return f"user={text}" if plain or text == "me" else text


def listed(state: State, **given: Any) -> None:
    """List targets."""
    month, team = given.pop("month"), given.pop("team")
    given["filters"] = [spelled(state, word) for word in given["filters"] or []]
    if month:
        found = months_of(state, month)
        given["filters"].append(f"month>={found[0]} month<={found[-1]}")
    if team:
        given["by_user.team"] = team
    reading.listed(state, TARGET, given)


def delete(state: State, **given: Any) -> None:
    """Delete targets."""
    words = given["references"] or []
    if len(words) == 2 and (found := named(state, words[1])) is not None:
        user = state.reader.find(catalog.entity("user"), words[0]).id
        wanted = [f"user={user} month>={found[0]} month<={found[-1]}"]
        ids = bulk.matching(state, TARGET, wanted, False)
        if not ids:
            raise UsageError(f"{words[0]} has no target for {words[1]}", hint=f"mycrm target list {words[0]}")
        given["references"] = [str(id) for id in ids]
    targets = bulk.targets(state, TARGET, given, "delete")
    with state.work() as work:
        called = titles(work, targets)
        services.records.delete(work, TARGET, targets)
        report = bulk.Report(state, work, TARGET, "deleted", targets, titles=called)
    report.tell()


SET_PARAMETERS = {
    "words": sig.arguments("Whose target, of which month, and how much.", "[USER] [MONTH] [AMOUNT]"),
    "team": sig.option("--team", help="For each active member of this team, in place of a user.", metavar="TEAM"),
    "confirm": bulk.confirm_option(),
}
LIST_PARAMETERS = reading.list_options(TARGET) | {
    "month": sig.option("--month", help="Only of this month, or these months.", metavar="MONTH"),
    "team": sig.option("--team", help="Only of the members of this team.", metavar="TEAM"),
}
DELETE_PARAMETERS = bulk.target_options(TARGET) | {
    "references": sig.arguments("A user and a month, or ids; - reads ids from stdin.", "[USER] [MONTH]"),
}
app.command("set", cls=WriteVerb)(sig.with_signature(put, SET_PARAMETERS, SET))
app.command("list", cls=Verb)(sig.with_signature(listed, LIST_PARAMETERS, LIST))
app.command("delete", cls=WriteVerb)(sig.with_signature(delete, DELETE_PARAMETERS, DELETE))
