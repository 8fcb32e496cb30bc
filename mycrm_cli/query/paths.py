"""What the name of a field means: ``score``, ``due``, ``owner``, ``owner.manager.email``, ``cf.tier``."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query import computed
from mycrm_cli.query.spots import NOWHERE, Spot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.computed import Computed

FARTHEST = 12
"""Relations that one name may follow."""


class Path:
    """The way from an entity over relations to a field.

    ``what`` is ``field``, ``relation`` (a reference by its short name, which stands for the title of
    what it points to), ``title`` (``name`` where there is no such column), ``custom`` or ``computed``;
    ``field`` is None for ``title`` and ``custom``, and ``key`` is the custom field's.
    """

    __slots__ = ("entity", "field", "key", "name", "spot", "steps", "what")

    def __init__(self, steps: list[tuple[Field, Entity]], entity: Entity, what: str, spot: Spot) -> None:
        self.steps = steps
        self.entity = entity
        self.what = what
        self.field: Field | Computed | None = None
        self.key = ""
        self.name = ""
        self.spot = spot

    @property
    def keyed(self) -> bool:
        """Whether this is the record's title and compares by its stored, folded key."""
        if "name_key" not in self.entity.fields or self.what not in ("title", "field"):
            return False
        if self.field is None or self.field.name == "name":
            return True
        return self.field.required and self.entity.title[:1] == [self.field.name]


def resolve(entity: Entity, name: str, spot: Spot = NOWHERE) -> Path:
    """Return what ``name`` means on ``entity``; raises UsageError with the nearest names."""
    segments = name.split(".")
    steps: list[tuple[Field, Entity]] = []
    here = entity
    while len(segments) > 1 and segments[0].lower() != "cf":
        segment = _plain(segments[0])
        field = here.relations.get(segment) or _by_column(here, segment)
        if field is None or field.table is None:
            _unknown(entity, here, name, segments[0], steps, spot)
        here = catalog.by_table(field.table)
        steps.append((field, here))
        segments = segments[1:]
        if len(steps) > FARTHEST:
            spot.fail(f"a field may be at most {FARTHEST} relations away")
    path = _custom(here, steps, segments, spot) if len(segments) > 1 else _leaf(here, steps, segments[0], spot)
    if path is None:
        _unknown(entity, here, name, segments[-1], steps, spot)
    path.name = ".".join([*(step.relation or step.name for step, _ in steps), _leaf_name(path)])
    return path


def _plain(segment: str) -> str:
    return segment.lower().replace("-", "_")


def _leaf_name(path: Path) -> str:
    """Return the name that output uses: short names are written out."""
    if path.what == "custom":
        return f"cf.{path.key}"
    if path.field is None:
        return "name"
    return path.field.relation or path.field.name if path.what == "relation" else path.field.name


def _by_column(entity: Entity, segment: str) -> Field | None:
    field = entity.fields.get(segment)
    return field if field and visible(field) else None


def visible(field: Field) -> bool:
    """Whether people may see and filter by the field."""
    return not field.internal and not field.secret


def _custom(entity: Entity, steps: list[tuple[Field, Entity]], segments: list[str], spot: Spot) -> Path | None:
    if "custom_fields" not in entity.fields or len(segments) != 2 or not segments[1]:
        return None
    path = Path(steps, entity, "custom", spot)
    path.key = segments[1]
    return path


def _leaf(entity: Entity, steps: list[tuple[Field, Entity]], segment: str, spot: Spot) -> Path | None:
    """Return what the last part of a name means, columns first."""
    wanted = _plain(segment)
    field: Field | Computed | None = _by_column(entity, "tags" if wanted == "tag" else wanted)
    what = "field"
    if field is None and (field := computed.of(entity).get(wanted)):
        what = "computed"
    if field is None:
        field = next((f for f in entity.fields.values() if f.short == wanted and visible(f)), None)
    if field is None and (field := entity.relations.get(wanted)):
        what = "relation"
    if field is None and (wanted != "name" or not entity.title):
        return None
    path = Path(steps, entity, what if field else "title", spot)
    path.field = field
    return path


def names(entity: Entity) -> list[str]:
    """Return every name that filters, sorting and field lists understand on the entity itself."""
    found = [] if "name" in entity.fields or not entity.title else ["name"]
    for field in entity.fields.values():
        if visible(field):
            found += [name for name in (field.relation, field.name, field.short) if name]
    found += computed.of(entity)
    return list(dict.fromkeys([*found, "tag"] if "tags" in entity.fields else found))


def _unknown(
    entity: Entity, here: Entity, name: str, segment: str, steps: list[tuple[Field, Entity]], spot: Spot
) -> NoReturn:
    """Raise UsageError for a name that means nothing, with those that look like it."""
    from difflib import get_close_matches

    way = "".join(f"{step.relation}." for step, _ in steps)
    near = get_close_matches(_plain(segment)[:100], names(here), n=5, cutoff=0.5)
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    spot.fail(
        f"{entity.noun} has no field {shown!r}",
        candidates=[way + candidate for candidate in near],
        hint=f"mycrm {entity.command} list -w '?' lists the fields" if entity.command else None,
    )
