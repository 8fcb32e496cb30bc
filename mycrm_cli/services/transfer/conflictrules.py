"""Which fields each rule of ``--on-conflict`` is about: it may name a column of the file or a field."""

from __future__ import annotations

from functools import cache

from mycrm_cli.errors import UsageError
from mycrm_cli.services import nouns
from mycrm_cli.services.transfer.specs import header_key
from mycrm_cli.services.transfer.targets import Target, near, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.plan import Column, Plan

ALL = "*"
ONLY_ADDED = frozenset(("note", "external", "links"))
"""Targets that never take anything away from a record."""


@cache
def twins(entity: Entity) -> list[tuple[str, str]]:
    """Return the links that have a name beside them, each with the name's field."""
    return [(f.name, f.relation) for f in entity.fields.values() if f.relation and f.relation in entity.fields]


def rules(plan: Plan, asked: dict[str, str]) -> dict[str, str]:
    """Return the rules by field; a column goes before a field of the same name."""
    found: dict[str, str] = {}
    by_column: dict[str, str] = {}
    for name, rule in asked.items():
        if name == ALL:
            found[ALL] = rule
            continue
        targets = _targets(plan, name)
        of_column = bool(_columns(plan, name))
        for target in targets:
            (by_column if of_column else found).update(dict.fromkeys(fields(plan, target), rule))
    return found | by_column


def check(plan: Plan, asked: dict[str, str]) -> None:
    """Refuse rules that are about nothing, or that a field cannot follow; raises UsageError."""
    for name, rule in asked.items():
        if name == ALL:
            continue
        targets = _targets(plan, name)
        if not targets:
            names = [column.name for column in (*plan.columns, *plan.left_out)]
            raise UsageError(
                f"--on-conflict {name}={rule}: there is no such column or field",
                candidates=_near(names, name) or near(plan.entity, name),
            )
        for target in targets:
            if target.what in ONLY_ADDED and rule not in ("overwrite", "fill"):
                raise UsageError(f"--on-conflict {name}={rule}: {target.name} is only added to, never changed")
            if rule == "append" and not all(_can_grow(plan, field) for field in fields(plan, target)):
                raise UsageError(f"--on-conflict {name}=append: only texts and tags can be added to")


def fields(plan: Plan, target: Target) -> list[str]:
    """Return the names under which a target's values go into a record."""
    entity, name = plan.entity, target.name
    if target.what == "name":
        return ["first_name", "last_name"]
    if target.what == "tags" or name == "tags":
        return ["tags", "+tags"]
    if name == "custom_fields":
        return [name, *(t.name for column in plan.columns for t in column.targets if t.what == "custom")]
    if name in nouns.words(entity):
        # Other systems have one word for several fields of ours, which are called so with a word before it.
        return [name, *(field for field in entity.fields if field.endswith(f"_{name}"))]
    return [name, *(part for pair in twins(entity) if name in pair for part in pair if part != name)]


def _targets(plan: Plan, name: str) -> list[Target]:
    """Return what a name means: the columns that are called so, or the field."""
    if columns := _columns(plan, name):
        return [target for column in columns for target in column.targets]
    target = parse(plan.entity, name, own=True)
    return [target] if target is not None and target.what != "skip" else []


def _columns(plan: Plan, name: str) -> Sequence[Column]:
    """Return the columns with a name; case and accents do not matter where no other column is called just so."""
    columns, plain = [*plan.columns, *plan.left_out], " ".join(name.split())
    exact = [column for column in columns if column.name == plain]
    return exact or [column for column in columns if header_key(column.name) == header_key(plain) != ""]


def _can_grow(plan: Plan, name: str) -> bool:
    """Whether something can be added to a field."""
    if name.startswith("cf."):
        custom = plan.custom.get(name[3:])
        return custom is not None and custom.kind.name in ("text", "tags")
    field = plan.entity.fields.get(name)
    return name == "+tags" or (field is not None and field.kind_name in ("text", "tags"))


def _near(names: Sequence[str], name: str) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, names, n=3, cutoff=0.6)
