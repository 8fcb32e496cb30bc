"""Tells what completion offers for a value: read from the metavar that the help shows, and from the fields.

A description is a list: the way to find candidates, then what the way needs. ``mycrm_cli.completing.values``
knows the ways. A metavar's words in capitals are looked up here: what is no word of its own (``FILE``) and
is a noun (``STAGE``) is a reference to such a record. Words in small letters are choices.
"""

import re
from typing import Any

from mycrm_cli import catalog
from mycrm_cli.catalog import Entity, Field
from mycrm_cli.cli import forecast, timeline
from mycrm_cli.cli.topics import TOPICS
from mycrm_cli.config.settings import SETTINGS
from mycrm_cli.output.formats import FORMATS
from mycrm_cli.query.computed import Computed
from mycrm_cli.query.whichever import NOUNS
from mycrm_cli.services import fields as custom_fields
from mycrm_cli.services.duplicates.search import WAYS
from mycrm_cli.services.transfer.options import CHOICES, CONFLICTS
from mycrm_cli.services.transfer.parents import creatable
from mycrm_cli.services.transfer.presets import PRESETS

Value = list[Any]

TEXT: Value = ["text"]
DATE: Value = ["date"]
FILE: Value = ["file"]
LISTED = [name for name, entity in catalog.nouns().items() if "list" in entity.commands and entity.tenant]
"""Nouns that a filter can be about."""
METAVARS: dict[str, Value] = {
    "FILTER": ["filter"],
    "FORMAT": ["choice", *FORMATS],
    "WHEN": ["choice", "auto", "always", "never"],
    "SHELL": ["choice", "bash", "zsh", "fish"],
    "TOPIC": ["choice", *TOPICS],
    "SETTING": ["choice", *sorted(SETTINGS)],
    "NOUN": ["noun", *LISTED],
    "FIELD": ["clear"],
    "FIELD=VALUE": ["assignment"],
    "COLUMN=FIELD": ["pair", TEXT, ["clear"]],
    "COLUMN=RULE": ["pair", ["choice", "*"], ["choice", *CONFLICTS]],
    "TAG": ["tags"],
    "DATE": DATE,
    "TIME": DATE,
    "DURATION": ["choice", "15m", "30m", "45m", "1h", "1h30m", "2h", "4h"],
    "RECORD": ["reference", *NOUNS],
    "WAYS": ["choice", *WAYS],
    "WHAT": ["choice", *forecast.BY],
    **dict.fromkeys(("FILE", "FILE|-", "FOLDER", "PATH", "MANIFEST"), FILE),
    # Nouns that mean something else here: an address, a rate's figure.
    **dict.fromkeys(("EMAIL", "RATE", "NOTE", "SCORE", "ITEM"), TEXT),
}
IMPORTS: dict[str, Value] = {
    **{name: ["choice", *words] for name, words in CHOICES.items()},
    "preset": ["choice", "auto", *PRESETS, "none"],
    "format": ["choice", "auto", "csv", "tsv", "json", "jsonl"],
    "encoding": ["choice", "auto", "utf-8", "utf-16", "cp1252", "latin-1"],
    "delimiter": ["choice", "auto", "tab", ",", ";", "|"],
    "date_format": TEXT,
}
"""What the options of import take, which use words of their own."""
OWN: dict[str, Value] = {
    "field add noun": ["noun", *custom_fields.owners()],
    "field add set_entity": ["choice", *custom_fields.owners()],
    "field list filters": ["either", ["choice", *custom_fields.owners()], ["filter"]],
    "filter list filters": ["either", ["choice", *LISTED], ["filter"]],
    "lead convert set": ["assignment", "deal"],
    "item list filters": ["either", ["reference", "deal"], ["filter"]],
    "rule add set_expression": ["filter", "lead"],
    "rule edit set_expression": ["filter", "lead"],
    **{f"score {verb} where": ["filter", "lead"] for verb in ("run", "set", "release")},
    **{f"score {verb} references": ["reference", "lead"] for verb in ("set", "release")},
    "stage add set_required_fields": ["clear", "deal"],
    "stage edit set_required_fields": ["clear", "deal"],
}
"""What only one command takes: its words and the parameter's name -> what is offered."""


