"""The nouns: one file for each entity, its SQLModel table and its description."""

from importlib import import_module

from mycrm_cli.db.base import Entity, metadata
from mycrm_cli.db.constraints import complete

# The catalogue list. A new entity is a file in this package and a line here.
MODULES = (
    "access",
    "activity",
    "campaign",
    "company",
    "contact",
    "customizing",
    "deal",
    "email",
    "item",
    "jobs",
    "journal",
    "lead",
    "links",
    "mailing",
    "note",
    "organization",
    "pipeline",
    "privacy",
    "product",
    "score",
    "scoring",
    "selling",
    "sequence",
    "stage",
    "system",
    "task",
    "team",
    "user",
)

ENTITIES: dict[str, Entity] = {}
for _name in MODULES:
    for _entity in vars(import_module(f"mycrm_cli.entities.{_name}")).values():
        if isinstance(_entity, Entity):
            ENTITIES[_entity.name] = _entity

complete(metadata)
