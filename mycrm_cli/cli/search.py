"""``mycrm search``: finds records of every noun by words."""

from __future__ import annotations

from typing import Annotated

import typer

from mycrm_cli import catalog
from mycrm_cli.cli.state import State
from mycrm_cli.errors import UsageError
from mycrm_cli.output.safe import plain

app = typer.Typer()


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
    entities = [entity for entity in catalog.nouns().values() if entity.search and entity.command != "org"]
    found = []
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
            cells = [plain(str(record[key] or "")) for key in ("entity", "reference", "title")]
            state.out.line(
                f"{cells[0]:<10} {cells[1]:<8} {cells[2]}" if state.out.format == "table" else "\t".join(cells)
            )
    if not found:
        state.out.say("nothing found")
