"""Google Contacts: the columns of its CSV export, those of today and those before 2023."""

from mycrm_cli.services.transfer.presets.base import Preset, left_out, lenient
from mycrm_cli.services.transfer.specs import Spec

LABELS = Spec(target="+tags", several=":::", values={"* myContacts": "", "myContacts": "", "* starred": "starred"})

CONTACT: dict[str, str | Spec] = {
    "First Name": "first_name",
    "Given Name": "first_name",
    "Middle Name": Spec(target="first_name", append=True),
    "Additional Name": Spec(target="first_name", append=True),
    "Last Name": "last_name",
    "Family Name": "last_name",
    "E-mail 1 - Value": "email",
    "Phone 1 - Value": lenient("phone", several=":::"),
    "Phone 2 - Value": lenient("mobile", several=":::"),
    "Organization Name": "company",
    "Organization 1 - Name": "company",
    "Organization Title": "job_title",
    "Organization 1 - Title": "job_title",
    "Organization Department": "department",
    "Organization 1 - Department": "department",
    "Address 1 - Street": Spec(split=("address_line1", "address_line2"), split_at="\n"),
    "Address 1 - Extended Address": Spec(target="address_line2", fallback=True),
    "Address 1 - City": "city",
    "Address 1 - Region": "state",
    "Address 1 - Postal Code": "postal_code",
    "Address 1 - Country": lenient("country"),
    "Website 1 - Value": lenient("website", several=":::"),
    "Notes": "note",
    "Labels": LABELS,
    "Group Membership": LABELS,
    **left_out("Name", "Name Prefix", "Name Suffix", "Yomi Name", "Given Name Yomi", "Additional Name Yomi"),
    **left_out("Family Name Yomi", "Phonetic First Name", "Phonetic Middle Name", "Phonetic Last Name", "Initials"),
    **left_out(
        "Nickname", "Short Name", "Maiden Name", "File As", "Birthday", "Gender", "Location", "Photo", "Language"
    ),
    **left_out("Billing Information", "Directory Server", "Mileage", "Occupation", "Hobby", "Sensitivity", "Priority"),
    **left_out("Subject"),
}
PATTERNS = {
    "contact": [
        (r"E-?mail \d+ - Value", "emails"),
        (r"(E-?mail|Phone|Address|Website|Organization|Event|Relation|Custom Field|IM|External ID) \d+ - .+", "-"),
    ]
}

PRESET = Preset(
    "google",
    [["E-mail 1 - Value"], ["Phone 1 - Value"], ["Organization Name", "Organization Title", "Labels"]],
    {"contact": CONTACT},
    PATTERNS,
)
