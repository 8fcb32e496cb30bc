"""What hangs on the records of each noun, as data: the sections of their pages, and the facts on top.

``{}`` in ``more`` stands for the record.
"""

from __future__ import annotations

from mycrm_cli.query.sections import Section, Tally

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.query.sections import Way

OPEN = "pending,in_progress"
DEAL = "stage value currency status expected_close_date"


def tasks(noun: str, link: str) -> Section:
    """Return the open tasks, the most urgent first."""
    more = f"mycrm task list --{noun} {{}} --status {OPEN}"
    only = {"status": OPEN}
    fields = "due_date priority status assigned_to"
    return Section("tasks", "task", [link], fields, label="open tasks", sort="due_date", only=only, more=more)


def activities(noun: str, link: str, *, moves: bool = True) -> Section:
    """Return the last activities; without ``moves`` not those that stages tell already."""
    fields = "activity_type direction occurred_at duration_minutes outcome user"
    more = f"mycrm activity list --{noun} {{}}"
    only = None if moves else {"activity_type": "call,email,meeting,note,task,web_visit,form,other"}
    heading = "last activities"
    return Section("activities", "activity", [link], fields, label=heading, sort="-occurred_at", only=only, more=more)


def notes(noun: str, link: str) -> Section:
    """Return the notes, pinned ones first."""
    fields = "pinned author created_at"
    return Section("notes", "note", [link], fields, sort="-pinned,-id", more=f"mycrm note list --{noun} {{}}")


def emails(noun: str, link: str) -> Section:
    """Return the last e-mails."""
    fields = "status sent_at from_email to_email open_count"
    return Section("emails", "email", [link], fields, sort="-sent_at", more=f"mycrm email list --{noun} {{}}")


def enrollments(link: str) -> Section:
    """Return the e-mail sequences that somebody receives."""
    fields = "status next_position next_send_at"
    return Section("sequences", "email_sequence_enrollments", [link], fields, title="sequence")


def deals(ways: Sequence[Way], extras: dict[str, tuple[str, str, str, str, str]] | None = None) -> Section:
    """Return the deals, open ones first."""
    return Section("deals", "deal", ways, DEAL, sort="status,expected_close_date", extras=extras)


def role(table: str, ours: str, theirs: str) -> dict[str, tuple[str, str, str, str, str]]:
    """Return the column with the role that a table between knows."""
    return {"role": (table, "role", ours, theirs, "max")}


def about(noun: str, links: str) -> list[Section]:
    """Return the records that one is about; people read them among its fields."""
    tables = {"contact": "contacts", "company": "companies", "lead": "leads", "deal": "deals", "task": "tasks"}
    own = {"task": "tasks", "note": "notes", "activity": "activities", "email": "emails"}[noun]
    column = {name: f"{'opportunity' if name == 'deal' else name}_id" for name in tables}
    return [Section(tables[name], name, [(own, "id", column[name])], aside=True) for name in links.split()]


