"""``mycrm person``: what the organization holds about somebody, and how all of it goes for good."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from typing import Annotated, Any

import typer

from mycrm_cli import catalog
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.cli.state import State
from mycrm_cli.config import paths
from mycrm_cli.errors import UsageError
from mycrm_cli.output import files
from mycrm_cli.output.safe import plain
from mycrm_cli.query import Select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.people.erasing import Erased

app = typer.Typer()
LISTED = 20
"""References of one kind that people get to see; JSON has all."""

Who = Annotated[
    str | None,
    typer.Argument(help="An e-mail address, a phone number, or a contact or lead.", metavar="ADDRESS|CONTACT|LEAD"),
]

Meant = Annotated[str | None, typer.Option(help="The same again, to show that you mean it.", metavar="TEXT")]
Shared = Annotated[
    bool, typer.Option("--shared", help="Also notes, activities and tasks that are about others or deals as well.")
]
Again = Annotated[
    str | None, typer.Option(help="Everybody of whom person list wrote tombstones; - is stdin.", metavar="FILE|-")
]


@app.command("export")
def export(
    ctx: typer.Context,
    person: Who = None,
    file: Annotated[
        str | None, typer.Option("-O", "--file", help="A new file, which only you can read.", metavar="FILE")
    ] = None,
) -> None:
    """Show everything the organization holds about a person, over every contact and lead with their addresses.

    Outside a terminal, and in a file, it is JSON.

    mycrm person export jan@acme.com
    mycrm person export C-88 -O jan.json
    """
    from mycrm_cli.services.people import exporting

    state: State = ctx.obj
    if not person:
        raise UsageError("whom?", hint="mycrm person export ADDRESS")
    document = exporting.document(state.reader, person)
    if file is None and state.out.format == "table":
        for line in lines(document):
            state.out.line(line)
        return
    with files.text(file) as out:
        out.write(json.dumps(document, ensure_ascii=file in (None, "-"), indent=2) + "\n")
    if file not in (None, "-"):
        count = sum(map(len, document["records"].values()))
        state.out.say(f"{count:,} records and {len(document['changes']):,} changes written to {file}")


def lines(document: dict[str, Any]) -> list[str]:
    """Return a document for people: sections, and of each record what is not empty."""
    found = [f"{document['person']} in {document['organization']}"]
    found += [f"{name}: {', '.join(document[name])}" for name in ("addresses", "phones") if document[name]]
    further = {name: document[name] for name in ("mentions", "changes") if document[name]}
    sections = document["records"] | further
    for name, members in sections.items():
        found += ["", f"{name.upper()} ({len(members):,})"]
        for member in members:
            told = {key: value for key, value in member.items() if value not in (None, "", [], {}, False)}
            found += [f"  {key}: {shown(value)}" for key, value in told.items()] + [""]
        found.pop()
    return [plain(line) for line in found]


def shown(value: Any) -> str:
    """Return a value in a line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@app.command("list")
def list_(ctx: typer.Context) -> None:
    """List the tombstones of erased people: salted hashes of addresses and numbers.

    Keep them beside your backups: with them an older backup that was restored meets everybody who was erased since.
    Keep them as safe, too: whoever has them can try out addresses, and all numbers there are.

    mycrm person list -o jsonl > erased.jsonl
    """
    state: State = ctx.obj
    entity = catalog.entity("erasures")
    people = state.out.format in ("table", "plain")
    names = list(entity.columns) if people else ["id", "type", "digest", "salt", "erased_at"]
    rows = state.reader.rows(Select(entity, names, sort="id"))
    state.out.rows(rows.columns, rows, state.scope.locale, empty="nobody was erased")


@app.command("erase", cls=WriteVerb)
def erase(
    ctx: typer.Context,
    person: Who = None,
    confirm: Meant = None,
    shared: Shared = False,
    again: Again = None,
) -> None:
    """Erase a person for good: every contact and lead with their addresses, and what hangs on them.

    This cannot be undone. Salted hashes of the addresses stay, so that nobody brings the person back. First it
    says what would go; --confirm does it.

    mycrm person erase jan@acme.com --dry-run
    mycrm person erase jan@acme.com --confirm jan@acme.com
    mycrm person erase --again erased.jsonl --confirm again
    """
    from mycrm_cli.services.people import again as older
    from mycrm_cli.services.people import erasing

    state: State = ctx.obj
    stones = older.read(read(again)) if again else None
    person = "again" if again else person
    if not person:
        raise UsageError("whom?", hint="mycrm person erase ADDRESS")
    is_meant = confirm is not None and confirm.strip().lower() == person.strip().lower()
    is_asked = state.dry_run
    if not is_meant:
        # Nothing is written before somebody says so twice.
        state.options["dry_run"] = True
    with state.work() as work:
        result = erasing.erase(work, person, shared=shared) if stones is None else older.erase(work, stones)
    if not is_meant and not is_asked:
        raise unconfirmed(state, result, f"--again {again}" if again else person, confirm)
    left, removed = ([], []) if state.dry_run else finish(state, result)
    tell(state, result, work.journal.reference, removed, left)


