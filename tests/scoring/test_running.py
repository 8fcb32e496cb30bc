"""Runs over many leads: the same whatever came first, nothing written twice, and what changes is as if scored afresh."""

import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli.services.scoring import ahead, models, running, writing
from mycrm_cli.services.scoring.batch import Batch
from tests.conftest import Templates
from tests.faults.worlds import Worlds
from tests.program import Program
from tests.scoring.place import NOON, Place, address, events_csv, fill

STEPS = int(os.environ.get("MYCRM_TEST_SCORES", "24"))
SEED = int(os.environ.get("MYCRM_TEST_SEED", "1"))
AT = {"MYCRM_NOW": NOON.isoformat()}


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few leads be many: processes of their own, small parts, small transactions."""
    monkeypatch.setattr(ahead, "FEWEST", 10)
    monkeypatch.setattr(running, "BATCH", 7)
    monkeypatch.setattr(running, "TRANSACTION", 3)


def test_the_same_data_gives_the_same_bytes(tmp_path: Path, templates: Templates, several: None) -> None:
    """Whatever was entered first, with and without processes beside, again, and on both databases."""
    found = []
    for dialect, shuffled, beside in (
        ("sqlite", None, False),
        ("sqlite", None, True),
        ("sqlite", 5, True),
        ("postgresql", 9, True),
        ("postgresql", None, False),
    ):
        world = Worlds(templates, dialect, tmp_path / f"{dialect}-{shuffled}-{beside}").copy()
        place = Place(world.program)
        fill(world.program, 60, 400, shuffled=shuffled)
        first = place.run(processes=beside)
        assert first.scored == 60
        place.sound()
        assert place.wrong() == {}
        found.append([_by_address(place, part) for part in place.all()])
        assert place.run(every=True, processes=beside)._replace(scored=0) == first._replace(
            scored=0, changed=0, regraded=0, recorded=0
        )
        assert [_by_address(place, part) for part in place.all()] == found[-1]
        world.drop()
    for other in found[1:]:
        for mine, theirs in zip(found[0], other, strict=True):
            assert not set(theirs) ^ set(mine)
            assert theirs == mine


def _by_address(place: Place, told: Any) -> list[Any]:
    """Return rows with the name of the lead instead of its number, which depends on the order."""
    names = dict(place.sql("SELECT number, name FROM leads"))
    rows = [(number, *values) for number, values in told.items()] if isinstance(told, dict) else told
    return sorted((repr((names[number], *rest)) for number, *rest in rows))


def test_json_is_json(crm: Program, dialect: str) -> None:
    """What is stored as JSON is, to the database as well, and the factors say what the history's row says."""
    place = Place(crm)
    fill(crm, 30, 200)
    place.run()
    if dialect == "sqlite":
        checked = "SELECT count(*) FROM lead_scores WHERE json_valid(factors) AND json_valid(breakdown)"
        total = "SELECT sum(value) FROM lead_scores AS s, json_each(s.breakdown) GROUP BY s.id"
        [(count,)] = place.sql(checked)
        assert count == 30
        assert sorted(n for (n,) in place.sql(total)) == sorted(row[1] for row in place.history())
    else:
        [(count,)] = place.sql("SELECT count(*) FROM lead_scores WHERE jsonb_typeof(factors) = 'array'")
        assert count == 30
        total = (
            "SELECT (SELECT sum(v::int) FROM jsonb_each_text(s.breakdown) AS e(k, v)) - s.score FROM lead_scores AS s"
        )
        assert {int(n) for (n,) in place.sql(total)} == {0}


def test_time_alone(crm: Program) -> None:
    """Nothing is written while no score has expired; then exactly those are, and the history keeps to its rule."""
    place = Place(crm)
    fill(crm, 40, 200)
    crm("contact", "add", "Bo", "--email", "bo@elsewhere.example", env=AT)
    place.run()
    before = place.hash()
    assert place.run() == running.Outcome(0, 0, 0, 0, "rules-1", None)
    assert place.hash() == before
    ends = sorted(row[-1] for row in place.signals())
    early = NOON + timedelta(seconds=2)
    assert ends[0] > early.isoformat()
    place.run(NOON + timedelta(seconds=1))  # the contact's second is over
    before = place.hash()
    place.run(early)
    assert place.hash() == before
    looked = 0
    for hours in range(6, 24 * 75, 24 * 3 + 7):
        moment = NOON + timedelta(hours=hours)
        due = {row[0] for row in place.signals() if row[-1] <= moment.isoformat().replace("+00:00", "Z")}
        done = place.run(moment)
        if done.measured is None:
            assert done.scored == len(due)
        looked += done.scored
        assert place.wrong(moment, parts=False) == {}
        place.sound()
    assert looked < 40 * 25
    assert max(int(models_count(place)), 1) <= 4


def models_count(place: Place) -> int:
    """Return how many versions there are."""
    with place.work() as work:
        return len(models.stored(work))


