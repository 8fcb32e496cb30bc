"""An organization whose leads are scored, looked at from beside: what is stored, and what it should be."""

import json
import random
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from mycrm_cli.db import connect as connecting
from mycrm_cli.db import directory
from mycrm_cli.kinds.structures import read_json
from mycrm_cli.services.scoring import ahead, keeping, marks, models, running
from mycrm_cli.services.scoring.facts import Leads
from mycrm_cli.services.scoring.grades import grade
from mycrm_cli.services.scoring.rules import COMPONENTS
from mycrm_cli.services.work import Work
from tests.program import Program
from tests.rowhash import rows_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TITLES = ("", "CEO", "VP Sales", "Head of IT", "Manager", "Senior Engineer", "Clerk", "Intern")
SOURCES = ("", "referral", "partner", "website", "event", "cold_call")
KINDS = ("meeting", "form", "web_visit", "call", "email", "note")
SCORING = ("lead_scores", "lead_signals", "leads", "scoring_models", "contacts")


class Place:
    """A profile's organization: runs in this process, and what they left."""

    def __init__(self, crm: Program) -> None:
        self.crm = crm
        self.organization = UUID(crm.json("org", "view")["id"])
        self.is_file = crm.database.startswith("sqlite:")

    def key(self, id: UUID) -> Any:
        """Return an id as the database has it."""
        return id.bytes if self.is_file else id

    def open(self, *, write: bool = True) -> connecting.Connection:
        """Open the database."""
        return connecting.connect(self.crm.database, write=write, organization_id=self.organization)

    def work(self) -> Work:
        """Begin a unit of work of its own."""
        admitted = lambda connection: directory.admitted(connection, self.organization, "ana@acme.com")  # noqa: E731
        return Work(self.open(), admitted, command=["test"], reserve=self.open)

    def run(self, as_of: datetime = NOON, **options: Any) -> running.Outcome:
        """Score as a run does; with ``processes`` those rate beside it."""
        if options.pop("processes", False):
            options["look"] = lambda: self.open(write=False)
        return running.run(self.work, as_of=as_of, **options)

    def sql(self, statement: str, *params: Any) -> list[Any]:
        """Run a statement of somebody who does not use the program."""
        connection = self.open()
        connection.begin()
        given = [self.key(param) if isinstance(param, UUID) else param for param in params]
        found = connection.raw.execute(connection.sql(statement), given)
        rows = found.fetchall() if found.description else []
        connection.commit()
        connection.close()
        return [tuple(row) for row in rows]

    def scores(self) -> dict[int, tuple[Any, ...]]:
        """Return score, grade and components of all leads, by number."""
        found = self.sql("SELECT number, score, grade, score_breakdown FROM leads")
        return {number: (score, grade, _parts(parts)) for number, score, grade, parts in found}

    def history(self) -> list[tuple[Any, ...]]:
        """Return the rows of the history, the oldest of each lead first, by number."""
        columns = "score, grade, breakdown, factors, recommendation, confidence, model_version, scored_at, expires_at"
        statement = f"SELECT number, {', '.join('s.' + name for name in columns.split(', '))} FROM lead_scores AS s"
        found = self.sql(f"{statement} JOIN leads AS l ON l.id = s.lead_id ORDER BY number, scored_at, s.id")
        # SQLite has confidence in hundredths.
        scale = 100 if self.is_file else 1
        return [tuple(_plain(v) if place != 6 else float(v or 0) / scale for place, v in enumerate(r)) for r in found]

    def signals(self) -> list[tuple[Any, ...]]:
        """Return the signals of leads, by number."""
        columns = "landmark_at, sums, latest, event_count, last_inbound_at, bounced_at, is_dirty, recorded_score"
        names = ", ".join(f"s.{name}" for name in [*columns.split(", "), "scored_at", "expires_at"])
        found = self.sql(f"SELECT number, {names} FROM lead_signals AS s JOIN leads AS l ON l.id = s.lead_id")
        return sorted(tuple(_plain(value) for value in row) for row in found)

    def all(self) -> tuple[Any, ...]:
        """Return all of that."""
        return self.scores(), self.history(), self.signals()

    def hash(self, without: Collection[str] = ()) -> dict[str, list[str]]:
        """Return all rows of all tables; ``without`` names columns."""
        return rows_of(self.crm, without=without, journal=True)

    def expected(self, as_of: datetime = NOON) -> dict[int, tuple[Any, ...]]:
        """Return what scoring all open leads afresh gives, by number: nothing that is stored of scores goes in."""
        with self.work() as work:
            model = models.active(work)
            assert model is not None
            engine = models.engine(model)
            known = {fact.id: state for fact, state in Leads(work).of(ahead.identified(models.open_ids(work, None)))}
            ids = [id for id, state in known.items() if state.is_scored]
            facts = models.facts_as_of(work, engine, ids, as_of)
            return {
                fact.number: (found.score, grade(found.score, engine.cutoffs), found.breakdown)
                for fact, found in zip(facts, engine.rate(facts, as_of.timestamp()), strict=True)
            }

    def wrong(self, as_of: datetime = NOON, *, parts: bool = True) -> dict[int, Any]:
        """Return the open leads that have another score, grade or components than scored afresh."""
        now, width = self.scores(), 3 if parts else 2
        return {
            number: (now[number], fresh)
            for number, fresh in self.expected(as_of).items()
            if now[number][:width] != fresh[:width]
        }

    def sound(self, trail: object = None, merged: Collection[int] = ()) -> None:
        """Expect the rules that scores keep to: sums, one history row for a move, signals that are what they say.

        A lead that others were ``merged`` into has their history too.
        """
        for number, (score, letter, parts) in self.scores().items():
            assert (score is None) == (letter is None), number
            assert score is None or (sum(parts) == score and len(parts) == 5), (number, score, parts)
        last: dict[int, tuple[Any, ...]] = {}
        for number, score, letter, parts, *rest in self.history():
            assert sum(_parts(parts)) == score and len(_parts(parts)) == len(COMPONENTS)
            before = last.get(number)
            if before is None:
                last[number] = score, letter, rest[3]
                continue
            moved = number in merged or before[1] != letter or abs(before[0] - score) >= 5
            assert moved or "manual" in (rest[3], before[2]), (
                [row[:3] + row[7:] for row in self.history() if row[0] == number],
                trail,
            )
            last[number] = score, letter, rest[3]
        with self.work() as work:
            marks.gather(work)
        with self.work() as work:
            model = models.active(work)
            assert model is not None
            assert list(keeping.check(work, models.engine(model).half_lives)) == []


