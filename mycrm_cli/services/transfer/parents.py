"""Resolves the columns that point to other records: one query for each batch and column."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import UsageError
from mycrm_cli.ids import uuid7
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query import attached
from mycrm_cli.services import records, rows
from mycrm_cli.services.transfer import keys, within
from mycrm_cli.services.transfer.model import Problem, Record, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.scope import Locale
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.plan import Column, Plan
    from mycrm_cli.services.transfer.warnings import Warnings
    from mycrm_cli.services.work import Work

LARGEST_CACHE = 50_000


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
        self.planned: list[tuple[Entity, Row]] | None = None
        """The parents that are created, where a plan is made."""

    def resolve(self, plan: Plan, batch: Sequence[Record]) -> None:
        """Set the references of a batch's rows, but for those to records of the same entity."""
        for place, column in self._columns(plan):
            self._settle(place, column, batch)

    def look(self, plan: Plan, refused: Sequence[Record]) -> None:
        """Say which references of rows that are refused anyway name nothing; nothing is created for them."""
        usual = dict(self._columns(plan))
        for place, column in enumerate(plan.columns) if refused else ():
            if column.spec.lenient:
                continue
            if within.inner(plan.entity, column):
                self._look_anywhere(place, column, refused)
            elif place in usual and column.target.what != "twin" and not self._creates(column):
                self._settle(place, column, refused)

    def _look_anywhere(self, place: int, column: Column, refused: Sequence[Record]) -> None:
        """Say which names mean nothing at all, where they mean something only inside another record."""
        wanted = {text for record in refused for text in record.references.get(place, ())[:1]}
        unknown = {text for text, answer in self.answers(column, wanted).items() if answer == []}
        for record in refused:
            for text in unknown.intersection(record.references.get(place, ())[:1]):
                self.refuse(record, column, text, [])

    def _columns(self, plan: Plan) -> Iterator[tuple[int, Column]]:
        """Yield the columns whose references this stage resolves."""
        for place, column in enumerate(plan.columns):
            # A file of ours has the link in a column of its own, beside the name.
            named = plan.own and column.target.what == "twin"
            if is_parent(plan.entity, column) and not within.inner(plan.entity, column) and not named:
                yield place, column

    def _creates(self, column: Column) -> bool:
        """Whether parents that are missing are created."""
        target = column.target
        return column.spec.create_missing or (target.entity is not None and target.entity.name in self.create)

    def _settle(self, place: int, column: Column, batch: Sequence[Record]) -> None:
        """Set the references of one column."""
        wanted = {text for record in batch for text in record.references.get(place, ())}
        if not wanted:
            return
        answers = self.answers(column, wanted)
        target = column.target
        link = f"{target.name}_id" if target.what == "twin" else ""
        alone = target.name if target.what == "reference" and self._twin(column) is None else ""
        for record in batch:
            texts = record.references.get(place)
            if not texts:
                continue
            found = answers[texts[0]] if len(texts) == 1 and not record.roles else None
            # Nearly all rows take one of these ways; the long one is for the others.
            if link and found.__class__ is list and len(found) < 2:
                record.values.setdefault(link, found[0] if found else None)
            elif alone and found.__class__ is list and len(found) == 1:
                record.values[alone] = found[0]
            else:
                self._set(record, place, column, {text: answers[text] for text in texts})

    def answers(self, column: Column, texts: Iterable[str]) -> dict[str, list[UUID] | BadValue]:
        """Return the records that texts name; what is found once is remembered."""
        target = column.target
        assert target.entity is not None
        known = self.known.setdefault((target.entity.name, target.step), {})
        if len(known) > LARGEST_CACHE:
            known.clear()
        creates = self._creates(column)
        new = [text for text in texts if text not in known or (creates and known[text] == [])]
        answers = {text: known[text] for text in texts if text in known}
        if new:
            found = keys.resolve(self.work, target.entity, target.step, new, self.locale)
            missing = [text for text, answer in found.items() if answer == []]
            if missing and creates:
                found |= self._created(target.entity, target.step, missing)
            known |= found
            answers |= found
        return answers

    def _created(self, entity: Entity, step: str, texts: list[str]) -> dict[str, list[UUID] | BadValue]:
        """Create the parents that are not there, by their name or domain."""
        if step not in ("", "name", "domain"):
            return {}
        checked(entity.noun)
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
        if self.planned is not None:
            self.planned += [(entity, values) for values in new.values()]
        return answers

    def _set(self, record: Record, place: int, column: Column, answers: dict[str, list[UUID] | BadValue]) -> None:
        """Set one reference of a row; a name that is a link as well may stay without one."""
        target = column.target
        found: dict[UUID, str | None] = {}
        for text, answer in answers.items():
            if isinstance(answer, list) and len(answer) == 1:
                found.setdefault(answer[0], record.roles.get((place, text)))
            elif target.what != "twin":
                self.refuse(record, column, text, answer)
            elif isinstance(answer, BadValue) or len(answer) > 1:
                message = f"several records are called {text!r}; not linked"
                self.warnings.add(record.line, column.name, message, "ambiguous")
        first = next(iter(found), None)
        if target.what == "twin":
            record.values.setdefault(f"{target.name}_id", first)
            return
        if first is not None and target.what == "reference":
            record.values[target.name] = first
            self._name_twin(record, column, first)
        if found and (target.what == "links" or len(answers) > 1 or any(found.values())):
            self._link(record, column, found)

    def _link(self, record: Record, column: Column, found: dict[UUID, str | None]) -> None:
        """Remember several parents, where the entity can have them."""
        main = column.target.field.name if column.target.field else ""
        message = "several records where one has a place"
        if main in attached.links(self.entity.name):
            record.links = {**record.links, main: record.links.get(main, {}) | found}
        elif column.spec.lenient:
            self.warnings.add(record.line, column.name, f"{message}; only the first is taken", "several")
        else:
            record.refuse(Problem("several", message, column=column.name))

    def _twin(self, column: Column) -> str | None:
        """Return the entity's text that is called as the reference is."""
        twin = column.target.field.relation if column.target.field else None
        return twin if twin in self.entity.fields else None

    def _name_twin(self, record: Record, column: Column, id: UUID) -> None:
        """Copy the linked record's name where the entity has a text of that name."""
        target, twin = column.target, self._twin(column)
        if twin is None or record.values.get(twin) is not None or target.entity is None:
            return
        if id not in self.titles:
            images = rows.images(self.work.connection, self.work.scope, target.entity, [id])
            self.titles |= {key: target.entity.titled(row) for key, row in images.items()}
        record.values[twin] = self.titles.get(id)

    def refuse(self, record: Record, column: Column, text: str, answer: list[UUID] | BadValue) -> None:
        """Refuse a row whose parent is not found or not clear, or leave the parent out with a warning."""
        target = column.target
        assert target.entity is not None
        noun, by = target.entity.noun, f" by {target.step}" if target.step else ""
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
        by_name = target.step in ("", "name", "domain") and creatable(target.entity)
        if noun == "stage":
            way = f"--map-value '{column.name}:{short(text)}=STAGE' says which one it is"
        elif code == "not_found" and by_name and target.entity.name != self.entity.name:
            way = f"--create-missing {noun} creates it"
        record.refuse(Problem(code, f"{message} ({way})", column=column.name, value=text))


def is_self(entity: Entity, column: Column) -> bool:
    """Whether a column points to records of the entity that is imported."""
    return column.target.entity is not None and column.target.entity.name == entity.name


def is_parent(entity: Entity, column: Column) -> bool:
    """Whether a column points to records of another entity."""
    target = column.target
    return target.what in ("reference", "twin", "links") and target.entity is not None and not is_self(entity, column)


def creatable(entity: Entity) -> bool:
    """Whether a name is all that a record of the entity needs, and tells it from others."""
    if "add" not in entity.commands or entity.key not in entity.match or entity.key not in entity.fields:
        return False
    alone = all(f.name == entity.key or not f.required for f in entity.fields.values())
    return alone and entity.fields[entity.key].kind_name == "text"


def checked(name: str) -> str:
    """Return the entity that ``--create-missing`` names; raises UsageError for one that a name is not enough for."""
    known = {entity.noun: entity.name for entity in catalog.entities().values() if creatable(entity)}
    if name not in known:
        raise UsageError(f"--create-missing {name}: a {name} cannot be created by its name", candidates=list(known))
    return known[name]
