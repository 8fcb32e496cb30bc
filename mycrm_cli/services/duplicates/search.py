"""Finds records that are there twice: by mailbox, phone number, domain, and names that are nearly the same.

Only records that share something are compared (blocking), so that the work grows with the number of
records and not with its square. A pair's score is the likeness of what it shares, from 0 to 100.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query import Select
from mycrm_cli.services.duplicates import traits as made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.duplicates.traits import Traits

WAYS = {"email": 100, "phone": 90, "domain": 95, "name": 85}
"""What a pair scores that shares it; names score their own likeness, at least this."""

COLUMNS = {
    "contact": ("id", "number", "first_name", "last_name", "email", "phone", "mobile", "company", "updated_at"),
    "company": ("id", "number", "name", "domain", "phone", "city", "updated_at"),
    "lead": ("id", "number", "name", "first_name", "last_name", "email", "phone", "company", "updated_at"),
}
LARGEST_BLOCK = 60
"""Records of one block that are all compared with each other; of larger ones only neighbours in order."""

NEIGHBOURS = 8


class Group:
    """Records that are taken for one: ``score`` of the weakest link, what they share, the oldest first."""

    def __init__(self, members: list[dict[str, Any]], score: int, reasons: list[str]) -> None:
        self.members = members
        self.score = score
        self.reasons = reasons


def groups(reader: Reader, entity: Entity, where: Node | None, ways: Sequence[str], threshold: int) -> list[Group]:
    """Return the groups of duplicates among the records that fit, the surest first."""
    records = {record.id: record for record in _records(reader, entity, where)}
    links: dict[tuple[UUID, UUID], tuple[int, str]] = {}
    for pair, score, reason in _pairs(entity.name, list(records.values()), ways):
        if score >= threshold and score > links.get(pair, (0, ""))[0]:
            links[pair] = (score, reason)
    return sorted(_grouped(records, links), key=lambda group: (-group.score, group.members[0]["id"]))


def _records(reader: Reader, entity: Entity, where: Node | None) -> Iterator[Traits]:
    """Yield the traits of the live records that fit, with the further addresses of contacts."""
    names = COLUMNS[entity.name]
    further = _further(reader) if entity.name == "contact" else {}
    for row in reader.rows(Select(entity, names, where=where, sort="id")):
        record = made.of(entity.name, dict(zip(names, row, strict=True)))
        record.emails |= further.get(record.id, set())
        yield record


def _further(reader: Reader) -> dict[UUID, set[str]]:
    """Return the mailboxes of contacts that are not their primary ones."""
    found: dict[UUID, set[str]] = {}
    table = catalog.entity("contact_emails")
    for contact, email in reader.rows(Select(table, ["contact_id", "email"], sort="id")):
        found.setdefault(contact, set()).add(made.mailbox(email))
    return found


def _pairs(noun: str, records: list[Traits], ways: Sequence[str]) -> Iterator[tuple[tuple[UUID, UUID], int, str]]:
    """Yield (pair, score, reason) of records that share something."""
    keys: dict[str, Callable[[Traits], Iterable[str]]] = {
        "email": lambda record: record.emails,
        "phone": lambda record: record.phones,
        "domain": lambda record: record.domains if noun == "company" else (),
    }
    for way, traits in keys.items():
        if way in ways:
            for one, other in _sharing(records, traits, whole=way == "phone"):
                if way != "phone" or _may_be_one(one, other):
                    yield _pair(one, other), WAYS[way], way
    if "name" in ways:
        yield from _alike(noun, records)


def _pair(one: Traits, other: Traits) -> tuple[UUID, UUID]:
    return (one.id, other.id) if one.id < other.id else (other.id, one.id)


def _sharing(
    records: list[Traits], keys: Callable[[Traits], Iterable[str]], *, whole: bool
) -> Iterator[tuple[Traits, Traits]]:
    """Yield each record that shares a key with others, together with the first of them.

    ``whole`` yields all pairs, where sharing alone does not make two records one.
    """
    for members in _blocks(records, keys).values():
        yield from _compared(members) if whole else ((members[0], other) for other in members[1:])


def _blocks(records: list[Traits], keys: Callable[[Traits], Iterable[str]]) -> dict[str, list[Traits]]:
    blocks: dict[str, list[Traits]] = {}
    for record in records:
        for key in keys(record):
            blocks.setdefault(key, []).append(record)
    return {key: members for key, members in blocks.items() if len(members) > 1}


def _may_be_one(one: Traits, other: Traits) -> bool:
    """Whether names do not contradict: people of one switchboard are not one person."""
    return not one.name or not other.name or _likeness(one.name, other.name) >= WAYS["name"]


def _likeness(one: str, other: str) -> float:
    """Return how alike two names are, 0 to 100, in any order of their words."""
    from rapidfuzz import fuzz

    return fuzz.token_sort_ratio(one, other)


def _alike(noun: str, records: list[Traits]) -> Iterator[tuple[tuple[UUID, UUID], int, str]]:
    """Yield pairs whose names are nearly the same and whose company, domain or city does not speak against it."""
    for members in _blocks([record for record in records if record.name], _name_keys).values():
        for one, other in _compared(members):
            if not _contradict(noun, one, other):
                likeness = int(_likeness(one.name, other.name))
                if likeness >= WAYS["name"]:
                    yield _pair(one, other), likeness if _agree(one, other) else min(likeness, 88), "name"


def _name_keys(record: Traits) -> list[str]:
    """Return the blocks of a name: itself, and the beginnings of all words but one, with the company's.

    So a slip in one word, or a missing company, still leaves a block that both are in.
    """
    words = sorted(record.name.split())
    firm = record.firm[:4] or next(iter(record.domains), "")[:4]
    keys = {f"={' '.join(words)}"} | ({f"{words[0][:4]}|1"} if len(words) == 1 else set())
    for place in range(len(words)):
        rest = [word[:3] for at, word in enumerate(words) if at != place]
        if rest:
            keys.add("|".join([*rest, firm]))
    return sorted(keys)


def _compared(members: list[Traits]) -> Iterator[tuple[Traits, Traits]]:
    """Yield the pairs of a block: all of a small one, neighbours in the order of names of a large one."""
    members = sorted(members, key=lambda record: (record.name, record.id))
    reach = len(members) if len(members) <= LARGEST_BLOCK else NEIGHBOURS
    for place, one in enumerate(members):
        for other in members[place + 1 : place + 1 + reach]:
            yield one, other


def _contradict(noun: str, one: Traits, other: Traits) -> bool:
    """Whether something says that the two are not the same: companies, domains or mailboxes that differ."""
    if noun == "company":
        return bool(one.domains and other.domains and not one.domains & other.domains)
    if one.firm and other.firm:
        return _likeness(one.firm, other.firm) < WAYS["name"]
    return bool(one.domains and other.domains and not one.domains & other.domains)


def _agree(one: Traits, other: Traits) -> bool:
    """Whether something beside the name speaks for it."""
    return bool((one.firm and one.firm == other.firm) or one.domains & other.domains or one.phones & other.phones)


def _grouped(records: dict[UUID, Traits], links: dict[tuple[UUID, UUID], tuple[int, str]]) -> Iterator[Group]:
    """Yield the groups that pairs form together."""
    root: dict[UUID, UUID] = {}

    def top(id: UUID) -> UUID:
        while root.get(id, id) != id:
            root[id] = root.get(root[id], root[id])
            id = root[id]
        return id

    for one, other in links:
        first, second = sorted((top(one), top(other)))
        root[first] = root[second] = first
    members: dict[UUID, set[UUID]] = {}
    said: dict[UUID, list[tuple[int, str]]] = {}
    for pair, link in links.items():
        members.setdefault(top(pair[0]), set()).update(pair)
        said.setdefault(top(pair[0]), []).append(link)
    for key, ids in members.items():
        reasons = list(dict.fromkeys(reason for _, reason in sorted(said[key], reverse=True)))
        rows = [records[id].row for id in sorted(ids)]
        yield Group(rows, min(score for score, _ in said[key]), reasons)
