"""The models that leads are scored with: versions of the rules, and what was learned; one of them is active.

A version never changes: what is average among the leads, and where grades begin, is frozen with it, so that a score
can be worked out again. Measuring anew makes another version of the same rules.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.errors import NotFound
from mycrm_cli.query.reader import Reader
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.services import records, rows
from mycrm_cli.services.scoring import grades, marks, ownfields, population, rules, signals
from mycrm_cli.services.scoring.facts import Leads
from mycrm_cli.services.scoring.rating import Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.work import Work

PREFIX = "rules-"
NUMBERS = "numbers"
"""The member of a model's metrics that says how many leads there had ever been when it was made."""
COLUMNS = "id version type source body cutoffs metrics is_active is_provisional trained_at".split()
PAGE = 50_000
"""Ids that are read at a time."""


class Model(NamedTuple):
    """A stored version: ``source`` are the rules as they were written, ``body`` what scoring needs of it."""

    id: UUID
    version: str
    type: str
    source: str | None
    body: dict[str, Any]
    cutoffs: dict[str, int]
    metrics: dict[str, Any]
    is_active: bool
    is_provisional: bool
    trained_at: datetime | None


def stored(source: Reader | Work) -> list[Model]:
    """Return all versions, the newest first."""
    entity = catalog.entity("scoring_models")
    own = source.scope.organization_id
    found = rows.fetch(source.connection, source.scope, entity, "organization_id", [own], [*COLUMNS, "created_at"])
    return [Model(*row[:-1]) for row in sorted(found, key=lambda row: (row[-1], row[0]), reverse=True)]


def active(source: Reader | Work) -> Model | None:
    """Return the version that leads are scored with, or None before the first."""
    return next((model for model in stored(source) if model.is_active), None)


def named(source: Reader | Work, version: str) -> Model:
    """Return a version; raises NotFound."""
    known = stored(source)
    for model in known:
        if model.version == version:
            return model
    raise NotFound(f"no model {version!r}", candidates=[model.version for model in known])


def engine(model: Model) -> Any:
    """Return what rates leads with a version."""
    if model.type == "learned":
        from mycrm_cli.services.scoring.learned import model as learned

        return learned.engine(model)
    assert model.source is not None
    averages = population.of_record(model.body["population"])
    return Engine(model.version, rules.read(model.source), averages, model.cutoffs)


def ensure(work: Work, as_of: datetime) -> Model:
    """Return the active version; the first time the default rules become it."""
    return active(work) or adopt(work, rules.default_text(), as_of)


def adopt(work: Work, text: str, as_of: datetime) -> Model:
    """Store rules as the next version and score with them from now on; raises Invalid for rules that are none."""
    rated = trial(work, text, as_of)
    versions = [model.version for model in stored(work) if model.type == "rules"]
    number = max((int(version.removeprefix(PREFIX)) for version in versions), default=0) + 1
    value = {
        "version": f"{PREFIX}{number}",
        "type": "rules",
        "source": text,
        "body": {"population": rated.population.record()},
        "cutoffs": rated.cutoffs,
        "metrics": {NUMBERS: numbers(work)},
        "trained_at": as_of,
        "user_id": work.scope.user_id,
    }
    return use(work, _added(work, value))


def _added(work: Work, value: dict[str, Any]) -> str:
    entity = catalog.entity("scoring_models")
    records.insert(work, entity, records.prepared(work, entity, [value]))
    return str(value["version"])


def use(work: Work, version: str) -> Model:
    """Score with a stored version from now on; all leads are looked at by the next run. Raises NotFound."""
    wanted = named(work, version)
    entity = catalog.entity("scoring_models")
    before = active(work)
    others = [model.id for model in stored(work) if model.is_active and model.id != wanted.id]
    metrics = {name: value for name, value in wanted.metrics.items() if name != "sweep"}
    changes: list[tuple[UUID, dict[str, Any]]] = [(id, {"is_active": False}) for id in others]
    if not wanted.is_active:
        changes.append((wanted.id, {"is_active": True, "metrics": metrics}))
    records.edit(work, entity, changes)
    if before is not None and engine(before).half_lives != engine(wanted).half_lives:
        marks.mark_all(work)
    return named(work, version)


def trial(source: Reader | Work, text: str, as_of: datetime) -> Engine:
    """Return an engine for rules: its averages and cut-offs are measured now.

    Those of a stored version were checked when they came: that a field was deleted since stops nobody's scores.
    """
    read = rules.read(text)
    if read.custom and all(model.source != text for model in stored(source)):
        ownfields.check(source, read)
    median = median_won(source)
    blank = Engine("trial", read, population.blank(read.factors, median), dict(grades.FIRST))
    sample, count = sampled(source, blank, as_of)
    moment = as_of.timestamp()
    columns = [blank.points(factor, sample, moment) for factor in blank.factors]
    averages = population.measured(blank.factors, columns, count, median)
    return _graded(Engine("trial", read, averages, dict(grades.FIRST)), sample, count, moment)


