"""LinkedIn: Connections.csv of the data export, whose first lines are a note."""

from mycrm_cli.services.transfer.presets.base import Preset, left_out, lenient
from mycrm_cli.services.transfer.specs import Spec

CONTACT: dict[str, str | Spec] = {
    "First Name": "first_name",
    "Last Name": "last_name",
    "URL": lenient("linkedin_url", also=("ext:linkedin",)),
    "Email Address": "email",
    "Company": "company",
    "Position": "job_title",
    **left_out("Connected On"),
}

PRESET = Preset("linkedin", [["First Name", "Last Name", "Position", "Connected On"]], {"contact": CONTACT})
