"""Full-text search: every word must be there, as the beginning of a word.

What people type never reaches the search syntax of a database: the words are folded and split as
the index was, so that only letters and digits are left.
"""

from __future__ import annotations

from mycrm_cli.kinds.folding import search_words
from mycrm_cli.query.spots import NOWHERE, Spot
from mycrm_cli.query.sql import Sql, all_hold, column, compose, contains, folded, one_holds, value
from mycrm_cli.query.titles import TEXTS, title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame

MOST_WORDS = 100


def matching(frame: Frame, entity: Entity, alias: str, text: str, spot: Spot = NOWHERE) -> Sql:
    """Return whether a row has all the words; hits of the index join back to the scoped table."""
    words = list(dict.fromkeys(search_words(text)))
    if not words:
        spot.fail(f"there is no word to search for in {text[:60]!r}")
    if len(words) > MOST_WORDS:
        spot.fail(f"more than {MOST_WORDS} words cannot be searched for at once")
    if not entity.searchable:
        return _scanned(frame, entity, alias, words)
    if frame.dialect == "sqlite":
        query = " AND ".join(f'"{word}" *' for word in words)
        index = f"{entity.table}_search"
        return compose(f"{alias}.search_rowid IN (SELECT rowid FROM {index} WHERE {index} MATCH {{}})", value(query))
    query = " & ".join(f"'{word}':*" for word in words)
    return compose("{}.search_vector @@ to_tsquery('simple', {})", alias, value(query))


def _scanned(frame: Frame, entity: Entity, alias: str, words: list[str]) -> Sql:
    """Look for the words in the entity's texts, where it has no index."""
    names = [name for name in entity.search if entity.fields[name].kind_name in TEXTS]
    texts = [Sql(column(alias, name)) for name in names] or [title(entity, alias)]
    return all_hold([one_holds([_has(frame.dialect, text, word) for text in texts]) for word in words])


def _has(dialect: str, text: Sql, word: str) -> Sql:
    """Return whether a text has the word; most texts need no folding, which takes longer than the rest."""
    other = contains(dialect, folded(text), word)
    if dialect == "sqlite":
        like = value(f"%{word}%")  # a word has letters and digits only
        return compose("({} LIKE {} OR (length({}) <> length(CAST({} AS BLOB)) AND {}))", text, like, text, text, other)
    plain = contains(dialect, compose("lower({})", text), word)
    return compose("CASE WHEN length({}) = octet_length({}) THEN {} ELSE {} END", text, text, plain, other)
