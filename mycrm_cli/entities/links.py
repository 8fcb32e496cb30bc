"""Links: further addresses of a contact, contacts of deals and companies, keys of other systems."""

from typing import Any
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import Dated, Entity, Owned, index, unique


class ContactEmail(Dated, Owned, table=True):
    """An e-mail address that a contact has beside the primary one, which is ``contacts.email``."""

    __tablename__ = "contact_emails"
    __table_args__ = (unique("contact_id", "email"), index("organization_id", "email"))

    contact_id: UUID = fields.reference("contacts", "The contact.", part=True, required=True)
    email: str = fields.email("The address.", required=True)


class DealContact(Dated, Owned, table=True):
    """A contact who has a part in a deal; the main one is ``opportunities.contact_id``."""

    __tablename__ = "deal_contacts"
    __table_args__ = (unique("opportunity_id", "contact_id"), index("contact_id"))

    opportunity_id: UUID = fields.reference("opportunities", "The deal.", part=True, required=True)
    contact_id: UUID = fields.reference("contacts", "The contact.", part=True, required=True)
    role: str | None = fields.text(100, "The contact's part in the deal.")


class DealCompany(Dated, Owned, table=True):
    """A company that has a part in a deal; the one that buys is ``opportunities.company_id``."""

    __tablename__ = "deal_companies"
    __table_args__ = (unique("opportunity_id", "company_id"), index("company_id"))

    opportunity_id: UUID = fields.reference("opportunities", "The deal.", part=True, required=True)
    company_id: UUID = fields.reference("companies", "The company.", part=True, required=True)
    role: str | None = fields.text(100, "The company's part in the deal.")


class ContactCompany(Dated, Owned, table=True):
    """A company that a contact has to do with; the main one is ``contacts.company_id``."""

    __tablename__ = "contact_companies"
    __table_args__ = (unique("contact_id", "company_id"), index("company_id"))

    contact_id: UUID = fields.reference("contacts", "The contact.", part=True, required=True)
    company_id: UUID = fields.reference("companies", "The company.", part=True, required=True)
    role: str | None = fields.text(100, "The contact's part in the company.")


class ExternalId(Dated, Owned, table=True):
    """The key that another system gives to a record: ``ext:hubspot:123``."""

    __tablename__ = "external_ids"
    __table_args__ = (
        unique("organization_id", "entity", "source", "external_id"),
        index("organization_id", "entity", "record_id"),
    )

    entity: str = fields.text(50, "What kind of record it is.", required=True)
    record_id: UUID = fields.column("reference", "The record.", required=True)
    source: str = fields.text(50, "The other system.", required=True)
    external_id: str = fields.text(255, "The key there.", required=True)
    last_values: dict[str, Any] = fields.record("What this system last wrote into the record.", writable=False)


CONTACT_EMAILS = Entity(
    name="contact_emails",
    table=ContactEmail,
    plural="addresses",
    title=("email",),
    columns=("contact", "email"),
)
DEAL_CONTACTS = Entity(
    name="deal_contacts", table=DealContact, plural="deal contacts", columns=("deal", "contact", "role")
)
DEAL_COMPANIES = Entity(
    name="deal_companies", table=DealCompany, plural="deal companies", columns=("deal", "company", "role")
)
CONTACT_COMPANIES = Entity(
    name="contact_companies", table=ContactCompany, plural="contact companies", columns=("contact", "company", "role")
)
EXTERNAL_IDS = Entity(
    name="external_ids",
    table=ExternalId,
    plural="external ids",
    title=("external_id",),
    columns=("entity", "record_id", "source", "external_id"),
)
