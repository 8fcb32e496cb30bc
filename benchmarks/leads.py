"""A home with many leads and all that they did: companies, calls, meetings, visits, and e-mails that were opened.

An organization that grew evenly for a year: each event is of one of the leads that there were by then, so that old
leads did much, and the newest nothing yet. Events are stored in the order of time, those of a lead lie far apart.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.data import TODAY
from benchmarks.direct import Writing, writing
from benchmarks.homes import Home

ACTIVITIES = 3
"""Activities of a lead; with an e-mail that is sent and opened these are its events."""
EVENTS = ACTIVITIES + 2
SHARING = 20
"""Leads of a company."""
CHANGED = 50
"""One lead in so many changes, and as many want no mail."""
TABLES = ("companies", "leads", "activities", "emails", "suppressions")
NOUNS = {"company": "companies", "lead": "leads", "activity": "activities", "email": "emails"}

NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
YEAR = 365 * 86_400
BEGAN = int((NOON - timedelta(hours=2)).timestamp()) - YEAR

TITLES = (
    *("'CEO'", "'VP Sales'", "'Marketing Manager'", "'Engineer'", "NULL", "'Head of Unit ' || (n % 97)", "'Intern'"),
    *("'Senior Specialist ' || (n % 500)", "'Owner'", "'Buyer'", "'Assistant to the Director'", "'Team Lead'"),
)
SOURCES = "website referral event social organic partner cold_email other".split()
STATUSES = "new contacted engaged qualified nurturing".split()
INDUSTRIES = ("'Software'", "'Retail'", "'Health'", "'Logistics'", "NULL")
HAPPENED = (
    *("call inbound", "call outbound", "call outbound", "meeting none", "web_visit inbound", "form inbound"),
    *("email inbound", "email outbound", "note none"),
)
OUTCOMES = ("'Connected'", "'No answer'", "NULL")
MIXING = (2_654_435_761, 2_246_822_519, 3_266_489_917)


def filled(bench: Bench, dialect: str) -> Home:
    """Return the home with as many leads as rows, none of them scored; it stays as it is."""
    key = (dialect, "lead with events", bench.rows)
    if key not in bench.homes:
        bench.tell(f"filling {dialect} with {bench.rows:,} leads and {EVENTS * bench.rows:,} events")
        home = Home.make(bench.place(), bench.server(dialect))
        _begin(home, bench.place())
        _write(writing(home), bench.rows)
        bench.keep(*key, home)
    return bench.homes[key]


def changed(bench: Bench, home: Home, moment: datetime) -> int:
    """Let one lead in fifty, all over the table, visit the web site; return how many they are."""
    numbers = range(1, bench.rows + 1, CHANGED)
    visits = [("web_visit", "inbound", moment.isoformat(), address(number, bench.rows)) for number in numbers]
    home.run("activity", "import", _file(bench.place(), visits), MYCRM_NOW=moment.isoformat())
    home.settle()
    return len(visits)


def address(number: int, rows: int) -> str:
    """Return a lead's e-mail address: one in ten is private, the others are of their company's domain."""
    domain = f"firm{1 + number % _companies(rows)}.example" if number % 10 else "gmail.com"
    return f"lead{number}@{domain}"


def _companies(rows: int) -> int:
    return max(rows // SHARING, 1)


def _begin(home: Home, place: Path) -> None:
    """Let the program write one record of each noun, and a won deal, against which values are told."""
    home.run("company", "add", "Firm")
    home.run("lead", "add", "Lead", "--email", "lead@bench.example")
    home.run("activity", "import", _file(place, [("note", "none", NOON.isoformat(), "lead@bench.example")]))
    home.run("email", "add", "Hello", "--lead", "L-1", "--status", "delivered")
    home.run("deal", "add", "Won", "--value", "20000", "--currency", "USD")
    home.run("deal", "win", "D-1")


def _file(place: Path, activities: Iterable[Sequence[str]]) -> str:
    with place.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("Type", "Direction", "Occurred at", "lead.email"), *activities])
    return str(place)


def _write(database: Writing, rows: int) -> None:
    """Write all rows."""
    with database.bare(TABLES):
        database.alike("companies", _companies(rows), _company(database))
        database.alike("leads", rows, _lead(database, rows))
        database.alike("activities", ACTIVITIES * rows, _activity(database, rows))
        database.alike("emails", rows, _email(database, rows))
        database.add("suppressions", rows // CHANGED, _suppression(database, rows))
        for noun, table in NOUNS.items():
            next = f"(SELECT max(number) + 1 FROM {table})"
            database.run(f"UPDATE counters SET next_value = {next} WHERE entity = '{noun}'")


def _company(database: Writing) -> dict[str, str]:
    return {
        **_numbered(database, "firm"),
        "name": "'Firm ' || n",
        "domain": "'firm' || n || '.example'",
        "industry": _pick(_chance(0), INDUSTRIES),
        "employee_count": f"CASE WHEN n % 3 > 0 THEN 1 + {_chance(1)} % 3000 END",
        "annual_revenue": f"CASE WHEN n % 2 > 0 THEN {database.money.format(_chance(2))} END",
    }


def _lead(database: Writing, rows: int) -> dict[str, str]:
    value = database.money.format(f"100 + {_chance(0)} % 90000")
    return {
        **_numbered(database, "lead"),
        "name": "'Lead ' || n",
        "email": _address("n", rows),
        "company": f"'Firm ' || (1 + n % {_companies(rows)})",
        "job_title": _pick(_chance(1), TITLES),
        "source": _pick(_chance(2), _quoted(SOURCES)),
        "status": _pick("n", _quoted(STATUSES)),
        "estimated_value": f"CASE WHEN {_chance(0)} % 3 > 0 THEN {value} END",
        "last_activity_at": "NULL",
        "first_responded_at": "NULL",
        "created_at": _time(database, rows),
        "updated_at": _time(database, rows),
    }


def _activity(database: Writing, rows: int) -> dict[str, str]:
    kinds, directions = zip(*(told.split() for told in HAPPENED), strict=True)
    at = _time(database, ACTIVITIES * rows)
    return {
        "id": database.id.format("n"),
        "number": "n",
        "created_at": at,
        "updated_at": at,
        "occurred_at": at,
        "lead_id": database.id.format(_whose(ACTIVITIES)),
        "activity_type": _pick(_chance(1), _quoted(kinds)),
        "direction": _pick(_chance(1), _quoted(directions)),
        "outcome": _pick(_chance(2), OUTCOMES),
    }


def _email(database: Writing, rows: int) -> dict[str, str]:
    """Return an e-mail: one in sixty came back, of the others all were opened, one in four clicked, one in six replied.

    What happened with it did so within the hour.
    """
    sent, opened, later = (_time(database, rows, seconds) for seconds in (0, 600, 3000))
    back = f"{_chance(1)} % 60 = 0"
    return {
        "id": database.id.format("n"),
        "number": "n",
        "created_at": sent,
        "sent_at": sent,
        "from_email": "'rep' || n % 10 || '@bench.example'",
        "to_email": _address(_whose(1), rows),
        "lead_id": database.id.format(_whose(1)),
        "opened_at": f"CASE WHEN NOT {back} THEN {opened} END",
        "open_count": f"CASE WHEN NOT {back} THEN 1 ELSE 0 END",
        "clicked_at": f"CASE WHEN NOT {back} AND {_chance(1)} % 4 = 1 THEN {later} END",
        "replied_at": f"CASE WHEN NOT {back} AND {_chance(1)} % 6 = 1 THEN {later} END",
        "bounced_at": f"CASE WHEN {back} THEN {opened} END",
        "bounce_type": f"CASE WHEN {back} THEN 'hard' END",
        "status": f"CASE WHEN {back} THEN 'bounced' ELSE 'opened' END",
    }


def _suppression(database: Writing, rows: int) -> dict[str, str]:
    return {
        "id": database.id.format("n"),
        "organization_id": "(SELECT id FROM organizations)",
        "created_at": _time(database, rows),
        "email": _address(f"({CHANGED} * n - 7)", rows),
        "reason": "'unsubscribe'",
    }


def _numbered(database: Writing, word: str) -> dict[str, str]:
    """Return what the program derives of a record's number and name."""
    key = f"'{word} ' || n"
    return {"id": database.id.format("n"), "number": "n", "search_rowid": "n", "name_key": key, "search_text": key}


