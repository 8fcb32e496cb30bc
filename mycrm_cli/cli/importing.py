"""The ``import`` command: reads its options, and tells what became of the file."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mycrm_cli import services
from mycrm_cli.cli import bulk
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.progress import Progress
from mycrm_cli.errors import Partial, Terminated, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.transfer.mapping import Mapping
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.reading import Reading
    from mycrm_cli.services.transfer.summary import Summary
    from mycrm_cli.services.work import Work

LISTED = 20
"""Errors of rejected rows that are told on the terminal."""
PLAIN = (
    "format",
    "preset",
    "encoding",
    "delimiter",
    "mode",
    "on_error",
    "blank",
    "unknown",
    "repeated",
    "deleted",
    "footer",
    "decimal",
    "region",
    "date_format",
    "rejects",
    "results",
    "sheet",
    "member",
)
"""Options that are one text each and are called as in ``Options``."""


def parameters() -> dict[str, Any]:
    """Return the options of the command."""
    return {
        "file": sig.argument("The file; - is stdin.", "FILE|-"),
        "inspect": sig.flag("--inspect", help="Show what would be made of the file; touches no database."),
        "format": sig.option("--format", help="auto csv tsv json jsonl xlsx vcf ics mbox eml.", metavar="FORMAT"),
        "preset": sig.option("--preset", help="auto, none, or the vendor the file comes from.", metavar="NAME"),
        "map": sig.options("--map", help="What a column fills; - leaves it out.", metavar="COLUMN=FIELD"),
        "map_value": sig.options("--map-value", help="What a cell stands for.", metavar="COLUMN:OLD=NEW"),
        "map_file": sig.option("--map-file", help="A mapping file.", metavar="FILE"),
        "save_map": sig.option("--save-map", help="Write the mapping that was used.", metavar="FILE"),
        "set": sig.options("--set", help="A value for every row.", metavar="FIELD=VALUE"),
        "default": sig.options("--default", help="A value for new records that have none.", metavar="FIELD=VALUE"),
        "match": sig.option("--match", help="Keys: email, phone, domain, name, ext:SOURCE.", metavar="KEYS"),
        "mode": sig.option("--mode", help="upsert, insert or update.", metavar="MODE"),
        "on_conflict": sig.options(
            "--on-conflict", help="overwrite, fill, keep, append or changed.", metavar="COLUMN=RULE"
        ),
        "on_error": sig.option("--on-error", help="abort writes nothing, skip writes the good rows.", metavar="WHAT"),
        "rejects": sig.option("--rejects", help="Write the rows that cannot be imported.", metavar="FILE"),
        "results": sig.option("--results", help="Write what became of each row.", metavar="FILE"),
        "blank": sig.option("--blank", help="What empty cells do: keep or clear.", metavar="WHAT"),
        "unknown": sig.option("--unknown", help="Columns nobody knows: error, custom or ignore.", metavar="WHAT"),
        "repeated": sig.option("--repeated", help="Rows that say the same again: error or ignore.", metavar="WHAT"),
        "deleted": sig.option("--deleted", help="Records in the trash: error, skip or restore.", metavar="WHAT"),
        "footer": sig.option("--footer", help="Totals behind the rows: auto leaves them out, or keep.", metavar="WHAT"),
        "create_missing": sig.option("--create-missing", help="Create these by name.", metavar="company,product"),
        "encoding": sig.option("--encoding", help="auto, utf-8, cp1252 …", metavar="NAME"),
        "delimiter": sig.option("--delimiter", help="auto, a character, or tab.", metavar="CHAR"),
        "sheet": sig.option("--sheet", help="The sheet of a workbook.", metavar="NAME|NUMBER"),
        "member": sig.option("--member", help="The file in a zip archive.", metavar="NAME"),
        "header_line": sig.option("--header-line", help="The line with the headings.", metavar="N"),
        "region": sig.option("--region", help="Where phone numbers without a prefix are.", metavar="COUNTRY"),
        "date_format": sig.option("--date-format", help="How dates are written, such as %d/%m/%Y.", metavar="FORMAT"),
        "decimal": sig.option("--decimal", help="The decimal mark, . or a comma.", metavar=".|,"),
        "plan": sig.option("--plan", help="Write what would happen, and nothing else.", metavar="FILE"),
        "apply": sig.option("--apply", help="Do what a plan says, or nothing if the data changed.", metavar="PLAN"),
        "resume": sig.option("--resume", help="Take up an import that was cut off.", metavar="J-3|last"),
        "confirm": sig.option("--confirm", help="The profile's name, where it is protected.", metavar="PROFILE"),
    }


def import_command(entity: Entity) -> Callable[..., None]:
    """Make the ``import`` command."""
    doc = f"""
    mycrm {entity.noun} import {entity.plural}.csv --dry-run
    mycrm {entity.noun} import export.csv --map 'E-Mail=email' --on-error skip
    mycrm {entity.noun} import export.csv --inspect --save-map mapping.toml
    mycrm {entity.noun} import export.csv --plan plan.jsonl
    mycrm {entity.noun} import --apply plan.jsonl
    """
    return sig.with_signature(lambda state, **given: _import(state, entity, given), parameters(), doc)


def _import(state: State, entity: Entity, given: dict[str, Any]) -> None:
    from mycrm_cli.services.calm import collecting_less

    with collecting_less():
        _imported(state, entity, given)


def _imported(state: State, entity: Entity, given: dict[str, Any]) -> None:
    if given["apply"] or given["plan"]:
        from mycrm_cli.cli import plans

        if given["apply"]:
            tell(state, entity, *plans.apply(state, entity, given))
            return
        plans.prepare(state, given)
    if not given["file"] and not given["resume"]:
        raise UsageError("which file?", hint=f"mycrm {entity.noun} import FILE")
    check_resumed(state, entity, given)
    mapping, options = asked(given)
    if given["deleted"] not in (None, "error") and not entity.soft_delete:
        raise UsageError(f"--deleted: {entity.plural} have no trash; what is deleted is gone", hint="leave it out")
    check_files(given)
    if given["inspect"]:
        _inspect(state, entity, given, mapping, options)
        return
    bulk.check_protected(state, given["confirm"])
    summary, change = run(state, entity, given, mapping, options)
    tell(state, entity, summary, change)
    if given["plan"]:
        state.out.say(f"nothing was written; mycrm {entity.noun} import --apply {given['plan']} does it")


def check_resumed(state: State, entity: Entity, given: dict[str, Any]) -> None:
    """Refuse what an import that is taken up again cannot take any more; raises UsageError."""
    if not given["resume"]:
        return
    others = [name for name, value in given.items() if value and name not in ("resume", "confirm")]
    if others or state.dry_run:
        said = "a file" if "file" in others else f"--{(others or ['dry-run'])[0].replace('_', '-')}"
        raise UsageError(
            f"--resume takes up an import as it was begun, without {said}",
            hint=f"mycrm {entity.noun} import --resume last",
        )


def asked(given: dict[str, Any]) -> tuple[Mapping, Options]:
    """Return the mapping and the options: the mapping file's, with the command line's laid over them."""
    from mycrm_cli.services.transfer import mapping as maps
    from mycrm_cli.services.transfer.options import Options, rules

    mapping, options = maps.Mapping(), Options()
    if given["map_file"]:
        mapping, options = maps.read(given["map_file"], options)
    mapping.add_targets(given["map"] or [])
    mapping.add_values(given["map_value"] or [])
    mapping.set |= services.values.assignments("--set", given["set"] or [])
    mapping.default |= services.values.assignments("--default", given["default"] or [])
    said: dict[str, Any] = {name: given[name] for name in PLAIN if given[name] is not None}
    said["on_conflict"] = options.on_conflict | rules(given["on_conflict"] or [])
    if given["header_line"] is not None:
        said["header_line"] = number("--header-line", given["header_line"])
    if given["decimal"] is not None:
        said["decimal_said"] = True
    if given["match"]:
        said["match"] = tuple(words(given["match"]))
    if given["create_missing"]:
        said["create_missing"] = frozenset(words(given["create_missing"]))
    options = replace(options, **said)
    options.check()
    return mapping, options


def number(option: str, text: str) -> int:
    """Read the number of a line; raises UsageError."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise UsageError(f"{option} takes the number of a line, counted from 1, not {text!r}")
    return int(text)


