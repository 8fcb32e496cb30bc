"""What leads did is summed up, and no way of writing forgets to say that a lead must be scored again."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.db import connect as connecting
from mycrm_cli.db import directory
from mycrm_cli.services import records, rows
from mycrm_cli.services.scoring import events, keeping, marks, signals
from mycrm_cli.services.scoring.facts import Leads
from mycrm_cli.services.scoring.inputs import SIGNALS
from mycrm_cli.services.work import Work
from tests.program import Program

HALF_LIVES = {"reply": 30, "click": 21, "call": 30, "open": 14, "meeting": 45, "visit": 30}
STORED = frozenset(("landmark_at", "sums", "latest", "last_inbound_at", "bounced_at"))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Watched:
    """An organization whose leads are watched: which of them must be scored again, and which are marked."""

    def __init__(self, crm: Program) -> None:
        self.crm = crm
        self.organization = UUID(crm.json("org", "view")["id"])
        self.is_file = crm.database.startswith("sqlite:")
        self.before = self.look()

    def key(self, id: UUID) -> Any:
        """Return an id as the database has it."""
        return id.bytes if self.is_file else id

    def work(self) -> Work:
        """Begin a unit of work of its own."""

        def open_one() -> connecting.Connection:
            return connecting.connect(self.crm.database, write=True, organization_id=self.organization)

        admitted = lambda connection: directory.admitted(connection, self.organization, "ana@acme.com")  # noqa: E731
        return Work(open_one(), admitted, command=["test"], reserve=open_one)

    def sql(self, statement: str, *params: Any) -> None:
        """Run a statement of somebody who does not use the program."""
        connection = connecting.connect(self.crm.database, write=True, organization_id=self.organization)
        connection.begin()
        connection.raw.execute(connection.sql(statement), [self.key(p) if isinstance(p, UUID) else p for p in params])
        connection.commit()
        connection.close()

    def look(self) -> dict[UUID, tuple[int, Any]]:
        """Return the number of each lead, and all that a score is made of."""
        with self.work() as work:
            ids = [row["id"] for row in self.crm.json("lead", "list", "-L", "0")]
            ids += [row["id"] for row in self.crm.json("lead", "list", "-L", "0", "--deleted")]
            sums = signals.rebuilt(work, map(UUID, ids), HALF_LIVES, NOON + timedelta(days=10))
            return {
                fact.id: (
                    fact.number,
                    ([v for k, v in fact._asdict().items() if k not in STORED], known.is_scored, sums[fact.id]),
                )
                for fact, known in Leads(work, custom=True).of(sorted(map(UUID, ids)))
            }

    def undo(self) -> None:
        """Take the newest change back."""
        self.crm("undo", str(self.crm.json("change", "list")[0]["number"]), "--yes")

    def settle(self) -> set[int]:
        """Gather what was noted, store the sums of all leads that need it, and return those that were marked."""
        with self.work() as work:
            marks.gather(work)
        with self.work() as work:
            found = list(Leads(work).of(sorted(self.before)))
            dirty = [fact.id for fact, known in found if known.is_dirty]
            fresh = signals.rebuilt(work, dirty, HALF_LIVES, NOON + timedelta(days=10))
            entity, moment = catalog.entity("lead_signals"), NOON + timedelta(days=10)
            values = {"organization_id": self.organization, "sums": {}, "latest": {}, "event_count": 0, "marks": 0}
            values |= {"is_dirty": True, "updated_at": moment}
            new = [values | {"lead_id": fact.id} for fact, known in found if known.marks is None]
            rows.insert(work.connection, entity, new)
            keeping.store(work, fresh, moment)
        with self.work() as work:  # a row that is changed twice in one transaction waits for its lead
            work.connection.execute(
                f"UPDATE lead_signals SET is_dirty = {'0' if self.is_file else 'false'} WHERE organization_id = ?",
                [self.key(self.organization)],
            )
            assert list(keeping.check(work, HALF_LIVES)) == []
            assert keeping.standing(work)[1:] == (0, 0)
            return {fact.number for fact, known in found if known.is_dirty}

    def expect(self, *numbers: int, more: bool = False) -> None:
        """Expect these leads to have changed, and to be marked; ``more`` may be marked."""
        before, self.before = self.before, self.look()
        changed = {n for id, (n, seen) in self.before.items() if id not in before or before[id][1] != seen}
        marked = self.settle()
        assert changed == set(numbers)
        assert changed <= marked if more else changed == marked


@pytest.fixture
def watched(crm: Program) -> Watched:
    """Ten leads at ten companies, each with a call that came in."""
    leads = "".join(f"Lead {n},lead{n}@firm{n}.example,Firm {n},Director\n" for n in range(1, 11))
    crm("lead", "import", "-", "--format", "csv", stdin="name,email,company,job_title\n" + leads)
    calls = "".join(f"lead{n}@firm{n}.example,call,inbound,2026-05-{n:02} 10:00,Call {n}\n" for n in range(1, 11))
    heading = "lead,activity_type,direction,occurred_at,subject\n"
    crm("activity", "import", "-", "--format", "csv", stdin=heading + calls)
    made = Watched(crm)
    assert made.settle() == set(range(1, 11))
    assert made.settle() == set()
    return made


def test_every_way_of_writing_marks_the_lead(watched: Watched) -> None:
    """Commands, imports, bulk edits, undo, merging and plain SQL; what scores do not look at marks nothing."""
    crm = watched.crm
    crm("log", "call", "L-1", "They rang", "--direction", "in", "--at", "2026-05-20")
    watched.expect(1)
    crm("log", "call", "L-1", "Not there", "--outcome", "no answer", "--at", "2026-05-21")
    crm("lead", "edit", "L-1", "--phone", "+12025550100")
    watched.expect(more=True)
    crm("lead", "edit", "L-1", "--website", "https://firm1.example")
    crm("task", "add", "Call", "--lead", "L-1")
    crm("note", "add", "hello", "--lead", "L-1")
    crm("company", "add", "Elsewhere", "--domain", "else.example")
    crm("activity", "add", "Fair", "--activity-type", "meeting")
    watched.expect()
    crm("email", "add", "Hi", "--lead", "L-2", "--from-email", "lead2@firm2.example", "--sent-at", "2026-05-22")
    crm("email", "add", "Hi", "--lead", "L-3", "--to-email", "lead3@firm3.example", "--sent-at", "2026-05-22")
    watched.expect(2, more=True)
    for column in ("opened_at", "clicked_at", "replied_at", "bounced_at"):
        watched.sql(f"UPDATE emails SET {column} = '2026-05-23T10:00:00.000000Z' WHERE number = 2")
        watched.expect(3)
    watched.sql("UPDATE emails SET open_count = 5")
    watched.expect()
    crm("activity", "edit", "A-4", "--lead", "L-5")
    watched.expect(4, 5)
    crm("activity", "delete", "A-6", "--yes")
    watched.expect(6)
    watched.undo()
    watched.expect(6)
    crm("lead", "edit", "-w", "number<4", "--source", "referral", "--yes")
    watched.expect(1, 2, 3)
    many = "".join(f"lead{n % 3 + 1}@firm{n % 3 + 1}.example,web_visit,2026-05-24 10:00,{n}\n" for n in range(1000))
    crm("activity", "import", "-", "--format", "csv", stdin="lead,activity_type,occurred_at,subject\n" + many)
    watched.expect(1, 2, 3)
    watched.undo()
    watched.expect(1, 2, 3)
    crm("lead", "disqualify", "L-9", "--reason", "no budget")
    watched.expect(9)
    crm("lead", "convert", "L-10")
    watched.expect(10)
    watched.undo()
    watched.expect(10)


def test_what_comes_and_goes_marks_the_lead(watched: Watched) -> None:
    """Companies by domain and by name, suppressions, the trash, merging, and erasing a person."""
    crm = watched.crm
    crm("company", "add", "First", "--domain", "firm1.example", "--industry", "Tools")
    crm("company", "add", "FÎRM  2", "--employee-count", "40")
    watched.expect(1, 2)
    crm("company", "edit", "First", "--domain", "firm3.example")
    watched.expect(1, 3)
    crm("company", "edit", "First", "--annual-revenue", "5000000", "--city", "Rome")
    watched.expect(3)
    crm("company", "edit", "-w", "name:f", "--city", "Rome", "--yes")
    watched.expect()
    crm("company", "delete", "CO-1", "CO-2", "--yes")
    watched.expect(2, 3)
    values = "'2026-01-01T00:00:00.000000Z', 'unsubscribe'"
    watched.sql(
        f"INSERT INTO suppressions (id, organization_id, email, created_at, reason) VALUES (?, ?, ?, {values})",
        UUID(int=1),
        watched.organization,
        "lead4@firm4.example",
    )
    watched.expect(4)
    watched.sql("UPDATE suppressions SET email = 'lead5@firm5.example'")
    watched.expect(4, 5)
    watched.sql("DELETE FROM suppressions")
    watched.expect(5)
    crm("lead", "delete", "L-6", "L-7", "--yes")
    watched.expect(6, 7)
    crm("lead", "restore", "L-6")
    watched.expect(6)
    crm("lead", "purge", "L-7", "--confirm", "acme")
    watched.expect()
    crm("lead", "merge", "L-1", "L-2", "--yes")
    watched.expect(1)
    watched.undo()
    watched.expect(1, 2, more=True)
    crm("person", "erase", "lead8@firm8.example", "--confirm", "lead8@firm8.example")
    watched.expect()
    with watched.work() as work:
        assert keeping.rebuild(work, HALF_LIVES) == 0
        assert keeping.rebuild(work, HALF_LIVES | {"call": 7}) == 0  # of one call nothing has decayed at the landmark
        assert keeping.standing(work)[1:] == (0, 0)
    with watched.work() as work:
        id, _ = next(item for item in watched.before.items() if item[1][0] == 5)
        statement = "UPDATE lead_signals SET event_count = 7 WHERE organization_id = ? AND lead_id = ?"
        work.connection.execute(statement, [watched.key(watched.organization), watched.key(id)])
        assert [(d.lead_id, d.field, d.stored) for d in keeping.check(work, HALF_LIVES)] == [(id, "event_count", 7)]
        assert keeping.rebuild(work, HALF_LIVES) == 1
        assert keeping.standing(work)[1:] == (1, 0)


def march(day: int) -> datetime:
    """Return the moment of a day's event."""
    return datetime(2026, 3, day, 10, tzinfo=UTC)


