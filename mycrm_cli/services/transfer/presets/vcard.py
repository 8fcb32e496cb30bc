"""vCard: the columns that cards are read into, and that a file of rejected cards has."""

from mycrm_cli.services.transfer.presets.base import Preset, left_out, lenient
from mycrm_cli.services.transfer.specs import Spec

BOTH: dict[str, str | Spec] = {
    "UID": "ext:vcard",
    "First name": "first_name",
    "Last name": "last_name",
    "Email": "email",
    "Phone": "phone",
    "Company": "company",
    "Job title": "job_title",
    "Website": lenient("website"),
    "Note": "note",
    "Categories": Spec(target="+tags", several=";"),
}
CONTACT: dict[str, str | Spec] = {
    **BOTH,
    "Further emails": "emails",
    "Mobile": "mobile",
    "Department": "department",
    "Street": "address_line1",
    "Street 2": "address_line2",
    "City": "city",
    "State": "state",
    "Postal code": "postal_code",
    "Country": lenient("country"),
    "LinkedIn": lenient("linkedin_url"),
    "Twitter": "twitter_handle",
}
LEAD: dict[str, str | Spec] = {
    **BOTH,
    "Mobile": Spec(target="phone", fallback=True),
    **left_out("Further emails", "Department", "Street", "Street 2", "City", "State", "Postal code", "Country"),
    **left_out("LinkedIn", "Twitter"),
}
HEADER = tuple(CONTACT)

PRESET = Preset("vcard", [["UID", "Further emails", "Categories"]], {"contact": CONTACT, "lead": LEAD})
