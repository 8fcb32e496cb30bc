"""The jobs as they stand in the database: reading them, claiming a due time, and writing down how it went.

A due time is claimed before anything starts: one statement moves ``next_run_at`` on, if it is still what was read.
Claims and results are not in the journal: they are no changes that somebody made.
"""

from __future__ import annotations

from datetime import timedelta

from mycrm_cli import catalog, clock, commands, permissions, query, roles
from mycrm_cli.errors import Denied, Invalid, NotFound
from mycrm_cli.services import claims
from mycrm_cli.services.cron.schedule import Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.work import Work

    Job = dict[str, Any]

NAME = "cron_jobs"
COLUMNS = (
    "id", "name", "command", "schedule", "timezone", "is_enabled", "catch_up", "time_limit_seconds", "on_failure",
    "next_run_at", "last_started_at", "heartbeat_at", "last_finished_at", "last_success_at", "last_exit", "last_error",
    "failure_count",
)  # fmt: skip
LATE = timedelta(minutes=15)
"""How far a due time may lie back before somebody has to look."""
MISSED = timedelta(minutes=10)
"""How late a job without catch-up may still begin."""
PUT_OFF = timedelta(minutes=2)
"""When a job is tried again that found something locked (exit 75)."""
BUSY = 75
ASTRAY = timedelta(days=1)
"""How far ahead the last run must lie for the clock to have been wrong then."""
TICK = timedelta(microseconds=1)
PATIENCE = 5
"""So many times in a row that is no failure."""
ALSO = frozenset(("db backup", "doctor"))
"""Commands without a rule of roles that may be jobs; the others are about this machine and its secrets."""
AGAIN = frozenset(
    (
        "score run", "task remind", "alert run", "digest run", "sequence run", "email sync", "email outbox run",
        "db backup", "doctor",
    )
)  # fmt: skip
"""Commands that may be killed and started again: each piece of their work is claimed or done once."""


def every(reader: Reader, names: Sequence[str] = ()) -> list[Job]:
    """Return the jobs of the organization, or those with names; raises NotFound."""
    found = [dict(zip(COLUMNS, row, strict=True)) for row in reader.rows(query.Select(catalog.entity(NAME), COLUMNS))]
    known = {job["name"]: job for job in found}
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, n=5) or list(known)[:5]
            raise NotFound(f"there is no job {name!r}", candidates=near, hint="mycrm cron list")
    return [known[name] for name in dict.fromkeys(names)] if names else found


def path(words: Sequence[str]) -> list[str]:
    """Return the noun and the verb that the words of a job name; raises Invalid for what may be no job."""
    command: list[str] = []
    node: dict[str, Any] = {"commands": {str(words[0]): commands.read(str(words[0]))} if words else {}}
    for word in map(str, words):
        if not node or word not in node.get("commands", {}):
            break  # a command, or nothing that there is
        command.append(word)
        node = node["commands"][word]
    rule = permissions.rule_of(command)
    if " ".join(command) in ALSO or (isinstance(rule, tuple) and rule[1] != roles.SECURE and command[0] != "cron"):
        return command
    raise Invalid(
        f"mycrm {' '.join(map(str, words[:2]))} cannot be a job",
        details=[{"field": "command", "code": "not_a_job"}],
        hint="jobs are commands that work on records, such as score run, and db backup",
    )


def lock(job: Job) -> str:
    """Return the name of the lock that a run of a job holds."""
    return f"cron {job['id'].hex}"


def may(scope: Scope, job: Job) -> bool:
    """Return whether somebody may run a job: the role and the token allow its command."""
    try:
        permissions.check_command(scope, path(job["command"]))
    except (Denied, Invalid):
        return False
    return True


def may_repeat(job: Job) -> bool:
    """Return whether a job that was killed may simply be started again."""
    command = path(job["command"])
    rule = permissions.rule_of(command)
    reads = isinstance(rule, tuple) and rule[1] == roles.READ
    return reads or " ".join(command) in AGAIN


