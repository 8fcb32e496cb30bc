"""Commands on many records: which ones, whether that is meant, and what became of them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mycrm_cli import query
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.reading import one
from mycrm_cli.config import paths, storage
from mycrm_cli.errors import Cancelled, CrmError, Invalid, UsageError
from mycrm_cli.query.language import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.query.references import Found
    from mycrm_cli.services.work import Work

FROM_PIPE = 3
"""So many references from a pipe are a bulk write, which asks."""


def target_options(entity: Entity) -> dict[str, Any]:
    """Return the parameters that say which records a write is about."""
    return {
        "references": sig.arguments("Number, name, e-mail, id …; - reads them from stdin.", "[REF]..."),
        "where": sig.options("-w", "--where", help="All records that match a filter.", metavar="FILTER"),
        "all": sig.flag("--all", help="All records."),
        "confirm": sig.option("--confirm", help="The protected profile's name, to show that you mean it."),
    }


def targets(state: State, entity: Entity, given: dict[str, Any], verb: str, *, deleted: bool = False) -> list[UUID]:
    """Return the ids a write is about, after asking where that is called for."""
    references, filters = given["references"] or [], given["where"] or []
    if references and (filters or given["all"]):
        raise UsageError("give references or a filter, not both")
    if filters or given["all"]:
        ids = matching(state, entity, filters, deleted)
        ask(state, entity, verb, ids, deleted, given.get("confirm"))
        return ids
    if not references:
        hint = f"mycrm {entity.name} {verb} REF, or -w FILTER, or --all"
        raise UsageError(f"which {entity.plural}?", hint=hint)
    ids = referenced(state, entity, references, deleted)
    if "-" in references and len(ids) >= FROM_PIPE:
        ask(state, entity, verb, ids, deleted, given.get("confirm"))
    return ids


def matching(state: State, entity: Entity, filters: list[str], deleted: bool) -> list[UUID]:
    """Return the ids that a filter chooses; an empty filter chooses nothing."""
    if filters and not any(text.strip() for text in filters):
        raise UsageError("the filter is empty", hint="--all means every record")
    select = query.Select(entity, ["id"], where=parse(filters), deleted=deleted)
    return [row[0] for row in state.reader.rows(select)]


def referenced(state: State, entity: Entity, references: list[str], deleted: bool) -> list[UUID]:
    """Return the ids that references name, each once; ``-`` reads them from stdin."""
    if references.count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")
    words: list[str] = []
    for reference in references:
        words += stdin_references() if reference == "-" else [reference]
    return list(dict.fromkeys(light.id for light in resolved(state.reader, entity, words, deleted)))


def resolved(reader: Reader, entity: Entity, words: list[str], deleted: bool) -> list[Found]:
    """Return the records that references name; raises the first error, and tells how many there are."""
    if len(words) == 1:
        return [reader.find(entity, words[0], deleted=deleted)]
    found = reader.find_many(entity, words, deleted=deleted)
    errors = [answer for answer in found.values() if isinstance(answer, CrmError)]
    if errors:
        errors[0].details = [{"message": error.message} for error in errors[1:]]
        raise errors[0]
    return [answer for answer in found.values() if not isinstance(answer, CrmError)]


def stdin_references() -> list[str]:
    """Return one reference for each line of stdin; of a JSON object it is the id."""
    return [reference_in(line.strip()) for line in sys.stdin if line.strip()]


def reference_in(line: str) -> str:
    """Return the reference that a line holds; raises Invalid for an object without an id."""
    if not line.startswith("{"):
        return line
    from mycrm_cli.kinds import BadValue
    from mycrm_cli.kinds.structures import parse_json

    try:
        record = parse_json(line)
    except BadValue as error:
        raise Invalid(f"a line of stdin {error.message}") from None
    if not record.get("id"):
        raise Invalid("a record on stdin has no id", hint="-o ids or -o jsonl writes one")
    return str(record["id"])


def ask(state: State, entity: Entity, verb: str, ids: Sequence[UUID], deleted: bool, confirmed: str | None) -> None:
    """Ask before a bulk write, with a count and a sample; protected profiles want their name typed."""
    check_protected(state, confirmed)
    profile, scope = state.profile, state.scope
    if not ids:
        return
    sample = ", ".join(short_names(state.reader, entity, ids[:3], deleted=deleted))
    more = ", …" if len(ids) > 3 else ""
    noun = entity.name if len(ids) == 1 else entity.plural
    state.confirm(f"{verb} {len(ids):,} {noun} ({sample}{more}) in {scope.slug}, profile {profile.name}?")


def check_protected(state: State, confirmed: str | None) -> None:
    """Refuse a bulk write into a protected profile unless its name was given; raises UsageError."""
    profile = state.profile
    if profile.protected and not state.dry_run and confirmed != profile.name:
        hint = f"--confirm {profile.name} says that you mean it"
        raise UsageError(f"profile {profile.name} is protected against bulk writes", hint=hint)


def short_names(reader: Reader, entity: Entity, ids: Sequence[UUID], *, deleted: bool = False) -> list[str]:
    """Return short names of the first records: number and title."""
    names = []
    for id in ids[:5]:
        light = reader.find(entity, str(id), deleted=deleted)
        number = f"{entity.prefix}-{light.number} " if entity.prefix and light.number else ""
        names.append(f"{number}{light.title}")
    return names


def json_records(file: str) -> list[Any]:
    """Read JSON from a file or stdin: an object, an array of objects, or an object a line."""
    from mycrm_cli.kinds import BadValue
    from mycrm_cli.kinds.structures import parse_json

    if file == "-":
        text = sys.stdin.read()
    else:
        with open(file, encoding="utf-8-sig") as stream:
            text = stream.read()
    try:
        parsed = parse_json(text)
    except BadValue as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise Invalid(f"{file}: {error.message}") from None
        try:
            return [parse_json(line) for line in lines]
        except BadValue:
            raise Invalid(f"{file}: {error.message}") from None
    return parsed if isinstance(parsed, list) else [parsed]


class Report:
    """What a write did, said after it is committed."""

    def __init__(
        self,
        state: State,
        work: Work,
        entity: Entity,
        done: str,
        ids: Sequence[UUID],
        *,
        changed: Sequence[UUID] | None = None,
        titles: Sequence[str] | None = None,
    ) -> None:
        self.state = state
        self.work = work
        self.entity = entity
        self.done = done
        self.ids = list(ids)
        self.changed = self.ids if changed is None else list(changed)
        self.records = self._records() if titles is None and state.out.format in ("json", "jsonl") else []
        self.titles = list(titles) if titles is not None else short_names(work.reader, entity, self.ids[:3])

    def _records(self) -> list[dict[str, Any]]:
        """Return the records as they are now, for JSON."""
        from mycrm_cli.output.formats import as_object

        names = query.full(self.entity)
        result = []
        for id in self.ids:
            columns, row = one(self.work.reader, self.entity, id, names)
            result.append(as_object(columns, self.work.scope.locale.currency)(row))
        return result

    def tell(self) -> None:
        """Print a sentence on a terminal, ids in a pipe, records with ``--json``."""
        out = self.state.out
        change = self.work.journal.reference
        if out.format in ("json", "jsonl"):
            records = self.records or [{"id": str(id)} for id in self.ids]
            for record in records:
                record["change"] = change
            single = len(records) == 1 or out.format == "jsonl"
            for value in records if single else [records]:
                out.object(value)
            return
        if out.format != "table":
            for id in self.ids:
                out.line(str(id))
            return
        out.say(self.sentence(change))

    def sentence(self, change: str | None) -> str:
        """Return what was done in one sentence."""
        would = "would have " if self.work.dry_run else ""
        if not self.changed:
            return f"nothing to change: {', '.join(self.titles)}"
        if len(self.changed) > 1:
            what = f"{len(self.changed):,} {self.entity.plural}"
        else:
            what = self.titles[0] if self.titles else f"1 {self.entity.name}"
        return f"{would}{self.done} {what}" + (f" ({change})" if change and not self.work.dry_run else "")


class Edited:
    """What came back from an editor: the text itself, its fields, and the version they were made from."""

    def __init__(self, raw: str, version: int | None) -> None:
        self.raw = raw
        self.texts: dict[str, str] = {}
        self.version = version


@contextmanager
def kept(edited: Edited | None) -> Iterator[None]:
    """Keep what was typed in an editor in a private file when it cannot be written, and say where."""
    try:
        yield
    except CrmError as error:
        if edited is not None and not isinstance(error, Cancelled):
            path = os.path.join(paths.ensure(paths.state_dir()), "edited.txt")
            storage.write(path, edited.raw.encode("utf-8", "surrogateescape"))
            error.hint = f"what you typed is kept in {path}"
        raise


def edited_in_editor(state: State, entity: Entity, ids: Sequence[UUID]) -> Edited:
    """Let the user edit one record as ``field: value`` lines; raises UsageError where there is no terminal."""
    if not (state.interactive and sys.stdin.isatty()) or len(ids) != 1:
        raise UsageError("nothing to change: no field was given", hint=f"mycrm {entity.name} edit --help")
    from mycrm_cli.cli import editing

    return editing.edit(state, entity, ids[0])
