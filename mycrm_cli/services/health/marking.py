"""Whether the triggers that note which leads must be scored again stand in the database as they were written."""

from __future__ import annotations

import re

from mycrm_cli.db import signals_ddl
from mycrm_cli.db.everywhere import ask
from mycrm_cli.services.health.finding import Finding, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.db.connect import Connection

ON_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
ON_POSTGRESQL = (
    "SELECT CAST(t.tgname AS text), pg_get_triggerdef(t.oid, true), p.prosrc"
    " FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid"
    " WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('leads'))"
    " AND t.tgenabled IN ('O', 'A')"
)
NAME = re.compile(r"CREATE TRIGGER (\w+)")
MEND = (
    "make them again: a new database of this version has them (migrations/versions);"
    " then mycrm score signals --rebuild, and mycrm score run --all"
)


def looked_at(connection: Connection) -> Finding:
    """Return whether each trigger is there, on, and as it was written."""
    sqlite = connection.dialect == "sqlite"
    statements = list(signals_ddl.sqlite() if sqlite else signals_ddl.postgresql())
    found = {name: rest for name, *rest in ask(connection, ON_SQLITE if sqlite else ON_POSTGRESQL)}
    names = [match[1] for match in map(NAME.match, statements) if match]
    written = set(map(_bare, statements))
    wrong = [f"{name} is missing, off or altered" for name in names if not _stands(found.get(name), written)]
    return verdict("score triggers", wrong, f"{len(names)} note what scores must follow", MEND, len(names))


def _stands(found: Sequence[str] | None, written: set[str]) -> bool:
    """Return whether a trigger is one of those that were written, and on PostgreSQL its function does the same."""
    if found is None or _bare(found[0]) not in written:
        return False
    return all(any(_bare(f"$${body}$$") in text for text in written) for body in found[1:])


def _bare(text: str) -> str:
    """Return SQL without blanks and case, which a server may show otherwise."""
    return "".join(text.split()).lower()
