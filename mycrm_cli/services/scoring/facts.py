"""Reads what scoring looks at: leads with their signals, their company and whether mail reaches them."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.services import rows
from mycrm_cli.services.scoring.inputs import Facts
from mycrm_cli.services.scoring.rules import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.work import Work

LEAD = (
    "number name status source job_title email do_not_call do_not_email company is_deleted score_locked score grade"
).split()
MOMENTS = ("landmark_at", "last_inbound_at", "bounced_at", "expires_at")
STATE = len(LEAD) + 4 + len(MOMENTS)
STATES = 8
"""Where the columns of a row begin that tell its state, and how many they are."""
COMPANY = LEAD.index("company") + 1
"""Where a row has the lead's name for its company."""
SIZES = {"1-10": 5, "11-50": 30, "51-200": 125, "201-500": 350, "501-1000": 750, "1001-5000": 3000, "5001+": 10_000}
"""How many people a class of size stands for."""
REMEMBERED = 20_000
"""Companies that are kept at a time."""


class Known(NamedTuple):
    """What is stored of a lead beside its facts: its score as it was, and the state of its signals.

    ``is_scored`` is false for leads that keep their score: closed ones, those in the trash, those scored by hand.
    """

    score: int | None
    grade: str | None
    breakdown: tuple[int, ...] | None
    is_scored: bool
    is_dirty: bool
    marks: int | None
    expires_at: float | None
    recorded_score: int | None
    event_count: int


class Firm(NamedTuple):
    """What a company adds to a lead."""

    employees: float | None = None
    revenue: float | None = None
    industry: str | None = None


UNKNOWN = Firm()


class Leads:
    """Reads leads of one organization; companies that many of them share are looked up once."""

    def __init__(self, source: Reader | Work, *, custom: bool = False) -> None:
        self.connection = source.connection
        self.scope = source.scope
        self.sqlite = source.connection.dialect == "sqlite"
        self.custom = custom
        self._firms: dict[str, Firm] = {}
        self.with_companies = rows.exist(self.connection, self.scope, catalog.entity("company"))

    def of(self, ids: Sequence[UUID]) -> Iterator[tuple[Facts, Known]]:
        """Yield the facts of leads with these ids, in the order of the ids, and what is stored of them."""
        for start in range(0, len(ids), rows.CHUNK):
            part = [self._id(id) for id in ids[start : start + rows.CHUNK]]
            among = f"IN ({', '.join('?' * len(part))})" if self.sqlite else "= ANY(?)"
            yield from self._read(f"l.id {among}", part if self.sqlite else [part])

    def _id(self, id: UUID) -> Any:
        return id.bytes if self.sqlite else id

    def _read(self, where: str, params: Sequence[Any]) -> Iterator[tuple[Facts, Known]]:
        own = self._id(self.scope.organization_id)
        scopes = [own] * (4 if self.with_companies else 3)
        found = list(self.connection.execute(self._statement(where), [*scopes, *params]))
        load = _sqlite_row if self.sqlite else _postgresql_row
        for row, firm in zip(found, self._firms_of(found), strict=True):
            yield load(row, firm)

    def _firms_of(self, found: Sequence[Sequence[Any]]) -> list[Firm]:
        """Return the company of each row: the one that was joined by the domain, else the one of that name."""
        if not self.with_companies:
            return [UNKNOWN] * len(found)
        joined = [row[-1] is not None for row in found]
        named = [None if there else row[COMPANY] for row, there in zip(found, joined, strict=True)]
        others = self.firms([(None, name) for name in named])
        return [_firm(*row[-5:-1]) if there else other for row, there, other in zip(found, joined, others, strict=True)]

    def _statement(self, where: str) -> str:
        names = ["l.id", *(f"l.{name}" for name in LEAD)]
        names += [self._seconds("l.created_at"), self._float("l.estimated_value"), self._text("l.score_breakdown")]
        names += [*(self._seconds(f"s.{name}") for name in MOMENTS), self._text("s.sums"), self._text("s.latest")]
        names += ["s.is_dirty", "s.marks", "s.recorded_score", "s.event_count", "x.reason"]
        names.append(self._text("l.custom_fields") if self.custom else "NULL")
        joined = ""
        if self.with_companies:
            names += ["c.employee_count", "c.company_size", self._float("c.annual_revenue"), "c.industry", "c.id"]
            at = "instr(l.email, '@')" if self.sqlite else "strpos(l.email, '@')"
            joined = f" LEFT JOIN companies AS c ON c.organization_id = ? AND c.domain = substr(l.email, {at} + 1)"
        # A plus sign keeps SQLite from the organization's indexes: leads come in the order of their ids.
        return (
            f"SELECT {', '.join(names)} FROM leads AS l"
            " LEFT JOIN lead_signals AS s ON s.organization_id = ? AND s.lead_id = l.id"
            " LEFT JOIN suppressions AS x ON x.organization_id = ? AND x.email = l.email"
            f"{joined}"
            f" WHERE {'+' if self.sqlite else ''}l.organization_id = ? AND {where} ORDER BY l.id"
        )

    def _seconds(self, column: str) -> str:
        return column if self.sqlite else f"CAST(extract(epoch FROM {column}) AS double precision)"

    def _text(self, column: str) -> str:
        # Most are empty or like many others, and need not be read each time.
        return column if self.sqlite else f"CAST({column} AS text)"

    def _float(self, column: str) -> str:
        return f"{column} / 100.0" if self.sqlite else f"CAST({column} AS double precision)"

    def firms(self, wanted: Sequence[tuple[str | None, str | None]]) -> list[Firm]:
        """Return the company of each lead: that of its address's domain, else that of its name."""
        if not self.with_companies:
            return [UNKNOWN] * len(wanted)
        keys = [(_domain(email), _name(company)) for email, company in wanted]
        if len(self._firms) > REMEMBERED:
            self._firms.clear()
        self._look_up("domain", "@", {domain for domain, _ in keys if domain and "@" + domain not in self._firms})
        self._look_up("name_key", "", {name for _, name in keys if name and name not in self._firms})
        found = [(self._firms.get("@" + domain, UNKNOWN), name) for domain, name in keys]
        return [firm if firm is not UNKNOWN else self._firms.get(name, UNKNOWN) for firm, name in found]

    def _look_up(self, column: str, prefix: str, keys: Iterable[str]) -> None:
        wanted = sorted(keys)
        self._firms |= dict.fromkeys([prefix + key for key in wanted], UNKNOWN)
        names = [column, "employee_count", "company_size", "annual_revenue", "industry"]
        company = catalog.entity("company")
        # Of two companies with one name the later one counts, in the same order on both databases.
        found = rows.fetch(self.connection, self.scope, company, column, wanted, [*names, "number"])
        for key, count, size, revenue, industry, _ in sorted(found, key=lambda row: int(row[-1])):
            self._firms[prefix + key] = _firm(count, size, revenue, industry)