SECTIONS: dict[str, list[Section | Tally]] = {
    "contact": [
        Section("addresses", "contact_emails", ["contact_id"], label="further addresses"),
        Section(
            "companies",
            "company",
            [("contacts", "id", "company_id"), ("contact_companies", "contact_id", "company_id")],
            "type industry domain",
            extras=role("contact_companies", "contact_id", "company_id"),
        ),
        deals(
            ["contact_id", ("deal_contacts", "contact_id", "opportunity_id")],
            role("deal_contacts", "contact_id", "opportunity_id"),
        ),
        Section("leads", "lead", ["converted_contact_id"], "status source campaign converted_at", label="came from"),
        tasks("contact", "contact_id"),
        activities("contact", "contact_id"),
        notes("contact", "contact_id"),
        emails("contact", "contact_id"),
        enrollments("contact_id"),
    ],
    "company": [
        Section("parent", "company", [("companies", "id", "parent_id")], "type industry domain", aside=True),
        Section("children", "company", ["parent_id"], "type industry domain", more="mycrm company list --parent {}"),
        Section(
            "contacts",
            "contact",
            ["company_id", ("contact_companies", "company_id", "contact_id")],
            "job_title email phone status",
            sort="name",
            extras=role("contact_companies", "company_id", "contact_id"),
        ),
        deals(
            ["company_id", ("deal_companies", "company_id", "opportunity_id")],
            role("deal_companies", "company_id", "opportunity_id"),
        ),
        Tally("deals_by_status", "deal", ["company_id"], "status", money="value"),
        tasks("company", "company_id"),
        activities("company", "company_id"),
        notes("company", "company_id"),
    ],
    "lead": [
        Section(
            "scores",
            "score",
            ["lead_id"],
            "score grade breakdown factors confidence recommendation scored_at",
            label="last scores",
            sort="-scored_at",
            title="model_version",
        ),
        Section("campaign", "campaign", [("leads", "id", "campaign_id")], "type status", aside=True),
        Section("contacts", "contact", [("leads", "id", "converted_contact_id")], "email phone", label="became"),
        deals(["lead_id", ("leads", "id", "converted_opportunity_id")]),
        tasks("lead", "lead_id"),
        activities("lead", "lead_id"),
        notes("lead", "lead_id"),
        emails("lead", "lead_id"),
        enrollments("lead_id"),
    ],
    "deal": [
        Section(
            "items",
            "item",
            ["opportunity_id"],
            "position quantity unit_price discount_percent total product",
            sort="position",
            total="total",
            first=10,
            more="mycrm item list --deal {}",
        ),
        Section(
            "contacts",
            "contact",
            [("opportunities", "id", "contact_id"), ("deal_contacts", "opportunity_id", "contact_id")],
            "job_title email phone",
            sort="name",
            extras=role("deal_contacts", "opportunity_id", "contact_id"),
        ),
        Section(
            "companies",
            "company",
            [("opportunities", "id", "company_id"), ("deal_companies", "opportunity_id", "company_id")],
            "type domain",
            sort="name",
            extras=role("deal_companies", "opportunity_id", "company_id"),
        ),
        Section("leads", "lead", [("opportunities", "id", "lead_id")], "status source campaign", label="came from"),
        Section(
            "stages",
            "stage_history",
            ["opportunity_id"],
            "from_stage changed_at user value probability",
            sort="-changed_at",
            title="to_stage",
            spans="changed_at",
        ),
        tasks("deal", "opportunity_id"),
        activities("deal", "opportunity_id", moves=False),
        notes("deal", "opportunity_id"),
        emails("deal", "opportunity_id"),
    ],
    "task": [
        *about("task", "contact company lead deal"),
        Section(
            "series",
            "task",
            [("tasks", "id", "parent_task_id"), "parent_task_id"],
            "due_date status completed_at outcome",
            sort="-due_date",
            label="the same series",
        ),
        activities("task", "task_id"),
    ],
    "note": [*about("note", "contact company lead deal")],
    "activity": [*about("activity", "contact company lead deal task")],
    "email": [
        *about("email", "contact lead deal"),
        Section("events", "email_events", ["email_id"], "occurred_at url", sort="-occurred_at", title="type", first=10),
        Section("sequence", "sequence", [("emails", "id", "sequence_id")], "is_active", aside=True),
    ],
    "campaign": [
        Tally("leads", "lead", ["campaign_id"], "status"),
        Tally("deals", "deal", [("leads", "campaign_id", "converted_opportunity_id")], "status", money="value"),
    ],
    "product": [
        deals(
            [("line_items", "product_id", "opportunity_id")],
            {
                "quantity": ("line_items", "quantity", "product_id", "opportunity_id", "sum"),
                "total": ("line_items", "total", "product_id", "opportunity_id", "sum"),
            },
        ),
    ],
    "item": [Section("deals", "deal", [("line_items", "id", "opportunity_id")], DEAL, label="deal")],
    "score": [Section("leads", "lead", [("lead_scores", "id", "lead_id")], "status score grade", label="lead")],
    "pipeline": [
        Section(
            "stages",
            "stage",
            ["pipeline_id"],
            "order probability is_won is_lost",
            sort="order",
            first=20,
            tally=Tally("deals", "deal", ["pipeline_id"], "stage_id", money="value"),
            more="mycrm stage list --pipeline {}",
        ),
    ],
    "stage": [Tally("deals", "deal", ["stage_id"], "status", money="value")],
    "user": [
        Section("reports", "user", ["manager_id"], "role team is_active", label="reports to this user", sort="name"),
        Tally("leads", "lead", ["owner_id"], "status", only={"status": "new,contacted,engaged,qualified,nurturing"}),
        Tally("deals", "deal", ["owner_id"], "status", money="value"),
        Tally("tasks", "task", ["assigned_to_id"], "status", only={"status": OPEN}),
        Tally("companies", "company", ["owner_id"], "type"),
        Tally("contacts", "contact", ["owner_id"], "status"),
    ],
    "team": [
        Section("members", "user", ["team_id"], "role job_title", sort="name", more="mycrm user list --team {}"),
    ],
    "sequence": [
        Section(
            "steps",
            "email_sequence_steps",
            ["sequence_id"],
            "position delay_minutes business_days",
            title="template",
            sort="position",
        ),
        Tally("enrollments", "email_sequence_enrollments", ["sequence_id"], "status"),
    ],
}
FACTS = {
    "contact": "job_title company status lifecycle_stage score owner last_activity_at",
    "company": "type industry tier country owner",
    "lead": "status company source score grade owner last_activity_at",
    "deal": "stage value probability status company owner expected_close_date",
    "task": "status priority due_date assigned_to",
    "note": "author created_at",
    "activity": "activity_type direction occurred_at user",
    "email": "status to_email sent_at user",
    "campaign": "type status start_date end_date budget",
    "product": "sku unit_price is_active",
    "user": "role email team manager last_login",
    "team": "lead",
    "item": "deal quantity unit_price total",
    "score": "score grade scored_at",
    "stage": "pipeline probability order",
}
"""The fields that stand in the first line of a page; the others follow in columns."""


def sections(noun: str) -> list[Section | Tally]:
    """Return the sections of a noun's page; the last one are the keys that other systems give to the record."""
    if noun not in SECTIONS:
        return []
    exact = {"entity": noun}
    keys = Section("external_ids", "external_ids", ["record_id"], "source", exact=exact, label="elsewhere")
    return [*SECTIONS[noun], keys]
