"""Verbs of tasks: done, reopen, skip, start, snooze, agenda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import catalog, clock, kinds, services
from mycrm_cli.cli import calendar, remind, taskedit, verbs
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.agenda import show
from mycrm_cli.errors import Invalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from mycrm_cli.cli.verbs import Run

app = typer.Typer()


def done(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Finish tasks and tell what comes next."""
    since = clock.now()
    changed = services.tasks.complete(
        run.work,
        ids,
        outcome=run.read("outcome", "text", max_length=255),
        notes=run.read("notes", "text", lines=True),
        on=run.read("on", "timestamp"),
    )
    tell_next(run, changed, since)
    return changed


def skip(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Leave tasks out and tell what comes next; with days, leave later occurrences out."""
    if "on" in run.options:
        return services.series.leave_out(run.work, ids, days_of(run, str(run.options["on"])))
    since = clock.now()
    changed = services.tasks.skip(run.work, ids)
    tell_next(run, changed, since)
    return changed


def days_of(run: Run, text: str) -> list[date]:
    """Return the days that an option names."""
    kind, locale = kinds.make("date"), run.work.scope.locale
    try:
        return [kind.read(word, locale) for word in text.split(",") if word.strip()]
    except kinds.BadValue as error:
        raise Invalid(f"on: {error.message}", details=[{"field": "on", "code": error.code}]) from None


def tell_next(run: Run, ids: Sequence[UUID], since: datetime) -> None:
    """Tell which tasks follow those that recur, some of them made since a moment."""
    made = latest = services.repeating.following(run.work, ids)
    for _ in range(services.repeating.MOST_MISSED):  # where each missed occurrence counts, one follows the other
        open_ones = [task["id"] for task in latest if task["created_at"] >= since]
        latest = services.repeating.following(run.work, open_ones) if open_ones else []
        made = [*made, *latest]
    zone = run.work.scope.locale.timezone
    if len(made) > 3:
        run.say(f"next: {len(made):,} tasks")
        return
    for task in made:
        run.say(f"next: T-{task['number']} on {services.tasks.told(task['due_date'], zone)}")


def reopen(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Take tasks up again and tell of next ones that nobody has touched."""
    changed = services.tasks.reopen(run.work, ids)
    left = [task for task in services.repeating.following(run.work, changed) if services.tasks.untouched(task)]
    names = " ".join(f"T-{task['number']}" for task in left[:3])
    if left:
        more = f" and {len(left) - 3:,} more" if len(left) > 3 else ""
        run.say(f"{names}{more} had come next and stays; if it is not wanted: mycrm task delete {names}")
    return changed


def start(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Set tasks to be in progress."""
    return services.tasks.begin(run.work, ids)


def snooze(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Put tasks off and tell until when."""
    if "to" not in run.options:
        raise UsageError("until when?", hint="mycrm task snooze T-1 +2d, or fri, or 2026-12-01")
    changed = services.tasks.snooze(run.work, ids, str(run.options["to"]))
    zone = run.work.scope.locale.timezone
    for id in changed if len(changed) <= 3 else ():
        task = run.work.reader.record(catalog.entity("task"), id)
        moment = task["due_date"] or task["reminder_at"]
        run.say(f"T-{task['number']} is due on {services.tasks.told(moment, zone)} now")
    return changed


taskedit.register(app)
calendar.register(app)
verbs.add(
    app,
    "task",
    "done",
    "finished",
    done,
    {
        "outcome": sig.option("--outcome", help="What came of it.", metavar="TEXT"),
        "notes": sig.option("--notes", help="Remarks.", metavar="TEXT"),
        "on": sig.option("--on", help="When it was done; now, unless told.", metavar="TIME"),
    },
    """Finish tasks.

    It is written down with the records the task is about; a task that recurs makes its next one.

    mycrm task done T-1 --outcome "Wants a quote by Friday"
    mycrm task done T-1 T-2 --on yesterday
    mycrm task list -w +TODAY -o ids | mycrm task done - --yes
    """,
)
verbs.add(
    app,
    "task",
    "reopen",
    "reopened",
    reopen,
    {},
    """Take tasks up again that were finished or skipped.

    mycrm task reopen T-1
    """,
)
verbs.add(
    app,
    "task",
    "skip",
    "skipped",
    skip,
    {"on": sig.option("--on", help="Leave out the occurrence of a later day instead.", metavar="DAY")},
    """Leave tasks out: they are not done, and those that recur make their next one.

    mycrm task skip T-1
    mycrm task skip T-1 --on 2026-12-24,2026-12-31
    """,
)
verbs.add(
    app,
    "task",
    "start",
    "started",
    start,
    {},
    """Set tasks to be in progress.

    mycrm task start T-1
    """,
)
verbs.add(
    app,
    "task",
    "snooze",
    "put off",
    snooze,
    {"to": sig.option("--to", "--by", help="+2d, 2h, fri, 2026-12-01 …", metavar="TIME")},
    """Put tasks off: due date and reminder move alike.

    A distance counts from the due date, or from now where that lies back. The series of a task that recurs
    stays where it is.

    mycrm task snooze T-1 +2d
    mycrm task snooze T-1 T-2 fri
    mycrm task snooze -w +OVERDUE --to tomorrow --yes
    """,
    target="to",
)


remind.add(app)


@app.command("agenda")
def agenda(
    ctx: typer.Context,
    user: Annotated[str | None, typer.Option("--user", help="Whose; yours, unless told.", metavar="USER")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's.")] = False,
    days: Annotated[int, typer.Option("--days", help="What is soon.", metavar="N", min=0, max=3650)] = 7,
) -> None:
    """Show what is to be done: overdue, today, soon, later, someday.

    mycrm task agenda
    mycrm task agenda --user ana@acme.com --days 14
    """
    if user is not None and everybody:
        raise UsageError("give --user or --all, not both")
    state: Any = ctx.obj
    show(state, None if everybody else user or "me", days)