def test_leads_that_keep_their_score(crm: Program) -> None:
    """Locked, closed and deleted leads stay as they are; released, reopened, restored ones are scored again."""
    place = Place(crm)
    fill(crm, 12, 80)
    crm("score", "set", "L-1", "91", env=AT)  # before it was ever scored
    place.run()
    crm("score", "set", "L-2", "17", env=AT)
    crm("lead", "disqualify", "L-3", "--reason", "no budget", env=AT)
    crm("lead", "convert", "L-4", env=AT)
    crm("lead", "delete", "L-5", "--yes", env=AT)
    for n in range(1, 5):
        crm("activity", "import", "-", "--format", "csv", stdin=_met(n - 1), env=AT)
    kept = {n: place.scores()[n] for n in range(1, 6)}
    later = NOON + timedelta(days=20)
    for moment in (NOON, later):
        place.run(moment)
        place.run(moment, every=True)
        assert {n: place.scores()[n] for n in range(1, 6)} == kept
        assert place.wrong(moment, parts=False) == {}
        place.sound()
    env = {"MYCRM_NOW": later.isoformat()}
    crm("score", "release", "L-1", "L-2", env=env)
    crm("lead", "restore", "L-5", env=env)
    crm("lead", "edit", "L-3", "--status", "contacted", env=env)
    place.run(later)
    assert place.wrong(later) == {}
    assert {place.scores()[n] for n in (1, 2, 3, 5)}.isdisjoint({kept[n] for n in (1, 2)})
    place.sound()
    for n in (0, 1, 2, 4):
        crm("activity", "import", "-", "--format", "csv", stdin=_met(n).replace("2026-05-30", "2026-06-20"), env=env)
    place.run(later)
    assert place.wrong(later) == {}
    place.sound()
    history = [row for row in place.history() if row[0] == 2]
    assert [row[7] for row in history][:3] == ["rules-1", "manual", "rules-1"]


def test_what_happens_between_reading_and_writing(crm: Program) -> None:
    """A lead that is gone, closed or scored by hand since it was read gets nothing; the others get theirs."""
    place = Place(crm)
    fill(crm, 8, 40)
    with place.work() as work:
        model = models.ensure(work, NOON)
        batch = Batch(work, model, NOON)
        found = batch.found(list(batch.leads.of(ahead.identified(models.open_ids(work, None)))))
    crm("score", "set", "L-1", "91", env=AT)
    crm("lead", "delete", "L-2", "L-3", "--yes", env=AT)
    crm("lead", "purge", "L-3", "--confirm", "acme", env=AT)
    crm("lead", "disqualify", "L-4", "--reason", "no budget", env=AT)
    with place.work() as work:
        writing.write(work, found, model.version, NOON)
    scores = place.scores()
    assert (scores[1][0], scores[2][0], scores[4][0], 3 in scores) == (91, None, None, False)
    assert [(row[0], row[7]) for row in place.history()][:2] == [(1, "manual"), (5, "rules-1")]
    place.run()
    assert place.wrong() == {}
    place.sound()


def _met(n: int) -> str:
    """Return a meeting with a lead as a file."""
    return f"lead,activity_type,occurred_at,subject\n{address(n)},meeting,2026-05-30 10:00,Met {n}\n"


Step = Callable[[Program, random.Random], Any]


def _lead(choose: random.Random) -> str:
    return f"L-{choose.randint(1, 32)}"


def _moment(choose: random.Random) -> str:
    return f"{NOON - timedelta(hours=choose.randrange(-40, 2000)):%Y-%m-%dT%H:%M}"


def log(crm: Program, choose: random.Random) -> Any:
    """Log something that a lead did."""
    kind = choose.choice(("call", "meeting", "note"))
    more = ["--direction", "in"] if kind == "call" else []
    return crm("log", kind, _lead(choose), "Said", "--at", _moment(choose), *more, env=AT, exit=None)


def email(crm: Program, choose: random.Random) -> Any:
    """Add a message, or note what became of one."""
    if choose.random() < 0.5:
        sender = address(choose.randrange(32))
        words = ("email", "add", "Hi", "--lead", _lead(choose), "--from-email", sender, "--sent-at", _moment(choose))
        return crm(*words, env=AT, exit=None)
    column = choose.choice(("opened_at", "clicked_at", "replied_at", "bounced_at"))
    return Place(crm).sql(
        f"UPDATE emails SET {column} = '{_moment(choose)}:00.000000Z' WHERE number = {choose.randint(1, 9)}"
    )


def edit(crm: Program, choose: random.Random) -> Any:
    """Edit leads, one or many."""
    option, value = choose.choice(
        (
            ("--job-title", choose.choice(("CEO", "Clerk", ""))),
            ("--source", choose.choice(("referral", "event"))),
            ("--estimated-value", str(choose.randint(1, 99_999))),
            ("--company", f"Firm {choose.randint(0, 9)}"),
            ("--email", f"x{choose.randrange(99)}@firm{choose.randrange(9)}.example"),
            ("--status", choose.choice(("contacted", "new", "nurturing", "qualified"))),
            ("--phone", "+12025550100"),
        )
    )
    if choose.random() < 0.2:
        return crm("lead", "edit", "-w", f"number<{choose.randint(2, 9)}", option, value, "--yes", env=AT, exit=None)
    return crm("lead", "edit", _lead(choose), option, value, env=AT, exit=None)


