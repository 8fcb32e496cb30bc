"""What waits too long: deals that stand still, leads that nobody answered, tasks that are overdue."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.errors import UsageError
from mycrm_cli.query import rates
from mycrm_cli.query.computed import DAY, seconds
from mycrm_cli.query.nodes import all_of, equals
from mycrm_cli.query.reports import amounts, keyed, shares
from mycrm_cli.query.reports.answer import BAD, FAINT, PLAIN, Bar, Bars, Part, Report
from mycrm_cli.query.shown import Shown
from mycrm_cli.query.sql import NEVER, Sql, compose, value
from mycrm_cli.query.titles import title
from mycrm_cli.query.virtual import CLOSED_LEAD, response_limit

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

KINDS = {"deal": "owner", "lead": "owner", "task": "assigned_to"}
"""Noun -> who has to do something."""
COLUMNS = (
    ("kind", "text"),
    ("reference", "text"),
    ("name", "text"),
    ("owner", "text"),
    ("since", "timestamp"),
    ("days", "integer"),
    ("limit", "number"),
    ("value", "money"),
)
TONES = {"deal": PLAIN, "lead": BAD, "task": FAINT}
SHARED = ("kind", "number", "name", "owner_id", "since", "waited", "allowed", "value", "missing", "plain")


def report(asked: Asked) -> Report:
    """Return the records that wait too long, the worst first, and how many there are of each owner."""
    frame = asked.reader.frame()
    answer = Report("Waiting too long", [Shown(*column) for column in COLUMNS], [])
    owners: dict[Any, tuple[str | None, dict[str, int]]] = {}
    rows: list[list[Any]] = []
    for count, id, owner, *row in asked.reader.run(statement(asked, frame)):
        if count is None:
            rows.append(line(row, owner, frame.dialect))
            continue
        kind, missing, plain = row[0], row[8], row[9]
        counts = owners.setdefault(id, (owner, {}))[1]
        counts[kind] = counts.get(kind, 0) + int(count)
        if missing:
            load: Any = kinds.make("money").loader(frame.dialect) or Decimal
            deals, amount = answer.lacking.get(missing, (0, amounts.ZERO))
            answer.lacking[missing] = (deals + int(count), amount + load(plain or 0))
    answer.rows = rows
    total = sum(sum(counts.values()) for _, counts in owners.values())
    answer.pictures = [picture(list(owners.values()))]
    if len(rows) < total:
        answer.notes.append(f"{len(rows):,} of {total:,} are shown; -L 0 shows all")
    answer.empty = "nothing waits too long"
    return answer


def line(row: list[Any], owner: str | None, dialect: str) -> list[Any]:
    """Return a row: which record, whose, since when it waits, how long it may."""
    kind, number, name, _, since, waited, allowed, worth, *_ = row
    load: Any = kinds.make("timestamp").loader(dialect) or (lambda moment: moment)
    money: Any = kinds.make("money").loader(dialect) or Decimal
    limit = shares.divided(int(allowed), DAY, 2) if int(allowed) else None
    if limit is not None and limit == limit.to_integral_value():
        limit = limit.quantize(Decimal(1))
    reference = f"{catalog.entity(kind).prefix}-{number}"
    worth = None if worth is None else money(worth)
    return [kind, reference, name, owner, load(since), int(waited) // DAY, limit, worth]


def picture(owners: list[tuple[str | None, dict[str, int]]]) -> Bars:
    """Return a bar for each owner: deals, leads and tasks."""
    bars = []
    for owner, counts in sorted(owners, key=lambda each: (-sum(each[1].values()), each[0] or ""))[:20]:
        parts = tuple(Part(f"{kind}s", counts.get(kind, 0), TONES[kind]) for kind in KINDS)
        words = (f"{counts[kind]:,} {kind if counts[kind] == 1 else f'{kind}s'}" for kind in KINDS if kind in counts)
        bars.append(Bar(owner or keyed.nobody("owner"), parts, ", ".join(words)))
    return Bars("By owner: deals that stand still, leads without an answer, overdue tasks", bars)


def wanted(asked: Asked) -> list[str]:
    """Return the kinds of records that are asked for; raises UsageError for another word."""
    typed = [word.strip().lower().removesuffix("s") for word in str(asked.options.get("kind") or "").split(",")]
    words = [word for word in typed if word]
    for word in words:
        if word not in KINDS:
            raise UsageError(f"--kind does not know {word!r}", candidates=list(KINDS))
    return [kind for kind in KINDS if kind in words or not words]


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: what waits too long, found once; then the worst of it, and the sums of each owner."""
    parts = [SELECTS[kind](asked, frame) for kind in wanted(asked)]
    limit = asked.options.get("limit")
    most = Sql("") if limit is None else compose(" LIMIT {}", value(limit))
    id, name, joins = keyed.names(frame, "owner", "owner_id")
    own = ", ".join(f"{each}" for each in SHARED)
    worst = compose(
        f"SELECT CAST(NULL AS BIGINT) AS count, {id} AS id, {name} AS owner, {own} FROM found {{}}"
        " ORDER BY waited - allowed DESC, kind, number{}",
        joins,
        most,
    )
    of = {"kind": "kind", "missing": "missing", "plain": "sum(plain)"}
    cells = ", ".join(of.get(each, "NULL") for each in SHARED)
    return compose(
        f"WITH {{}}, found ({own}) AS MATERIALIZED ({' UNION ALL '.join('{}' for _ in parts)})"
        f" SELECT * FROM ({{}}) AS worst"
        f" UNION ALL SELECT count(*), {id}, {name}, {cells} FROM found {{}} GROUP BY {id}, {name}, kind, missing",
        amounts.rates_of_the_day(asked, frame),
        *parts,
        worst,
        joins,
    )


