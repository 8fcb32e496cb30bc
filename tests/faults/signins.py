"""Races for codes of the second factor, guesses at a password, and how long a refusal takes.

python -m tests.faults.signins --database postgresql --race 300 --guesses 100000 --timing 100
"""

import argparse
import multiprocessing
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pyotp

from mycrm_cli import clock
from mycrm_cli.config.secrets import Secret
from mycrm_cli.db import directory
from mycrm_cli.db.connect import Connection, connect
from mycrm_cli.errors import Denied
from mycrm_cli.services import accounts, mfa, sessions, signin
from mycrm_cli.services.work import Work
from tests.faults import worlds
from tests.faults.worlds import World, Worlds

PROCESSES = 4
EMAIL = "ana@acme.com"
PASSWORD = "seven green kettles"
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)
STEPS_APART = 3
"""Steps of 30 seconds between two trials of a race: the codes of one are no good in the next."""
PATIENCE = timedelta(minutes=16)
"""What the clock goes on between two guesses of somebody who waits out every delay."""


@dataclass
class Account:
    """What was tried, and what came of it."""

    races: int = 0
    accepted_twice: int = 0
    never_accepted: int = 0
    guesses: int = 0
    evaluated: Counter[str] = field(default_factory=Counter)


class Kept(Connection):
    """A connection that stays open between units of work."""

    def close(self) -> None:
        self.raw.rollback()


class Place:
    """A database and an organization in it, as processes of their own reach it."""

    def __init__(self, url: str, organization: UUID, home: str) -> None:
        self.url = url
        self.organization = organization
        self.home = home

    @contextmanager
    def beginner(self) -> Iterator[Callable[[], Work]]:
        """Give what begins units of work for somebody who is about to sign in, on one connection."""
        with closing(connect(self.url, write=True, organization_id=self.organization)) as opened:
            kept = Kept(opened.raw, opened.dialect, True, self.organization)
            yield lambda: Work(kept, lambda connection: directory.outsider(connection, self.organization))


def set_clock(moment: datetime) -> None:
    """Let it be a moment, for this process: what ends follows no environment."""
    vars(clock)["real"] = clock.now
    os.environ["MYCRM_NOW"] = moment.isoformat()


def ready(world: World) -> tuple[Place, str]:
    """Give Ana a password and a second factor; return where, and the secret of her app."""
    os.environ["MYCRM_HOME"] = str(world.program.home)
    set_clock(START)
    place = Place(world.program.database, world.organization, str(world.program.home))
    secret = mfa.new_secret()
    with place.beginner() as begin, begin() as work:
        user = signin.find(work, EMAIL)
        assert user is not None
        accounts.set_password(work, user["id"], accounts.hashed(PASSWORD))
        mfa.enable(work, user["id"], secret, Secret(pyotp.TOTP(secret.reveal()).at(START)))
    return place, secret.reveal()


def racer(place: Place, secret: str, trials: int, barrier: Any, results: Any) -> None:
    """Show the same codes as the others, at the same moments."""
    os.environ["MYCRM_HOME"] = place.home
    accepted = []
    with place.beginner() as begin:
        for trial in range(trials):
            moment = START + STEP * (trial + 1) * STEPS_APART
            set_clock(moment)
            with begin() as work:
                user = signin.find(work, EMAIL)
            assert user is not None
            code = Secret(pyotp.TOTP(secret).at(moment))
            barrier.wait()
            try:
                with begin() as work:
                    mfa.prove(work, user, code)
                    sessions.opened(work, user["id"])
                accepted.append(trial)
            except Denied:
                pass
    results.put(accepted)


