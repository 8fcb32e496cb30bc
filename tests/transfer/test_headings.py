"""Headings that mean something of their own in files of one kind of records."""

from pathlib import Path

from mycrm_cli import catalog
from mycrm_cli.services.transfer import plan as planning
from mycrm_cli.services.transfer.mapping import Mapping
from tests.program import Program
from tests.transfer.conftest import write

HEADINGS = {
    "company": "Company=name|Company Name=name|Account=name|Account Name=name|Organization=name|Firma=name"
    "|Entreprise=name|Parent Company=parent_id|Parent=parent_id",
    "deal": "Deal=name|Deal Name=name|Opportunity=name|Opportunity Name=name|Title=name"
    "|Expected close=expected_close_date|Expected close date=expected_close_date",
    "task": "Task=title|Task name=title|Subject=title|Deadline=due_date|Owner=assigned_to_id|Reminder=reminder_at"
    "|Done=status|Parent task=parent_task_id",
    "lead": "Mobile=phone|Lead Name=name|Lead Source=source|Lead Status=status|Value=estimated_value",
    "product": "Product=name|Product name=name|Price=unit_price",
    "activity": "Type=activity_type|Date=occurred_at",
    "note": "Note=body",
    "contact": "Contact=name|Email 2=emails|Phone 2=mobile|Company=company",
    "user": "User=name",
}


def filled(noun: str, *header: str) -> list[str]:
    """Return what columns fill, in their order."""
    entity = next(e for e in catalog.entities().values() if e.noun == noun)
    plan = planning.make(entity, header, Mapping())
    return [c.target.name for c in sorted(plan.columns, key=lambda c: c.place)] + [f"?{n}" for _, n in plan.unknown]


def test_headings_by_kind(crm: Program, tmp_path: Path) -> None:
    for noun, table in HEADINGS.items():
        for pair in table.split("|"):
            heading, target = pair.split("=")
            assert filled(noun, heading) == [target], pair
    assert filled("company", "Company", "Name") == ["parent_id", "name"]
    assert filled("company", "Company", "Parent Company", "City") == ["name", "parent_id", "city"]
    assert filled("task", "Task", "Title") == ["parent_task_id", "title"]
    assert filled("lead", "Mobile", "Phone") == ["phone", "phone"]

    leads = "Lead Name,Email,Mobile,Phone\nAnn,a@x.example.org; Ann <b@x.example.org>,+493012345678,+493012345679\n"
    leads += "Bob,b2@x.example.org,+493012345670,\n"
    account = crm.json("lead", "import", write(tmp_path / "leads.csv", leads))
    told = [(detail["column"], detail["code"]) for detail in account["warning_details"]]
    assert account["created"] == 2 and sorted(told) == [("Email", "left_out"), ("Mobile", "left_out")]
    rows = {row["name"]: (row["email"], row["phone"]) for row in crm.json("lead", "list")}
    assert rows == {"Ann": ("a@x.example.org", "+493012345679"), "Bob": ("b2@x.example.org", "+493012345670")}
    tasks = "Task,Deadline,Done\nCall,2031-05-06,yes\nWrite,2031-05-07,no\n"
    assert crm.json("task", "import", write(tmp_path / "tasks.csv", tasks))["created"] == 2
    assert [row["title"] for row in crm.json("task", "list", "-w", "status=completed")] == ["Call"]
