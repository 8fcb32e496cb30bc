"""Scoring many leads: those that changed, or all of them, some at a time, each some one transaction.

It may be killed at any moment. What was written stays and is right; what was not is still marked as changed, or lies
behind the place where the sweep over all leads had come to, and the next run goes on there.
"""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain, repeat
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog, clock
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.services import joblock, rows
from mycrm_cli.services.scoring import ahead, following, marks, models, sweeping, writing
from mycrm_cli.services.scoring.batch import Batch, Counts
from mycrm_cli.services.scoring.sweeping import Sweep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.services.scoring.batch import Found
    from mycrm_cli.services.scoring.models import Model
    from mycrm_cli.services.work import Work

TRANSACTION = 20
"""Parts of one transaction: others wait no longer than that takes."""
BATCH = 2_500
"""Leads of one part, which are in memory at a time."""
ID = ahead.ID
GROWN = 1.5
"""What is average is measured anew when there are so many times the leads, or fewer by as much."""
OLD_DAYS = 30
"""Days after which it is measured anew in any case."""
JOB = "score run"


class Outcome(NamedTuple):
    """What a run did: leads that were looked at, those whose score moved, whose grade moved, rows of the history.

    ``measured`` is the version that was made because the leads are others than before, or None.
    """

    scored: int
    changed: int
    regraded: int
    recorded: int
    version: str
    measured: str | None


class Run(NamedTuple):
    """What a run needs of its caller: units of work, connections that only look, and who hears how far it is."""

    begin: Callable[[], Work]
    look: Callable[[], Connection] | None
    tell: Callable[[int, int], None] | None


def run(
    begin: Callable[[], Work],
    *,
    every: bool = False,
    ids: Sequence[UUID] | None = None,
    as_of: datetime | None = None,
    tell: Callable[[int, int], None] | None = None,
    look: Callable[[], Connection] | None = None,
) -> Outcome:
    """Score leads: those that changed or whose time has come, ``every`` one, or those with ``ids``.

    ``as_of`` is the moment at which they are looked at, now unless told; events after it do not count. ``tell`` hears
    how many are done, and of how many; ``look`` opens connections for processes that rate many leads beside this one.
    Raises Unavailable (exit 75) while another run for the organization goes on.
    """
    moment = as_of or clock.now()
    this, counts = Run(begin, look, tell), Counts()
    with ExitStack() as held:
        model, measured = _begun(begin, held, moment, every)
        sweep = sweeping.of(model) if ids is None else None
        is_whole = sweep is not None
        if sweep is not None:
            wanted = sweeping.behind(begin, sweep)
            counts += _score(this, model, sweep.as_of, wanted, is_sweep=True)
            model = sweeping.done(begin, model)
        if sweep is not None and sweep.after is None:
            rest = b""  # all have just been looked at
        else:
            rest = b"".join(id.bytes for id in ids) if ids is not None else _due(begin, moment)
        counts += _score(this, model, moment, rest, counts.scored)
        following.follow(begin, model, None if is_whole else ahead.identified(rest), moment)
    return Outcome(*counts, model.version, measured)


def _score(this: Run, model: Model, as_of: datetime, ids: bytes, before: int = 0, *, is_sweep: bool = False) -> Counts:
    """Score leads with ids of 16 bytes each; a sweep writes down with each transaction how far it is."""
    counts, parts = Counts(), [ids[start : start + BATCH * ID] for start in range(0, len(ids), BATCH * ID)]
    count = len(ids) // ID
    with ExitStack() as held:
        found: Iterator[Found | None] = repeat(None, len(parts))
        if this.look is not None and ahead.possible(count):
            with this.begin() as work:
                scope = work.scope
            found = iter(held.enter_context(ahead.Ahead(this.look, scope, model, as_of, parts)))
        for start in range(0, len(parts), TRANSACTION):
            some = parts[start : start + TRANSACTION]
            # What is waited for is waited for before the transaction begins.
            first = next(found)
            with this.begin() as work:
                batch = Batch(work, model, as_of)
                for part, ready in zip(some, chain([first], found), strict=False):
                    told = ready or batch.found(list(batch.leads.of(ahead.identified(part))))
                    counts += writing.write(work, told, model.version, as_of)
                    if this.tell:
                        this.tell(before + counts.scored, before + count)
                if is_sweep:
                    sweeping.mark(work, model, Sweep(UUID(bytes=some[-1][-ID:]), as_of))
    return counts


def _begun(begin: Callable[[], Work], held: ExitStack, as_of: datetime, every: bool) -> tuple[Model, str | None]:
    """Take the lock, and see that there is a model that fits the leads; mark the beginning of a sweep."""
    with begin() as work:
        organization = work.scope.organization_id
        if work.connection.dialect == "sqlite":
            held.enter_context(joblock.alone(work.connection, organization, JOB))
        elif work.reserve is not None:
            own = work.reserve()
            held.callback(own.close)
            held.enter_context(joblock.alone(own, organization, JOB))
        marks.gather(work)
        with work.on_behalf():
            before = models.active(work)
            model = _fitting(work, before, as_of, every)
        new = before is None or before.id != model.id
        if every or sweeping.SWEEP not in model.metrics:
            model = sweeping.mark(work, model, Sweep(None, as_of))
    return model, model.version if new and before is not None else None


def _fitting(work: Work, model: Model | None, as_of: datetime, every: bool) -> Model:
    """Return the active model; rules are measured anew where the leads are others than they were."""
    if model is None:
        return models.ensure(work, as_of)
    if model.type != "rules" or model.trained_at is None or model.source is None:
        return model
    is_old = (as_of - model.trained_at).days >= OLD_DAYS
    if not (every or is_old or models.numbers(work) > GROWN * max(model.metrics.get(models.NUMBERS, 0), 20)):
        return model
    count = models.open_count(work)
    then = int(model.body["population"]["count"])
    grew = count > GROWN * max(then, 20) or then > GROWN * max(count, 20)
    if grew or (count and is_old):
        return models.adopt(work, model.source, as_of)
    return model


def _due(begin: Callable[[], Work], as_of: datetime) -> bytes:
    """Return the leads that changed, whose time has come, or that were never scored, in the order of their ids."""
    with begin() as work:
        sqlite = work.connection.dialect == "sqlite"
        own = work.scope.organization_id
        organization = own.bytes if sqlite else own
        saver = rows.savers(catalog.entity("lead_signals"), ["expires_at"], work.connection.dialect)
        [moment] = rows.converted([as_of], saver)
        closed = ", ".join(f"'{status}'" for status in CLOSED_LEAD)
        yes, no = ("= 1", "= 0") if sqlite else ("", "= false")
        found = work.connection.execute(
            f"SELECT lead_id FROM lead_signals WHERE organization_id = ? AND is_dirty {yes}"
            " UNION SELECT lead_id FROM lead_signals WHERE organization_id = ? AND expires_at <= ?"
            f" UNION SELECT id FROM leads WHERE {'+' if sqlite else ''}organization_id = ? AND score IS NULL"
            f" AND is_deleted {no} AND status NOT IN ({closed}) ORDER BY 1",
            [organization, organization, moment, organization],
        )
        return b"".join([id if sqlite else id.bytes for (id,) in found])
