"""Notes: remarks on a record."""

from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Numbered, Owned, Versioned, index


class Note(Dated, Versioned, Numbered, Owned, table=True):
    """A remark on a contact, company, lead or deal."""

    __tablename__ = "notes"
    __table_args__ = (
        index("author_id"),
        index("contact_id"),
        index("company_id"),
        index("lead_id"),
        index("opportunity_id"),
    )

    body: str = fields.lines("The remark.", required=True)
    author_id: UUID | None = fields.reference("users", "Who wrote it.")
    contact_id: UUID | None = fields.reference("contacts", "The contact it is about.")
    company_id: UUID | None = fields.reference("companies", "The company it is about.")
    lead_id: UUID | None = fields.reference("leads", "The lead it is about.")
    opportunity_id: UUID | None = fields.reference("opportunities", "The deal it is about.")
    pinned: bool = fields.boolean("Whether it stays on top.")


ENTITY = Entity(
    name="note",
    table=Note,
    plural="notes",
    prefix="N",
    key="body",
    title=("body",),
    columns=("number", "body", "contact", "company", "deal", "author", "created_at"),
    wide=("lead", "pinned", "updated_at"),
    search=("body",),
    commands=RECORD,
)
