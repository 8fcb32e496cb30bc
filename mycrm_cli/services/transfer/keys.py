"""The keys by which stored records are found in bulk: the same for matching rows and for resolving parents."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import CrmError, NotFound, UsageError
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query import attached
from mycrm_cli.services import rows
from mycrm_cli.services.rules import narrowest
from mycrm_cli.services.transfer.targets import check_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.scope import Locale
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

JOINED = "+"
"""What stands between the columns of a key that has several: ``pipeline_id+name``."""
Hits = dict["Any", dict["UUID", bool]]
"""For each key the records that carry it, and whether each is in the trash."""


class Images:
    """What is to be known of stored records: ``columns`` of them, and those that were found, by their ids."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns
        self.known: dict[UUID, Row] = {}


def usual_steps(entity: Entity) -> list[str]:
    """Return the keys of an entity in their order; a name that is unique inside something goes with it."""
    steps = [step for step in entity.match if not step.startswith("ext")]
    for key in entity.unique:
        if len(key) > 1:
            steps = [*(step for step in steps if step not in key), JOINED.join(key)]
    return steps


def check_step(entity: Entity, step: str) -> str:
    """Return the name of a key; raises UsageError for one that the entity has not."""
    name = step.strip().lower()
    known: list[str] = [key for key in ("id", "number", "email", "phone", "domain") if key in entity.fields]
    known += ["name"] if "name_key" in entity.fields else []
    known += [step for step in usual_steps(entity) if step not in known]
    by_relation = {field.relation: field.name for field in entity.fields.values() if field.relation}
    joined = JOINED.join(by_relation.get(part, part) for part in name.split(JOINED))
    if name.startswith("ext:") and len(name) > 4:
        check_source(name)
        return joined
    if joined in known:
        return joined
    raise UsageError(f"{entity.plural} are not matched by {step!r}", candidates=[*known, "ext:SOURCE"])