def test_sums(watched: Watched) -> None:
    """What each signal is made of, what was known when, and that the order of events does not matter."""
    crm = watched.crm
    crm("lead", "add", "Zoe", "--email", "zoe@z.example")
    for kind, day, *rest in (
        ("call", "01", "--direction", "outbound", "--outcome", "Connected with her"),
        ("call", "02", "--direction", "outbound", "--duration-minutes", "4"),
        ("call", "03", "--direction", "outbound", "--outcome", "could not be reached", "--duration-minutes", "1"),
        ("meeting", "04", "--direction", "outbound"),
        ("form", "05", "--direction", "inbound"),
        ("note", "09", "--direction", "inbound"),
        ("email", "06", "--direction", "inbound"),
        ("email", "07", "--direction", "outbound"),
    ):
        moment = f"2026-03-{day} 10:00"
        crm("activity", "add", "x", "--activity-type", kind, "--lead", "L-11", "--occurred-at", moment, *rest)
    crm("email", "add", "y", "--lead", "L-11", "--from-email", "zoe@z.example", "--sent-at", "2026-03-06 10:00")
    crm("email", "add", "y", "--lead", "L-11", "--to-email", "zoe@z.example", "--sent-at", "2026-03-01 10:00")
    watched.sql("UPDATE emails SET bounced_at = '2026-03-05T10:00:00.000000Z', bounce_type = 'hard' WHERE number = 2")
    id = UUID(crm.json("lead", "view", "L-11")["id"])
    with watched.work() as work:
        found = signals.rebuilt(work, [id], HALF_LIVES, NOON)[id]
        assert found.landmark_at == found.last_inbound_at == march(6)
        assert found.event_count == 5  # the answer stands among the activities and among the e-mails, and is one
        expected = 2 ** (-5 / 30) + 2 ** (-4 / 30)
        assert found.sums == {
            "reply": 1,
            "call": float(f"{expected:.12g}"),
            "meeting": float(f"{2 ** (-2 / 45):.12g}"),
            "visit": float(f"{2 ** (-1 / 30):.12g}"),
        }
        assert found.latest["call"] == march(2)
        assert found.bounced_at is None  # it answered after that
        then = signals.rebuilt(work, [id], HALF_LIVES, march(5))[id]
        assert (then.event_count, then.bounced_at, then.next_at) == (4, march(5), march(6))
        assert then.sums["visit"] == 1
        assert signals.rebuilt(work, [id], HALF_LIVES, march(5), known=True)[id] == signals.NOTHING
        assert signals.rebuilt(work, [], HALF_LIVES) == {}


