"""``mycrm cron``: jobs that run by themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import clock
from mycrm_cli.cli import crondoubts, cronjobs
from mycrm_cli.cli.groups import Verb
from mycrm_cli.cli.state import State
from mycrm_cli.config import accepted, logs, profiles
from mycrm_cli.errors import CheckFailed, Denied, Partial, Unavailable, UsageError
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.cron.jobs import Job
    from mycrm_cli.services.cron.running import Ended, Place

app = typer.Typer()
app.registered_commands.extend(cronjobs.app.registered_commands + crondoubts.app.registered_commands)
STATUS: list[Any] = [Shown("name"), Shown("state"), Shown("here", "boolean")] + [
    Shown(name, kind)
    for name, kind in {
        "next_run_at": "timestamp",
        "last_started_at": "timestamp",
        "last_success_at": "timestamp",
        "last_exit": "integer",
        "failure_count": "integer",
        "last_error": "text",
    }.items()
]


@app.command("run", cls=Verb)
def run(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Jobs, due or not.", metavar="[NAME]...")] = None,
) -> None:
    """Run the jobs that are due, or those named; says nothing where all is well.

    Jobs run at the same time, each with a lock of its own. What they print goes to the log. Of jobs that were missed
    each runs once. One that found something locked is tried again two minutes later.

    mycrm cron run
    mycrm cron run scores
    """
    from mycrm_cli.services.cron import entries, jobs, running

    state: State = ctx.obj
    profiles.check_write(state.profile.choice, terminal=sys.stdin.isatty())
    found, scope, name = jobs.every(state.reader, names or []), state.scope, state.profile.name
    state.close()
    program = [*entries.program(), "-P", name]
    place = running.Place(state.work, lambda: state.open(write=False), scope, name, program)
    chosen = named(place, found) if names else running.wanted(place, found)
    if chosen:
        tell(state, running.run(place, chosen, named=bool(names)), by_name=bool(names))


def named(place: Place, found: Sequence[Job]) -> list[Job]:
    """Return jobs that were asked for by name; raises Denied for what this machine did not accept."""
    from mycrm_cli import permissions
    from mycrm_cli.services.cron import jobs

    hashes = accepted.known(place.profile)
    for job in found:
        if not accepted.is_accepted(hashes, job):
            raise Denied(
                f"the job {job['name']} was added or changed elsewhere and does not run here",
                hint=f"look at it with mycrm cron list, then mycrm -P {place.profile} cron accept {job['name']}",
            )
        permissions.check_command(place.scope, jobs.path(job["command"]))
    return list(found)


def tell(state: State, ended: Sequence[Ended], *, by_name: bool) -> None:
    """Tell what failed (exit 7) or, by name, is busy (exit 75); on a terminal also what went well."""
    if state.out.format in ("json", "jsonl"):
        state.out.object([{"name": one.name, "exit": one.exit, "error": one.error} for one in ended])
    failed = [one for one in ended if one.exit and not one.is_put_off]
    if failed:
        raise Partial(
            f"{len(failed)} of {len(ended)} {'job' if len(ended) == 1 else 'jobs'} failed",
            details=[{"message": f"{one.name}: exit {one.exit}: {one.error}"} for one in failed],
            hint=f"mycrm cron status; what they printed is in {logs.file()}",
        )
    if by_name and (later := [one for one in ended if one.is_put_off]):
        raise Unavailable(f"{later[0].name}: {later[0].error}", hint="try again in a moment")
    if state.out.terminal and ended:
        state.out.say(f"done: {', '.join(one.name for one in ended)}")


@app.command("accept", cls=Verb)
def accept(ctx: typer.Context, names: cronjobs.Names, runs: cronjobs.For = None) -> None:
    """Let this machine run jobs that were added or changed elsewhere, with this profile or --for another.

    Look at their words first: mycrm cron list shows them.

    mycrm cron accept scores reminders
    mycrm cron accept scores --for nightly
    """
    from mycrm_cli.services.cron import jobs

    state: State = ctx.obj
    runner, found = cronjobs.running_profile(state, runs), jobs.every(state.reader, names)
    for job in found:
        jobs.path(job["command"])
    accepted.keep(runner, found)
    state.out.say(f"profile {runner} runs here: {', '.join(job['name'] for job in found)}")


@app.command("status", cls=Verb)
def status(
    ctx: typer.Context,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 8 where something is wrong.")] = False,
) -> None:
    """Show how the jobs are: waiting, due, running, failed, late, interrupted, changed elsewhere or disabled.

    With --exit-code it ends with 8 if one failed or is late, if reminders, alerts or digests failed or are in doubt,
    if a message of the outbox is in doubt, or if a token ends within 14 days.

    mycrm cron status
    mycrm cron status --exit-code
    """
    from mycrm_cli.services.cron import doubts, health, jobs

    state: State = ctx.obj
    reader, now, hashes = state.reader, clock.now(), accepted.known(state.profile.name)
    found = [
        {**job, "state": health.state(job, hashes, now), "here": accepted.is_accepted(hashes, job)}
        for job in jobs.every(reader)
    ]
    rows = [[job[column.name] for column in STATUS] for job in found]
    state.out.rows(STATUS, rows, reader.scope.locale, empty="there are no jobs; mycrm cron add --defaults")
    bad = [(job["name"], job["state"]) for job in found if job["state"] in health.BAD]
    wrong = [f"{name} failed" if state == "failed" else f"{name} is {state}" for name, state in bad]
    unsent = list(doubts.sentences(doubts.find(reader)))
    wrong += (warnings := [*unsent, *doubts.of_mail(reader), *health.ending(reader)])
    hint = crondoubts.HINT if unsent else "mycrm cron status"
    if exit_code and wrong:
        raise CheckFailed(wrong[0], details=[{"message": each} for each in wrong[1:]], hint=hint)
    for sentence in warnings:
        state.out.warn(sentence)
    if unsent:
        state.out.say(f"try: {hint}")


@app.command("print", cls=Verb)
def print_entry(
    ctx: typer.Context,
    crontab: Annotated[bool, typer.Option("--crontab", help="A line for crontab -e.")] = False,
    systemd: Annotated[bool, typer.Option("--systemd", help="A service and a timer.")] = False,
    every: Annotated[int, typer.Option("--every", help="Minutes between two runs.", metavar="MINUTES")] = 1,
) -> None:
    """Print the entry that starts cron run, with absolute paths and the profile.

    mycrm -P nightly cron print --crontab
    mycrm -P nightly cron print --systemd
    """
    from mycrm_cli.services.cron import entries

    state: State = ctx.obj
    if crontab and systemd:
        raise UsageError("--crontab or --systemd, not both")
    if every not in range(1, 31) or 60 % every:
        raise UsageError("--every is 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30 minutes")
    for doubt in entries.doubts(state.profile):
        state.out.warn(doubt)
    text = entries.systemd(state.profile.name, every) if systemd else entries.crontab(state.profile.name, every)
    for line in text.splitlines():
        state.out.line(line)
