"""The time of day, which tests set through ``MYCRM_NOW``."""

import os
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    fixed = os.environ.get("MYCRM_NOW")
    if fixed:
        moment = datetime.fromisoformat(fixed)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.now(UTC)


def real() -> datetime:
    """Return the time by which sessions, tokens and delays end: the environment does not set it."""
    return datetime.now(UTC)