def normal(entity: Entity, step: str, text: str, locale: Locale) -> Any:
    """Return the key that a text names; raises BadValue for a text that can be none."""
    if step == "name":
        return fold_key(text)
    if step == "email":
        return text.strip().lower().removeprefix("mailto:")
    if step == "number":
        digits = text.strip().upper().removeprefix(f"{entity.prefix}-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
            raise BadValue("not_a_number", f"{text!r} is no number of a {entity.noun}")
        return int(digits)
    if step.startswith("ext:"):
        return text.strip()
    return entity.fields[step].kind.read(text, locale)


def of_row(entity: Entity, step: str, values: Row, externals: Iterable[tuple[str, str]]) -> list[Any]:
    """Return the keys that a row carries for a step; several addresses are several keys."""
    if step.startswith("ext:"):
        return [key for source, key in externals if source == step[4:]]
    if JOINED in step:
        parts = [values.get(name) for name in step.split(JOINED)]
        return [] if None in parts else [tuple(map(_compared, parts))]
    if step == "name":
        title = fold_key(entity.titled(values))
        return [title] if title else []
    if step == "email":
        found = [values.get("email"), *(values.get("emails") or ())]
    elif step == "phone":
        found = [values.get(f.name) for f in entity.fields.values() if f.kind_name == "phone"]
    else:
        found = [values.get(step)]
    return list(dict.fromkeys(key for key in found if key not in (None, "")))


def stored(work: Work, entity: Entity, step: str, keys: Iterable[Any], images: Images | None = None) -> Hits:
    """Return the stored records that carry one of the keys, in the organization only.

    ``images`` takes what else is to be known of records that carry a key themselves.
    """
    wanted = list(keys)
    hits: Hits = {}
    if step.startswith("ext:"):
        for key, id in _by_external_id(work, entity, step[4:], wanted):
            hits.setdefault(key, {})[id] = False
        return _marked(work, entity, hits)
    if JOINED in step:
        return _joined(work, entity, step.split(JOINED), wanted)
    for column in columns(entity, step):
        names = ["id", column, *(["is_deleted"] if entity.soft_delete else ())]
        if images is not None:
            names += [name for name in images.columns if name not in names]
        for found in rows.fetch(work.connection, work.scope, entity, column, wanted, names):
            hits.setdefault(found[1], {})[found[0]] = bool(entity.soft_delete and found[2])
            if images is not None:
                images.known[found[0]] = dict(zip(names, found, strict=True))
    other = attached.further(entity.name)
    if other is not None and step == other.field.name and rows.exist(work.connection, work.scope, other.table):
        further: Hits = {}
        for key, id in rows.fetch(work.connection, work.scope, other.table, step, wanted, [step, other.child]):
            if id not in hits.get(key, {}):
                further.setdefault(key, {})[id] = False
        for key, ids in _marked(work, entity, further).items():
            hits.setdefault(key, {}).update(ids)
    return hits


def _compared(part: Any) -> Any:
    """Return one column of a key as it is compared: texts without case."""
    return fold_key(part) if isinstance(part, str) else part


def _joined(work: Work, entity: Entity, names: list[str], keys: list[Any]) -> Hits:
    """Return the stored records that carry one of the keys of several columns."""
    columns = ["name_key" if name == "name" and "name_key" in entity.fields else name for name in names]
    place = columns.index(narrowest(entity, columns))
    parts, wanted = {key[place] for key in keys}, set(keys)
    hits: Hits = {}
    for found in rows.fetch(work.connection, work.scope, entity, columns[place], parts, ["id", *columns]):
        if (key := tuple(map(_compared, found[1:]))) in wanted:
            hits.setdefault(key, {})[found[0]] = False
    return hits


def columns(entity: Entity, step: str) -> list[str]:
    """Return the columns in which a key stands."""
    if JOINED in step:
        return step.split(JOINED)
    if step == "name":
        return ["name_key"] if "name_key" in entity.fields else []
    if step == "phone":
        return [field.name for field in entity.fields.values() if field.kind_name == "phone"]
    return [step]


def _by_external_id(work: Work, entity: Entity, source: str, keys: list[Any]) -> Iterable[Sequence[Any]]:
    table, of = catalog.entity("external_ids"), {"entity": entity.name, "source": source}
    return rows.fetch(work.connection, work.scope, table, "external_id", keys, ["external_id", "record_id"], within=of)


def _marked(work: Work, entity: Entity, hits: Hits) -> Hits:
    """Say of each record whether it is in the trash; records that are gone are left out."""
    columns = ["id", "is_deleted"] if entity.soft_delete else ["id"]
    ids = {id for found in hits.values() for id in found}
    there = {
        row[0]: bool(len(row) > 1 and row[1])
        for row in rows.fetch(work.connection, work.scope, entity, "id", ids, columns)
    }
    return {key: {id: there[id] for id in found if id in there} for key, found in hits.items()}


def resolve(
    work: Work, entity: Entity, step: str, texts: Iterable[str], locale: Locale
) -> dict[str, list[UUID] | BadValue]:
    """Return for each text the live records it names; BadValue for a text that can name none.

    Without a step, any reference is understood that commands understand.
    """
    wanted = list(texts)
    if not step or not _columns_known(entity, step):
        return {text: _found(answer) for text, answer in work.reader.find_many(entity, wanted).items()}
    answers: dict[str, list[UUID] | BadValue] = {}
    keys: dict[str, Any] = {}
    for text in wanted:
        try:
            keys[text] = normal(entity, step, text, locale)
        except BadValue as error:
            answers[text] = error
    hits = stored(work, entity, step, set(keys.values()))
    for text, key in keys.items():
        # An id names one record wherever it is: what hangs on a record in the trash comes along with it.
        answers[text] = [id for id, deleted in hits.get(key, {}).items() if not deleted or step == "id"]
    return answers


def _columns_known(entity: Entity, step: str) -> bool:
    return step.startswith("ext:") or all(column in entity.fields for column in columns(entity, step) or ["?"])


def _found(answer: Any) -> list[UUID] | BadValue:
    """Return what a reference that may be of any form found."""
    if isinstance(answer, NotFound):
        return []
    if isinstance(answer, CrmError):
        return BadValue("ambiguous", f"{answer.message}: {' · '.join(answer.candidates)}")
    return [answer.id]


def named(work: Work, entity: Entity, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return how people call records, for messages."""
    image = rows.images(work.connection, work.scope, entity, ids)
    return {id: entity.called(row.get("number"), entity.titled(row)) for id, row in image.items()}