def _time(database: Writing, count: int, later: int = 0) -> str:
    """Return the moment of the n-th of so many rows, which are spread evenly over the year."""
    return database.moment.format(f"{BEGAN + later} + {YEAR} * (n - 1) / {count}")


def _whose(each: int) -> str:
    """Return the number of an event's lead, one of those that there are by then, if each has so many events."""
    return f"(1 + {_chance(0)} % (1 + (n - 1) / {each}))"


def _chance(which: int) -> str:
    """Return a number between 0 and 67,108,863 that n does not seem to have to do with."""
    return f"((n * {MIXING[which]}) % 4294967296 / 64)"


def _pick(number: str, choices: Sequence[str]) -> str:
    """Return one of several expressions."""
    cases = " ".join(f"WHEN {place} THEN {choice}" for place, choice in enumerate(choices))
    return f"CASE {number} % {len(choices)} {cases} END"


def _quoted(words: Iterable[str]) -> list[str]:
    return [f"'{word}'" for word in words]


def _address(number: str, rows: int) -> str:
    """Return what :func:`address` does as an expression."""
    own = f"'firm' || (1 + {number} % {_companies(rows)}) || '.example'"
    return f"'lead' || {number} || '@' || CASE WHEN {number} % 10 > 0 THEN {own} ELSE 'gmail.com' END"
