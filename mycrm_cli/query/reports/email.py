"""What became of the mail that went out: how much arrived, was opened, clicked and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.query.reports import keyed, localtime, shares
from mycrm_cli.query.reports.answer import Bar, Bars, Funnel, Part, Report, Series, Step
from mycrm_cli.query.reports.localtime import LocalTime
from mycrm_cli.query.shown import Shown
from mycrm_cli.query.sql import ALWAYS, Sql, compose

if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.answer import Picture
    from mycrm_cli.query.reports.asked import Asked

COUNTS = (
    "sent",
    "delivered",
    "opened",
    "clicked",
    "replied",
    "hard_bounced",
    "soft_bounced",
    "unsubscribed",
    "complained",
    "failed",
)
SENT, DELIVERED, OPENED, CLICKED, REPLIED = range(5)
RATES = (
    ("delivered_rate", DELIVERED, SENT),
    ("open_rate", OPENED, DELIVERED),
    ("click_rate", CLICKED, DELIVERED),
    ("reply_rate", REPLIED, DELIVERED),
)
"""Column, what is counted, and of what."""
ROW, DATED = "row", "day"


def report(asked: Asked) -> Report:
    """Return the messages that were sent in the period, and what became of them."""
    found: dict[Any, list[int]] = {}
    labels: dict[Any, str | None] = {}
    days: dict[Any, int] = {}
    for part, id, name, bucket, *counts in asked.reader.run(statement(asked)):
        numbers = [int(count or 0) for count in counts]
        if part == DATED:
            days[localtime.day(bucket)] = numbers[SENT]
            continue
        key = id if bucket is None else localtime.begin("month", localtime.day(bucket))
        labels[key] = name
        known = found.setdefault(key, [0] * len(COUNTS))
        found[key] = [one + other for one, other in zip(known, numbers, strict=True)]
    if asked.by == "month":
        for at in localtime.run(asked, "month", found):
            labels[at] = localtime.label("month", at)
            found.setdefault(at, [0] * len(COUNTS))
        order = sorted(found)
    else:
        order = sorted(found, key=lambda key: (-found[key][SENT], labels[key] is None, labels[key] or ""))
    columns = [Shown(asked.by), *(Shown(name, "integer") for name in COUNTS[:5])]
    columns += shares.columns([(name, "share") for name, *_ in RATES])
    columns += [Shown(name, "integer") for name in COUNTS[5:]]
    rows = [[labels[key], *cells(found[key])] for key in order]
    answer = Report(f"E-mail sent, {asked.period.told()}", columns, rows)
    whole = [sum(numbers) for numbers in zip(*found.values(), strict=True)] if found else [0] * len(COUNTS)
    answer.total = ["total", *cells(whole)]
    answer.pictures = pictures(asked, answer, whole, days)
    answer.empty = "no mail was sent in this time"
    return answer


def cells(numbers: list[int]) -> list[Any]:
    """Return the cells of a row: how far messages came, the rates, and what went wrong."""
    rates = [shares.share(numbers[part], numbers[whole]) for _, part, whole in RATES]
    return [*numbers[:5], *rates, *numbers[5:]]


def pictures(asked: Asked, answer: Report, whole: list[int], days: dict[Any, int]) -> list[Picture]:
    """Return the funnel, a bar for each row that is no month, and the messages one day or week after the other."""
    steps = []
    for place, name in enumerate(COUNTS[:5]):
        rate = shares.share(whole[place], whole[SENT] if place == DELIVERED else whole[DELIVERED])
        text = f"{whole[place]:,}" + (f" · {shares.percent(rate)}" if place and rate is not None else "")
        steps.append(Step(name, whole[place], text))
    found: list[Picture] = [Funnel("What became of them: delivered of sent, the rest of delivered", steps)]
    if asked.by != "month":
        bars = [
            Bar(row[0] or keyed.nobody(asked.by), (Part("sent", row[1]),), f"{row[1]:,}") for row in answer.rows[:15]
        ]
        found.append(Bars(f"Sent by {asked.by}", bars))
    unit = localtime.fitting(days)
    sums = dict.fromkeys(localtime.run(asked, unit, days), 0)
    for day, count in days.items():
        sums[localtime.begin(unit, day)] += count
    labels = [localtime.label(unit, day) for day in sums]
    most = max(sums.values(), default=0)
    return [*found, Series(f"Sent by {unit}", labels, list(sums.values()), f"at most {most:,}")]


def statement(asked: Asked) -> Sql:
    """Return the statement: messages are counted once by hour and by whom they are of, then by each of both."""
    frame = asked.reader.frame()
    zone, (base, key) = LocalTime(asked, frame.dialect), counted(asked, frame)
    sums = ", ".join(f"sum({name})" for name in COUNTS)
    if asked.by == "month":
        rows = Sql(
            f"SELECT '{ROW}', CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(clock / 86400 AS BIGINT), {sums}"
            " FROM timed GROUP BY clock / 86400"
        )
    else:
        id, name, joins = keyed.names(frame, asked.by, "timed.who")
        rows = compose(
            f"SELECT '{ROW}', {id}, {name}, CAST(NULL AS BIGINT), {sums} FROM timed {{}} GROUP BY {id}, {name}", joins
        )
    timed = f"SELECT {key}, {zone.local('since')} AS clock, {', '.join(COUNTS)} FROM base"
    return compose(
        f"WITH refused AS MATERIALIZED ({{}}), base AS MATERIALIZED ({{}}), timed AS MATERIALIZED ({timed}) {{}}"
        f" UNION ALL SELECT '{DATED}', NULL, NULL, clock / 86400, {sums} FROM timed GROUP BY clock / 86400",
        refused(asked, frame),
        base,
        rows,
    )


def counted(asked: Asked, frame: Frame) -> tuple[Sql, str]:
    """Return the SELECT of messages by hour and by what the answer is broken down by, and the column of that."""
    m, box, sender = frame.alias(), frame.alias(), frame.alias()
    table, fits = asked.table(frame, catalog.entity("email"), m, asked.where)
    zone = LocalTime(asked, frame.dialect)
    slot = zone.slot(f"COALESCE({m}.sent_at, {m}.created_at)")
    who = {"user": f"{m}.user_id", "sequence": f"{m}.sequence_id", "template": f"{box}.template_id"}.get(asked.by)
    outbox = catalog.entity("outbox")
    joins = compose(
        f"LEFT JOIN users AS {sender} ON {{}} AND {sender}.email = {m}.from_email"
        f" LEFT JOIN refused ON refused.email_id = {m}.id",
        frame.within(catalog.entity("user"), sender),
    )
    if asked.by == "template":
        joins = compose(
            f"{{}} LEFT JOIN outbox AS {box} ON {hidden(frame)}{{}} AND {box}.email_id = {m}.id",
            joins,
            frame.within(outbox, box),
        )
    grouping = ", ".join(filter(None, (who, slot)))
    base = compose(
        f"SELECT {f'{who} AS who, ' if who else ''}{zone.seconds(slot)} AS since, {{}}"
        f" FROM {{}} {{}} WHERE {{}} AND {{}} AND {{}} GROUP BY {grouping}",
        figures(asked, frame, m),
        table,
        joins,
        fits,
        in_time(asked, frame, m),
        from_us(frame, m, sender),
    )
    return base, "who" if who else "NULL AS who"


def hidden(frame: Frame) -> str:
    """Return what keeps SQLite from reading all of the outbox by its organization, once for each message."""
    return "+" if frame.dialect == "sqlite" else ""


def in_time(asked: Asked, frame: Frame, m: str) -> Sql:
    """Return the condition that a message was sent in the period, or could not be sent then."""
    return compose(
        f"{m}.status <> 'queued' AND ({m}.sent_at IS NOT NULL OR {m}.status = 'failed') AND {{}}",
        asked.within(frame, f"COALESCE({m}.sent_at, {m}.created_at)"),
    )


def from_us(frame: Frame, m: str, sender: str) -> Sql:
    """Return the condition that a message is ours: from a user, of a sequence, or out of the outbox."""
    box = frame.alias()
    return compose(
        f"({sender}.id IS NOT NULL OR {m}.sequence_id IS NOT NULL OR EXISTS"
        f" (SELECT 1 FROM outbox AS {box} WHERE {hidden(frame)}{{}} AND {box}.email_id = {m}.id))",
        frame.within(catalog.entity("outbox"), box),
    )


def figures(asked: Asked, frame: Frame, m: str) -> Sql:
    """Return the sums of messages that came so far, as far as they had until the moment that counts as now."""
    until: Callable[[str], Sql] = (
        (lambda name: compose(f"{m}.{name} <= {{}}", asked.moment(frame, asked.at)))  # type: ignore[arg-type]
        if asked.at
        else (lambda name: Sql(f"{m}.{name} IS NOT NULL"))
    )
    went, back = f"{m}.sent_at IS NOT NULL", until("bounced_at")
    conditions = {
        "sent": Sql(went),
        "delivered": compose(f"{went} AND {m}.status <> 'failed' AND ({{}}) IS NOT TRUE", back),
        "opened": until("opened_at"),
        "clicked": until("clicked_at"),
        "replied": until("replied_at"),
        "hard_bounced": compose(f"{{}} AND {m}.bounce_type = 'hard'", back),
        "soft_bounced": compose(f"{{}} AND COALESCE({m}.bounce_type, '') <> 'hard'", back),
        "unsubscribed": Sql("refused.unsubscribed = 1"),
        "complained": Sql("refused.complained = 1"),
        "failed": Sql(f"{m}.status = 'failed'"),
    }
    return compose(
        ", ".join(f"count(CASE WHEN {{}} THEN 1 END) AS {name}" for name in conditions), *conditions.values()
    )


def refused(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of messages after which somebody wanted no more mail, or complained."""
    event = frame.alias()
    until = compose(f"{event}.occurred_at <= {{}}", asked.moment(frame, asked.at)) if asked.at else ALWAYS
    return compose(
        f"SELECT {event}.email_id AS email_id, max(CASE WHEN {event}.type = 'unsubscribe' THEN 1 END) AS unsubscribed,"
        f" max(CASE WHEN {event}.type = 'complaint' THEN 1 END) AS complained FROM email_events AS {event}"
        f" WHERE {{}} AND {event}.type IN ('unsubscribe', 'complaint') AND {event}.email_id IS NOT NULL AND {{}}"
        f" GROUP BY {event}.email_id",
        frame.within(catalog.entity("email_events"), event),
        until,
    )