def is_due(job: Job, now: datetime) -> bool:
    """Return whether a job's time has come, or can only be found out by running it."""
    has_time = job["is_enabled"] and job["next_run_at"] is not None
    return bool(has_time and (job["next_run_at"] <= now or is_astray(job, now)))


def is_late(job: Job, now: datetime) -> bool:
    """Return whether a job should have run long ago."""
    return job["next_run_at"] is not None and now - job["next_run_at"] > LATE


def is_open(job: Job) -> bool:
    """Return whether a run began and has not ended: it goes on, or was killed."""
    begun, ended = job["last_started_at"], job["last_finished_at"]
    return begun is not None and (ended is None or ended < begun)


def is_missed(job: Job, now: datetime) -> bool:
    """Return whether the time of a job that makes up for nothing is over."""
    return not job["catch_up"] and now - job["next_run_at"] > MISSED


def following(job: Job, now: datetime) -> datetime | None:
    """Return when a job is due after a run that begins now; times that were missed are made up for by that one."""
    if not is_due(job, now):
        next_run: datetime | None = job["next_run_at"]
        return next_run
    return Schedule(job["schedule"]).after(now, job["timezone"] or "UTC")


def claim(work: Work, job: Job, values: Job) -> bool:
    """Write to a job if nobody has touched it since it was read, and return whether that was so."""
    read = {key: job[key] for key in ("id", "next_run_at", "last_started_at", "last_finished_at")}
    done = claims.claim(work, NAME, values, read) == 1
    if done:
        job.update(values)
    return done


def is_astray(job: Job, now: datetime) -> bool:
    """Return whether a job ran at a time that is yet to come: the clock was far ahead, and so is its next time."""
    return any(job[name] is not None and job[name] - now > ASTRAY for name in ("last_started_at", "last_finished_at"))


def begin(work: Work, job: Job) -> bool:
    """Claim a job's due time, and return whether this process has it.

    A clock that was set back a little does not let a run begin before the last one ended: it would look finished.
    """
    now = clock.now()
    values: Job = {"next_run_at": following(job, now), "last_started_at": now, "heartbeat_at": now}
    if is_astray(job, now):
        values["last_finished_at"] = None
    elif job["last_finished_at"] is not None:
        values["last_started_at"] = max(now, job["last_finished_at"] + TICK)
    return claim(work, job, values)


def leave_out(work: Work, job: Job) -> bool:
    """Go on to the next time without a run."""
    return claim(work, job, {"next_run_at": following(job, clock.now())})


def beat(work: Work, job: Job) -> None:
    """Give a sign of life."""
    where = {"id": job["id"], "last_started_at": job["last_started_at"]}
    claims.claim(work, NAME, {"heartbeat_at": clock.now()}, where)


def end(work: Work, job: Job, exit: int, error: str | None) -> None:
    """Write down how a run ended; one that found something locked is tried again soon."""
    now = max(clock.now(), job["last_started_at"])
    values: Job = {"last_finished_at": now, "heartbeat_at": now, "last_exit": exit, "last_error": error}
    values["failure_count"] = job["failure_count"] + 1 if exit else 0
    if not exit:
        values["last_success_at"] = now
    where = {"id": job["id"], "last_started_at": job["last_started_at"]}
    claims.claim(work, NAME, values, where)
    job.update(values)
    if is_put_off(job) and job["next_run_at"] is not None and job["is_enabled"]:
        soon = {"next_run_at": min(job["next_run_at"], now + PUT_OFF)}
        claims.claim(work, NAME, soon, where | {"next_run_at": job["next_run_at"]})


def is_put_off(job: Job) -> bool:
    """Return whether a run ended because something was locked, and that is not yet a failure."""
    return bool(job["last_exit"] == BUSY and job["failure_count"] < PATIENCE)
