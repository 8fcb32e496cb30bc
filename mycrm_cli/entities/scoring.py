"""Scoring: the models, and what leads did that the models look at."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import SQLModel

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.db.base import Created, Entity, Owned, index, unique


class ScoringModel(Created, Owned, table=True):
    """A version of the rules, or a model that was learned from outcomes."""

    __tablename__ = "scoring_models"
    __table_args__ = (unique("organization_id", "version"), index("organization_id", "is_active"))

    version: str = fields.text(50, "Its name: ``rules-3``, or ``learned-`` and a hash.", nullable=False, writable=False)
    type: str = fields.choice("rules learned", "Where it comes from.", nullable=False, writable=False)
    is_active: bool = fields.boolean("Whether leads are scored with it.", writable=False)
    is_provisional: bool = fields.boolean("Whether it learned from few outcomes.", writable=False)
    source: str | None = fields.lines("The rules as they were written.", writable=False)
    body: dict[str, Any] = fields.record("The model in canonical form.", writable=False)
    cutoffs: dict[str, Any] = fields.record("The least score of each grade.", writable=False)
    metrics: dict[str, Any] = fields.record("How well it did on outcomes.", writable=False)
    trained_at: datetime | None = fields.moment("When it was learned.", writable=False)
    user_id: UUID | None = fields.reference("users", "Who made it.", writable=False)


DIRTY: dict[str, object] = {"sqlite_where": text("is_dirty = 1"), "postgresql_where": text("is_dirty")}
"""Keeps an index to the few rows that a run looks for."""


class LeadSignals(SQLModel, table=True):
    """What a lead did, as sums relative to the newest event, so that time alone touches nothing."""

    __tablename__ = "lead_signals"
    __table_args__ = (
        index("organization_id", "lead_id", name="dirty", **DIRTY),
        index("organization_id", "expires_at"),
    )

    organization_id: UUID = fields.reference(
        "organizations", "The organization it belongs to.", primary_key=True, nullable=False, writable=False
    )
    lead_id: UUID = fields.reference("leads", "The lead.", part=True, primary_key=True, nullable=False, writable=False)
    landmark_at: datetime | None = fields.moment("The moment that the sums are relative to.", writable=False)
    sums: dict[str, Any] = fields.record("The sum of each signal.", writable=False)
    latest: dict[str, Any] = fields.record("When each signal was seen last.", writable=False)
    event_count: int = fields.integer("How many events went in.", low=0, default=0, writable=False)
    last_inbound_at: datetime | None = fields.moment("When the lead last did something.", writable=False)
    bounced_at: datetime | None = fields.moment("When mail came back for good, if no answer followed.", writable=False)
    is_dirty: bool = fields.boolean("Whether it changed since the lead was scored.", default=True, writable=False)
    marks: int = fields.integer(
        "How often it was found changed, so that what changes while it is scored is not lost.",
        low=0,
        high=2**63 - 1,
        default=0,
        writable=False,
    )
    recorded_score: int | None = fields.integer("The score of the newest history row.", low=0, high=100, writable=False)
    scored_at: datetime | None = fields.moment("When the lead was last scored.", writable=False)
    expires_at: datetime | None = fields.moment("When time alone changes the score.", writable=False)
    updated_at: datetime = fields.moment("Up to when the events were counted.", factory=clock.now, writable=False)


class ScoreMark(SQLModel, table=True):
    """A note of the database's triggers that leads must be scored again; a run gathers them."""

    __tablename__ = "score_marks"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organization_id: UUID = fields.reference(
        "organizations", "The organization it belongs to.", primary_key=True, nullable=False, writable=False
    )
    kind: str = fields.choice(
        "lead domain company", "Which leads it means.", primary_key=True, nullable=False, writable=False
    )
    key: str = fields.lines(
        "The lead's id, or the domain or the folded name of its company.",
        primary_key=True,
        nullable=False,
        writable=False,
    )
    writer: str = fields.text(
        20,
        "The transaction that left it, so that none waits for another.",
        primary_key=True,
        nullable=False,
        writable=False,
    )


SCORING_MODELS = Entity(
    name="scoring_models",
    table=ScoringModel,
    plural="models",
    key="version",
    title=("version",),
    columns=("version", "type", "is_active", "is_provisional", "trained_at", "created_at"),
    match=("version",),
)
LEAD_SIGNALS = Entity(
    name="lead_signals",
    table=LeadSignals,
    plural="signals",
    key="lead",
    columns=("lead", "event_count", "last_inbound_at", "is_dirty", "updated_at"),
    sort="lead",
)
SCORE_MARKS = Entity(
    name="score_marks",
    table=ScoreMark,
    plural="marks",
    key="key",
    columns=("kind", "key", "writer"),
    sort="key",
)
