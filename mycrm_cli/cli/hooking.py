"""Running hooks once a unit of work lasts: commands of the user's own, told in JSON what happened.

Whatever they do, the write stays and the exit status too; what went wrong stands in the log and in one line.
"""

from __future__ import annotations

import os

from mycrm_cli import catalog, clock
from mycrm_cli.config import hooks, logs, paths
from mycrm_cli.errors import CrmError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.work import Work

INSIDE = "MYCRM_HOOK"
"""What a hook sees of its event; a mycrm that sees it too runs no hooks, or they would never end."""
MOST = 5_000
"""Records that one call is told of; more come in further calls."""


def attach(state: State, work: Work) -> None:
    """Let a unit of work be watched where hooks want to hear of it: not inside a hook, and not in a dry run."""
    wanted = state.profile.hooks.keys() & hooks.EVENTS.keys()
    if not wanted or state.dry_run or os.environ.get(INSIDE):
        return
    from mycrm_cli.services.hooks import Watch

    work.watch = Watch(wanted)
    work.after = lambda done: tell(state, done)


def tell(state: State, work: Work) -> None:
    """Run the hooks of what a unit of work did; it has been committed."""
    found = work.watch.told(work) if work.watch is not None else {}
    if not found:
        return
    problem = hooks.unsafe(paths.config_file())
    if problem:
        fail(state, f"no hooks were run: {problem}")
        return
    for event in sorted(found, key=list(hooks.EVENTS).index):
        try:
            _tell(state, work, event, found[event])
        except Exception as error:  # noqa: BLE001 - the write is there, and nothing of a hook may look as if it were not
            said = error.message if isinstance(error, CrmError) else f"{type(error).__name__} {error}"
            fail(state, f"hook on_{event}: {said}")


def fail(state: State, message: str) -> None:
    """Write down that a hook went wrong, and say so in one line."""
    logs.write("hook", message)
    state.out.warn(message.splitlines()[0])


def _tell(state: State, work: Work, event: str, records: dict[UUID, str]) -> None:
    """Run the hook of one event: once, or once for each part of very many records."""
    command: list[str] = state.profile.hooks[event]
    if problem := hooks.problem(command):
        fail(state, f"hook on_{event} was not run: {problem}")
        return
    parts = -(-len(records) // MOST)
    for part, (noun, rows) in enumerate(_parts(state, records), 1):
        message = _message(state, work, event, noun) | {
            "count": len(records),
            "part": part,
            "parts": parts,
            "record": rows[0] if len(records) == 1 and rows else None,
            "records": rows,
        }
        if not _run(state, event, command, message):
            break


def _parts(state: State, records: dict[UUID, str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the records as ``view --json`` shows them, some at a time; an event has records of one noun."""
    from mycrm_cli.output.formats import as_object
    from mycrm_cli.query import Select, full
    from mycrm_cli.query.nodes import Among

    noun = next(iter(records.values()))
    entity, ids = catalog.entity(noun), list(records)
    names = [*full(entity), *(name for name in entity.relations if name != "organization")]
    for start in range(0, len(ids), MOST):
        where = Among([id.hex for id in ids[start : start + MOST]])
        found = state.reader.rows(Select(entity, names, where=where, sort="id", deleted=None))
        dump = as_object(found.columns, state.scope.locale.currency)
        rows = [dump(row) for row in found]
        state.close()  # the hook may want to write
        yield noun, rows


def _message(state: State, work: Work, event: str, noun: str) -> dict[str, Any]:
    """Return what a hook is told beside the records."""
    scope = work.scope
    return {
        "event": event,
        "noun": noun,
        "at": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "profile": state.profile.name,
        "organization": {"id": str(scope.organization_id), "slug": scope.slug, "name": scope.organization},
        "user": {"id": str(scope.user_id), "email": scope.email},
        "change": work.journal.reference,
        "change_id": str(work.journal.id),
        "command": " ".join(work.command),
    }


def _run(state: State, event: str, command: Sequence[str], message: dict[str, Any]) -> bool:
    """Run a hook with a message; return whether it went well."""
    import json

    from mycrm_cli.services import programs

    given = json.dumps(message, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace") + b"\n"
    seconds = float(state.profile.hooks.get(hooks.LIMIT, hooks.SECONDS))
    extra = {INSIDE: event, "MYCRM_PROFILE": state.profile.name}
    ended = programs.run(command, given, seconds, extra, paths.config_dir())
    name = f"hook on_{event} ({os.path.basename(command[0])}, {message['change']})"
    if ended.said:
        logs.write("hook", f"{name} said:\n{ended.said}")
    if ended.problem is None:
        return True
    more = f"; {message['parts'] - message['part']} further calls were left out" if message["parts"] > 1 else ""
    fail(state, f"{name} {ended.problem}{more}; what was written stays, see {logs.file()}")
    return False
