"""Jobs: adding, listing, changing and deleting them, switching them on and off."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, crondefaults, cronwords
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.cli.state import State
from mycrm_cli.config import accepted, profiles
from mycrm_cli.errors import UsageError
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer()
TABLE = catalog.entity("cron_jobs")
COLUMNS: list[Any] = [Shown(name) for name in ("name", "command", "schedule", "timezone")] + [
    Shown("enabled", "boolean"),
    Shown("here", "boolean"),
    Shown("next_run_at", "timestamp"),
    Shown("catch_up", "boolean"),
    Shown("time_limit_seconds", "integer"),
    Shown("on_failure"),
]

Name = Annotated[str, typer.Argument(help="The job's name.", metavar="NAME")]
Names = Annotated[list[str], typer.Argument(help="The jobs' names.", metavar="NAME...")]
When = Annotated[
    str | None,
    typer.Option(help="Five cron fields, hourly, 'daily 07:30', 'weekly mon 07:30', 'every 15m'.", metavar="WHEN"),
]
Zone = Annotated[str | None, typer.Option(help="The time zone of the schedule, by default yours.", metavar="ZONE")]
CatchUp = Annotated[bool | None, typer.Option("--catch-up/--no-catch-up", help="Make up for missed times, once.")]
Limit = Annotated[str | None, typer.Option(help="When it is stopped: 90s, 15m, 2h; 6h unless told.", metavar="TIME")]
OnFailure = Annotated[
    str | None, typer.Option(help="A program and its arguments, told of failures by JSON.", metavar="ARGV")
]
For = Annotated[str | None, typer.Option("--for", help="The profile that runs it here.", metavar="PROFILE")]


def options(schedule: str | None, zone: str | None, catch_up: bool | None, limit: str | None, told: str | None) -> Any:
    """Return the fields that options set; ``none`` as the program for failures takes it away."""
    values = {
        "schedule": schedule,
        "timezone": zone,
        "catch_up": catch_up,
        "time_limit_seconds": cronwords.seconds(limit) if limit else None,
        "on_failure": None if told is None else [] if told == "none" else cronwords.argv(told),
    }
    return {name: value for name, value in values.items() if value is not None}


@app.command("add", cls=WriteVerb)
def add(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The job's name.", metavar="NAME")] = None,
    command: Annotated[list[str] | None, typer.Argument(help="A command of mycrm.", metavar="COMMAND...")] = None,
    schedule: When = None,
    timezone: Zone = None,
    catch_up: CatchUp = None,
    time_limit: Limit = None,
    on_failure: OnFailure = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Add it without running it.")] = False,
    defaults: Annotated[bool, typer.Option("--defaults", help="Add the jobs that most want.")] = False,
    runs: For = None,
) -> None:
    """Add a job: a command of mycrm that cron run starts at its times.

    A job runs on the machine and with the profile that added it, or --for another profile of the organization. On
    other machines it runs once cron accept has been said there. Options of the command itself come after --.

    mycrm cron add scores score run --schedule 'daily 03:10'
    mycrm cron add stale --schedule hourly -- deal export -O /srv/deals.csv
    mycrm cron add --defaults --for nightly
    """
    state: State = ctx.obj
    runner = running_profile(state, runs)
    given = options(schedule, timezone, catch_up, time_limit, on_failure)
    if defaults:
        if name:
            raise UsageError("--defaults names its jobs itself", hint="mycrm cron add --defaults")
        given.pop("schedule", None)
        return crondefaults.add(state, {**given, "is_enabled": not disabled}, runner)
    if not (name and command and schedule):
        raise UsageError("a job needs a name, a command and --schedule", hint=cronwords.HINT)
    with state.work() as work:
        values = {**given, "name": name, "command": cronwords.checked(work.scope, command), "is_enabled": not disabled}
        new = services.records.add(work, TABLE, [values])
        report = bulk.Report(state, work, TABLE, "added", [row["id"] for row in new])
        if not state.dry_run:  # before it lasts: where this cannot be kept, nothing is added
            accepted.keep(runner, new)
    return tell(state, report, values["command"])


def tell(state: State, report: bulk.Report, words: Sequence[Any]) -> None:
    """Say what was done, and what may be wrong with the words of a job."""
    if doubt := cronwords.unread(words):
        state.out.warn(doubt)
    report.tell()


def running_profile(state: State, name: str | None) -> str:
    """Return the profile that is to run jobs here; raises UsageError for one of another organization."""
    own = state.profile
    if name is None or name == own.name:
        return own.name
    other = profiles.get(name)
    if (other.organization_id, other.database) != (own.organization_id, own.database):
        raise UsageError(f"profile {name} works in another organization", hint=f"mycrm -P {name} cron accept NAME")
    return name


@app.command("list", cls=Verb)
def list_jobs(ctx: typer.Context) -> None:
    """List jobs; here says whether this machine runs them with this profile.

    mycrm cron list
    mycrm cron list --json
    """
    from mycrm_cli.services.cron import jobs

    state: State = ctx.obj
    hashes = accepted.known(state.profile.name)
    rows = [row(job, accepted.is_accepted(hashes, job)) for job in jobs.every(state.reader)]
    state.out.rows(COLUMNS, rows, state.scope.locale, empty="there are no jobs; mycrm cron add --defaults")


def row(job: dict[str, Any], here: bool) -> tuple[Any, ...]:
    """Return what is shown of a job."""
    import shlex

    command, told = (shlex.join(map(str, job[name])) for name in ("command", "on_failure"))
    facts = [job["name"], command, job["schedule"], job["timezone"], job["is_enabled"], here]
    return (*facts, job["next_run_at"], job["catch_up"], job["time_limit_seconds"], told or None)


@app.command("edit", cls=WriteVerb)
def edit(
    ctx: typer.Context,
    name: Name,
    command: Annotated[list[str] | None, typer.Argument(help="Another command.", metavar="[COMMAND]...")] = None,
    schedule: When = None,
    timezone: Zone = None,
    catch_up: CatchUp = None,
    time_limit: Limit = None,
    on_failure: OnFailure = None,
) -> None:
    """Change a job; --on-failure none takes that program away.

    mycrm cron edit scores --schedule 'daily 02:00' --timezone Europe/Berlin
    mycrm cron edit scores score run --all
    """
    state: State = ctx.obj
    given = options(schedule, timezone, catch_up, time_limit, on_failure)
    if not given and not command:
        raise UsageError("nothing to change", hint="mycrm cron edit --help")
    from mycrm_cli.services.cron import jobs

    with state.work() as work:
        [before] = jobs.every(work.reader, [name])
        if command:
            given["command"] = cronwords.checked(work.scope, command)
        changed = services.records.edit(work, TABLE, [(before["id"], given)])
        report = bulk.Report(state, work, TABLE, "changed", [before["id"]], changed=changed)
        if not state.dry_run:  # what was changed elsewhere is not accepted by the way
            accepted.renew(before, before | given)
    tell(state, report, given.get("command", ()))


def switch(state: State, names: Sequence[str], on: bool) -> None:
    """Switch jobs on or off."""
    from mycrm_cli.services.cron import jobs

    with state.work() as work:
        ids = [job["id"] for job in jobs.every(work.reader, names)]
        changed = services.records.edit(work, TABLE, [(id, {"is_enabled": on}) for id in ids])
        report = bulk.Report(state, work, TABLE, "enabled" if on else "disabled", ids, changed=changed)
    report.tell()


@app.command("enable", cls=WriteVerb)
def enable(ctx: typer.Context, names: Names) -> None:
    """Switch jobs on; they begin with their next time.

    mycrm cron enable scores
    """
    switch(ctx.obj, names, True)


@app.command("disable", cls=WriteVerb)
def disable(ctx: typer.Context, names: Names) -> None:
    """Switch jobs off; cron run by their name still runs them.

    mycrm cron disable scores
    """
    switch(ctx.obj, names, False)


@app.command("delete", cls=WriteVerb)
def delete(ctx: typer.Context, names: Names) -> None:
    """Delete jobs.

    mycrm cron delete scores
    """
    from mycrm_cli.services import joblock
    from mycrm_cli.services.cron import jobs

    state: State = ctx.obj
    with state.work() as work:
        found = jobs.every(work.reader, names)
        ids = [job["id"] for job in found]
        report = bulk.Report(state, work, TABLE, "deleted", ids, titles=[job["name"] for job in found])
        services.records.remove(work, TABLE, ids)
        if not state.dry_run:
            accepted.forget(ids)
    if not state.dry_run:
        with closing(state.open(write=False)) as connection:
            for job in found:
                joblock.forget(connection, state.scope.organization_id, jobs.lock(job))
    report.tell()
