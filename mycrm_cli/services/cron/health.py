"""How the jobs are: which failed, are late or hang, and which tokens end soon."""

from __future__ import annotations

from datetime import timedelta

from mycrm_cli import catalog, clock, query
from mycrm_cli.config import accepted
from mycrm_cli.query.nodes import equals
from mycrm_cli.services.cron import jobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.cron.jobs import Job

SILENT = timedelta(minutes=5)
"""How long a job that runs may give no sign of life."""
SOON = timedelta(days=14)
BAD = frozenset(("failed", "late", "interrupted", "changed"))
"""States that somebody has to look at."""


def state(job: Job, hashes: Mapping[str, str], now: datetime) -> str:
    """Return how a job is, in one word."""
    if jobs.is_open(job):
        seen = job["heartbeat_at"] or job["last_started_at"]
        return "running" if abs(now - seen) < SILENT else "interrupted"
    if job["last_exit"] and not jobs.is_put_off(job):
        return "failed"
    if not job["is_enabled"]:
        return "disabled"
    if str(job["id"]) in hashes and not accepted.is_accepted(hashes, job):
        return "changed"
    if jobs.is_late(job, now):
        return "late"
    return "due" if jobs.is_due(job, now) else "waiting"


def ending(reader: Reader) -> Iterator[str]:
    """Yield sentences about tokens that end soon: the one in use, and those of service users that may be seen."""
    now, scope, told = clock.real(), reader.scope, set[tuple[str, str]]()
    table = catalog.entity("api_tokens")
    if scope.how == "token" and scope.until and scope.until - now < SOON:
        yield f"the token that this profile uses ends at {scope.until:%Y-%m-%d %H:%M} UTC"
    for name, email, ends, revoked in reader.rows(
        query.Select(table, ["name", "user.email", "expires_at", "revoked_at"], where=equals("user.is_service", "yes"))
    ):
        if revoked is None and ends is not None and ends - now < SOON and (name, email) not in told:
            told.add((name, email))
            yield f"the token {name} of {email} end{'s' if ends > now else 'ed'} at {ends:%Y-%m-%d %H:%M} UTC"
