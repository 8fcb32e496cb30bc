"""Lays a mapping over the columns of a file: what each column fills, and which ones nothing is known about."""

from __future__ import annotations

from functools import cached_property

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.services.transfer import headers, presets
from mycrm_cli.services.transfer.model import REJECT_COLUMNS
from mycrm_cli.services.transfer.specs import LEAVE_OUT, Spec, header_key
from mycrm_cli.services.transfer.targets import Target, near, parse, required

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from collections.abc import Mapping as Mapping_

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.services.transfer.mapping import Mapping
    from mycrm_cli.services.transfer.presets.base import Preset

NOT_OURS = frozenset(("currency", "change"))
"""Keys that our JSON has beside a record's fields."""
MADE_UP = -1
"""The place of a column that no file has: its cells come from a template."""


class Column:
    """One column at work: its place in the rows, its entry, and where its cells go.

    One is ``unsure`` as long as nothing tells whether ``1.000`` is one or a thousand.
    """

    __slots__ = ("name", "place", "spec", "targets", "unsure")

    def __init__(self, place: int, name: str, spec: Spec, targets: list[Target]) -> None:
        self.place = place
        self.name = name
        self.spec = spec
        self.targets = targets
        self.unsure = False

    @property
    def target(self) -> Target:
        """Where the cells go."""
        return self.targets[0]


class Plan:
    """What is done with each column of a file.

    ``left_out`` are columns that a preset or the user leaves out, ``unknown`` those that nobody knows.
    """

    def __init__(self, entity: Entity, preset: Preset | None, own: bool, custom: Mapping_[str, Custom]) -> None:
        self.entity = entity
        self.custom = custom
        self.preset = preset
        self.own = own
        self.columns: list[Column] = []
        self.left_out: list[Column] = []
        self.unknown: list[tuple[int, str]] = []
        self.filled: set[str] = set()
        """Targets that columns fill whose heading, or mapping, leaves no doubt."""

    @cached_property
    def given(self) -> set[str]:
        """The columns that only new records take."""
        return {t.name for column in self.columns for t in column.targets if t.given}

    def ignore_unknown(self) -> None:
        """Leave out the columns that nobody knows."""
        for place, name in self.unknown:
            spec = Spec(column=name, target=LEAVE_OUT, preset=True)
            self.left_out.append(Column(place, name, spec, [Target("skip", LEAVE_OUT)]))
        self.unknown = []

    def specs(self) -> dict[str, Spec]:
        """Return the entries as a mapping file holds them."""
        named = [*self.columns, *self.left_out]
        named.sort(key=lambda column: column.place)
        return {column.name: column.spec for column in named if column.place == MADE_UP or column.spec.column}


def is_own(entity: Entity, header: Sequence[str]) -> bool:
    """Whether the file was exported by us: it has our ids, numbers and times."""
    wanted = {"id", "created_at"} | ({"number"} if entity.numbered else {"updated_at"})
    return wanted & set(entity.fields) <= set(header) and "id" in header


def addressed(header: Sequence[str], mapping: Mapping) -> list[str]:
    """Return the columns' names, repeated ones as ``Name[2]``; raises Invalid where a name is not unique.

    A column without a heading is called ``column 5``. Of repeated ones, those that the mapping names
    by their place are told apart, and one that is left alone keeps the plain name.
    """
    names = [name or f"column {place}" for place, name in enumerate(header, 1)]
    repeated = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    for name in repeated:
        places = [place for place, other in enumerate(names) if other == name]
        alone = [place for count, place in enumerate(places, 1) if f"{name}[{count}]" not in mapping.columns]
        for count, place in enumerate(places, 1):
            if place not in alone or len(alone) > 1:
                names[place] = f"{name}[{count}]"
        if len(alone) > 1:
            _repeated(header, repeated)
    return names


def _repeated(header: Sequence[str], repeated: Collection[str]) -> None:
    """Refuse a header in which several columns have the same name."""
    details: list[dict[str, object]] = []
    for name in sorted(repeated):
        places = ", ".join(str(place) for place, other in enumerate(header, 1) if other == name)
        details.append(
            {"line": 1, "column": name, "code": "duplicate_header", "message": f"is the heading of columns {places}"}
        )
    first = min(repeated)
    raise Invalid(
        f"several columns have the same heading: {', '.join(sorted(repeated))}",
        hint=f"name them by their place, such as --map '{first}[2]=-' to leave the second one out",
        details=details,
    )


