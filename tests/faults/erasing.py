"""Erases people who are spread over a database, and looks for what is left of them, byte by byte.

    python -m tests.faults.erasing sqlite 100

Every person has a canary in each text that is about them alone: two contacts, a lead, notes, messages, what hangs on
them, the journal. On SQLite the raw bytes of all files are searched, on PostgreSQL every column of every table.
"""

import json
import random
import re
import sqlite3
import sys
from contextlib import closing
from typing import Any

from mycrm_cli import catalog, clock
from mycrm_cli.db import directory
from mycrm_cli.db.connect import connect
from mycrm_cli.services import records, rows
from mycrm_cli.services.work import Work
from tests.faults.worlds import World, Worlds, opened

CANARY = b"kanari"
SETTINGS = {"bystanders": 150}


def canary(number: int) -> str:
    """Return the word that stands in every text about a person."""
    return f"kanari{number:05}z"


def addresses(number: int) -> list[str]:
    """Return the addresses of a person: one of the first contact, one of both, one of the second."""
    return [f"{name}{canary(number)}@mail.example" for name in ("a", "b", "c")]


def contact(number: int) -> dict[str, Any]:
    """Return the first contact of a person, with more text than fits into a page now and then."""
    word, choose = canary(number), random.Random(number)
    first, second, _ = addresses(number)
    return {
        "first_name": f"F{word}",
        "last_name": f"L{word}",
        "email": f"{first};{second}",
        "phone": f"+4930{20_000_000 + number}",
        "department": f"dept {word}",
        "city": f"city {word}",
        "note": f"{word} " * choose.choice((1, 10, 700)),
        "ext:old": f"key-{word}",
    }


def bystander(number: int) -> dict[str, Any]:
    """Return a contact who stays, among the others."""
    return {
        "first_name": f"Stay {number}",
        "last_name": "Neighbour " * random.Random(number).choice((1, 9)),
        "email": f"stay{number}@mail.example",
        "note": "stays " * random.Random(number).choice((1, 300)),
    }


def fill(world: World, count: int, seed: int) -> None:
    """Write people down, in every way in which a word about them may come into the database."""
    crm, choose = world.program, random.Random(seed)
    people = [contact(number) for number in range(count)]
    people += [bystander(number) for number in range(SETTINGS["bystanders"])]
    choose.shuffle(people)
    lines = "\n".join(map(json.dumps, people))
    crm("contact", "import", "-", "--format", "jsonl", "--map", "note=note", stdin=lines)
    told: list[dict[str, Any]] = []
    for number in range(count):
        told += _of_one(world, number)
    _direct(world, count)
    for noun in ("contact", "lead", "note", "activity", "task", "email"):
        lines = "\n".join(json.dumps(value) for each in told for name, value in each.items() if name == noun)
        crm(noun, "import", "-", "--format", "jsonl", stdin=lines)
    # An item of the journal about many: one row of it is each person's.
    crm("contact", "edit", "-w", "city~city", "--city", "Oslo", "--all", "-y")
    crm("contact", "edit", "-w", "city=Oslo", "--department", "Sales", "-y")


def _of_one(world: World, number: int) -> list[dict[str, Any]]:
    """Add what has to be added one by one, and return the rest."""
    crm, word = world.program, canary(number)
    first, second, third = addresses(number)
    crm(
        "contact",
        "add",
        f"Second {word}",
        "--email",
        third,
        "--allow-duplicate",
        "--website",
        f"https://{word}.example",
    )
    deal = crm.json("deal", "add", f"Deal {number}", "--contact", first)["id"]
    gone = crm.json("note", "add", f"removed {word}", "--contact", first)["id"]
    crm("note", "delete", gone, "-y")
    crm("contact", "edit", first, "--tag", f"tag-{word}")
    edited = crm.json("contact", "edit", first, "--job-title", f"job {word}")["change"]
    crm("undo", edited)
    past = {"occurred_at": "2026-01-01T10:00:00Z"}
    return [
        {"lead": {"name": f"Lead {word}", "email": second, "notes": f"text {word}", "utm_campaign": word}},
        {"note": {"body": f"note {word} " * 3, "contact": first}},
        {"activity": {"activity_type": "call", "subject": f"call {word}", "body": word, "contact": first, **past}},
        {"activity": {"activity_type": "other", "subject": "about the deal", "contact": first, "deal": deal, **past}},
        {"task": {"title": f"task {word}", "description": word, "contact": first}},
        {"email": {"subject": f"mail {word}", "body_preview": word, "to_email": first, "from_email": "ana@acme.com"}},
    ]