def _parts(stored: Any) -> tuple[int, ...]:
    """Return stored components in their order."""
    told = read_json(stored)
    return tuple(told[name] for name in COMPONENTS if name in told)


def _plain(value: Any) -> Any:
    """Return a value so that both databases have the same."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, dict | list):
        return _json(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _json(read_json(value))
    if isinstance(value, bool):
        return int(value)
    return float(value) if value.__class__.__name__ == "Decimal" else value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def leads_csv(count: int, order: list[int]) -> str:
    """Return leads as a file, in an order; what a lead has follows from its number alone."""
    lines = ["name,email,company,job_title,source,estimated_value"]
    for n in order:
        choose = random.Random(n)
        value = choose.choice(("", str(choose.randint(100, 90_000))))
        address = f"lead{n}@{choose.choice(('gmail.com', f'firm{n % 9}.example'))}"
        cells = (f"Lead {n}", address, f"Firm {n % 9}", choose.choice(TITLES), choose.choice(SOURCES), value)
        lines.append(",".join(cells))
    return "\n".join(lines[: count + 1])


def address(n: int) -> str:
    """Return the address of a lead of ``leads_csv``."""
    return leads_csv(1, [n]).splitlines()[1].split(",")[1]


def events_csv(count: int, leads: int, seed: int) -> list[str]:
    """Return activities as lines of a file, their heading first."""
    choose = random.Random(seed)
    lines = ["lead,activity_type,direction,outcome,occurred_at,subject"]
    for n in range(count):
        moment = NOON - timedelta(minutes=choose.randrange(1, 200_000))
        kind, way = choose.choice(KINDS), choose.choice(("inbound", "outbound"))
        said = choose.choice(("", "connected", "no answer"))
        lines.append(f"{address(choose.randrange(leads))},{kind},{way},{said},{moment:%Y-%m-%d %H:%M},Event {n}")
    return lines


def fill(crm: Program, leads: int, events: int, seed: int = 1, *, shuffled: int | None = None) -> None:
    """Fill an organization with companies, leads and events; ``shuffled`` enters them in another order."""
    order, lines = list(range(leads)), events_csv(events, leads, seed)
    if shuffled is not None:
        random.Random(shuffled).shuffle(order)
        rest = lines[1:]
        random.Random(shuffled).shuffle(rest)
        lines = [lines[0], *rest]
    firms = "".join(f"Firm {n},firm{n}.example,{10 ** (n % 5) + n},{n}00000\n" for n in range(0, 9, 2))
    heading = "name,domain,employee_count,annual_revenue\n"
    env = {"MYCRM_NOW": (NOON - timedelta(days=150)).isoformat()}
    crm("company", "import", "-", "--format", "csv", stdin=heading + firms, env=env)
    crm("lead", "import", "-", "--format", "csv", stdin=leads_csv(leads, order), env=env)
    crm("activity", "import", "-", "--format", "csv", stdin="\n".join(lines), env=env)
