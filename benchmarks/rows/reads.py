"""Reads do not care how many records there are."""

import itertools
from collections.abc import Iterator

from benchmarks import data, peers
from benchmarks.bench import Bench
from benchmarks.homes import Home
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import MYCRM, Run, median, run

Commands = dict[str, tuple[tuple[str, ...], float, str]]


def commands(bench: Bench) -> Commands:
    """Return the words, the limit and the description of each read, all about contacts that every home has."""
    invented = data.contacts(data.beginning("contact"), bench.companies)
    first, last, mail = list(itertools.islice(invented, 51))[50][:3]
    where = f"owner={data.OWNERS[3]} status=inactive"
    return {
        "list": (("contact", "list"), 1.3, "`contact list`"),
        "view": (("contact", "view", str(mail)), 1.3, "`contact view` by e-mail"),
        "filtered": (("contact", "list", "-w", where), 1.3, "`contact list` filtered by owner and status"),
        "sorted": (("contact", "list", "-s", "-created_at"), 1.3, "`contact list` sorted by created_at"),
        "search": (("search", f"{first} {last}"), 1.3, "`search` for a person's name"),
        "word": (("search", str(last)), 1.3, "`search` for a common family name"),
        "count": (("contact", "count"), 2.0, "`contact count`"),
    }


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows: against the same command on SQLite, against psql on PostgreSQL."""
    found = []
    for key, (_, growth, what) in commands(bench).items():
        described = f"{what}, {bench.rows:,} contacts, {NAMES[dialect]}"
        if dialect == "sqlite":
            limit, against = growth, f"the same at {bench.small:,}"
        else:
            limit, against = 1.5, "`psql -c` of the same query plus `python -c 'import psycopg'`"
        found.append(Row(f"reads.{key}.{dialect}", described, limit, against=against))
    return found


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Measure each read."""
    large = bench.filled(dialect, "contact", bench.rows)
    for key, (words, _, _) in commands(bench).items():
        if dialect == "sqlite":
            small = bench.filled(dialect, "contact", bench.small)
            ours, peer = bench.short(_command(large, words), _command(small, words))
            figure = Figure(f"reads.{key}.{dialect}", median(ours), median(peer), len(ours))
        else:
            figure = _against_psql(bench, large, f"reads.{key}.{dialect}", words)
        yield figure


def _command(home: Home, words: tuple[str, ...]):  # type: ignore[no-untyped-def]
    return lambda _: run((MYCRM, *words), home.env)


def _against_psql(bench: Bench, home: Home, key: str, words: tuple[str, ...]) -> Figure:
    """Compare with psql and the same statements, and with the time that Python needs for the driver."""
    assert home.server is not None
    server, statements = home.server, peers.statements(home, words)

    def both(_: int) -> Run:
        sent, loaded = server.psql(home.database, statements), run(peers.PSYCOPG, home.env)
        return Run(sent.seconds + loaded.seconds, sent.cpu + loaded.cpu, 0)

    ours, peer = bench.short(_command(home, words), both)
    return Figure(key, median(ours), median(peer), len(ours))
