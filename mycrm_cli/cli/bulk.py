"""Commands on many records: which ones, whether that is meant, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import query
from mycrm_cli.cli import lines
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.lines import Line
from mycrm_cli.errors import CrmError, NotFound, UsageError
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import equals

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.query.references import Found
    from mycrm_cli.services.work import Work

FROM_PIPE = 3
"""So many references from a pipe are a bulk write, which asks."""


def confirm_option() -> Any:
    """Return the option by which a protected profile is written to."""
    return sig.option("--confirm", help="The protected profile's name, to show that you mean it.")


def target_options(entity: Entity) -> dict[str, Any]:
    """Return the parameters that say which records a write is about."""
    # Where --where is a field, -w alone chooses records.
    marks = ["-w"] if any(field.short == "where" for field in entity.fields.values()) else ["-w", "--where"]
    return {
        "references": sig.arguments("Number, name, e-mail, id …; - reads them from stdin.", "[REF]..."),
        "where": sig.options(*marks, help="All records that match a filter.", metavar="FILTER"),
        "all": sig.flag("--all", help="All records."),
        "confirm": confirm_option(),
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
        hint = f"mycrm {entity.noun} {verb} REF, or -w FILTER, or --all"
        raise UsageError(f"which {entity.plural}?", hint=hint)
    ids = referenced(state, entity, references, deleted)
    if "-" in references and len(ids) >= FROM_PIPE:
        ask(state, entity, verb, ids, deleted, given.get("confirm"))
    return ids


def grouped(
    state: State, entity: Entity, given: dict[str, Any], verb: str, options: Collection[str]
) -> list[tuple[dict[str, Any], list[UUID]]]:
    """Return the records a verb is about, by the options that lines of JSON on stdin bring along.

    Whatever else the lines hold is left out: they may be whole records that were listed.
    """
    references = given["references"] or []
    if "-" not in references:
        return [({}, targets(state, entity, given, verb))]
    groups: dict[str, tuple[dict[str, Any], dict[UUID, None]]] = {}
    for line, id in piped(state, entity, given, verb):
        members = {name.replace("-", "_"): value for name, value in line.members.items() if value is not None}
        more = {name: value for name, value in members.items() if name in options}
        refuse_misspelt(entity, line, members, options)
        groups.setdefault(repr(sorted(more.items())), (more, {}))[1][id] = None
    return [(more, list(members)) for more, members in groups.values()]


def refuse_misspelt(entity: Entity, line: Line, members: dict[str, Any], options: Collection[str]) -> None:
    """Refuse a member that is no field and nearly an option; raises UsageError with its line."""
    from difflib import get_close_matches

    for name in members:
        if name in options or name in entity.fields or name in entity.relations:
            continue
        if near := get_close_matches(name, options, cutoff=0.75):
            raise UsageError(f"{line.place}: {name!r} is no option of the command", candidates=near)


def piped(state: State, entity: Entity, given: dict[str, Any], verb: str) -> list[tuple[Line, UUID]]:
    """Return the lines of stdin, and the references beside ``-``, each with its record, after asking."""
    references = given["references"] or []
    if given["where"] or given["all"]:
        raise UsageError("give references or a filter, not both")
    if references.count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")
    found: list[Line] = []
    for reference in references:
        found += lines.read() if reference == "-" else [Line("", reference, {})]
    several = list(zip(found, _records_of(state.reader, entity, found), strict=True))
    ids = list(dict.fromkeys(id for _, id in several))
    if len(ids) >= FROM_PIPE:
        ask(state, entity, verb, ids, False, given.get("confirm"))
    return several


def _records_of(reader: Reader, entity: Entity, found: Sequence[Line]) -> list[UUID]:
    """Return the ids that lines name; raises the first error with its line, and tells how many there are."""
    words = list(dict.fromkeys(line.reference for line in found))
    answers = reader.find_many(entity, words) if len(words) > 1 else {word: reader.find(entity, word) for word in words}
    wrong = {word: answer for word, answer in answers.items() if isinstance(answer, CrmError)}
    for line in found:
        if error := wrong.pop(line.reference, None):
            error.details = [{"message": other.message} for other in wrong.values()]
            with lines.placed(line.place):
                raise error
    return [answers[line.reference].id for line in found]  # type: ignore[union-attr]


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
        words += [line.reference for line in lines.read()] if reference == "-" else [reference]
    return list(dict.fromkeys(light.id for light in resolved(state.reader, entity, words, deleted)))


def resolved(reader: Reader, entity: Entity, words: list[str], deleted: bool) -> list[Found]:
    """Return the records that references name; raises the first error, and tells how many there are."""
    if len(words) == 1:
        return [_one(reader, entity, words[0], deleted)]
    found = reader.find_many(entity, words, deleted=deleted)
    errors = [answer for answer in found.values() if isinstance(answer, CrmError)]
    if errors:
        errors[0].details = [{"message": error.message} for error in errors[1:]]
        raise errors[0]
    return [answer for answer in found.values() if not isinstance(answer, CrmError)]


def _one(reader: Reader, entity: Entity, word: str, deleted: bool) -> Found:
    """Return the record that a reference names; raises NotFound, also for a live one in the trash."""
    try:
        return reader.find(entity, word, deleted=deleted)
    except NotFound as missing:
        if not deleted:
            raise
        try:
            live = reader.find(entity, word)
        except CrmError:
            raise missing from None
        raise NotFound(f"{entity.called(live.number, live.title)} is not in the trash") from None


parsed = lines.parsed


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


def ask_to_add(state: State, entity: Entity, count: int, confirmed: str | None) -> None:
    """Ask before many records from a pipe are added; protected profiles want their name typed."""
    if count >= FROM_PIPE:
        check_protected(state, confirmed)
        state.confirm(f"add {count:,} {entity.plural} in {state.scope.slug}, profile {state.profile.name}?")


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
        names.append(light.place or entity.called(light.number, light.title))
    return names


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
        told = (self.changed or self.ids)[:3]
        self.titles = list(titles) if titles is not None else short_names(work.reader, entity, told)

    def _records(self) -> list[dict[str, Any]]:
        """Return the records as they are now, for JSON."""
        from mycrm_cli.output.formats import as_object
        from mycrm_cli.services.rows import chunks

        records: dict[Any, dict[str, Any]] = {}
        for chunk in chunks(self.ids):
            own = equals("id", *map(str, chunk))
            rows = self.work.reader.rows(
                query.Select(self.entity, query.full(self.entity), where=own, sort="id", deleted=None)
            )
            convert = as_object(rows.columns, self.work.scope.locale.currency)
            records |= {record["id"]: record for record in map(convert, rows)}
        return [records[str(id)] for id in self.ids]

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
            what = self.titles[0] if self.titles else f"1 {self.entity.noun}"
        return f"{would}{self.done} {what}" + ("" if self.work.dry_run else take_back(change))


def take_back(change: str | None, verb: str = "undo") -> str:
    """Return what a sentence about a write ends with: the change, and how to take it back."""
    end = "takes it back" if verb == "undo" else "brings it back"
    return f" ({change}; mycrm {verb} {end})" if change else ""
