"""``mycrm email suppress``: the addresses that get no mail."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, kinds, services
from mycrm_cli.cli import narrowing, reading
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import Invalid, NotFound, Partial, UsageError
from mycrm_cli.services import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.work import Work

app = typer.Typer()
SUPPRESSIONS = catalog.entity("suppressions")
MANY = 3
"""Addresses from a pipe from which on somebody is asked."""
LISTED = 20
ADD_DOC = """Put addresses on the list of those that get no mail.

mycrm email suppress add jan@acme.com --detail "asked on the phone"
mycrm email suppress add jan@acme.com --reason unsubscribe
mycrm email suppress add - < addresses.txt
"""
LIST_DOC = """List the addresses that get no mail, the newest first.

mycrm email suppress list
mycrm email suppress list --reason complaint
mycrm email suppress list -w 'email~acme.com' -o csv
"""
REMOVE_DOC = """Take addresses off the list again, so that they get mail; says why they were on it.

Whoever complained is taken off only with --yes: mailing them again harms the organization.

mycrm email suppress delete jan@acme.com
mycrm email suppress delete eve@acme.com --yes
"""
IMPORT_DOC = """Put the addresses of a file on the list: one a line, CSV with a column email, or JSON.

What is on the list already stays as it is. Nothing is ever taken off.

