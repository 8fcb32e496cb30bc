"""Running jobs that are due, each as a process with a lock of its own, so that none waits for another.

It may be killed at any moment. A due time that was claimed is never claimed again. What began and did not end is
taken up again where the command is made for that; otherwise it is reported as a failure, and not done twice.
"""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from itertools import takewhile
from typing import NamedTuple

from mycrm_cli import clock
from mycrm_cli.config import accepted, logs
from mycrm_cli.db.maintenance import InMaintenance
from mycrm_cli.errors import Unavailable
from mycrm_cli.services import joblock
from mycrm_cli.services.cron import children, jobs
from mycrm_cli.services.cron.children import Child
from mycrm_cli.services.joblock import Busy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.cron.jobs import Job
    from mycrm_cli.services.work import Work

AT_ONCE = 6
"""Jobs that run at the same time."""
PAUSE = 0.05
BEAT = 30.0
"""Seconds between two signs of life."""
TELLING = 60.0
"""Seconds that the command has which is told of a failure."""
WAITING = 30.0
"""Seconds for which writing down a result is tried."""
KILLED = 137
INTERRUPTED = "it was interrupted and may have done its work or not: look, then mycrm cron run {name}"


class Place(NamedTuple):
    """What running needs of its caller: units of work, a connection for each lock, who asks, the program's words."""

    begin: Callable[[], Work]
    look: Callable[[], Connection]
    scope: Scope
    profile: str
    program: Sequence[str]


class Ended(NamedTuple):
    """How a job ended."""

    name: str
    exit: int
    error: str | None
    is_put_off: bool


def wanted(place: Place, found: Sequence[Job]) -> list[Job]:
    """Return the jobs that are due or were interrupted, that this machine accepted, and that who asks may run."""
    now = clock.now()
    moved = [job for job in found if jobs.is_due(job, now) or (job["is_enabled"] and jobs.is_open(job))]
    if not moved:
        return []
    hashes = accepted.known(place.profile)
    return [job for job in moved if accepted.is_accepted(hashes, job) and jobs.may(place.scope, job)]


def run(place: Place, chosen: Sequence[Job], *, named: bool = False) -> list[Ended]:
    """Run jobs at the same time and return how they ended; a job that runs already is left out.

    With ``named`` it is told instead, as exit 75, and jobs run that are not due.
    """
    waiting, running, ended = list(chosen), list[Child](), list[Ended]()
    beaten = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                running += _started(place, waiting.pop(0), named, ended)
            for child in running[:]:
                status = child.poll()
                if status is not None:
                    ended.append(_ended(place, child, status))
                    running.remove(child)
            if running and time.monotonic() - beaten > BEAT:
                beaten = time.monotonic()
                _beat(place, running)
            time.sleep(PAUSE if running else 0)
    finally:
        for child in running:
            child.kill()
    return ended


def _started(place: Place, job: Job, named: bool, ended: list[Ended]) -> Iterator[Child]:
    """Yield the process of a job if this one could claim it; what goes wrong here does not touch the other jobs."""
    with ExitStack() as held:
        try:
            connection = place.look()
            held.callback(connection.close)
            held.enter_context(joblock.alone(connection, place.scope.organization_id, jobs.lock(job)))
            is_mine = _claimed(place, job, named, ended)
        except (Unavailable, OSError) as error:
            ended += _left(job, error, named)
            return
        if not is_mine:
            return
        # What stands behind the noun and the verb may be personal.
        words = takewhile(lambda word: re.fullmatch("[a-z][a-z-]*", word), map(str, job["command"][:3]))
        logs.write("cron", f"{job['name']} begins: mycrm {' '.join(words)}")
        try:
            child = Child(job, [*place.program, *map(str, job["command"])])
        except OSError as error:
            reason = f"it could not be started: {(error.strerror or str(error)).lower()}"
            _write_down(place, job, jobs.BUSY, reason)
            ended.append(_report(place, job, jobs.BUSY, reason, "", 0.0))
            return
        child.held = held.pop_all()
        yield child


def _left(job: Job, error: Exception, named: bool) -> Iterator[Ended]:
    """Leave a job for later: in silence while it is in time, runs already or is in maintenance; else it is told."""
    reason = "it is running already" if isinstance(error, Busy) else str(error)
    logs.write("cron", f"{job['name']} was left for later: {reason}")
    is_usual = isinstance(error, (Busy, InMaintenance)) or not jobs.is_late(job, clock.now())
    if named or not is_usual:
        yield Ended(job["name"], jobs.BUSY, reason, named)


