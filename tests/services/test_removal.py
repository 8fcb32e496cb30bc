"""What becomes of what points to a record that goes."""

import pytest

from mycrm_cli import catalog
from tests.program import Program


def test_parts_go_and_others_stay(crm: Program) -> None:
    """A purged contact's addresses go with it; a company's contacts stay."""
    crm("company", "add", "Acme Ltd", "--domain", "acme.example")
    crm("contact", "add", "Ana", "--email", "ana@acme.example", "--company", "CO-1")
    crm("company", "delete", "CO-1")
    assert crm.json("contact", "view", "C-1")["company_id"] is None
    crm("contact", "delete", "C-1")
    crm("contact", "purge", "C-1", "--confirm", "acme")
    crm("contact", "add", "Ana again", "--email", "ana@acme.example")


def test_keys_of_other_systems_go_with_the_record(crm: Program, tmp_path: object) -> None:
    """What was deleted can be imported again under the same key."""
    csv = b"name,id_there\nAcme,77\n"
    line = ("company", "import", "-", "--format", "csv", "--map", "id_there=ext:hubspot", "--match", "ext:hubspot")
    crm(*line, stdin=csv)
    crm("company", "delete", "CO-1")
    crm(*line, stdin=csv)
    assert crm("company", "count").stdout == "1\n"


def test_every_reference_says_what_happens() -> None:
    """A required reference is a part, or refuses; there are enough of them to mean something."""
    required = [
        (entity.name, field.name, field.part)
        for entity in catalog.entities().values()
        for field in entity.fields.values()
        if field.table not in (None, "organizations") and not field.nullable
    ]
    refusing = {(entity, field) for entity, field, part in required if not part}
    assert refusing == {
        ("deal", "stage_id"),
        ("deal", "pipeline_id"),
        ("stage_history", "to_stage_id"),
        ("targets", "user_id"),
        ("email_sequence_steps", "template_id"),
        ("notice_deliveries", "user_id"),
        ("change_items", "change_id"),
        ("change_payloads", "change_id"),
    }
    assert len(required) >= 20


@pytest.mark.parametrize("how", ["one call", "bulk edit", "further address"])
def test_duplicates_within_one_write(crm: Program, how: str) -> None:
    """Neither two rows of one call, nor a bulk edit, nor a further address make a duplicate."""
    if how == "one call":
        rows = '[{"first_name": "A", "email": "x@example.com"}, {"first_name": "B", "email": "X@example.com"}]'
        crm("contact", "add", "--from-json", "-", "--yes", stdin=rows, exit=6)
        assert crm("contact", "count").stdout == "0\n"
    elif how == "bulk edit":
        crm("contact", "add", "A")
        crm("contact", "add", "B")
        crm("contact", "edit", "--all", "--email", "same@example.com", "-y", exit=6)
    else:
        csv = b'Name,Email\nA,"a@example.com, further@example.com"\n'
        crm(
            "contact",
            "import",
            "-",
            "--format",
            "csv",
            "--map",
            "Email=emails",
            "--map",
            "Name=name",
            stdin=csv,
            exit=None,
        )
        if crm("contact", "count").stdout == "1\n":
            crm("contact", "add", "B", "--email", "further@example.com", exit=6)


def test_an_organization_keeps_an_administrator(crm: Program) -> None:
    """The last super_admin cannot be demoted or disabled, and an admin cannot touch one."""
    crm("user", "edit", "ana@acme.com", "--role", "readonly", exit=6)
    crm("user", "edit", "ana@acme.com", "--is-active", "no", exit=6)
    crm("user", "add", "adi@acme.com", "--role", "admin")
    crm("profile", "add", "adi", "--organization", "acme", "--user", "adi@acme.com")
    crm.sign_in("adi")
    crm("user", "edit", "ana@acme.com", "--role", "admin", "-P", "adi", exit=4)
    crm("user", "add", "x@acme.com", "--role", "super_admin", "-P", "adi", exit=4)
    crm("user", "add", "eve@acme.com", "--role", "super_admin", "-P", "work")
    crm("user", "edit", "ana@acme.com", "--role", "readonly", "-P", "work")
