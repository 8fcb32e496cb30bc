"""Scores: what was thought of a lead at a moment, and why."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.db.base import READ, Entity, Owned, index


class LeadScore(Owned, table=True):
    """One scoring of a lead; the newest one is the lead's own."""

    __tablename__ = "lead_scores"
    __table_args__ = (index("lead_id", "-scored_at"), index("organization_id", "-score"))

    lead_id: UUID = fields.reference("leads", "The lead.", part=True, required=True, writable=False)
    score: int = fields.integer("The sum of the components.", low=0, high=100, required=True, writable=False)
    grade: str | None = fields.choice("A B C D E F", "The score as a letter.", writable=False)
    breakdown: dict[str, Any] = fields.record(
        "The components: engagement, fit, intent, timing and budget.", writable=False
    )
    factors: list[Any] = fields.column("json", "What moved the score, and how much.", factory=list, writable=False)
    recommendation: str | None = fields.lines("What to do next.", writable=False)
    confidence: Decimal | None = fields.percent("How sure the score is.", writable=False)
    model_version: str | None = fields.text(50, "The model that made it.", writable=False)
    scored_at: datetime = fields.moment("When it was made.", factory=clock.now, writable=False)
    expires_at: datetime | None = fields.moment("When time alone changes it.", writable=False)


ENTITY = Entity(
    name="score",
    table=LeadScore,
    plural="scores",
    key="lead",
    title=("model_version",),
    columns=("lead", "score", "grade", "confidence", "model_version", "scored_at"),
    wide=("recommendation", "breakdown", "expires_at"),
    commands=(*READ, "import"),
)
