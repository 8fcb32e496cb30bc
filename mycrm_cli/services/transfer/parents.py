"""Resolves the columns that point to other records: one query for each batch and column."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import UsageError
from mycrm_cli.ids import uuid7
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services import records, rows
from mycrm_cli.services.transfer import keys
from mycrm_cli.services.transfer.model import Problem, Record, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.scope import Locale
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.plan import Column, Plan
    from mycrm_cli.services.transfer.warnings import Warnings
    from mycrm_cli.services.work import Work

LARGEST_CACHE = 50_000

# Where several parents are kept: (entity, column) -> (table, column of the child, column of the parent).
LINKS = {
    ("contact", "company_id"): ("contact_companies", "contact_id", "company_id"),
    ("deal", "contact_id"): ("deal_contacts", "opportunity_id", "contact_id"),
}


class Parents:
    """The stage that resolves references. ``created`` counts the parents it had to create."""

    def __init__(self, work: Work, entity: Entity, locale: Locale, create: frozenset[str], warnings: Warnings) -> None:
        self.work = work
        self.entity = entity
        self.locale = locale
        self.create = frozenset(checked(name) for name in create)
        self.warnings = warnings
        self.created: dict[str, int] = {}
        self.known: dict[tuple[str, str], dict[str, list[UUID] | BadValue]] = {}
        self.titles: dict[UUID, str] = {}

    def resolve(self, plan: Plan, batch: Sequence[Record]) -> None:
        """Set the references of a batch's rows, but for those to records of the same entity."""
        for place, column in enumerate(plan.columns):
            target = column.target
            if target.what not in ("reference", "twin") or target.entity is None or is_self(plan.entity, column):
                continue
            wanted = {text for record in batch for text in record.references.get(place, ())}
            if not wanted:
                continue
            answers = self.answers(column, wanted)
            for record in batch:
                texts = record.references.get(place)
                if texts and record.problem is None:
                    self._set(record, column, texts, answers)

    def answers(self, column: Column, texts: Iterable[str]) -> dict[str, list[UUID] | BadValue]:
        """Return the records that texts name; what is found once is remembered."""
        target = column.target
        assert target.entity is not None
        known = self.known.setdefault((target.entity.name, target.step), {})
        if len(known) > LARGEST_CACHE:
            known.clear()
        new = [text for text in texts if text not in known]
        answers = {text: known[text] for text in texts if text in known}
        if new:
            found = keys.resolve(self.work, target.entity, target.step, new, self.locale)
            missing = [text for text, answer in found.items() if answer == []]
            if missing and (column.spec.create_missing or target.entity.name in self.create):
                found |= self._created(target.entity, target.step, missing)
            known |= found
            answers |= found
        return answers

    def _created(self, entity: Entity, step: str, texts: list[str]) -> dict[str, list[UUID] | BadValue]:
        """Create the parents that are not there, by their name or domain."""
        if step not in ("", "name", "domain"):
            return {}
        checked(entity.name)
        answers: dict[str, list[UUID] | BadValue] = {}
        new: dict[str, Row] = {}
        for text in texts:
            try:
                values = {name: entity.fields[name].kind.read(text, self.locale) for name in {entity.key, step} - {""}}
            except BadValue as error:
                answers[text] = error
                continue
            row = new.setdefault(fold_key(text), values | {"id": uuid7()})
            answers[text] = [row["id"]]
        for row in records.add(self.work, entity, list(new.values())):
            self.titles[row["id"]] = entity.titled(row)
        self.created[entity.name] = self.created.get(entity.name, 0) + len(new)
        return answers

    def _set(self, record: Record, column: Column, texts: list[str], answers: dict[str, list[UUID] | BadValue]) -> None:
        """Set one reference of a row; a name that is a link as well may stay without one."""
        target = column.target
        found: list[UUID] = []
        for text in texts:
            answer = answers[text]
            if isinstance(answer, list) and len(answer) == 1:
                found.append(answer[0])
            elif target.what != "twin":
                self.refuse(record, column, text, answer)
            elif isinstance(answer, BadValue) or len(answer) > 1:
                self.warnings.add(
                    record.line, column.name, f"several records are called {text!r}; not linked", "ambiguous"
                )
        link = f"{target.name}_id" if target.what == "twin" else target.name
        if target.what == "twin":
            record.values.setdefault(link, found[0] if found else None)
            return
        if found:
            record.values[link] = found[0]
            self._name_twin(record, column, found[0])
        if len(found) > 1 or (found and (self.entity.name, link) in LINKS and len(texts) > 1):
            self._link(record, column, link, found)

    def _link(self, record: Record, column: Column, link: str, found: list[UUID]) -> None:
        """Remember several parents, where the entity can have them."""
        if (self.entity.name, link) in LINKS:
            record.links[link] = found
        else:
            record.refuse(Problem("several", "several records where one has a place", column=column.name))

    def _name_twin(self, record: Record, column: Column, id: UUID) -> None:
        """Copy the linked record's name where the entity has a text of that name."""
        target = column.target
        twin = target.field.relation if target.field else None
        if twin not in self.entity.fields or record.values.get(twin) is not None or target.entity is None:
            return
        if id not in self.titles:
            images = rows.images(self.work.connection, self.work.scope, target.entity, [id])
            self.titles |= {key: target.entity.titled(row) for key, row in images.items()}
        record.values[twin] = self.titles.get(id)

    def refuse(self, record: Record, column: Column, text: str, answer: list[UUID] | BadValue) -> None:
        """Refuse a row whose parent is not found or not clear, or leave the parent out with a warning."""
        target = column.target
        assert target.entity is not None
        noun, by = target.entity.name, f" by {target.step}" if target.step else ""
        code, message = "not_found", f"no {noun} matches {short(text)!r}{by}"
        if isinstance(answer, BadValue):
            code, message = answer.code, answer.message
        elif answer:
            names = keys.named(self.work, target.entity, answer).values()
            code, message = "ambiguous", f"several match {short(text)!r}{by}: {' · '.join(sorted(names))}"
        if column.spec.lenient:
            self.warnings.add(record.line, column.name, f"{message}; left empty", code)
            return
        way = f"--map '{column.name}=-' leaves the column out"
        if code == "not_found" and noun not in ("user", self.entity.name):
            way = f"--create-missing {noun} creates it"
        record.refuse(Problem(code, f"{message} ({way})", column=column.name, value=text))


def is_self(entity: Entity, column: Column) -> bool:
    """Whether a column points to records of the entity that is imported."""
    return column.target.entity is not None and column.target.entity.name == entity.name


def checked(name: str) -> str:
    """Return the entity that ``--create-missing`` names; raises UsageError for one that a name is not enough for."""
    creatable = [
        entity.name
        for entity in catalog.entities().values()
        if entity.prefix
        and all(f.name == entity.key or not f.required for f in entity.fields.values())
        and entity.key in entity.fields
        and entity.fields[entity.key].kind_name == "text"
    ]
    if name not in creatable:
        raise UsageError(f"--create-missing {name}: a {name} cannot be created by its name", candidates=creatable)
    return name
