"""Stages and their order in a pipeline: adding, ordering, deleting, and what they ask of deals."""

from __future__ import annotations

from difflib import get_close_matches

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.services import custom, holding, records, rows, stages, updating, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.stages import Pipeline, Stage
    from mycrm_cli.services.work import Work

UPDATE_DEALS = "+update_deals"
"""Where the values of a stage say that its open deals get its new probability."""
GOING = "pipelines that go"
"""Where a unit of work keeps the pipelines that it is about to delete with all of their stages."""


def field_names(reader: Reader, names: Any) -> list[str]:
    """Return names of a deal's fields as they are kept; raises Invalid for one that deals have not."""
    deal = catalog.entity("deal")
    if not isinstance(names, (list, tuple, dict)) or any(not isinstance(name, str) for name in names):
        raise Invalid("required fields: expected names", details=[{"field": "required_fields", "code": "wrong_type"}])
    found = []
    for name in filter(None, (name.strip() for name in names)):
        if name.lower().startswith("cf."):
            found.append(f"cf.{custom.definition(reader, deal, name).key}")
            continue
        plain = name.lower().replace("-", "_").replace(" ", "_")
        known = {n: f for f in deal.fields.values() if f.writable for n in (f.name, f.relation, f.short) if n}
        if plain not in known:
            raise Invalid(
                f"required fields: deals have no field {name[:80]!r}",
                candidates=get_close_matches(plain, known),
                details=[{"field": "required_fields", "code": "unknown_field"}],
                hint="mycrm deal list -w '?' lists the fields",
            )
        found.append(known[plain].relation or known[plain].name)
    return list(dict.fromkeys(found))


def count_deals(work: Work, column: str, ids: Iterable[UUID]) -> int:
    """Return how many deals stand in stages or pipelines, the trash included."""
    return sum(1 for _ in rows.fetch(work.connection, work.scope, catalog.entity("deal"), column, list(ids), ["id"]))


def keep_ends(work: Work, lost: Sequence[Row], without: Collection[UUID]) -> None:
    """Refuse where a pipeline has no stage left of a kind that it had."""
    if not lost:
        return
    holding.alone(work)
    table, names = catalog.entity("stage"), ["id", "pipeline_id", "is_won", "is_lost"]
    wanted = {row["pipeline_id"] for row in lost}
    there = rows.fetch(work.connection, work.scope, table, "pipeline_id", wanted, names)
    left = {(pipeline, won, lost) for id, pipeline, won, lost in there if id not in without}
    for row in lost:
        if (row["pipeline_id"], row["is_won"], row["is_lost"]) not in left:
            kind = "won" if row["is_won"] else "lost" if row["is_lost"] else "open"
            raise Conflict(
                f"{row['name']} is the last stage for {kind} deals: a pipeline keeps one of each kind",
                details=[{"field": "pipeline", "code": f"last_{kind}_stage"}],
                hint="add another one first: mycrm stage add NAME" + ("" if kind == "open" else f" --{kind}"),
            )


def add(work: Work, new: Row, after: str | None = None, before: str | None = None) -> Row:
    """Add a stage at its place: behind or before another one, or behind the last open one."""
    holding.alone(work)
    known = stages.known(work)
    pipeline = known.pipeline(new["pipeline_id"]) if new.get("pipeline_id") else known.default
    place = len(pipeline.stages)
    if after is not None or before is not None:
        beside = known.named(str(after if after is not None else before), pipeline)
        place = pipeline.stages.index(beside) + (after is not None)
    elif not (new.get("is_won") or new.get("is_lost")):
        place = 1 + max((i for i, stage in enumerate(pipeline.stages) if stage.status == "open"), default=-1)
    asked = new.get("order")
    [row] = records.add(work, catalog.entity("stage"), [new | {"pipeline_id": pipeline.id}])
    if not asked:
        ids = [stage.id for stage in pipeline.stages]
        number(work, [*ids[:place], row["id"], *ids[place:]])
    return row


