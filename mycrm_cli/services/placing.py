"""Where deals stand: which stage a new or changed deal comes to, and what the stage makes of it."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.errors import Invalid
from mycrm_cli.services import activities, histories, moments
from mycrm_cli.services.stages import StageName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.stages import Pipeline, Pipelines, Stage
    from mycrm_cli.services.work import Work


def disagree(stage: Stage, status: str) -> Invalid:
    """Return the error for a status that does not go with a stage."""
    return Invalid(
        f"status {status} does not go with stage {stage.name}, whose deals are {stage.status}",
        details=[{"field": "status", "code": "conflict"}],
        hint="give one of the two: the other follows",
    )


def check_close_date(work: Work, day: date | None) -> None:
    """Refuse the closing of a deal in the future; raises Invalid."""
    moments.check_past(work, "actual_close_date", day, "expected_close_date says when it should be won")


def refuse_close_date(stage: Stage) -> Invalid:
    """Return the error for a close date of an open deal."""
    return Invalid(
        f"a deal in {stage.name} is open and has no actual close date",
        details=[{"field": "actual_close_date", "code": "conflict"}],
        hint="mycrm deal win or deal lose with --on DATE close it; expected_close_date says when it should be won",
    )


def enter(work: Work, known: Pipelines, value: Row, now: datetime) -> None:
    """Put a new deal into its stage: pipeline, status, probability and times, in place."""
    stage = entrance(known, value)
    pipeline = known.pipeline(stage.pipeline_id)
    if not pipeline.is_active and not activities.imported(work):
        raise Invalid(
            f"pipeline {pipeline.name} is not active: no new deals go through it",
            details=[{"field": "pipeline", "code": "inactive"}],
            hint="mycrm pipeline list is_active=yes",
        )
    value |= {"stage_id": stage.id, "pipeline_id": stage.pipeline_id, "status": stage.status}
    if value.get("probability") is None or stage.status != "open":  # what is won or lost is so for sure
        value["probability"] = stage.share
    closed, since = value.get("actual_close_date"), value.get("stage_changed_at")
    check_close_date(work, closed)
    if stage.status == "open" and closed:
        raise refuse_close_date(stage)
    if since is None:
        since = moments.moment_of(work, closed) if closed else value.get("created_at") or now
        value["stage_changed_at"] = since
    if stage.status != "open" and not closed:
        value["actual_close_date"] = moments.local_day(work, since)


def entrance(known: Pipelines, value: Row) -> Stage:
    """Return the stage that a new deal begins in."""
    wanted, status = value.get("stage_id"), value.get("status")
    pipeline = known.pipeline(value["pipeline_id"]) if value.get("pipeline_id") else None
    if wanted is None:
        return (pipeline or known.default).first(status or "open")
    if isinstance(wanted, StageName):
        stage = known.named(wanted.text, pipeline) if pipeline else known.anywhere(wanted.text)
    else:
        stage = known.stage(wanted)
    home = known.pipeline(stage.pipeline_id)
    if pipeline is not None and pipeline is not home:
        raise known.unknown(stage.name if pipeline.matching(stage.name) is None else str(stage.id), pipeline)
    return decided(home, stage, status)


def decided(pipeline: Pipeline, stage: Stage, status: str | None) -> Stage:
    """Return the stage that a named stage and a status mean together: what is won or lost stands at the end."""
    if status is None or status == stage.status:
        return stage
    if stage.status == "open":
        return pipeline.first(status)
    raise disagree(stage, status)


def shift(work: Work, known: Pipelines, edits: Sequence[tuple[Row, Row]]) -> None:
    """Find the stages that changes of deals mean, and add what follows from them, in place."""
    reopened = []
    for before, changes in edits:
        for name in ("stage_id", "pipeline_id", "status", "probability", "currency"):
            if name in changes and changes[name] is None:
                del changes[name]
        if changes.get("status") == "open" != before["status"] and not {"stage_id", "pipeline_id"} & changes.keys():
            reopened.append(before["id"])
    last = histories.last_open(work, known, reopened) if reopened else {}
    for before, changes in edits:
        here = known.stage(before["stage_id"])
        stage = destination(known, before, changes, here)
        if before["id"] in last and "stage_id" not in changes:
            stage = last[before["id"]]
        arrive(work, known, before, changes, here, stage)


def destination(known: Pipelines, before: Row, changes: Row, here: Stage) -> Stage:
    """Return the stage that a changed deal is to stand in."""
    wanted, status = changes.get("stage_id"), changes.get("status")
    pipeline = known.pipeline(changes.get("pipeline_id") or before["pipeline_id"])
    stays = pipeline.id == before["pipeline_id"]
    if wanted is None:
        aim = status or here.status
        return here if stays and aim == here.status else pipeline.first(aim)
    stage = known.named(wanted.text, pipeline) if isinstance(wanted, StageName) else known.stage(wanted)
    if stage.pipeline_id != pipeline.id:
        raise known.unknown(stage.name if pipeline.matching(stage.name) is None else str(stage.id), pipeline)
    if stays and status == here.status != "open" and stage.status == "open":
        return here
    return decided(pipeline, stage, status)


def arrive(work: Work, known: Pipelines, before: Row, changes: Row, here: Stage, stage: Stage) -> None:
    """Add to the changes of a deal what its stage makes of it."""
    moved = stage.id != here.id
    if moved or {"stage_id", "pipeline_id", "status"} & changes.keys():
        changes |= {"stage_id": stage.id, "pipeline_id": stage.pipeline_id, "status": stage.status}
    if stage.status != "open" and "probability" in changes:
        changes["probability"] = stage.share  # what is won or lost is so for sure
    closes = "actual_close_date" in changes
    if stage.status == "open" and changes.get("actual_close_date"):
        raise refuse_close_date(stage)
    if stage.status != "open" and closes and changes["actual_close_date"] is None:
        if not moved and before["actual_close_date"]:
            raise Invalid(
                f"a deal in {stage.name} has an actual close date",
                details=[{"field": "actual_close_date", "code": "required"}],
            )
        closes = False
    check_close_date(work, changes.get("actual_close_date"))
    if not moved:
        return
    changes.setdefault("probability", stage.share)
    since = changes.get("stage_changed_at")
    if since is None:
        day = changes.get("actual_close_date")
        since = moments.moment_of(work, day, before["created_at"]) if day else clock.now()
        changes["stage_changed_at"] = since
    last = before["last_activity_at"]
    changes["last_activity_at"] = since if last is None else max(last, since)
    if stage.status == "open":
        changes["actual_close_date"] = None
    elif not closes:
        changes["actual_close_date"] = moments.local_day(work, since)
    if stage.status != "lost" and before["loss_reason"]:
        changes["loss_reason"] = None
