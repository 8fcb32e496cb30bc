"""``task remind``: with tasks it sets their reminders, without it sends what is due."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, clock
from mycrm_cli.cli import bulk, verbs
from mycrm_cli.cli import signatures as sig
from mycrm_cli.errors import Denied, Partial, Unavailable, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.cli.verbs import Run as Verb
    from mycrm_cli.services.reminding.due import Asked
    from mycrm_cli.services.reminding.running import Run

DOC = """Set reminders of tasks; without a task, send those that are due.

Each goes out once on each channel, outside the quiet hours of its user. You get your own; a service user
sends everybody's, and so does an administrator with --all. It prints nothing when nothing is due.

mycrm task remind T-12 --at 'tomorrow 09:00'
mycrm task remind T-12 T-13 --before 1h
mycrm task remind
mycrm task remind --within 24h --overdue --repeat 1d
mycrm task remind --all --channel email
"""
SETTING = {
    "at": sig.option("--at", help="Remind then; a day alone is its morning.", metavar="TIME"),
    "before": sig.option("--before", help="Remind so long before it is due: 1h, 2d.", metavar="SPAN"),
    "clear": sig.flag("--clear", help="Remind no more."),
}
SENDING = {
    "within": sig.option("--within", help="Also tasks without a reminder, so long before due.", metavar="SPAN"),
    "overdue": sig.flag("--overdue", help="Also tasks that are overdue."),
    "channel": sig.option("--channel", help="stdout, email or command; stdout unless told.", metavar="CHANNEL"),
    "repeat": sig.option("--repeat", help="Again after so long, while a task is open.", metavar="SPAN"),
    "again": sig.flag("--again", help="Also send what is in doubt or has failed."),
}
STREAMED = ("plain", "jsonl", "ids")
"""Formats of which every line stands for itself: they are seen at once."""
SHOWN = 5


def remind(state: State, **given: Any) -> None:
    """Do what the line says: set, or send."""
    chosen = {name: given[name] for name in SETTING if given[name] not in (None, False)}
    sending = [f"--{name}" for name in SENDING if given[name] not in (None, False)]
    if not (chosen or given["references"] or given["where"]):
        send(state, given)
        return
    if sending:
        raise UsageError(f"{sending[0]} is for sending what is due, which takes no tasks")
    if len(chosen) > 1:
        raise UsageError("--at, --before and --clear are three ways to say it; give one of them")
    verbs.run(state, "task", "remind", "set", put, given, chosen, set(SETTING))


def put(run: Verb, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Set the reminders of tasks and tell when they come."""
    from mycrm_cli import services
    from mycrm_cli.services.reminding import setting

    if run.options.get("clear"):
        return setting.clear(run.work, ids)
    at, before = run.options.get("at"), run.options.get("before")
    changed = setting.put(
        run.work, ids, at_text=None if at is None else str(at), before=None if before is None else str(before)
    )
    zone = run.work.scope.locale.timezone
    for id in ids if len(ids) <= 3 else ():
        task = run.work.reader.record(catalog.entity("task"), id)
        run.say(f"T-{task['number']}: you are reminded on {services.tasks.told(task['reminder_at'], zone)}")
    return changed


def send(state: State, given: dict[str, Any]) -> None:
    """Send what is due, on one channel."""
    from mycrm_cli.services import notices
    from mycrm_cli.services.reminding import due, reading, running

    name = given["channel"] or "stdout"
    channel = notices.opened(name, state.profile)
    asked = asked_for(state, given, name)
    if state.dry_run:
        found = due.find(state.reader.connection, state.scope, asked)
        show(
            state, reading.columns(state.reader), reading.read(state.reader, found, {}), [one.task_id for one in found]
        )
        return
    # A token, or a right, that is missing is told before anything is claimed.
    with running.Run(state.work, asked) as run:
        tell_lost(state, run.lost)
        state.close()  # nothing is open beside the connection of the run
        if name == "stdout":
            write(state, run)
            return
        with channel:
            through(state, run, channel)


def asked_for(state: State, given: dict[str, Any], channel: str) -> Asked:
    """Return what is asked for; raises Denied for everybody's reminders where that is not for the user."""
    from mycrm_cli.services.reminding import due, setting

    within = setting.span("within", given["within"])[0] if given["within"] else None
    every, in_days = setting.span("repeat", given["repeat"]) if given["repeat"] else (None, False)
    if every is not None and not every:
        raise UsageError("--repeat needs a length of time", hint="--repeat 1d")
    user = whose(state, everybody=given["all"])
    return due.Asked(
        channel,
        clock.now(),
        user,
        within,
        given["overdue"],
        every.days if every and in_days else 0,
        None if in_days else every,
        # Whoever asks for their own at a terminal wants to see them now.
        loud=channel == "stdout" and state.out.terminal and user is not None,
        again=given["again"],
    )


