"""``mycrm import``: several files in one change, in the order in which they need each other."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Annotated, Any

import typer

from mycrm_cli.cli import bulk, params
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.cli.importing import LISTED
from mycrm_cli.cli.progress import Progress
from mycrm_cli.cli.state import State
from mycrm_cli.errors import Partial, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.transfer.sequence import Part
    from mycrm_cli.services.transfer.several import Account

app = typer.Typer()


@app.command("import", cls=WriteVerb)
def import_(
    ctx: typer.Context,
    file: Annotated[str | None, typer.Argument(help="A manifest that names the files.", metavar="MANIFEST")] = None,
    inspect: Annotated[bool, typer.Option("--inspect", help="Show the order; touches no database.")] = False,
    confirm: params.Confirm = None,
) -> None:
    """Import several files in one change: users, companies, contacts, deals, line items.

    The files come in the order in which they need each other, wherever they stand in the manifest. Nothing is written
    unless all of them are right. One file alone is imported by its noun.

    mycrm import manifest.toml --inspect
    mycrm import manifest.toml --dry-run
    """
    from mycrm_cli.services.transfer import manifest, sequence

    state: State = ctx.obj
    if not file:
        raise UsageError("which manifest?", hint="mycrm import --help, or mycrm contact import FILE for one file")
    if not os.path.isfile(file):
        raise UsageError(f"there is no file {file}")
    if not file.lower().endswith(".toml"):
        raise UsageError(f"{file} is no manifest", hint=f"mycrm contact import {file}, or another noun, for one file")
    with ExitStack() as stack:
        parts = sequence.opened(manifest.read(file), stack)
        if inspect:
            show(state, parts)
            return
        bulk.check_protected(state, confirm)
        account, change = run(state, parts)
    tell(state, account, change)


def run(state: State, parts: Sequence[Part]) -> tuple[Account, str | None]:
    """Import the files in one unit of work; return the account and the change's number."""
    from mycrm_cli.output.formulas import unguard
    from mycrm_cli.services.transfer import sequence, several

    progress = Progress(state)
    try:
        if not sequence.defines_fields(parts):
            # Files are read before the database is written to, so that a large one keeps nobody waiting.
            for part in parts:
                several.prepare(part, state.reader, state.scope.locale, unguard, progress)
        with state.work() as work:
            work.scope.locale.warn = state.out.warn
            account = several.run(work, parts, unguard, progress)
        for part in parts:
            if part.results is not None:
                part.results.publish()
    finally:
        progress(-1)
        for part in parts:
            if part.results is not None:
                part.results.close()
    return account, work.journal.reference


def show(state: State, parts: Sequence[Part]) -> None:
    """Show the order of the files, and what is looked up after all of them were read."""
    found: list[dict[str, Any]] = []
    for number, part in enumerate(parts, 1):
        found.append(
            {
                "order": number,
                "file": part.entry.name,
                "entity": part.entity.noun,
                "mapping": {c.name: ", ".join(t.name for t in c.targets) for c in part.plan.columns},
                "unknown": [name for _, name in part.plan.unknown],
                "second_round": part.later,
            }
        )
    if state.out.format in ("json", "jsonl"):
        state.out.object(found)
        return
    for each in found:
        state.out.line(f"{each['order']}\t{each['file']}\t{each['entity']}\t{', '.join(each['second_round'])}")
        if each["unknown"]:
            state.out.warn(f"{each['file']}: nothing is known about {', '.join(each['unknown'])}")


def tell(state: State, account: Account, change: str | None) -> None:
    """Say what became of each file and of all; rejected rows make it a partial success."""
    from mycrm_cli.services.transfer.manifestwords import worded

    if state.out.format in ("json", "jsonl"):
        state.out.object(account.document(None if state.dry_run else change))
    for part in account.parts:
        assert part.summary is not None
        name, summary = part.entry.name, part.summary
        for sentence in summary.warnings.sentences():
            state.out.warn(f"{name}: {worded(sentence)}")
        for problem in summary.problems[:LISTED]:
            state.out.say(f"rejected: {name}, line {problem.line}: {worded(problem.message)} [{problem.code}]")
        plural = part.entity.plural if summary.rows != 1 else part.entity.noun
        later = f", {part.linked:,} linked in the second round" if part.linked else ""
        state.out.say(f"{name}: {summary.sentence(plural, None, state.dry_run)}{later}")
    where = f" ({change}; mycrm undo {change} takes it back)" if change and not state.dry_run else ""
    rows, files = account.total("rows"), len(account.parts)
    state.out.say(f"{rows:,} rows in {files} file{'s' if files != 1 else ''}, {account.seconds:.1f} s{where}")
    if account.total("rejected"):
        state.exit = Partial.exit
