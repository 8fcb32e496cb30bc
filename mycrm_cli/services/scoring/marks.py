"""What the database's triggers noted, carried over to the leads that it means."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli.db.signals_ddl import LONGEST_KEY
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services import bound, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.work import Work

BATCH = 5000
"""Leads that are looked through at a time."""


def waiting(source: Reader | Work) -> int:
    """Return how many notes wait to be gathered."""
    statement = "SELECT count(*) FROM score_marks WHERE organization_id = ?"
    return int(source.connection.execute(statement, [bound.organization(source)]).fetchone()[0])


def gather(work: Work) -> int:
    """Mark the leads that the notes mean as changed, and take the notes away; return how many leads were marked.

    Only notes of what is committed are seen, and whoever reads events afterwards sees all that they stand for. A lead
    that was never scored has no row to mark: a run finds it by that. One run at a time gathers.
    """
    notes = _taken(work)
    if not notes:
        return 0
    leads = {UUID(key) for kind, key in notes if kind == "lead"}
    domains = {key for kind, key in notes if kind == "domain"}
    companies = {key for kind, key in notes if kind == "company"}
    if domains or companies:
        leads |= set(_of_companies(work, domains, companies))
    return mark(work, sorted(leads))


def mark(work: Work, ids: Iterable[UUID]) -> int:
    """Mark leads as changed where they have been scored; return how many were."""
    sqlite, marked = work.connection.dialect == "sqlite", 0
    yes = "1" if sqlite else "true"
    for part in rows.chunks(list(ids)):
        keys = [id.bytes for id in part] if sqlite else [list(part)]
        among = f"IN ({', '.join('?' * len(part))})" if sqlite else "= ANY(?)"
        statement = f"UPDATE lead_signals SET is_dirty = {yes}, marks = marks + 1 WHERE organization_id = ?"
        marked += work.connection.execute(
            f"{statement} AND lead_id {among}", [bound.organization(work), *keys]
        ).rowcount
    return marked


def mark_all(work: Work) -> None:
    """Mark all leads that have been scored: their events are to be counted with other half-lives."""
    yes = "1" if work.connection.dialect == "sqlite" else "true"
    statement = f"UPDATE lead_signals SET is_dirty = {yes}, marks = marks + 1 WHERE organization_id = ?"
    work.connection.execute(f"{statement} AND event_count > 0", [bound.organization(work)])


def _taken(work: Work) -> set[tuple[str, str]]:
    """Take the notes away and return them."""
    own, connection = [bound.organization(work)], work.connection
    if connection.dialect != "sqlite":
        removed = "DELETE FROM score_marks WHERE organization_id = ? RETURNING kind, key"
        return set(connection.execute(removed, own).fetchall())
    found = set(connection.execute("SELECT kind, key FROM score_marks WHERE organization_id = ?", own).fetchall())
    connection.execute("DELETE FROM score_marks WHERE organization_id = ?", own)
    return found


def _of_companies(work: Work, domains: set[str], companies: set[str]) -> Iterator[UUID]:
    """Yield the leads whose company was noted: by the domain of their address, or by the name they gave."""
    sqlite, last, known = work.connection.dialect == "sqlite", UUID(int=0), dict[str, bool]()
    # A plus sign keeps SQLite from the organization's indexes: leads come in the order of their ids.
    statement = (
        f"SELECT id, email, company FROM leads WHERE {'+' if sqlite else ''}organization_id = ? AND id > ?"
        " AND (email IS NOT NULL OR company IS NOT NULL) ORDER BY id LIMIT ?"
    )
    while True:
        after = last.bytes if sqlite else last
        found = work.connection.execute(statement, [bound.organization(work), after, BATCH]).fetchall()
        for id, email, company in found:
            last = UUID(bytes=id) if sqlite else id
            if company and company not in known:
                known[company] = fold_key(company)[:LONGEST_KEY] in companies
            if (email and email.partition("@")[2] in domains) or (company and known[company]):
                yield last
        if len(found) < BATCH:
            return