def words(argument: Any, command: Any, way: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return an argument of the program as the words that stand for it on the line, the last one perhaps many.

    ``[DEAL] [NAME]`` are two words, ``KEEP OTHER...`` one and many, ``[REF]... [STAGE]`` many of which the
    last may be the target, which an option of its name could give as well.
    """
    if argument.nargs != -1 or " ".join((*way, argument.name)) in OWN:
        return [{"value": value(argument, way)} | ({"many": True} if argument.nargs == -1 else {})]
    parts = (argument.metavar or "").split()
    if len(parts) == 2 and parts[0].endswith("..."):
        name = parts[1].strip("[]").lower()
        option = next(each for each in command.params if each.name == name)
        return [{"value": ["target", _word(parts[0], way), value(option, way)], "many": True}]
    described: list[dict[str, Any]] = [{"value": _word(part, way)} for part in parts]
    if parts and parts[-1].endswith("..."):
        described[-1]["many"] = True
    return described


def value(parameter: Any, way: tuple[str, ...]) -> Value:
    """Return what is offered for an option's value, or for an argument that is one word."""
    noun, metavar = way[0] if way else "", parameter.metavar or ""
    own = OWN.get(" ".join((*way, parameter.name)))
    if own is not None:
        return own
    if (parameter.name == "profile" and not noun) or (noun == "profile" and metavar == "NAME" and way[1:] != ("add",)):
        return ["profile"]
    entity = catalog.nouns().get(noun)
    if way[-1:] == ("import",) and entity and (own := _import(parameter.name, entity)):
        return own
    field = _field(entity, parameter.name)
    if field and of_field(field) != TEXT:
        return of_field(field)
    if metavar == "NAMES":
        return ["sort" if parameter.name == "sort" else "fields"]
    if metavar == "KINDS" and entity:
        return ["choice", *timeline.groups_of(entity)]
    return _word(metavar, way)


def of_field(field: Field | Computed) -> Value:
    """Return what is offered for a field's value."""
    if field.options.get("choices"):
        return ["choice", *field.options["choices"]]
    if field.kind_name == "boolean":
        return ["choice", "yes", "no"]
    if field.kind_name in ("date", "timestamp"):
        return DATE
    if field.kind_name == "tags":
        return ["tags"]
    target = catalog.by_table(field.table).command if field.table else None
    return ["reference", target] if target else TEXT


def _word(metavar: str, way: tuple[str, ...]) -> Value:
    """Return what a metavar stands for, such as ``[REF]...``, ``in|out|none`` or ``STAGE|next|previous``."""
    plain = re.sub(r"\[,.*?\]|[\[\]]|\.\.\.", "", metavar)
    if plain in METAVARS:
        return METAVARS[plain]
    parts = plain.split("|")
    choices = [part for part in parts if part.islower()]
    found = [_reference(part, way) for part in parts if not part.islower()]
    if len(parts) > 1 and choices:
        found.append(["choice", *choices])
    offered = [each for each in found if each != TEXT]
    return ["either", *offered] if len(offered) > 1 else offered[0] if offered else TEXT


def _reference(word: str, way: tuple[str, ...]) -> Value:
    """Return what one word in capitals stands for: a record of the command's noun, or of the noun it names."""
    if word in METAVARS:
        return METAVARS[word]
    if word in ("REF", "KEEP", "OTHER") and way and way[0] in catalog.nouns():
        return ["trash" if way[-1] in ("restore", "purge") else "reference", way[0]]
    if word == "FIELD=REF":
        return ["pair", ["clear"], ["reference", way[0]]]
    return ["reference", word.lower()] if word.isupper() and word.lower() in catalog.nouns() else TEXT


def _import(parameter: str, entity: Entity) -> Value | None:
    """Return what an option of import takes; None for those that are as everywhere."""
    if parameter == "match":
        known = [name for name in ("id", "number", "email", "phone", "domain") if name in entity.fields]
        return ["choice", *dict.fromkeys([*entity.match, *known, *(["name"] if "name_key" in entity.fields else [])])]
    if parameter == "create_missing":
        targets = [catalog.by_table(field.table) for field in entity.fields.values() if field.table and field.writable]
        return ["choice", *sorted({target.noun for target in targets if creatable(target)})]
    return IMPORTS.get(parameter)


def _field(entity: Entity | None, parameter: str) -> Field | None:
    """Return the field that a parameter such as ``set_owner_id`` or ``by_owner`` is about."""
    kind, _, name = parameter.partition("_")
    if entity is None or kind not in ("set", "by"):
        return None
    return entity.relations.get(name) or entity.fields.get(name)