def firm(crm: Program, choose: random.Random) -> Any:
    """Add, change or delete a company."""
    n = choose.randrange(10)
    words = choose.choice(
        (
            ("company", "add", f"Firm {n}", "--employee-count", str(choose.randint(1, 9000))),
            ("company", "add", f"Other {n}", "--domain", f"firm{n}.example", "--annual-revenue", "90000000"),
            ("company", "edit", f"CO-{n}", "--domain", f"firm{choose.randrange(10)}.example"),
            ("company", "edit", f"CO-{n}", "--employee-count", str(choose.randint(1, 9000))),
            ("company", "edit", f"CO-{n}", "--industry", "Tools"),
            ("company", "delete", f"CO-{n}", "--yes"),
            ("company", "restore", f"CO-{n}"),
        )
    )
    return crm(*words, env=AT, exit=None)


def life(crm: Program, choose: random.Random) -> Any:
    """Let leads come, go, merge, convert, and be scored by hand."""
    one, other = _lead(choose), _lead(choose)
    words = choose.choice(
        (
            ("lead", "add", f"New {choose.randrange(99)}", "--job-title", "VP"),
            ("lead", "delete", one, "--yes"),
            ("lead", "restore", one),
            ("lead", "merge", one, other, "--yes"),
            ("lead", "convert", one),
            ("lead", "disqualify", one, "--reason", "no budget"),
            ("lead", "purge", one, "--confirm", "acme"),
            ("score", "set", one, str(choose.randint(0, 100))),
            ("score", "release", one),
            ("score", "release", "--all", "--yes"),
        )
    )
    return crm(*words, env=AT, exit=None)


def load(crm: Program, choose: random.Random) -> Any:
    """Import events."""
    lines = events_csv(choose.randint(1, 60), 30, choose.randrange(999))
    return crm("activity", "import", "-", "--format", "csv", stdin="\n".join(lines), env=AT, exit=None)


def back(crm: Program, choose: random.Random) -> Any:
    """Take something back."""
    newest = crm.json("change", "list", "-L", "1", env=AT)[0]["number"]
    return crm("undo", str(newest), "--yes", env=AT, exit=None)


def removed(crm: Program, choose: random.Random) -> Any:
    """Delete or move an event."""
    number = choose.randint(1, 200)
    if choose.random() < 0.5:
        return crm("activity", "delete", f"A-{number}", "--yes", env=AT, exit=None)
    return crm("activity", "edit", f"A-{number}", "--lead", _lead(choose), env=AT, exit=None)


def refuse(crm: Program, choose: random.Random) -> Any:
    """Let an address get no mail, or get it again."""
    place = Place(crm)
    if choose.random() < 0.4:
        return place.sql("DELETE FROM suppressions")
    found = "SELECT email FROM suppressions"
    mail = address(choose.randrange(30))
    if (mail,) in place.sql(found):
        return None
    values = f"'{mail}', '2026-01-01T00:00:00.000000Z', '{choose.choice(('unsubscribe', 'bounce', 'complaint'))}'"
    statement = f"INSERT INTO suppressions (id, organization_id, email, created_at, reason) VALUES (?, ?, {values})"
    from uuid import uuid4

    return place.sql(statement, uuid4(), place.organization)


ALL: tuple[Step, ...] = (log, log, email, edit, edit, firm, life, life, load, back, removed, refuse)


def test_what_changes_is_as_if_scored_afresh(crm: Program, dialect: str, several: None) -> None:
    """After random writes of every kind a run leaves what scoring all leads afresh gives, components and all."""
    place, choose = Place(crm), random.Random(SEED)
    fill(crm, 30, 150, SEED)
    place.run()
    total, trail, lost = STEPS if dialect == "sqlite" else max(STEPS // 4, 10), [], 0
    for number in range(total):
        step = choose.choice(ALL)
        done = step(crm, choose)
        trail.append(done.line if hasattr(done, "line") else step.__name__)
        if choose.random() < 0.4 or number == total - 1:
            place.run(processes=choose.random() < 0.3)
            wrong = place.wrong()
            lost += len(wrong)
            assert wrong == {}, trail[-8:]
            place.sound(trail, {int(line[2][2:]) for line in trail if line[:2] == ("lead", "merge")})
            again = place.hash()
            assert place.run()[:4] == (0, 0, 0, 0)
            assert place.hash() == again
    before = {n: told for n, told in place.scores().items() if n in place.expected()}
    with place.work() as work:
        model = models.active(work)
    place.sql("DELETE FROM lead_scores")
    place.sql("DELETE FROM lead_signals")
    place.sql("DELETE FROM score_marks")
    place.sql("UPDATE leads SET score = NULL, grade = NULL WHERE NOT score_locked AND score IS NOT NULL")
    assert place.run(every=True).version == model.version  # type: ignore[union-attr]
    assert {n: told for n, told in place.scores().items() if n in before} == before
    print(f"{dialect}: tried {total} writes, lost {lost}, seed {SEED}")
