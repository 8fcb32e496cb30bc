"""The jobs that most organizations want, of the commands that this program has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk, cronwords
from mycrm_cli.config import accepted, notify, profiles
from mycrm_cli.errors import CrmError
from mycrm_cli.services.cron import jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.cli.state import State
    from mycrm_cli.services.work import Work

USUAL = {
    "reminders": ("task remind --all --channel {channel}", "every 1m"),
    "alerts": ("alert run --channel {channel}", "every 15m"),
    "digests": ("digest run --channel {channel}", "every 15m"),
    "sequences": ("sequence run --all", "every 5m"),
    "outbox": ("email outbox run --all", "every 5m"),
    "mail": ("email sync", "every 10m"),
    "scores": ("score run", "daily 03:10"),
    "backup": ("db backup", "daily 01:30"),
    "dashboard": ("report dashboard --send", "weekly mon 07:00"),
}
"""Name -> command and schedule."""


def add(state: State, given: dict[str, Any], runner: str) -> None:
    """Add the usual jobs whose commands there are, that may be run, and that are not there yet."""
    table, way = catalog.entity("cron_jobs"), channel(runner)
    with state.work() as work:
        values = [{**given, **job} for job in missing(work, way, runner)]
        new = services.records.add(work, table, values) if values else []
        report = bulk.Report(state, work, table, "added", [row["id"] for row in new]) if new else None
        if new and not state.dry_run:
            accepted.keep(runner, new)
    if report is None:
        state.out.say("the usual jobs are there already")
    else:
        report.tell()
    if not way:
        state.out.say("reminders, alerts and digests have no way to people, so these jobs were left out:")
        hint = f"mycrm profile edit {runner} --smtp URL --smtp-from ADDRESS"
        state.out.say(f"  {hint}, or [notify] command in config.toml; then this again")


def missing(work: Work, way: str, runner: str) -> Iterator[dict[str, Any]]:
    """Yield the usual jobs that are not there yet; without a way to people none that tells them something.

    A mailbox is read where the profile has one; sequences, what waits and dashboards are sent where it has a server.
    """
    there = jobs.every(work.reader)
    known = {job["name"] for job in there} | {" ".join(map(str, job["command"][:2])) for job in there}
    for name, (line, schedule) in USUAL.items():
        if name in known or " ".join(line.split()[:2]) in known or ("{channel}" in line and not way):
            continue
        if name == "mail" and not profiles.get(runner).imap:
            continue
        if name in ("sequences", "outbox", "dashboard") and not profiles.get(runner).smtp:
            continue
        if words := possible(work, line.format(channel=way)):
            yield {"name": name, "schedule": schedule, "command": words}


def possible(work: Work, line: str) -> list[str]:
    """Return the words of a usual job, none where this program has not its command."""
    try:
        return cronwords.checked(work.scope, [line])
    except CrmError:
        return []


def channel(runner: str) -> str:
    """Return how notices reach people: by mail where the profile has a server, else by the user's own command."""
    if profiles.get(runner).smtp:
        return "email"
    return "command" if notify.command() else ""