def _firm(count: int | None, size: str | None, revenue: Any, industry: str | None) -> Firm:
    """Return what a company adds to a lead, from its columns."""
    people = count if count is not None else SIZES.get(size) if size else None
    return Firm(None if people is None else float(people), None if revenue is None else float(revenue), industry)


def _domain(email: str | None) -> str:
    return email.partition("@")[2] if email else ""


def _name(company: str | None) -> str:
    return fold_key(company) if company else ""


def seconds(text: str | None) -> float | None:
    """Return a moment as SQLite stores it in seconds since 1970."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


@lru_cache(maxsize=20_000)
def _components(text: str) -> tuple[int, ...] | None:
    """Return stored components in their order; most leads share them with others."""
    return _in_order(json.loads(text))


def _in_order(stored: dict[str, int]) -> tuple[int, ...] | None:
    return tuple(stored[name] for name in COMPONENTS) if stored.keys() >= set(COMPONENTS) else None


def _loads(text: str | None) -> Any:
    return json.loads(text) if text and text != "{}" else {}


def _sqlite_row(row: Sequence[Any], firm: Firm) -> tuple[Facts, Known]:
    created, value, breakdown, *moments = row[len(LEAD) + 1 : STATE]
    times = [seconds(created), *map(seconds, moments)]
    return _fact(
        [UUID(bytes=row[0]), *row[1 : len(LEAD) + 1]], value, breakdown, times, row[STATE : STATE + STATES], firm
    )


def _postgresql_row(row: Sequence[Any], firm: Firm) -> tuple[Facts, Known]:
    created, value, breakdown, *moments = row[len(LEAD) + 1 : STATE]
    return _fact(row[: len(LEAD) + 1], value, breakdown, [created, *moments], row[STATE : STATE + STATES], firm)


def _fact(
    start: Sequence[Any],
    value: float | None,
    breakdown: str,
    times: Sequence[Any],
    state: Sequence[Any],
    firm: Firm,
) -> tuple[Facts, Known]:
    id, number, name, status, source, title, email, no_call, no_mail, _, deleted, locked, score, grade = start
    created, landmark, inbound, bounced, expires = times
    sums, latest, dirty, marks, recorded, count, reason, custom = state
    facts = Facts(
        id,
        number,
        name,
        status,
        created,
        source,
        title,
        email,
        value,
        *firm,
        landmark,
        _loads(sums) or None,
        _loads(latest),
        inbound,
        bounced,
        reason or ("unsubscribe" if no_mail else None),
        bool(no_call),
        _loads(custom),
    )
    scored = not (deleted or locked or status in CLOSED_LEAD)
    is_dirty = bool(dirty) or marks is None
    return facts, Known(score, grade, _components(breakdown), scored, is_dirty, marks, expires, recorded, count or 0)
