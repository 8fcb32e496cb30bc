"""Converting leads gives nobody what adding would not: who is responsible is the user, or whoever the lead had."""

from tests.program import Program
from tests.rowhash import everything

REFUSED = """
lead convert L-1 --owner bob@acme.com
lead convert L-1 --no-deal --owner bob@acme.com
lead convert L-1 --set owner=bob@acme.com
lead convert L-1 L-2 --owner bob@acme.com -y
lead convert -w owner=me --owner bob@acme.com -y
lead convert - --owner bob@acme.com -y
"""
"""How a rep must not make records of somebody else."""


def test_converting_follows_the_rule_of_adding(crm: Program) -> None:
    """In single, piped and bulk use; a manager gives to the team, an administrator to everybody."""
    crm("team", "add", "North")
    for name, role in {"rep": "sales_rep", "bob": "sales_rep", "max": "manager"}.items():
        team = ("--team", "North") if name != "rep" else ()
        crm("user", "add", f"{name}@acme.com", "--role", role, *team, "-P", "work")
        crm("profile", "add", name, "--organization", "acme", "--user", f"{name}@acme.com", "-P", "work")
        crm.sign_in(name)
    for name in ("Len", "Lou", "Lea"):
        crm("lead", "add", name, "--email", f"{name}@{name}.example", "--company", f"{name} Ltd", "-P", "rep")
    before = everything(crm)
    for line in REFUSED.strip().splitlines():
        said = crm(*line.split(), "-P", "rep", stdin='{"ref": "L-1", "deal": "One"}\nL-2\n', exit=4)
        noun = "contacts" if "--no-deal" in line else "deals"
        assert f"rep@acme.com is sales_rep and adds no {noun} whose owner is somebody else" in said.stderr, line
        assert "leave owner out" in said.stderr
    assert everything(crm) == before
    crm("lead", "convert", "L-1", "--owner", "me", "-P", "rep")
    # Who works on somebody's lead makes that one's records: so it was decided when the lead was given out.
    crm("lead", "edit", "L-2", "--owner", "max@acme.com", "--assigned-to", "rep@acme.com", "-P", "work")
    crm("lead", "convert", "L-2", "-P", "rep")
    crm("lead", "edit", "L-3", "--owner", "max@acme.com", "--clear", "assigned_to", "-P", "work")
    crm("lead", "convert", "L-3", "--owner", "rep@acme.com", "-P", "max", exit=4)
    crm("lead", "convert", "L-3", "--owner", "bob@acme.com", "-P", "max")
    for noun in ("contact", "company", "deal"):
        owners = crm(noun, "list", "-F", "owner.email", "-s", "created_at", "-o", "plain", "-P", "work").lines
        assert owners == ["rep@acme.com", "max@acme.com", "bob@acme.com"], noun
    crm("lead", "add", "Lux", "-P", "work")
    crm("lead", "convert", "L-4", "--owner", "bob@acme.com", "-P", "work")
