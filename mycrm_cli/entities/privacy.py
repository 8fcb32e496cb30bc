"""Privacy: what stays of people who were erased."""

from datetime import datetime
from uuid import UUID

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.db.base import Entity, Owned, unique


class Erasure(Owned, table=True):
    """The salted hash of an erased address, so that imports, mail and restores never bring it back."""

    __tablename__ = "erasures"
    __table_args__ = (unique("organization_id", "digest"),)

    type: str = fields.choice("email phone", "What was hashed.", default="email", writable=False)
    digest: str = fields.text(64, "Hash of the salt and the address.", nullable=False, writable=False)
    salt: str = fields.text(32, "The organization's salt.", nullable=False, writable=False)
    erased_at: datetime = fields.moment("When the person was erased.", factory=clock.now, writable=False)
    user_id: UUID | None = fields.reference("users", "Who erased the person.", writable=False)


ERASURES = Entity(name="erasures", table=Erasure, plural="erasures", columns=("type", "digest", "erased_at", "user"))