def test_nobody_waits_and_nothing_is_lost(watched: Watched, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written while a run goes on, and committed after it, is there for the next one; of others nothing is."""
    if dialect == "sqlite":
        return  # one writer at a time
    monkeypatch.setattr(connecting, "BUSY_SECONDS", 1)
    ids = sorted(watched.before)
    call = {"activity_type": "call", "direction": "inbound", "occurred_at": NOON, "subject": "x"}
    with watched.work() as long:
        records.add(long, catalog.entity("activity"), [call | {"lead_id": ids[0]}])
        with watched.work() as run:
            assert marks.mark(run, ids[:2]) == 2  # as a run does, which changes the rows of many leads
            records.add(long, catalog.entity("activity"), [call | {"lead_id": ids[1]}])
        assert watched.settle() == {watched.before[id][0] for id in ids[:2]}
        assert watched.settle() == set()
    assert watched.settle() == {watched.before[id][0] for id in ids[:2]}


def test_the_order_of_events_does_not_matter() -> None:
    """Shuffled events come to the same sums, to the last digit."""
    shuffler = random.Random(7)
    loaded, rates = datetime.fromisoformat, {name: 1 / (86_400 * days) for name, days in HALF_LIVES.items()}
    happened = [
        (
            shuffler.choice(SIGNALS),
            events.stored_moment("sqlite", NOON - timedelta(seconds=shuffler.randrange(10**8))),
        )
        for _ in range(500)
    ]
    done = events.Events()
    done.happened = list(happened)
    first = signals.summed(done, events.stored_moment("sqlite", NOON), rates, loaded)
    for _ in range(20):
        shuffler.shuffle(done.happened)
        assert signals.summed(done, events.stored_moment("sqlite", NOON), rates, loaded) == first
    assert all(0 < value <= 500 for value in first.sums.values())