def words(text: str) -> list[str]:
    """Split a list with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def check_files(given: dict[str, Any]) -> None:
    """Refuse to write a report over the file that is read, or into a folder; raises UsageError."""
    from mycrm_cli.output.files import refuse_folder

    file, written = given["file"] or "", set[str]()
    for name in ("rejects", "results", "save_map", "plan"):
        path = given[name]
        if path:
            refuse_folder(path)
        if path and os.path.realpath(path) in written:
            raise UsageError(f"--{name.replace('_', '-')} is a file that another option writes")
        written |= {os.path.realpath(path)} if path else set()
        if path and os.path.exists(path) and os.path.exists(file) and os.path.samefile(path, file):
            raise UsageError(f"--{name.replace('_', '-')} is the file that is read")


def run(
    state: State, entity: Entity, given: dict[str, Any], mapping: Mapping, options: Options
) -> tuple[Summary, str | None]:
    """Import a file, or what is left of one; return the account and the change's number."""
    from mycrm_cli.cli import beforehand
    from mycrm_cli.config import paths
    from mycrm_cli.output.formulas import unguard
    from mycrm_cli.services.transfer.running import Run

    folder = None if state.dry_run else os.path.join(paths.state_dir(), "imports")
    progress = Progress(state)
    whole = Run(begun(state), state.reader, entity, folder=folder, unguard=unguard, progress=progress)
    try:
        if given["resume"]:
            summary = whole.write(whole.resume(state.reader, given["resume"]))
        else:
            # The file is opened before the database is written to, so that a slow pipe keeps no lock.
            with closing(services.transfer.read_rows(entity, given["file"], options)) as rows:
                reading = whole.read(rows, mapping, options, alone=bool(given["plan"]))
                if given["plan"]:
                    from mycrm_cli.services.transfer import plans

                    summary = plans.write(given["plan"], begun(state), reading, progress)
                else:
                    beforehand.save(state, entity, reading)
                    summary = whole.write(reading)
            if given["save_map"]:
                save_map(given["save_map"], entity, mapping, options, reading)
    except (KeyboardInterrupt, Terminated):
        if whole.job is not None and whole.is_resumable:
            again = f"mycrm {entity.noun} import --resume J-{whole.job['number']}"
            stays = "; what is written stays" if options.on_error == "skip" else ""
            state.out.say(f"the import was cut off{stays}; {again} takes it up again")
        raise
    finally:
        progress(-1)
    return summary, whole.reference