def _direct(world: World, count: int) -> None:
    """Write what only the program's own jobs write."""
    with begun(world) as work:
        scope, connection = work.scope, work.connection
        records.put(work, "sequence", [{"name": "Welcome"}])
        [(sequence,)] = rows.fetch(connection, scope, catalog.entity("sequence"), "name", ["Welcome"], ["id"])
        for number in range(count):
            word, [first, second, third] = canary(number), addresses(number)
            to = {"to_email": first}
            # The second contact has an address of the first beside its own: that makes them one person.
            [(other,)] = rows.fetch(connection, scope, catalog.entity("contact"), "email", [third], ["id"])
            records.put(work, "contact_emails", [{"contact_id": other, "email": second}])
            records.put(work, "email_sequence_enrollments", [{"sequence_id": sequence, "to_email": third}])
            records.put(
                work,
                "outbox",
                [{"message_id": f"<{word}@acme.com>", "from_email": "ana@acme.com", "body_text": word, **to}],
            )
            event = {"provider": "test", "event_id": word, "type": "open", "occurred_at": clock.now()}
            records.put(work, "email_events", [{**event, "address": second, "data": {"who": word}}])
            records.put(work, "suppressions", [{"email": second, "reason": "unsubscribe", "detail": word}])


def begun(world: World) -> Work:
    """Begin a unit of work beside the program."""
    organization = world.organization
    connection = connect(world.program.database, write=True, organization_id=organization)
    return Work(connection, lambda opened: directory.admitted(opened, organization, "ana@acme.com"), command=["test"])


def erase(world: World, numbers: list[int]) -> None:
    """Erase people, each by another of the ways to name them."""
    for number in numbers:
        name = addresses(number)[number % 3]
        world.program("person", "erase", name, "--confirm", name)


def left(world: World, word: bytes = CANARY) -> dict[str, int]:
    """Return where a word is still found, and how often."""
    found = files(world, word)
    return {**found, **(words(world, word) if world.name is None else cells(world, word))}


def files(world: World, word: bytes) -> dict[str, int]:
    """Return the files of the world that have a word in them."""
    paths = [path for path in world.folder.rglob("*") if path.is_file()]
    counts = {str(path.name): path.read_bytes().lower().count(word) for path in paths}
    return {name: count for name, count in counts.items() if count}


def words(world: World, word: bytes) -> dict[str, int]:
    """Return the full-text indexes of SQLite that know a word: they keep beginnings apart from ends."""
    found = {}
    with closing(sqlite3.connect(world.location)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'")]
        for table in tables:
            database.execute(f"CREATE VIRTUAL TABLE temp.words_{table} USING fts5vocab(main, {table}, row)")
            terms = database.execute(f"SELECT term FROM temp.words_{table}").fetchall()
            if count := sum(word.decode() in term for (term,) in terms):
                found[f"words of {table}"] = count
            database.execute(f"DROP TABLE temp.words_{table}")
    return found


def cells(world: World, word: bytes) -> dict[str, int]:
    """Return the tables of PostgreSQL with a word in any column of any row."""
    found = {}
    with world.connection() as connection:
        asked = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        for (table,) in connection.raw.execute(asked).fetchall():
            text = f"SELECT count(*) FROM {table} AS t WHERE lower(t::text) LIKE '%%{word.decode()}%%'"
            if count := connection.raw.execute(text).fetchone()[0]:
                found[table] = count
    return found


def dead(world: World) -> int:
    """Return how many rows PostgreSQL keeps that are gone for everybody, in the tables with people."""
    asked = "SELECT sum(n_dead_tup) FROM pg_stat_user_tables WHERE relname IN ('contacts', 'leads', 'change_payloads')"
    with world.connection() as connection:
        return int(connection.raw.execute(asked).fetchone()[0] or 0)


def run(worlds: Worlds, count: int, seed: int = 1) -> dict[str, int]:
    """Fill a world, erase everybody, and return what is left of them."""
    world = worlds.copy()
    fill(world, count, seed)
    before = left(world)
    assert sum(before.values()) > 10 * count, before
    order = list(range(count))
    random.Random(seed).shuffle(order)
    erase(world, order)
    after = left(world)
    assert world.program("change", "verify").exit == 0
    stays = int(world.program("contact", "count").stdout)
    assert stays == SETTINGS["bystanders"], stays
    assert not re.search(rb"kanari", world.program("contact", "list", "-L", "0").stdout.encode())
    world.drop()
    return after


if __name__ == "__main__":
    with opened(sys.argv[1]) as several:
        number = int(sys.argv[2])
        seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
        print(f"{sys.argv[1]}: people erased {number}, canaries left {run(several, number, seeds)}, seed {seeds}")