def _claimed(place: Place, job: Job, named: bool, ended: list[Ended]) -> bool:
    """Claim a job's time; one that is over for a job without catch-up is left out."""
    if jobs.is_open(job) and not named and not jobs.may_repeat(job):
        ended += _given_up(place, job)
        return False
    with place.begin() as work:
        if not named and not jobs.is_open(job) and jobs.is_missed(job, clock.now()):
            if jobs.leave_out(work, job):
                logs.write("cron", f"{job['name']} was missed and makes up for nothing")
            return False
        return jobs.begin(work, job)


def _given_up(place: Place, job: Job) -> list[Ended]:
    """Report a job that was interrupted and must not be started again by itself."""
    error = INTERRUPTED.format(name=job["name"])
    with place.begin() as work:
        if not jobs.claim(work, job, {"last_finished_at": clock.now()}):
            return []
        jobs.end(work, job, KILLED, error)
    return [_report(place, job, KILLED, error, "", 0.0)]


def _ended(place: Place, child: Child, status: int) -> Ended:
    """Write down how a job ended, and only then let its lock go."""
    job, printed = child.job, child.printed()
    error = None if not status else _reason(child, logs.redacted(_said(printed))[:500])
    try:
        _write_down(place, job, status, error)
    finally:
        child.close()
    return _report(place, job, status, error, printed, child.seconds)


def _write_down(place: Place, job: Job, status: int, error: str | None) -> None:
    """Write down how a job ended, also where the database is away for a moment; else it counts as interrupted."""
    until = time.monotonic() + WAITING
    while True:
        try:
            with place.begin() as work:
                jobs.end(work, job, status, error)
            return
        except Unavailable as trouble:
            if time.monotonic() > until:
                logs.write("cron", f"{job['name']}: how it ended could not be written down: {trouble.message}")
                job.update(last_exit=status, last_error=error, last_finished_at=clock.now())
                return
            time.sleep(1)


def _said(printed: str) -> str:
    """Return the line that says what went wrong: the last error, else the last line of all."""
    lines = printed.splitlines() or ["it printed nothing"]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines)[-1].strip()


def _reason(child: Child, said: str) -> str:
    """Return why a job failed."""
    if child.stopped is not None:
        return f"it was stopped after its time limit of {child.limit:g} seconds"
    return said


def _report(place: Place, job: Job, status: int, error: str | None, printed: str, seconds: float) -> Ended:
    """Write the log, and tell the job's command of a failure."""
    name, put_off = job["name"], jobs.is_put_off(job)
    logs.write("cron", "\n".join(f"{name}: {line}" for line in printed.splitlines()))
    how = "is done" if not status else f"ended with exit {status}: {error}"
    logs.write("cron", f"{name} {how} ({seconds:.1f} s)")
    if status and not put_off and job["on_failure"]:
        wrong = children.told(job["on_failure"], _message(place, job, printed), TELLING)
        if wrong:
            logs.write("cron", f"{name}: the command that is told of failures {wrong}")
    return Ended(name, status, error, put_off)


def _message(place: Place, job: Job, printed: str) -> str:
    """Return what the command for failures reads."""
    import json

    from mycrm_cli.output.formats import harmless

    facts: dict[str, Any] = {
        "job": job["name"],
        "command": ["mycrm", *job["command"]],
        "exit": job["last_exit"],
        "error": job["last_error"],
        "failures": job["failure_count"],
        "started_at": f"{job['last_started_at']:%Y-%m-%dT%H:%M:%SZ}",
        "finished_at": f"{job['last_finished_at']:%Y-%m-%dT%H:%M:%SZ}",
        "organization": place.scope.slug,
        "profile": place.profile,
        "output": logs.redacted(printed)[-4000:],
    }
    return harmless(json.dumps(facts)) + "\n"


def _beat(place: Place, running: Sequence[Child]) -> None:
    """Give a sign of life for each job; one that cannot be given now comes later."""
    try:
        with place.begin() as work:
            for child in running:
                jobs.beat(work, child.job)
    except Unavailable as error:
        logs.write("cron", f"no sign of life: {error.message}")