def begun(state: State) -> Callable[[], Work]:
    """Return the function that opens a unit of work whose remarks are told."""

    @contextmanager
    def begin() -> Iterator[Work]:
        with state.work() as work:
            work.scope.locale.warn = state.out.warn
            yield work

    return begin  # type: ignore[return-value]


def save_map(path: str, entity: Entity, mapping: Mapping, options: Options, reading: Reading) -> None:
    """Write the mapping that was used."""
    from mycrm_cli.services.transfer import mapping as maps

    used = maps.Mapping(reading.last.specs(), mapping.set, mapping.default) if reading.last else mapping
    maps.write(path, entity.name, used, options)


def tell(state: State, entity: Entity, summary: Summary, change: str | None) -> None:
    """Say what became of the file; rejected rows make it a partial success."""
    if state.out.format in ("json", "jsonl"):
        state.out.object(summary.document(None if state.dry_run else change))
    for sentence in summary.warnings.sentences():
        state.out.warn(sentence)
    for problem in summary.problems[:LISTED]:
        place = f"line {problem.line}, column {problem.column}" if problem.column else f"line {problem.line}"
        state.out.say(f"rejected: {place}: {problem.message} [{problem.code}]")
    if (more := max(summary.errors, summary.rejected) - LISTED) > 0:
        state.out.say(f"rejected: … and {more:,} more; --rejects FILE has them all")
    if summary.rows == 0:
        state.out.say("the file has a header and no rows")
    plural = entity.plural if summary.rows != 1 else entity.noun
    state.out.say(summary.sentence(plural, change, state.dry_run))
    if summary.rejected:
        state.exit = Partial.exit


def _inspect(state: State, entity: Entity, given: dict[str, Any], mapping: Mapping, options: Options) -> None:
    from mycrm_cli.services.transfer import inspection
    from mycrm_cli.services.transfer import mapping as maps

    with closing(services.transfer.read_rows(entity, given["file"], options)) as rows:
        report = inspection.inspect(entity, rows, mapping, options)
    if state.out.format in ("json", "jsonl"):
        state.out.object(report.document())
    else:
        for line in report.lines():
            state.out.line(line)
    if given["save_map"]:
        maps.write(
            given["save_map"], entity.name, maps.Mapping(report.plan.specs(), mapping.set, mapping.default), options
        )
