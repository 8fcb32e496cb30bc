"""Outlook: the CSV export of contacts, of the program and of outlook.com."""

from mycrm_cli.services.transfer.presets.base import Preset, left_out, lenient
from mycrm_cli.services.transfer.specs import Spec

CONTACT: dict[str, str | Spec] = {
    "First Name": "first_name",
    "Middle Name": Spec(target="first_name", append=True),
    "Last Name": "last_name",
    "E-mail Address": "email",
    "E-mail 2 Address": "emails",
    "E-mail 3 Address": "emails",
    "Business Phone": "phone",
    "Primary Phone": Spec(target="phone", fallback=True),
    "Company Main Phone": Spec(target="phone", fallback=True),
    "Home Phone": Spec(target="phone", fallback=True),
    "Other Phone": Spec(target="phone", fallback=True),
    "Mobile Phone": "mobile",
    "Company": "company",
    "Job Title": "job_title",
    "Department": "department",
    "Business Street": Spec(split=("address_line1", "address_line2"), split_at="\n"),
    "Business Street 2": Spec(target="address_line2", fallback=True),
    "Business City": "city",
    "Business State": "state",
    "Business Postal Code": "postal_code",
    "Business Country": lenient("country"),
    "Business Country/Region": lenient("country"),
    "Web Page": lenient("website"),
    "Personal Web Page": Spec(target="website", lenient=True, fallback=True),
    "Notes": "note",
    "Categories": Spec(target="+tags", several=";"),
    **left_out("Title", "Suffix", "Initials", "Nickname", "Given Yomi", "Surname Yomi", "Company Yomi", "Gender"),
    **left_out(
        "Birthday", "Anniversary", "Location", "Language", "Internet Free Busy", "Home Phone 2", "Pager", "Home Fax"
    ),
    **left_out("Home Address", "Home Street", "Home Street 2", "Home Street 3", "Home Address PO Box", "Home City"),
    **left_out("Home State", "Home Postal Code", "Home Country", "Home Country/Region", "Spouse", "Children"),
    **left_out("Manager's Name", "Assistant's Name", "Referred By", "Business Phone 2", "Business Fax"),
    **left_out("Assistant's Phone", "Office Location", "Organizational ID Number", "Profession", "Account"),
    **left_out("Business Address", "Business Street 3", "Business Address PO Box", "Other Fax", "Other Address"),
    **left_out("Other Street", "Other Street 2", "Other Street 3", "Other Address PO Box", "Other City", "Other State"),
    **left_out("Other Postal Code", "Other Country", "Other Country/Region", "Callback", "Car Phone", "ISDN"),
    **left_out("Radio Phone", "TTY/TDD Phone", "Telex", "User 1", "User 2", "User 3", "User 4", "Keywords", "Mileage"),
    **left_out("Hobby", "Billing Information", "Directory Server", "Sensitivity", "Priority", "Private", "Schools"),
}
PATTERNS = {"contact": [(r"E-mail( \d)? (Type|Display Name)", "-")]}

PRESET = Preset("outlook", [["E-mail Address", "E-mail 2 Address", "Business Phone"]], {"contact": CONTACT}, PATTERNS)