def race(place: Place, secret: str, trials: int, account: Account) -> None:
    """Let processes race for one code after the other."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    several = [context.Process(target=racer, args=(place, secret, trials, barrier, results)) for _ in range(PROCESSES)]
    for process in several:
        process.start()
    accepted = Counter(trial for _ in several for trial in results.get(timeout=600))
    for process in several:
        process.join()
    account.races += trials
    account.accepted_twice += sum(count > 1 for count in accepted.values())
    account.never_accepted += trials - len(accepted)


def guess(begin: Callable[[], Work], email: str, count: int, pause: timedelta) -> int:
    """Guess passwords, the clock going on in between, and return how many were looked at."""
    evaluated = 0

    def matches(stored: str | None, password: str) -> bool:
        nonlocal evaluated
        evaluated += 1
        return False

    with patch.object(accounts, "matches", matches):
        for number in range(count):
            set_clock(START + number * pause)
            try:
                signin.sign_in(begin, email, Secret(f"guess {number}"), lambda: Secret("000000"))
            except Denied:
                continue
            raise AssertionError("a guess was let in")
    return evaluated


def guesser(place: Place, email: str, count: int, results: Any) -> None:
    """Guess beside others."""
    with place.beginner() as begin:
        results.put(guess(begin, email, count, PATIENCE))


def guesses(place: Place, count: int, account: Account) -> None:
    """Guess with every patience: never waiting, waiting out the delays, at an unknown address, several at once."""
    part = count // 4
    with place.beginner() as begin:
        account.evaluated["hurried"] = guess(begin, EMAIL, part, timedelta(milliseconds=1))
        forget(begin)
        account.evaluated["patient"] = guess(begin, EMAIL, part, PATIENCE)
        account.evaluated["unknown address"] = guess(begin, "nobody@acme.com", part, PATIENCE)
        forget(begin)
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    shares = [part // PROCESSES] * PROCESSES
    several = [context.Process(target=guesser, args=(place, EMAIL, share, results)) for share in shares]
    for process in several:
        process.start()
    account.evaluated["several at once"] = sum(results.get(timeout=3600) for _ in several)
    for process in several:
        process.join()
    account.guesses += part * 3 + sum(shares)


def forget(begin: Callable[[], Work], email: str = EMAIL) -> None:
    """Let guesses begin anew, as an administrator may."""
    with begin() as work:
        signin.forgive(work, email)


def refusal(begin: Callable[[], Work], email: str) -> float:
    """Return the seconds that a refusal takes."""
    forget(begin, email)
    started = time.perf_counter()
    try:
        signin.sign_in(begin, email, Secret("not the password"), lambda: Secret("000000"))
    except Denied:
        return time.perf_counter() - started
    raise AssertionError("a guess was let in")


def timing(place: Place, count: int) -> tuple[float, float]:
    """Return the medians of the seconds in which a known and an unknown address are refused, asked in turn."""
    set_clock(START)
    with place.beginner() as begin:
        pairs = [(refusal(begin, EMAIL), refusal(begin, "nobody@acme.com")) for _ in range(count)]
    return statistics.median(known for known, _ in pairs), statistics.median(unknown for _, unknown in pairs)


def run(kept: Worlds, trials: int, number: int) -> Account:
    """Race and guess in a world of their own, and return what was found."""
    account, world = Account(), kept.copy()
    with patch.dict(os.environ):
        place, secret = ready(world)
        race(place, secret, trials, account)
        guesses(place, number, account)
    return account


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--race", type=int, default=300)
    parser.add_argument("--guesses", type=int, default=100_000)
    parser.add_argument("--timing", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with worlds.opened(given.database) as kept:
        account = run(kept, given.race, given.guesses)
        worlds.say(
            f"{given.database}: {PROCESSES} processes x {account.races} codes, accepted twice"
            f" {account.accepted_twice}, never {account.never_accepted}"
        )
        worlds.say(f"{given.database}: {account.guesses} guesses, evaluated {dict(account.evaluated)}")
        if given.timing:
            place, _ = ready(kept.copy())
            known, unknown = timing(place, given.timing)
            worlds.say(
                f"{given.database}: refusal of a known address {known * 1000:.1f} ms, of an unknown one"
                f" {unknown * 1000:.1f} ms (medians of {given.timing}): {(unknown / known - 1) * 100:+.1f} %"
            )
    return 1 if account.accepted_twice or max(account.evaluated.values()) > signin.MOST else 0


if __name__ == "__main__":
    raise SystemExit(main())
