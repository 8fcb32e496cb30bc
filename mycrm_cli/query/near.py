"""Names that look like one that was not found, from a bounded part of an index, never a whole table."""

from __future__ import annotations

from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query.references import SHOWN, Found, columns, found
from mycrm_cli.query.sql import Sql, all_hold, compose, starts, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from difflib import SequenceMatcher

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader

SAMPLE = 100
"""Rows that are read around the place in the index, in each direction."""
CUTOFF = 0.6


def near(reader: Reader, entity: Entity, text: str, deleted: bool) -> list[Found]:
    """Return up to five records whose e-mail address or name is like the text, the most alike first."""
    typed = text.strip()[:200]
    if not typed or "\0" in typed or any("\ud800" <= char <= "\udfff" for char in typed):
        return []
    if "@" in typed and "email" in entity.fields:
        name, key = "email", typed.lower()
    elif "name_key" in entity.fields:
        name, key = "name_key", fold_key(typed)
    else:
        return []
    sample: dict[object, tuple[str, Found]] = {}
    for condition, order in _around(name, key):
        for row in reader.run(_statement(reader, entity, name, condition, order, deleted)):
            record = found(reader, entity, row[1:])
            sample[record.id] = (row[0], record)
    return _most_alike(key, list(sample.values()))


def _around(name: str, key: str) -> list[tuple[Sql, str]]:
    """Return the parts of the index to look at: both sides of the key, and what starts as it does."""
    own = Sql(f"r.{name}")
    return [
        (compose("{} >= {}", own, value(key)), ""),
        (compose("{} < {}", own, value(key)), " DESC"),
        (starts(own, key[:2]), ""),
    ]


def _statement(reader: Reader, entity: Entity, name: str, condition: Sql, order: str, deleted: bool) -> Sql:
    frame = reader.frame()
    where = [frame.within(entity, "r"), *frame.live(entity, "r", deleted), condition]
    return compose(
        "SELECT {} FROM {} AS r WHERE {} ORDER BY {} LIMIT {}",
        columns(entity, "r", Sql(f"r.{name}")),
        entity.table,
        all_hold(where),
        f"r.organization_id{order}, r.{name}{order}",
        str(SAMPLE),
    )


def _most_alike(key: str, sample: list[tuple[str, Found]]) -> list[Found]:
    """Return the best of the sample; a part of a name counts as much as all of it."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=key, autojunk=False)
    rated = []
    for text, record in sample:
        rating = max(_ratio(matcher, part) for part in {text[:200], *text[:200].split()[:5]})
        if rating >= CUTOFF:
            rated.append((-rating, text, record.number or 0, record))
    return [record for *_, record in sorted(rated, key=lambda item: item[:3])[:SHOWN]]


def _ratio(matcher: SequenceMatcher[str], text: str) -> float:
    matcher.set_seq1(text)
    return matcher.ratio() if matcher.quick_ratio() >= CUTOFF else 0.0