def whose(state: State, *, everybody: bool, what: str = "reminders") -> UUID | None:
    """Return whose reminders, or messages, are sent, None for everybody's; raises Denied."""
    from mycrm_cli.roles import ADMINISTRATORS
    from mycrm_cli.services import rows

    scope, user = state.scope, catalog.entity("user")
    columns = ["is_service"]
    [(is_service,)] = rows.fetch(state.reader.connection, scope, user, "id", [scope.user_id], columns)
    if everybody and scope.role not in ADMINISTRATORS and not is_service:
        raise Denied(
            f"{scope.email} is {scope.role} and sends nobody else's {what}",
            hint="leave --all out; for everybody's: a service user, or an administrator",
        )
    return None if everybody or is_service else scope.user_id


def show(state: State, columns: Sequence[Any], rows: dict[Any, tuple[Any, ...]], order: Sequence[Any]) -> None:
    """Show what would go out."""
    found = [cut(state, rows[id]) for id in order if id in rows]
    state.out.rows(shown(state, columns), found, state.scope.locale, prefix="T", empty="nothing is due")


def write(state: State, run: Run) -> None:
    """Write reminders to stdout: a table on a terminal, elsewhere a line for each."""
    out, locale = state.out, run.scope.locale
    if out.format in STREAMED:
        for group in run.groups():
            out.rows(shown(state, run.columns), [cut(state, told.row) for told in group], locale)
            sys.stdout.flush()
            run.settled("sent")
        return
    held: list[Any] = []

    def lines() -> Iterator[Any]:
        for group in run.groups():
            held.append(len(group))
            yield from (cut(state, told.row) for told in group)

    found = list(lines())
    if found or out.format != "table":
        out.rows(shown(state, run.columns), found, locale, prefix="T")
        sys.stdout.flush()
    elif out.terminal:
        out.say("nothing is due")
    if held:
        run.settled("sent")


def shown(state: State, columns: Sequence[Any]) -> Sequence[Any]:
    """Return the columns: programs get the id as well."""
    return columns if state.out.format in ("json", "jsonl", "ids") else columns[1:]


def cut(state: State, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the cells of ``shown``."""
    if state.out.format not in ("json", "jsonl", "ids"):
        return row[1:]
    from mycrm_cli.services.reminding.wording import text_of

    return (text_of(row[0]), *row[1:])


def through(state: State, run: Run, channel: Any) -> None:
    """Send reminders through a channel and tell what did not go out; raises Partial or Unavailable."""
    from mycrm_cli.services import notices
    from mycrm_cli.services.reminding import wording

    sent, failed = 0, []
    for group in run.groups(several=False):
        notice = wording.notice(group, run.scope.slug, run.message)
        if run.obstacle:
            run.settled("failed", run.obstacle)
            failed.append(f"{notice.subject}: {notice.email}: {run.obstacle}")
            continue
        try:
            notices.send(notice, channel)
            run.settled("sent")
            sent += len(group)
        except notices.InDoubt as error:
            run.settled("uncertain", error.message)
            failed.append(f"{notice.subject}: in doubt: {error.message}")
            if error.is_channel:
                break
        except notices.NotSent as error:
            run.settled("failed", error.message, again=not error.is_final)
            if error.is_channel and not sent:
                raise Unavailable(error.message, hint="nothing went out; the next run tries again") from None
            failed.append(f"{notice.subject}: {error.message}")
            if error.is_channel:
                break
    if failed:
        for line in failed[:SHOWN]:
            state.out.warn(line)
        raise Partial(f"{sent:,} reminders went out, {len(failed):,} messages did not", hint="mycrm cron status")
    if sent and state.out.terminal:
        state.out.say(f"{sent:,} reminders went out")


def tell_lost(state: State, lost: Sequence[UUID]) -> None:
    """Tell of reminders that may have gone out or not: they are not sent twice by themselves."""
    if not lost:
        return
    task = catalog.entity("task")
    names = " ".join(bulk.short_names(state.reader, task, list(lost)[:SHOWN], deleted=None))  # type: ignore[arg-type]
    more = f" and {len(lost) - SHOWN:,} more" if len(lost) > SHOWN else ""
    state.out.warn(f"in doubt, a run before this one was ended: {names}{more}; --again sends them once more")


def add(app: typer.Typer) -> None:
    """Add the command to those of tasks."""
    from mycrm_cli.cli.groups import WriteVerb

    parameters = bulk.target_options(catalog.entity("task")) | SETTING | SENDING
    parameters["all"] = sig.flag("--all", help="Everybody's reminders; with --at, --before, --clear every task.")
    app.command("remind", cls=WriteVerb)(sig.with_signature(remind, parameters, DOC))
