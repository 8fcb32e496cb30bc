"""Records that are there twice: finding them, and merging them into one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mycrm_cli.cli import bulk
from mycrm_cli.cli import signatures as sig
from mycrm_cli.errors import Cancelled, Invalid, UsageError
from mycrm_cli.kinds.base import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.duplicates.merging import Merged
    from mycrm_cli.services.duplicates.search import Group
    from mycrm_cli.services.work import Work

FOUND = 8
"""The exit status of ``--exit-code`` where there are duplicates."""

SHOWN = 50
"""Groups that a terminal shows."""


def dupes_command(entity: Entity) -> Callable[..., None]:
    """Make the ``dupes`` command."""
    doc = f"""
    mycrm {entity.noun} dupes
    mycrm {entity.noun} dupes --by email,phone -w 'created_at>=som'
    mycrm {entity.noun} dupes --threshold 95 -o jsonl | mycrm {entity.noun} merge - --yes
    """
    parameters = {
        "filters": sig.arguments("Filters; bare words search.", "[FILTER]..."),
        "where": sig.options("-w", "--where", help="Only among these.", metavar="FILTER"),
        "by": sig.option("--by", help="What is compared: email,phone,domain,name.", metavar="WAYS"),
        "threshold": sig.option("--threshold", help="How sure, 50 to 100; 85 unless told.", metavar="N"),
        "limit": sig.option("-L", "--limit", help="At most so many groups; 0 is all.", metavar="N"),
        "exit_code": sig.flag("--exit-code", help="Exit with 8 if there are duplicates."),
    }
    return sig.with_signature(lambda state, **given: _dupes(state, entity, given), parameters, doc)


def _dupes(state: State, entity: Entity, given: dict[str, Any]) -> None:
    from mycrm_cli.cli.reading import limit_for
    from mycrm_cli.query.language import parse
    from mycrm_cli.services.duplicates import search

    texts = [*(given["filters"] or []), *(given["where"] or [])]
    limit = limit_for(state, given["limit"])
    found = search.groups(state.reader, entity, parse(texts), ways(given["by"]), threshold(given["threshold"]))
    shown = found if limit is None else found[:limit]
    if state.out.format in ("json", "jsonl"):
        objects = [as_object(entity, group) for group in shown]
        for value in objects if state.out.format == "jsonl" else [objects]:
            state.out.object(value)
    else:
        draw(state, entity, shown)
    if len(found) > len(shown):
        state.out.say(f"{len(shown):,} of {len(found):,} groups are shown; -L 0 shows all")
    if not found:
        state.out.say(f"no {entity.plural} look alike")
    elif given["exit_code"]:
        state.exit = FOUND


def ways(text: str | None) -> list[str]:
    """Return what is compared; raises UsageError for an unknown way."""
    from mycrm_cli.services.duplicates.search import WAYS

    asked = [word.strip() for word in (text or ",".join(WAYS)).split(",") if word.strip()]
    for word in asked:
        if word not in WAYS:
            raise UsageError(f"--by takes {', '.join(WAYS)}, not {word!r}", candidates=list(WAYS))
    return asked


def threshold(text: str | None) -> int:
    """Return the least score that counts; raises UsageError for what is none."""
    if text is None:
        return 85
    if not text.isdigit() or not 50 <= int(text) <= 100:
        raise UsageError(f"--threshold is a number from 50 to 100, not {text!r}")
    return int(text)


def as_object(entity: Entity, group: Group) -> dict[str, Any]:
    """Return a group as JSON; ``merge -`` takes it as it is."""
    return {
        "keep": str(group.members[0]["id"]),
        "others": [str(row["id"]) for row in group.members[1:]],
        "score": group.score,
        "why": group.reasons,
        "records": [described(entity, row) for row in group.members],
    }


def described(entity: Entity, row: dict[str, Any]) -> dict[str, Any]:
    """Return a record of a group with what tells it from the others."""
    known = {key: value for key, value in row.items() if key not in ("id", "number", "updated_at") and value}
    name = entity.titled(row)
    return {"id": str(row["id"]), "reference": f"{entity.prefix}-{row['number']}", "title": name, **known}


def draw(state: State, entity: Entity, groups: list[Group]) -> None:
    """Write a line for each record: group, score, why, reference, title, and what tells it from the others."""
    from mycrm_cli.output.safe import plain, safe

    for place, group in enumerate(groups, 1):
        why = ", ".join(group.reasons)
        if state.out.format == "table":
            state.out.line(safe(f"{why} · {group.score}"))
        for row in group.members:
            record = described(entity, row)
            facts = [str(value) for key, value in record.items() if key not in ("id", "reference", "title", "name")]
            cells = [record["reference"], record["title"], *facts]
            if state.out.format == "ids":
                state.out.line(record["id"])
            elif state.out.format == "table":
                state.out.line(safe(f"  {cells[0]:<8} {cells[1]}  {' · '.join(facts)}"))
            else:
                state.out.line("\t".join(plain(cell) for cell in [str(place), str(group.score), why, *cells]))


def merge_command(entity: Entity) -> Callable[..., None]:
    """Make the ``merge`` command."""
    prefix = entity.prefix
    doc = f"""
    The first record is kept. Its empty fields are filled from the others, and all that points to them moves to it:
    addresses, deals, tasks, notes, mail, keys of other systems. mycrm undo takes it apart again.

    mycrm {entity.noun} merge {prefix}-88 {prefix}-91
    mycrm {entity.noun} merge {prefix}-88 {prefix}-91 --take phone={prefix}-91
    mycrm {entity.noun} dupes --threshold 100 -o jsonl | mycrm {entity.noun} merge - --yes
    """
    parameters = {
        "references": sig.arguments("The record to keep, then the others; - reads groups from stdin.", "KEEP OTHER..."),
        "take": sig.options("--take", help="Take a field from this record.", metavar="FIELD=REF"),
        "confirm": bulk.confirm_option(),
    }
    return sig.with_signature(lambda state, **given: _merge(state, entity, given), parameters, doc)


def _merge(state: State, entity: Entity, given: dict[str, Any]) -> None:
    from mycrm_cli.services import values
    from mycrm_cli.services.duplicates import merging

    groups = asked(state, entity, given["references"] or [])
    pairs = values.assignments("--take", given["take"] or [])
    take = {merging.check_fields(entity, [name])[0]: find(state, entity, text) for name, text in pairs.items()}
    for keep, others in groups:
        for name, id in take.items():
            if id not in (keep, *others):
                raise UsageError(f"--take {name}: the value comes from one of the records that are merged")
    bulk.check_protected(state, given["confirm"])
    if not state.options.get("yes"):
        preview(state, entity, groups, take)
    state.confirm(question(state, entity, groups))
    with state.work() as work:
        done = [merging.merge(work, entity, keep, others, take) for keep, others in groups]
        report = bulk.Report(state, work, entity, "merged into", [merged.keep for merged in done])
    report.tell()
    tell_moved(state, work, done)


def asked(state: State, entity: Entity, references: list[str]) -> list[tuple[UUID, list[UUID]]]:
    """Return the groups that a line or stdin names: the record to keep, and the others."""
    if references == ["-"]:
        lines = [bulk.parsed(line) for line in sys.stdin if line.strip()]
        return [(find(state, entity, keep), found(state, entity, others)) for keep, others in map(members, lines)]
    if "-" in references or len(references) < 2:
        hint = f"mycrm {entity.noun} merge KEEP OTHER..., or - for the groups that dupes -o jsonl writes"
        raise UsageError(f"merge takes two {entity.plural} or more", hint=hint)
    return [(find(state, entity, references[0]), found(state, entity, references[1:]))]


def members(line: dict[str, Any]) -> tuple[str, list[str]]:
    """Return whom a line of JSON keeps, and the others; raises Invalid for another kind of line."""
    keep, others = line.get("keep"), line.get("others")
    if not keep or not isinstance(others, list) or not others:
        raise Invalid(
            "a line of stdin names no group", hint='{"keep": REF, "others": [REF, ...]}, as dupes -o jsonl has'
        )
    return str(keep), [str(other) for other in others]


def find(state: State, entity: Entity, text: str) -> UUID:
    """Return the id of a record."""
    return state.reader.find(entity, text).id


def found(state: State, entity: Entity, texts: list[str]) -> list[UUID]:
    """Return the ids of records, each once."""
    return list(dict.fromkeys(light.id for light in bulk.resolved(state.reader, entity, texts, False)))


def question(state: State, entity: Entity, groups: list[tuple[UUID, list[UUID]]]) -> str:
    """Return what is asked before a merge."""
    names = bulk.short_names(state.reader, entity, [keep for keep, _ in groups][:3])
    gone = sum(len(others) for _, others in groups)
    noun = entity.noun if gone == 1 else entity.plural
    more = ", …" if len(groups) > 3 else ""
    return f"merge {gone:,} {noun} into {', '.join(names)}{more} in {state.scope.slug}, profile {state.profile.name}?"


def preview(state: State, entity: Entity, groups: list[tuple[UUID, list[UUID]]], take: dict[str, UUID]) -> None:
    """Show field by field what a merge of one group would make, for a person who is asked."""
    if len(groups) != 1 or state.out.quiet:
        return
    from mycrm_cli.services.duplicates import merging

    keep, others = groups[0]
    if keep in others:
        raise Cancelled("nothing was changed: it is the same record")
    names = [field.name for field in entity.fields.values() if field.writable and not field.internal]
    rows = {id: state.reader.record(entity, id) for id in (keep, *others)}
    head = bulk.short_names(state.reader, entity, [keep, *others])
    state.out.say(" <- ".join(head))
    for name in names:
        values = [rows[id][name] for id in (keep, *others)]
        result = rows[take[name]][name] if name in take else merging.chosen(name, values)
        if any(value != values[0] for value in values):
            field = entity.fields[name]
            cells = [shown(state, field, value) for value in values]
            mark = "*" if result != values[0] else " "
            state.out.say(f"{mark} {field.label}: {' | '.join(cells)} -> {shown(state, field, result)}")


def shown(state: State, field: Any, value: Any) -> str:
    """Return a value as the preview shows it; a relation by the record's name."""
    if value in EMPTY:
        return "(empty)"
    if field.table:
        from mycrm_cli import catalog

        light = state.reader.find(catalog.by_table(field.table), str(value))
        return light.title or str(value)
    text = str(field.kind.show(value, state.scope.locale))
    return text if len(text) <= 60 else f"{text[:60]}…"


def tell_moved(state: State, work: Work, done: list[Merged]) -> None:
    """Say what moved to the kept records."""
    moved: dict[str, int] = {}
    for merged in done:
        for plural, count in merged.moved.items():
            moved[plural] = moved.get(plural, 0) + count
    if moved and state.out.format == "table":
        verb = "would move" if work.dry_run else "moved"
        state.out.say(f"{verb} " + ", ".join(f"{count:,} {plural}" for plural, count in sorted(moved.items())))