def unconfirmed(state: State, result: Erased, words: str, confirm: str | None) -> UsageError:
    """Say what would go, and return the error that tells how to mean it."""
    for line in told(result, done=False):
        state.out.say(line)
    message = "erasing a person cannot be undone" if confirm is None else f"--confirm says {confirm}"
    needed = "again" if words.startswith("--again ") else words
    return UsageError(f"{message}; nothing was erased", hint=f"mycrm person erase {words} --confirm {needed}")


def read(path: str) -> list[str]:
    """Return the lines of a file, or of stdin; raises UsageError for one that cannot be read."""
    if path == "-":
        return sys.stdin.read().splitlines()
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def finish(state: State, result: Erased) -> tuple[list[str], list[str]]:
    """Remove what is left in files after the rows are gone; return what could not be done, and the files that went."""
    from mycrm_cli.services.people import cleaning, places

    with closing(state.open(write=True)) as connection:
        left = cleaning.clean(connection, result.tables)
    folder = os.path.join(paths.state_dir(), "imports")
    removed, holding = places.tidy(state.reader, folder, result.person.addresses)
    left += [f"{path} still has an address of the person: remove it yourself" for path in holding]
    return left, removed


def tell(state: State, result: Erased, change: str | None, removed: list[str], left: list[str]) -> None:
    """Say what went, what stays without the person, and what is for people to look at."""
    if state.out.format in ("json", "jsonl"):
        state.out.object(
            {
                "person": result.person.text,
                "dry_run": state.dry_run,
                "change": change,
                "erased_before": result.before.isoformat() if result.before else None,
                "erased": result.removed,
                "kept": result.kept,
                "journal_images": result.images,
                "mentions": [mention._asdict() for mention in result.mentions],
                "files_removed": removed,
                "remaining": left,
            }
        )
        return
    for line in told(result, done=not state.dry_run):
        state.out.line(plain(line))
    for path in removed:
        state.out.line(plain(f"removed {path}"))
    for sentence in left:
        state.out.warn(sentence)
    if not state.dry_run:
        state.out.say("backups, exported files and other systems are not reached; see docs/guides/privacy.md")


def told(result: Erased, *, done: bool) -> list[str]:
    """Return what is erased, what stays, and what mentions the person, line by line."""
    if result.before is not None:
        return [f"{result.person.text} was erased on {result.before:%Y-%m-%d}; nothing new is there"]
    word = "erased" if done else "would erase"
    found = [f"{word} {plural} ({len(names):,}): {some(names)}" for plural, names in result.removed.items()]
    found += [f"{word} what the journal held of them: {result.images:,} images"] if result.images else []
    found += [f"stays, without the person: {plural} {some(names)}" for plural, names in result.kept.items()]
    found += [f"mentions the person: {mention.label}" for mention in result.mentions]
    return found


def some(names: list[str]) -> str:
    """Return the first of many references."""
    return " ".join(names[:LISTED]) + (f" … and {len(names) - LISTED:,} more" if len(names) > LISTED else "")


@app.command("forgive", cls=WriteVerb)
def forgive(
    ctx: typer.Context,
    addresses: Annotated[
        list[str] | None, typer.Argument(help="Addresses or phone numbers.", metavar="ADDRESS|PHONE...")
    ] = None,
    confirm: Annotated[
        str | None, typer.Option(help="The first one again, to show that you mean it.", metavar="ADDRESS")
    ] = None,
) -> None:
    """Let somebody who was erased come back by their own wish: the address may be used again. Nothing is restored.

    mycrm person forgive jan@acme.com --confirm jan@acme.com
    """
    from mycrm_cli.services.people import forgiving

    state: State = ctx.obj
    if not addresses:
        raise UsageError("whom?", hint="mycrm person forgive ADDRESS --confirm ADDRESS")
    if confirm != addresses[0] and not state.dry_run:
        hint = f"mycrm person forgive {' '.join(addresses)} --confirm {addresses[0]}"
        raise UsageError("this lets a person be known again who was erased; say that you mean it", hint=hint)
    with state.work() as work:
        count = forgiving.forgive(work, addresses)
    word = "would be forgotten" if state.dry_run else "forgotten"
    state.out.say(f"{count:,} {'tombstone' if count == 1 else 'tombstones'} {word}; what was erased does not come back")
