"""Finds records of several nouns by references of any of them: what something can happen with."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Ambiguous, CrmError, NotFound
from mycrm_cli.query.keys import foreign_prefix
from mycrm_cli.query.references import Found, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mycrm_cli.query.reader import Reader

NOUNS = ("contact", "lead", "deal", "company")


def find_all(reader: Reader, references: Iterable[str], nouns: tuple[str, ...] = NOUNS) -> dict[str, Found]:
    """Return the record of each reference; raises NotFound or Ambiguous for the first that has none.

    A number's prefix says the noun; of an e-mail address the contact comes before the lead.
    """
    wanted = list(dict.fromkeys(references))
    hits: dict[str, list[Found]] = {text: [] for text in wanted}
    errors: dict[str, CrmError] = {}
    for noun in nouns:
        entity = catalog.entity(noun)
        asked = [text for text in wanted if not foreign_prefix(entity, text) and not (hits[text] and "@" in text)]
        for text, answer in reader.find_many(entity, asked).items():
            if isinstance(answer, Found):
                hits[text].append(answer)
            elif isinstance(answer, Ambiguous):
                errors.setdefault(text, answer)
    return {text: _one(reader, text, found, errors.get(text), nouns) for text, found in hits.items()}


def _one(
    reader: Reader, text: str, found: list[Found], error: CrmError | None, nouns: tuple[str, ...] = NOUNS
) -> Found:
    """Return the only record that was found; raises the error that says why there is none."""
    if len(found) == 1 and error is None:
        return found[0]
    if error is not None:
        raise error
    if found:
        raise Ambiguous(
            f"{len(found)} records match {shown(text)}",
            candidates=[record.label for record in found],
            hint="name one by its number",
        )
    words = ", ".join(nouns[:-1]) + f" or {nouns[-1]}"
    missing = NotFound(f"no {words} matches {shown(text)} in {reader.scope.slug}", hint="mycrm search TEXT")
    if "@" not in text and not _is_number(text):
        from mycrm_cli.query.near import near

        close = [record.label for noun in nouns for record in near(reader, catalog.entity(noun), text, False)]
        missing.candidates = close[:5]
    raise missing


def _is_number(text: str) -> bool:
    return text.rpartition("-")[2].isdigit()
