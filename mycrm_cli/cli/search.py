"""``mycrm search``: finds records of every noun by words."""

from __future__ import annotations

from typing import Annotated

import typer

from mycrm_cli import catalog
from mycrm_cli.cli.state import State
from mycrm_cli.errors import UsageError
from mycrm_cli.output.safe import plain

app = typer.Typer()
LONGEST = 100
"""Characters of a title on a terminal."""
SEARCHED = (
    *("contact", "company", "lead", "deal", "task", "note", "activity", "email", "campaign", "product", "item"),
    *("sequence", "pipeline", "stage", "team", "user"),
)
"""The nouns that are searched, in the order in which people look for them; set-up is left out."""


@app.command("search")
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="Words; each may be the beginning of one.", metavar="TEXT...")],
    limit: Annotated[int, typer.Option("-L", "--limit", help="At most so many of each noun.", metavar="N")] = 20,
) -> None:
    """Find records of every noun by words.

    mycrm search muller
    mycrm search acme berlin
    """
    state: State = ctx.obj
    text = " ".join(words)
    if not text.strip():
        raise UsageError("what should be searched?", hint="mycrm search TEXT")
    found = []
    entities = [catalog.entity(name) for name in SEARCHED]
    for entity, id, number, title in state.reader.search(text, entities, limit=max(1, limit)):
        reference = f"{entity.prefix}-{number}" if entity.prefix and number else str(id)
        found.append({"entity": entity.name, "id": str(id), "reference": reference, "title": title})
    if state.out.format in ("json", "jsonl"):
        for value in found if state.out.format == "jsonl" else [found]:
            state.out.object(value)
    elif state.out.format == "ids":
        for record in found:
            state.out.line(str(record["id"]))
    else:
        for record in found:
            state.out.line(shown(record) if state.out.format == "table" else "\t".join(map(plain, cells(record))))
    if not found:
        state.out.say("nothing found")


def cells(record: dict[str, str | None]) -> list[str]:
    """Return what a line says of a record: the noun, how to refer to it, its title."""
    return [str(record[key] or "") for key in ("entity", "reference", "title")]


def shown(record: dict[str, str | None]) -> str:
    """Return a record in one line for people, who do not need ids and long texts."""
    noun, reference, title = map(plain, cells(record))
    short = title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"
    return f"{noun:<10} {'' if reference == record['id'] else reference:<8} {short}"
