"""iCalendar: the columns that entries of calendars are read into, and that a file of rejected ones has."""

from mycrm_cli.services.transfer.presets.base import Preset, lenient
from mycrm_cli.services.transfer.specs import Spec

TASK: dict[str, str | Spec] = {
    "UID": "ext:icalendar",
    "Our id": "id",
    "Our number": "number",
    "Written down": "created_at",
    "Last changed": "updated_at",
    "Summary": "title",
    "Description": "description",
    "Notes": "notes",
    "Category": "task_type",
    "Priority": "priority",
    "Status": "status",
    "Due": "due_date",
    "Alarm": "reminder_at",
    "Completed": "completed_at",
    "Outcome": "outcome",
    "Rule": "recurrence_rule",
    "Time zone": "timezone",
    "Series start": "series_start",
    "Excluded dates": "excluded_dates",
    "When missed": "when_missed",
    "Assigned to": lenient("assigned_to.email"),
    "Created by": lenient("created_by.email"),
    "Contact": lenient("contact.id"),
    "Lead": lenient("lead.id"),
    "Deal": lenient("deal.id"),
    "Company": lenient("company.id"),
    "Repeats": lenient("parent_task.id"),
    "Calendar entry": "from_calendar",
}
HEADER = tuple(TASK)
EXACT = {
    "Our number": "number",
    "Written down": "created_at",
    "Last changed": "updated_at",
    "Notes": "notes",
    "Category": "task_type",
    "Completed": "completed_at",
    "Outcome": "outcome",
    "Time zone": "timezone",
    "When missed": "when_missed",
    "Assigned to": "assigned_to.email",
    "Created by": "created_by.email",
    "Contact": "contact_id",
    "Lead": "lead_id",
    "Deal": "opportunity_id",
    "Company": "company_id",
    "Repeats": "parent_task_id",
}
"""The columns that entries of ours fill from the fields they carry, whatever the rest of them says."""

PRESET = Preset("icalendar", [["UID", "Series start", "Calendar entry"]], {"task": TASK})