def chosen(asked: Asked, frame: Frame, kind: str, alias: str) -> tuple[Sql, Sql]:
    """Return what to read the records of a kind from, and the condition that they are asked for."""
    paths = {"responsible": KINDS[kind], "of_team": f"{KINDS[kind]}.team"}
    nodes = [equals(path, asked.options[name]) for name, path in paths.items() if asked.options.get(name)]
    return asked.table(frame, catalog.entity(kind), alias, all_of([asked.where, *nodes]))


def waited(asked: Asked, frame: Frame, moment: str) -> Sql:
    """Return the seconds since a moment."""
    return compose("(CAST({} AS BIGINT) - {})", value(int(asked.now.timestamp())), seconds(frame, moment))


def deals(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of open deals that stand longer in their stage than it allows."""
    deal, stage = frame.alias(), frame.alias()
    table, fits = chosen(asked, frame, "deal", deal)
    there = waited(asked, frame, f"{deal}.stage_changed_at")
    amount, currency, rate = f"{deal}.value", f"{deal}.currency", f"{amounts.RATES}.rate"
    missing = rates.lacking(frame, amount, currency, rate)
    return compose(
        f"SELECT 'deal', {deal}.number, {deal}.name, {deal}.owner_id, {deal}.stage_changed_at, {{}},"
        f" CAST({stage}.stale_after_days AS BIGINT) * {DAY}, {{}}, {{}}, CASE WHEN {{}} IS NOT NULL THEN {amount} END"
        f" FROM {{}} JOIN stages AS {stage} ON {{}} AND {stage}.id = {deal}.stage_id {amounts.joined(deal)}"
        f" WHERE {{}} AND {deal}.status = 'open' AND {{}} > CAST({stage}.stale_after_days AS BIGINT) * {DAY}",
        there,
        rates.converted(frame, amount, currency, rate),
        missing,
        missing,
        table,
        frame.within(catalog.entity("stage"), stage),
        fits,
        there,
    )


def leads(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of open leads that nobody answered within the organization's limit."""
    lead = frame.alias()
    table, fits = chosen(asked, frame, "lead", lead)
    minutes = frame.ask(response_limit(frame))
    closed = ", ".join(f"'{status}'" for status in CLOSED_LEAD)
    latest = asked.moment(frame, asked.now - timedelta(minutes=minutes))
    late = compose(f"{lead}.created_at < {{}}", latest) if minutes > 0 else NEVER
    return compose(
        f"SELECT 'lead', {lead}.number, {lead}.name, {lead}.owner_id, {lead}.created_at, {{}},"
        f" CAST({minutes * 60} AS BIGINT), {lead}.estimated_value, CAST(NULL AS TEXT), CAST(NULL AS NUMERIC) FROM {{}}"
        f" WHERE {{}} AND {lead}.first_responded_at IS NULL AND {lead}.status NOT IN ({closed}) AND {{}}",
        waited(asked, frame, f"{lead}.created_at"),
        table,
        fits,
        late,
    )


def tasks(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of open tasks that should have been done before now."""
    task = frame.alias()
    table, fits = chosen(asked, frame, "task", task)
    return compose(
        f"SELECT 'task', {task}.number, {title(catalog.entity('task'), task).text}, {task}.assigned_to_id,"
        f" {task}.due_date, {{}}, CAST(0 AS BIGINT), CAST(NULL AS NUMERIC), CAST(NULL AS TEXT), CAST(NULL AS NUMERIC)"
        f" FROM {{}} WHERE {{}} AND {task}.status IN ('pending', 'in_progress') AND {task}.due_date < {{}}",
        waited(asked, frame, f"{task}.due_date"),
        table,
        fits,
        asked.moment(frame, asked.now),
    )


SELECTS = {"deal": deals, "lead": leads, "task": tasks}
