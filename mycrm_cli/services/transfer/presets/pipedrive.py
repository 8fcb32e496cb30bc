"""Pipedrive: people and organizations as its export writes them."""

from mycrm_cli.services.transfer.presets.base import Preset, left_out, lenient
from mycrm_cli.services.transfer.specs import Spec

MARKETING = {
    "subscribed": "no",
    "unsubscribed": "yes",
    "no consent": "yes",
    "no_consent": "yes",
    "archived": "yes",
}

CONTACT: dict[str, str | Spec] = {
    "Person - ID": "ext:pipedrive",
    "Person - Name": "name",
    "Person - First name": "first_name",
    "Person - Last name": "last_name",
    "Person - Email": "email",
    "Person - Email - Work": "email",
    "Person - Email - Home": "emails",
    "Person - Email - Other": "emails",
    "Person - Phone": lenient("phone", several=","),
    "Person - Phone - Work": lenient("phone", several=","),
    "Person - Phone - Mobile": lenient("mobile", several=","),
    "Person - Job title": "job_title",
    "Person - Owner": lenient("owner"),
    "Person - Label": Spec(target="+tags", several=","),
    "Person - Labels": Spec(target="+tags", several=","),
    "Person - Organization": "company",
    "Organization - Name": "company",
    "Organization - ID": lenient("company.ext:pipedrive"),
    "Person - Last activity date": lenient("last_activity_at"),
    "Person - Person created": lenient("created_at"),
    "Person - Marketing status": lenient("do_not_email", values=MARKETING),
    "Person - Notes": "note",
}
COMPANY: dict[str, str | Spec] = {
    "Organization - ID": "ext:pipedrive",
    "Organization - Name": "name",
    "Organization - Owner": lenient("owner"),
    "Organization - Label": Spec(target="+tags", several=","),
    "Organization - Labels": Spec(target="+tags", several=","),
    "Organization - Website": lenient("website"),
    "Organization - LinkedIn profile": lenient("linkedin_url"),
    "Organization - Industry": "industry",
    "Organization - Annual revenue": lenient("annual_revenue"),
    "Organization - Number of employees": lenient("employee_count"),
    "Organization - Address": "address_line1",
    "Organization - City/town/village/locality of Address": "city",
    "Organization - State/county of Address": "state",
    "Organization - ZIP/Postal code of Address": "postal_code",
    "Organization - Country of Address": lenient("country"),
    "Organization - Organization created": lenient("created_at"),
    **left_out("Organization - Update time"),
}
COUNTS = (
    r"(Person|Organization) - (Open deals|Won deals|Lost deals|Closed deals|People|Total activities|Done activities|"
    r"Activities to do|Next activity date|Last activity date|Update time|Email messages count|Last email received|"
    r"Last email sent|Profile picture|Visible to|Instant messenger|Birthday|Phone - (Home|Other)|Postal address.*|"
    r".+ of (Address|Postal address)|Address|Owner|Label|Labels)"
)

PRESET = Preset(
    "pipedrive",
    [["Person - ID"], ["Person - Name"], ["Organization - ID", "Organization - Name"]],
    {"contact": CONTACT, "company": COMPANY},
    {"contact": [(COUNTS, "-")], "company": [(COUNTS, "-")]},
)