mycrm email suppress import unsubscribed.csv
mycrm email suppress import bounces.json --reason bounce --dry-run
"""
REASON = sig.option("--reason", help="manual, unsubscribe, complaint, bounce or imported.", metavar="REASON")
DETAIL = sig.option("--detail", help="The reason in more detail.", metavar="TEXT")
ADDRESSES = sig.arguments("E-mail addresses; - reads them from stdin.", "ADDRESS...")


def addresses_of(state: State, words: Sequence[str] | None, verb: str) -> list[str]:
    """Return the addresses that a line names; raises UsageError for none, Invalid for what is no address."""
    if not words:
        raise UsageError("which addresses?", hint=f"mycrm email suppress {verb} ADDRESS")
    if list(words).count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")
    told: list[str] = []
    for word in words:
        told += [line.strip() for line in sys.stdin.read().splitlines() if line.strip()] if word == "-" else [word]
    return list(dict.fromkeys(address(text) for text in told))


def address(text: str) -> str:
    """Return an address as it is compared; raises Invalid."""
    try:
        return str(kinds.make("email").read(text))
    except kinds.BadValue as error:
        raise Invalid(error.message, details=[{"field": "email", "code": error.code}]) from None


def reason_of(given: dict[str, Any], usual: str) -> str:
    """Return the reason that was given; raises UsageError for an unknown one."""
    from mycrm_cli.services.mail.suppressing import STRENGTH

    reason = str(given["reason"] or usual).lower()
    if reason not in STRENGTH:
        raise UsageError(f"no reason {given['reason']!r}", candidates=list(STRENGTH))
    return reason


def add(state: State, **given: Any) -> None:
    """Put addresses on the list."""
    from mycrm_cli.services.mail import suppressing

    wanted, reason = addresses_of(state, given["addresses"], "add"), reason_of(given, "manual")
    if "-" in given["addresses"] and len(wanted) >= MANY:
        state.confirm(f"Keep mail from {len(wanted):,} addresses?")
    with state.work() as work:
        new = suppressing.enter(work, wanted, reason, given["detail"])
        left = suppressing.held(work, [each for each in wanted if each not in new])
    tell(state, work, "suppressed", new, {each: left.get(each, "") for each in wanted if each not in new})


def take_in(state: State, **given: Any) -> None:
    """Put the addresses of a file on the list."""
    from mycrm_cli.services.mail import listing, suppressing

    if not given["file"]:
        raise UsageError("which file?", hint="mycrm email suppress import FILE")
    reason, listed = reason_of(given, "imported"), listing.read(given["file"])
    details = [problem.detail() for problem in listed.problems[:LISTED]]
    if listed.problems and not listed.addresses:
        first = listed.problems[0]
        raise Invalid(f"no address can be read: line {first.line}: {first.message}", details=details)
    wanted = list(listed.addresses)
    with state.work() as work:
        new = suppressing.enter(work, wanted, reason, given["detail"])
    known = len(wanted) - len(new)
    if listed.problems:
        for problem in listed.problems[:LISTED]:
            state.out.warn(f"line {problem.line}: {problem.message}")
        raise Partial(
            f"{len(listed.problems):,} of {listed.entries:,} lines hold no address; of the others {len(new):,} are new",
            details=details,
        )
    if state.out.format in ("json", "jsonl"):
        counts = {"lines": listed.entries, "suppressed": len(new), "known": known}
        state.out.object(counts | {"change": work.journal.reference})
        return
    state.out.say(f"{len(new):,} addresses get no mail any more, {known:,} got none before{undoing(state, work, new)}")


def remove(state: State, **given: Any) -> None:
    """Take addresses off the list."""
    from mycrm_cli.services.mail import suppressing

    wanted = addresses_of(state, given["addresses"], "delete")
    found = listed_of(state, wanted)
    if missing := [each for each in wanted if each not in found]:
        raise NotFound(f"{missing[0]} is not on the list", hint="mycrm email suppress list")
    ask(state, given["addresses"], {email: reason for email, (_, reason) in found.items()})
    with state.work() as work:
        ids = [id for id, _ in found.values()]
        before = rows.images(work.connection, work.scope, SUPPRESSIONS, ids, lock=True)
        why = {row["email"]: said(row) for row in before.values()}
        services.records.remove(work, SUPPRESSIONS, list(before))
        still = suppressing.held(work, why)
    tell(state, work, "removed", list(why), still, why)


def listed_of(state: State, addresses: Sequence[str]) -> dict[str, tuple[UUID, str]]:
    """Return those of the addresses that are on the list, with the entry and its reason."""
    reader = state.reader
    columns = ["email", "id", "reason"]
    found = rows.fetch(reader.connection, reader.scope, SUPPRESSIONS, "email", addresses, columns)
    return {email: (id, reason) for email, id, reason in found}


def ask(state: State, words: Sequence[str], reasons: dict[str, str]) -> None:
    """Ask before somebody who complained, or many at once, get mail again."""
    complained = [email for email, reason in reasons.items() if reason == "complaint"]
    if complained:
        state.confirm(f"{complained[0]} complained about mail from here. Let {len(reasons):,} get mail again?")
    elif "-" in words and len(reasons) >= MANY:
        state.confirm(f"Let {len(reasons):,} addresses get mail again?")


def said(row: dict[str, Any]) -> str:
    """Return why an address was on the list."""
    return f"{row['reason']}: {row['detail']}" if row["detail"] else str(row["reason"])


def tell(
    state: State,
    work: Work,
    what: str,
    done: Sequence[str],
    others: dict[str, str],
    why: dict[str, str] | None = None,
) -> None:
    """Tell what became of addresses; ``others`` get no mail for another reason."""
    if state.out.format in ("json", "jsonl"):
        value = {what: [{"email": each, "reason": why[each]} for each in done] if why else list(done)}
        state.out.object(value | {"held": others, "change": work.journal.reference if done else None})
        return
    for each in done:
        told = f"{each} gets mail again; it was on the list for {why[each]}" if why else f"{each} gets no mail any more"
        state.out.say(told)
    for each, reason in others.items():
        state.out.say(f"{each} gets no mail{' either way' if why else ' already'}: {reason.replace('_', ' ')}")
    if not state.out.terminal:
        for each in done:
            state.out.line(each)
    if how := undoing(state, work, done):
        state.out.say(how.lstrip("; "))


def undoing(state: State, work: Work, done: Sequence[str]) -> str:
    """Return how to take it back."""
    if state.dry_run:
        return "; nothing was written"
    return f"; mycrm undo {work.journal.reference}" if done else ""


def show(state: State, **given: Any) -> None:
    """List the addresses that get no mail."""
    narrowing.listed(state, SUPPRESSIONS, given, "nobody is on the list")


VALUES = {"reason": REASON, "detail": DETAIL}
FILE = sig.argument("The file; - is stdin.", "FILE|-")
app.command("add", cls=WriteVerb)(sig.with_signature(add, {"addresses": ADDRESSES} | VALUES, ADD_DOC))
app.command("list", cls=Verb)(sig.with_signature(show, reading.list_options(SUPPRESSIONS), LIST_DOC))
app.command("delete", cls=WriteVerb)(sig.with_signature(remove, {"addresses": ADDRESSES}, REMOVE_DOC))
app.command("import", cls=WriteVerb)(sig.with_signature(take_in, {"file": FILE} | VALUES, IMPORT_DOC))
