"""Custom fields: what they may be called, and that their values fit them whatever is changed."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Invalid
from mycrm_cli.services import assignment_rules, fields, stages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

LONGEST_CHOICE = 100


def fill(work: Work, values: Sequence[Row]) -> None:
    """Write keys as they are compared: ``Support-Level`` is support_level."""
    for value in values:
        if isinstance(value.get("key"), str):
            value["key"] = value["key"].strip().removeprefix("cf.").lower().replace("-", "_").replace(" ", "_")


def derive(work: Work, changes: Sequence[tuple[Row, Row]]) -> None:
    """Let the choices go with the type that had them."""
    for before, touched in changes:
        if before["type"] == "choice" and touched.get("type", "choice") != "choice":
            touched["choices"] = []


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse what cannot be a field; raises Invalid naming what is wrong."""
    entity = catalog.entities().get(after["entity"])
    if entity is None or "custom_fields" not in entity.fields:
        raise Invalid(
            f"{entity.plural if entity else after['entity']} cannot have custom fields",
            details=[{"field": "entity", "code": "choice"}],
            hint=f"these can: {', '.join(fields.owners())}",
        )
    if before and (before["entity"], before["key"]) != (after["entity"], after["key"]):
        raise Invalid(
            "the noun and the key of a custom field stay as they are, because its values lie under them",
            details=[{"field": "key", "code": "fixed"}],
            hint="--label changes its heading",
        )
    _check_choices(after)


def _check_choices(after: Row) -> None:
    choices = after["choices"]
    if after["type"] != "choice" and not choices:
        return
    wrong = None
    if after["type"] != "choice":
        wrong = f"only a choice has choices, and this is a {after['type']}"
    elif not choices:
        wrong = "a choice needs its choices"
    elif not all(isinstance(choice, str) and 0 < len(choice.strip()) <= LONGEST_CHOICE for choice in choices):
        wrong = f"choices are texts of 1 to {LONGEST_CHOICE} characters"
    elif len({choice.strip().lower() for choice in choices}) < len(choices):
        wrong = "a choice is there twice"
    if wrong:
        hint = "--type choice --choices gold,silver"
        raise Invalid(wrong, details=[{"field": "choices", "code": "choices"}], hint=hint)


def settle(work: Work, changed: Sequence[tuple[Row, Row]]) -> None:
    """Bring the values of records in line with a changed type; raises Conflict where they do not fit."""
    work.reader.forget()
    for before, after in changed:
        if (before["type"], before["choices"]) != (after["type"], after["choices"]):
            fields.refit(work, before, after)


def follow(work: Work, written: Sequence[Written]) -> None:
    """Let later steps of the same change know the fields as they are now."""
    work.reader.forget()


def leave(work: Work, images: Sequence[Row]) -> None:
    """Refuse to remove a field while a rule names it or records have values in it; raises Conflict."""
    _refuse_ruled(work, images)
    _refuse_asked(work, images)
    for image in images:
        entity = catalog.entity(image["entity"])
        if count := sum(fields.used(work.reader, entity, image["key"]).values()):
            who = f"{count:,} {entity.plural} have" if count != 1 else f"1 {entity.noun} has"
            raise Conflict(
                f"{who} a value in cf.{image['key']}",
                hint=f"mycrm field delete {entity.noun}.{image['key']} --values removes them too",
            )
    work.reader.forget()


def _refuse_ruled(work: Work, images: Sequence[Row]) -> None:
    """Refuse to remove fields that a rule of assignment names."""
    going = {(image["entity"], image["key"]) for image in images}

    def left(entity: Entity) -> dict[str, Custom]:
        known = work.reader.custom_fields(entity)
        return {key: field for key, field in known.items() if (entity.name, key) not in going}

    after = work.reader.frame()
    after.definitions = left
    assignment_rules.refuse_needed(work, work.reader.frame(), after, " or ".join(f"cf.{key}" for _, key in going))


def _refuse_asked(work: Work, images: Sequence[Row]) -> None:
    """Refuse to remove fields without which no deal could come to a stage."""
    known = stages.known(work)
    going = {f"cf.{image['key']}" for image in images if image["entity"] == "deal"}
    for stage in known.stages.values() if going else ():
        if names := sorted(going.intersection(stage.required_fields)):
            home = known.pipeline(stage.pipeline_id).name
            where = f"{stages.quoted(stage.name)} --pipeline {stages.quoted(home)}"
            raise Conflict(
                f"deals need {names[0]} to come to {home}/{stage.name}",
                details=[{"field": "required_fields", "code": "in_use"}],
                hint=f"mycrm stage edit {where} --required-fields … asks for others",
            )
