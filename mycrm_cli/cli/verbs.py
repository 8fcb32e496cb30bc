"""Verbs that one noun has for itself, on one record or many: ``deal move``, ``task done``, ``lead qualify``.

A verb says which options it takes and what it does with the ids of records; which records are meant, the
question before a bulk write, the unit of work and what is told afterwards are the same for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from mycrm_cli import catalog, kinds
from mycrm_cli.cli import bulk
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import Invalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.work import Work


class Run:
    """One run of a verb: the unit of work, the texts of its options, and remarks for afterwards.

    The options of a line of JSON on stdin are laid over those of the command line.
    """

    def __init__(self, state: State, work: Work, options: dict[str, Any]) -> None:
        self.state = state
        self.work = work
        self.options = options
        self.remarks: list[str] = []
        self.notes: dict[UUID, dict[str, Any]] = {}

    def find(self, option: str, noun: str) -> UUID | None:
        """Return the id of the record that an option names, or None where the option was not given."""
        text = self.options.get(option)
        return None if text is None else self.work.reader.find(catalog.entity(noun), str(text)).id

    def read(self, option: str, kind: str, **rules: Any) -> Any:
        """Return an option's value, read as a kind reads what is typed; raises Invalid naming the option."""
        text = self.options.get(option)
        if text is None:
            return None
        try:
            return kinds.make(kind, **rules).read(str(text), self.work.scope.locale)
        except kinds.BadValue as error:
            detail: dict[str, object] = {"field": option, "code": error.code}
            raise Invalid(f"{option.replace('_', ' ')}: {error.message}", details=[detail]) from None

    def say(self, remark: str) -> None:
        """Tell something after the change is committed."""
        self.remarks.append(remark)

    def note(self, id: UUID, more: dict[str, Any]) -> None:
        """Add members to what JSON says about a record."""
        self.notes.setdefault(id, {}).update(more)


def add(
    app: typer.Typer,
    noun: str,
    verb: str,
    done: str,
    act: Callable[[Run, Sequence[UUID]], Sequence[UUID]],
    options: dict[str, Any],
    doc: str,
    *,
    target: str | None = None,
    prepare: Callable[[dict[str, Any], State], None] | None = None,
    cls: type[WriteVerb] = WriteVerb,
) -> None:
    """Add a verb to a noun's commands.

    ``act`` does it to the records with these ids and returns those that are different now; ``done`` is
    the word for it (``moved``). ``options`` are name -> ``signatures.option(...)``. ``target`` names the
    option that may also stand last on the line, as in ``deal move D-1 D-2 Proposal``; there it
    holds for all records, whatever lines of JSON on stdin say. ``prepare`` may complete what was
    given, before the unit of work begins; ``cls`` may read the line in a way of its own.
    """
    entity = catalog.entity(noun)
    parameters = bulk.target_options(entity) | options
    if target:
        parameters["references"] = sig.arguments(
            f"Records; - reads them from stdin; {target.upper()} comes last.", f"[REF]... [{target.upper()}]"
        )

    def command(state: State, **given: Any) -> None:
        if prepare:
            prepare(given, state)
        chosen = {name: given[name] for name in options if given[name] not in (None, False, [])}
        if target:
            take_target(given, chosen, target)
        run(state, noun, verb, done, act, given, chosen, set(options) - ({target} & chosen.keys()))

    function = sig.with_signature(command, parameters, doc)
    app.command(verb, cls=cls)(function)


def take_target(given: dict[str, Any], chosen: dict[str, Any], target: str) -> None:
    """Take the last word of the line as the target, where no option gives it; a pipe may bring it instead."""
    references = given["references"] or []
    others = given["where"] or given["all"]
    if target in chosen or not references or (len(references) == 1 and not others and references != ["-"]):
        return
    if references[-1] != "-":
        chosen[target] = references[-1]
        given["references"] = references[:-1]


def run(
    state: State,
    noun: str,
    verb: str,
    done: str,
    act: Callable[[Run, Sequence[UUID]], Sequence[UUID]],
    given: dict[str, Any],
    chosen: dict[str, Any],
    names: Collection[str],
) -> None:
    """Do a verb to the records that a line names, in one change, and tell what became of them."""
    entity = catalog.entity(noun)
    groups = bulk.grouped(state, entity, given, verb, names)
    ids = [id for _, members in groups for id in members]
    with state.work() as work:
        work.scope.locale.warn = state.out.warn
        changed: list[UUID] = []
        remarks: list[str] = []
        notes: dict[UUID, dict[str, Any]] = {}
        for more, members in groups:
            one = Run(state, work, chosen | more)
            changed += act(one, members)
            remarks += one.remarks
            notes |= one.notes
        report = bulk.Report(state, work, entity, done, ids, changed=changed)
        for record in report.records:
            record.update(notes.get(UUID(record["id"]), {}))
    report.tell()
    for remark in remarks:
        state.out.say(remark)


def required(run: Run, option: str, noun: str) -> UUID:
    """Return the id of the record that an option must name; raises UsageError where it is missing."""
    found = run.find(option, noun)
    if found is None:
        raise UsageError(
            f"which {option.replace('_', ' ')}?", hint=f"--{option.replace('_', '-')}, or as the last word"
        )
    return found