def make(
    entity: Entity,
    header: Sequence[str],
    mapping: Mapping,
    *,
    preset: str = "auto",
    custom: Mapping_[str, Custom] | None = None,
    complete: bool = True,
) -> Plan:
    """Return what is done with each column; ``complete`` says that no more columns will come up."""
    names = addressed(header, mapping)
    own = is_own(entity, names)
    chosen = None if own and preset == "auto" else presets.choose(preset, entity, names)
    plan = Plan(entity, chosen, own, custom or {})
    by_key = {header_key(name): spec for name, spec in mapping.columns.items()}
    taken: dict[str, str] = {}
    plan.filled = _filled(plan, names, by_key)
    for place, name in enumerate(names):
        said = mapping.columns.get(name) or by_key.get(header_key(name))
        spec = spec_of(plan, name, said)
        if said is None and (name in REJECT_COLUMNS or (own and name in NOT_OURS - entity.fields.keys())):
            continue
        if spec is None:
            plan.unknown.append((place, name))
        else:
            _place(plan, place, name, spec, taken)
    for name, said in mapping.columns.items():
        if header_key(name) not in {header_key(other) for other in names}:
            _made_up(plan, name, said, taken, names, complete)
    # What gives way to another column comes after it, wherever it stands in the file.
    plan.columns.sort(key=lambda column: column.spec.fallback)
    return plan


def _filled(plan: Plan, names: Sequence[str], by_key: Mapping_[str, Spec]) -> set[str]:
    """Return the targets of columns that do not mean something else in files of other kinds of records."""
    found: set[str] = set()
    for name in names:
        said = by_key.get(header_key(name))
        if (said is not None and said.target) or headers.by_noun(plan.entity, name) is None:
            spec = spec_of(plan, name, said)
            words = (spec.split or (spec.target,)) if spec else ()
            found |= {headers.meant(plan.entity, word) for word in words}
    return found


def spec_of(plan: Plan, name: str, said: Spec | None) -> Spec | None:
    """Return the entry of a column: the user's, laid over the preset's or what the heading tells."""
    if said is not None and (said.target or said.split):
        base = presets.spec_for(plan.preset, plan.entity, name) if plan.preset else None
        return (base.merged(said) if base else said).named(name)
    found = presets.spec_for(plan.preset, plan.entity, name) if plan.preset else None
    key = header_key(name)
    same = next((other for other in plan.custom if header_key(other) == key), None)
    if found is None and not (same and headers.by_noun(plan.entity, name)):
        found = headers.guess(plan.entity, name, own=plan.own, filled=plan.filled)
    if found is not None and found.target.lower().startswith("cf.") and found.target[3:].lower() not in plan.custom:
        found = None  # a custom field that is not defined yet is an unknown column
    if found is None:
        found = Spec(column=name, target=f"cf.{same}") if same else None
    if found is not None and said is not None:
        found = found.merged(said)
    return found.named(name) if found else None


def _place(plan: Plan, place: int, name: str, spec: Spec, taken: dict[str, str]) -> None:
    """Put a column into the plan; raises UsageError where two columns fill one field."""
    words = spec.split or (spec.target,)
    targets = [required(plan.entity, word, own=plan.own) for word in words]
    column = Column(place, name, spec, targets)
    if targets[0].what == "skip":
        plan.left_out.append(column)
        if spec.skip_if:
            plan.columns.append(column)
        return
    for target in targets:
        if spec.fallback:
            continue
        other = taken.setdefault(target.name, name)
        if other != name and not (target.several or spec.append):
            if not spec.preset:
                raise UsageError(f"columns {other!r} and {name!r} both fill {target.name}", hint=f"--map '{name}=-'")
            spec.fallback = True
    plan.columns.append(column)
    for word in spec.also:
        extra = Column(place, name, spec.named(""), [required(plan.entity, word, own=plan.own)])
        plan.columns.append(extra)


def _made_up(plan: Plan, name: str, said: Spec, taken: dict[str, str], names: list[str], complete: bool) -> None:
    """Put a column that only a template fills into the plan; refuse a mapping for a column that is not there."""
    if said.template and said.target:
        _place(plan, MADE_UP, name, said, taken)
    elif complete:
        from difflib import get_close_matches

        raise UsageError(
            f"the mapping names a column {name!r} that the file has not",
            candidates=get_close_matches(name, names, n=3, cutoff=0.5) or names[:5],
        )


def refuse_unknown(plan: Plan, name: str, line: int, way: str = "") -> Invalid:
    """Return the error that lists the columns nobody knows, and the ways out; ``way`` comes first where all are."""
    details: list[dict[str, object]] = []
    for _, column in plan.unknown:
        close = near(plan.entity, column)
        message = "no field of this name" + (f"; near: {', '.join(close)}" if close else "")
        details.append({"line": line, "column": column, "code": "unknown_column", "message": message})
    first = plan.unknown[0][1]
    listed = ", ".join(repr(column) for _, column in plan.unknown)
    ways = f"--map '{first}=FIELD' fills a field, --map '{first}=-' leaves it out; --unknown ignore leaves out all"
    if "custom_fields" in plan.entity.fields:
        ways += ", --unknown custom keeps all as custom fields"
    if way and not any(column.place >= 0 for column in plan.columns):
        ways = f"{way}; {ways}"
    return Invalid(f"{name}: nothing is known about column {listed}", hint=ways, details=details)


__all__ = ["MADE_UP", "Column", "Plan", "addressed", "is_own", "make", "parse", "refuse_unknown"]