def number(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Give stages the numbers from 1 in the order of their ids; return those whose number is another now."""
    return records.edit(work, catalog.entity("stage"), [(id, {"order": order}) for order, id in enumerate(ids, 1)])


def arrange(work: Work, pipeline: Pipeline, names: Sequence[str]) -> list[UUID]:
    """Put stages behind each other in the order of their names, where the first of them stands; the rest stay."""
    holding.alone(work)
    known = stages.known(work)
    wanted = [known.named(name, pipeline) for name in names]
    if twice := [stage.name for stage in wanted if wanted.count(stage) > 1]:
        raise Invalid(f"{twice[0]} is named twice", details=[{"field": "order", "code": "twice"}])
    first = min(pipeline.stages.index(stage) for stage in wanted)
    before = [stage for stage in pipeline.stages[:first] if stage not in wanted]
    behind = [stage for stage in pipeline.stages[first:] if stage not in wanted]
    return number(work, [stage.id for stage in [*before, *wanted, *behind]])


def delete(work: Work, ids: Sequence[UUID], move_to: str | None = None) -> None:
    """Delete stages; their deals move to another one, and the steps that led there lead to it as well."""
    holding.alone(work)
    known = stages.known(work)
    keep_ends(work, [known.stage(id)._asdict() for id in ids], ids)
    for id in ids:
        stage = known.stage(id)
        pipeline = known.pipeline(stage.pipeline_id)
        target = known.named(move_to, pipeline) if move_to else None
        if target is not None and target.id in ids:
            raise Invalid(f"{target.name} is to be deleted itself", details=[{"field": "move_to", "code": "conflict"}])
        _move_deals(work, stage, target)
        rest = [step for step in pipeline.stages if step.id not in ids]
        _mend_history(work, stage, target or _nearest(stage, rest))
    records.delete(work, catalog.entity("stage"), ids)


def _move_deals(work: Work, stage: Stage, target: Stage | None) -> None:
    """Move the deals that stand in a stage; raises Conflict where nobody said where to."""
    deal = catalog.entity("deal")
    standing = [row["id"] for row in _standing(work, stage.id)]
    if standing and target is None:
        raise Conflict(
            f"{len(standing):,} {deal.name if len(standing) == 1 else deal.plural} stand in {stage.name}",
            details=[{"field": "move_to", "code": "required"}],
            hint="--move-to STAGE moves them, those in the trash included",
        )
    if target is not None:
        records.edit(work, deal, [(id, {"stage_id": target.id}) for id in standing])


def _standing(work: Work, stage_id: UUID) -> list[Row]:
    """Return the deals that stand in a stage, locked in the order of their ids; who left it meanwhile is not there."""
    deal, names = catalog.entity("deal"), ["id", "stage_id", "probability", "status"]
    ids = sorted(row[0] for row in rows.fetch(work.connection, work.scope, deal, "stage_id", [stage_id], ["id"]))
    found = rows.fetch(work.connection, work.scope, deal, "id", ids, names, lock=True)
    return [row for each in found if (row := dict(zip(names, each, strict=True)))["stage_id"] == stage_id]


def _nearest(stage: Stage, rest: Sequence[Stage]) -> Stage | None:
    """Return the stage that stands for one that goes: one of its kind, as near as can be."""
    alike = [other for other in rest if other.status == stage.status]
    return min(alike, key=lambda other: abs(other.order - stage.order), default=None)


def _mend_history(work: Work, stage: Stage, target: Stage | None) -> None:
    """Let past steps to and from a stage that goes name another one: how long a deal took still counts."""
    table = catalog.entity("stage_history")
    if target is None:
        return
    for end in ("from_stage_id", "to_stage_id"):
        ids = [row[0] for row in rows.fetch(work.connection, work.scope, table, end, [stage.id], ["id"])]
        for chunk in rows.chunks(sorted(ids)):
            before = rows.images(work.connection, work.scope, table, chunk, lock=True)
            updating.write(work, table, before, [(id, {end: target.id}) for id in before])


def update_deals(work: Work, id: UUID, old: int) -> None:
    """Give the open deals of a stage its new probability where they still had the old one."""
    stage, deal = stages.known(work).stage(id), catalog.entity("deal")
    there = _standing(work, id)
    wanted = [row["id"] for row in there if row["status"] == "open" and row["probability"] * 100 == old]
    records.edit(work, deal, [(deal_id, {"probability": stage.share}) for deal_id in wanted])


def read_list(text: str) -> list[Row]:
    """Read ``Discovery:20,Proposal:60,Signed:won``; raises Invalid for what is no probability."""
    probability = catalog.entity("stage").fields["probability"]
    found: list[Row] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, mark, word = (text.strip() for text in part.rpartition(":"))
        if not mark:
            found.append({"name": part})
        elif word.lower() in ("won", "lost"):
            found.append({"name": name, f"is_{word.lower()}": True})
        else:
            try:
                found.append({"name": name, "probability": probability.kind.read(word.removesuffix("%"))})
            except BadValue as error:
                raise values.invalid(probability, error) from None
    names = [str(row["name"]).casefold() for row in found]
    if not found or not all(names) or len(set(names)) < len(names):
        raise Invalid(
            "stages: expected different names, such as Discovery:20,Proposal:60",
            details=[{"field": "stages", "code": "not_stages"}],
        )
    return found