def _graded(rated: Engine, sample: list[Facts], count: int, as_of: float) -> Engine:
    """Return an engine with cut-offs for the leads that were sampled."""
    scores = [rating.score for rating in rated.rate(sample, as_of)] if count >= grades.ENOUGH else []
    return Engine(rated.version, rated.rules, rated.population, grades.cutoffs(scores))


def sampled(source: Reader | Work, rated: Any, as_of: datetime) -> tuple[list[Facts], int]:
    """Return the facts of open leads, ``SAMPLE`` of them at most and evenly, and how many there are."""
    count = open_count(source)
    step = max(-(-count // population.SAMPLE), 1)
    where, params = _open(source)
    found = source.connection.execute(f"SELECT id {where} AND number % ? = 0 ORDER BY id", [*params, step])
    ids = [UUID(bytes=id) if isinstance(id, bytes) else id for (id,) in found]
    return facts_as_of(source, rated, ids, as_of), count


def open_count(source: Reader | Work) -> int:
    """Return how many leads are open, and so scored."""
    where, params = _open(source)
    return int(source.connection.execute(f"SELECT count(*) {where}", params).fetchone()[0])


def numbers(source: Reader | Work) -> int:
    """Return how many leads there have ever been, which is known without counting."""
    own = source.scope.organization_id
    told = [own.bytes if source.connection.dialect == "sqlite" else own]
    statement = "SELECT next_value FROM counters WHERE organization_id = ? AND entity = 'lead'"
    found = source.connection.execute(statement, told).fetchone()
    return int(found[0]) - 1 if found else 0


def open_ids(source: Reader | Work, after: UUID | None) -> bytes:
    """Return the ids of open leads behind one, in their order, 16 bytes each: there may be millions."""
    sqlite, last, found = source.connection.dialect == "sqlite", after or UUID(int=0), bytearray()
    where, params = _open(source)
    statement = f"SELECT id {where} AND id > ? ORDER BY id LIMIT {PAGE}"
    while page := source.connection.execute(statement, [*params, last.bytes if sqlite else last]).fetchall():
        found += b"".join([id if sqlite else id.bytes for (id,) in page])
        last = UUID(bytes=bytes(found[-16:]))
    return bytes(found)


def _open(source: Reader | Work) -> tuple[str, list[Any]]:
    """Return the FROM and WHERE of the organization's open leads, and their parameters."""
    sqlite, own = source.connection.dialect == "sqlite", source.scope.organization_id
    live = "is_deleted = 0" if sqlite else "NOT is_deleted"
    marks = ", ".join(f"'{status}'" for status in CLOSED_LEAD)
    where = f"FROM leads WHERE organization_id = ? AND {live} AND status NOT IN ({marks})"
    return where, [own.bytes if sqlite else own]


def facts_as_of(source: Reader | Work, rated: Any, ids: list[UUID], as_of: datetime) -> list[Facts]:
    """Return facts of leads with their signals as they were at a moment, rebuilt from the events."""
    leads = Leads(source, custom=rated.needs_custom)
    sums = signals.rebuilt(source, ids, rated.half_lives, as_of)
    return [with_sums(fact, sums[fact.id]) for fact, _ in leads.of(ids)]


def with_sums(fact: Facts, sums: signals.Sums) -> Facts:
    """Return facts with signals that were rebuilt."""
    return fact._replace(
        landmark_at=seconds(sums.landmark_at),
        sums=sums.sums or None,
        latest={name: moment.timestamp() for name, moment in sums.latest.items()},
        last_inbound_at=seconds(sums.last_inbound_at),
        bounced_at=seconds(sums.bounced_at),
    )


def seconds(moment: datetime | None) -> float | None:
    """Return a moment in seconds since 1970."""
    return None if moment is None else moment.timestamp()


def moment(seconds: float) -> datetime:
    """Return the moment of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def median_won(source: Reader | Work) -> float | None:
    """Return the median value of won deals in the organization's own currency, or None without any."""
    sqlite = source.connection.dialect == "sqlite"
    own = source.scope.organization_id
    where = "FROM opportunities WHERE organization_id = ? AND status = 'won' AND currency = ? AND value > 0"
    where += f" AND {'is_deleted = 0' if sqlite else 'NOT is_deleted'}"
    params: list[Any] = [own.bytes if sqlite else own, source.scope.locale.currency]
    [count] = source.connection.execute(f"SELECT count(*) {where}", params).fetchone()
    if not count:
        return None
    found = source.connection.execute(
        f"SELECT value {where} ORDER BY value LIMIT 1 OFFSET ?", [*params, int(count) // 2]
    )
    [value] = found.fetchone()
    return float(value) / 100 if sqlite else float(value)
